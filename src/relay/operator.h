/* The operator's kick, ban, unban and new rooms: the commands, and what the running relay does when they arrive on the
   status socket. */
#ifndef LP_RELAY_OPERATOR_H
#define LP_RELAY_OPERATOR_H

#include <stdbool.h>
#include <stddef.h>

#include "ctrl/message.h"

struct lp_control_options;
struct lp_failure;
struct lp_options;
struct lp_workers;

/* One member of a room. */
struct lp_operator_member {
	char room[LP_ROOM_CODE_MAX + 1];
	uint16_t peer_id;
	struct lp_mac mac;
};

/* Carries out a request, a JSON object of |len| bytes: {"room": "LAN", "action": "kick", "target": "3"}. The target is
   a member's number or name; of `unban` a banned member's name, or the first digits of its key. |ret_text| is what was
   done, or why not. */
bool lp_operator_request(struct lp_workers *workers, const char *json, size_t len, char ret_text[LP_TEXT_MAX + 1]);
/* Adds a room to the relay's directory: {"room": "LAN", "plain": false}. |ret_text| as above. */
bool lp_operator_add_room(struct lp_workers *workers, const char *json, size_t len, char ret_text[LP_TEXT_MAX + 1]);
/* Finds the one member that |target|, a number, a name or a MAC, means, in room |room| (empty: in any room).
   LP_ENOTFOUND; LP_EINVAL: there are several. */
int lp_operator_find(struct lp_workers *workers, const char *room, const char *target, struct lp_failure *failure,
	struct lp_operator_member *ret_member);
/* True if |options| name a command of this file. */
bool lp_operator_is_command(const struct lp_options *options);
/* Sends the request to the running relay. Returns the exit code; failures are printed. */
int lp_operator_command(const struct lp_options *options, const struct lp_control_options *control);

#endif
