/* The identity of a client: the MAC that it keeps between runs. */
#ifndef LP_CLIENT_IDENTITY_H
#define LP_CLIENT_IDENTITY_H

struct lp_failure;
struct lp_saved_session;

/* Reads the saved session at |path|, or creates one with a random MAC. A file that cannot be decoded is an error and is
   never overwritten. */
int lp_identity_load(const char *path, struct lp_failure *failure, struct lp_saved_session *ret_saved);

#endif
