/* What a member keeps on disk from one start to the next: its MAC address, and the token of its last place in a room,
   by which one that was killed takes the place again at once. */
#ifndef LP_APP_SAVED_SESSION_H
#define LP_APP_SAVED_SESSION_H

#include "base/mac.h"
#include "ctrl/message.h"

struct lp_failure;

struct lp_saved_session {
	struct lp_mac mac;
	char relay[256]; /* "HOST:PORT" */
	char room[LP_ROOM_CODE_MAX + 1];
	char resume[LP_RESUME_MAX + 1]; /* empty: there is no place to take again */
};

/* Reads it. LP_ENOTFOUND: there is no such file. LP_EMALFORMED: it cannot be understood, and should not be
   overwritten. */
int lp_saved_session_load(const char *path, struct lp_failure *failure, struct lp_saved_session *ret_place);
/* Keeps it, mode 0600. */
int lp_saved_session_save(const char *path, const struct lp_saved_session *place, struct lp_failure *failure);
/* The token to show to this relay in this room, or "". */
const char *lp_saved_session_token(const struct lp_saved_session *place, const char *relay, const char *room);

#endif
