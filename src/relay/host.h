/* Requests of a room's host, which the gateway of a room with keys sends, and of the relay's operator: remove members,
   ban them, lock the room, revoke invites. What must outlive the relay's process is written to the directory first. */
#ifndef LP_RELAY_HOST_H
#define LP_RELAY_HOST_H

#include "ctrl/message.h"

struct lp_relay;

/* Carries out |request| for room |code| and fills in |ret_reply|. |by| is who asked, for the log: "host", "operator".
 */
void lp_host_request(struct lp_relay *relay, const char *code, const struct lp_host_request *request, const char *by,
	struct lp_host_reply *ret_reply);

#endif
