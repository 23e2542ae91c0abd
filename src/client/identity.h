/* The identity of a client: the MAC that it keeps between runs. */
#ifndef LP_CLIENT_IDENTITY_H
#define LP_CLIENT_IDENTITY_H

#include <stdbool.h>

struct lp_failure;
struct lp_saved_session;

/* Reads the saved session at |path|, or creates one with a random MAC. A file that cannot be decoded is an error and is
   never overwritten. |*ret_made|: it was created. */
int lp_identity_load(const char *path, struct lp_failure *failure, struct lp_saved_session *ret_saved, bool *ret_made);

#endif
