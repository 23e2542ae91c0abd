/* What a client is known by from one start to the next: its MAC address, and the token of its last place. */
#ifndef LP_CLIENT_IDENTITY_H
#define LP_CLIENT_IDENTITY_H

#include "ctrl/message.h"
#include "proto/mac.h"

struct lp_failure;

struct lp_identity {
	struct lp_mac mac;
	/* The place that a client which was killed can take again at once; empty: none. */
	char relay[256]; /* "HOST:PORT" */
	char room[LP_ROOM_CODE_MAX + 1];
	char resume[65];
};

/* Reads the identity, or makes a new one with a random locally administered MAC and keeps it. A file that is there but
   cannot be understood is an error: it is never overwritten. */
int lp_identity_load(const char *path, struct lp_failure *failure, struct lp_identity *ret_identity);
/* Keeps it, mode 0600. */
int lp_identity_save(const char *path, const struct lp_identity *identity, struct lp_failure *failure);

#endif
