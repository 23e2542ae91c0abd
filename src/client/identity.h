/* The MAC address that a client is known by from one start to the next. */
#ifndef LP_CLIENT_IDENTITY_H
#define LP_CLIENT_IDENTITY_H

struct lp_failure;
struct lp_saved_session;

/* Reads it with the last place, or makes a new one with a random locally administered MAC and keeps it. A file that is
   there but cannot be understood is an error: it is never overwritten. */
int lp_identity_load(const char *path, struct lp_failure *failure, struct lp_saved_session *ret_place);

#endif
