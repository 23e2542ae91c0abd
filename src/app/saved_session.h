/* The saved session: what a member keeps on disk between runs. Its MAC, the key that identifies it, its last invite,
   and the resume token of its last membership, with which a member that was killed resumes immediately. */
#ifndef LP_APP_SAVED_SESSION_H
#define LP_APP_SAVED_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/mac.h"
#include "ctrl/message.h"
#include "invite/invite.h"
#include "quic/tls/key_id.h"

struct lp_failure;

#define LP_SAVED_GATEWAYS_MAX 32

/* The gateway that a client met in a room. */
struct lp_saved_gateway {
	char room[LP_ROOM_CODE_MAX + 1];
	char key[LP_KEY_HEX + 1];
};

struct lp_saved_session {
	struct lp_mac mac;
	char relay[256]; /* "HOST:PORT" */
	char room[LP_ROOM_CODE_MAX + 1];
	struct lp_saved_gateway gateways[LP_SAVED_GATEWAYS_MAX]; /* the last one met comes last */
	size_t n_gateways;
	char resume[LP_RESUME_MAX + 1];      /* empty: nothing to resume */
	char key[LP_TLS_KEY_PEM];            /* the member's private key, PEM; empty: none yet */
	char invite[LP_INVITE_TEXT_MAX + 1]; /* the last one that admitted the member; empty: none */
	struct lp_addr address;              /* the relay's, that was in use; family 0: none */
	bool udp_blocked;                    /* UDP did not get through to it */
};

/* Reads the file. LP_ENOTFOUND: it does not exist. LP_EMALFORMED: it cannot be decoded and must not be overwritten. If
   |path| is a default path and has no file, the file is moved there from the default path of earlier versions. */
int lp_saved_session_load(const char *path, struct lp_failure *failure, struct lp_saved_session *ret_saved);
/* Moves the file from |former| to |path|, where there is none. LP_ENOTFOUND: |former| does not exist either. Errors as
   lp_saved_session_load() and lp_saved_session_save(). */
int lp_saved_session_adopt(
	const char *path, const char *former, struct lp_failure *failure, struct lp_saved_session *ret_saved);
/* Writes the file, mode 0600. */
int lp_saved_session_save(const char *path, const struct lp_saved_session *saved, struct lp_failure *failure);
/* Compares the gateway of |room| with the one that was met there before. 0: the same; 1: the first one, now remembered;
   LP_EPERM: another one, which is remembered if |accept|. */
int lp_saved_session_meet(struct lp_saved_session *saved, const char *room, const char *key, bool accept);
/* The resume token if the session is of this relay and this room, otherwise "". */
const char *lp_saved_session_token(const struct lp_saved_session *saved, const char *relay, const char *room);

#endif
