/* What the host asks the running gateway for, over the status socket:

       GET  /players             the other members of the room: [{"peer_id", "role", "name", "mac", "key"}, …]
       POST /host                {"action": "kick", "target": "Anna"}; replies {"request": N}
       GET  /host/N              {"done": …, "message": …} once the relay has replied to request N; 404 before

   A target is the name, the MAC or the id of a member for kick, ban, proxy and no-proxy, the name or the first digits
   of the key for unban, and the id of an invite for revoke. */
#ifndef LP_GATEWAY_HOST_CONTROL_H
#define LP_GATEWAY_HOST_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#include "ctrl/message.h"
#include "http/http.h"

struct lp_member;

struct lp_host_control {
	struct lp_member *member; /* borrowed */
	uint32_t n_requests;
	struct lp_host_reply reply; /* to the last request; request 0: none yet */
};

/* The relay has replied. */
void lp_host_control_reply(struct lp_host_control *control, const struct lp_host_reply *reply);
/* The handlers of the three routes. */
void lp_host_control_players(struct lp_host_control *control, struct lp_http_reply *reply);
void lp_host_control_ask(
	struct lp_host_control *control, const struct lp_http_request *request, struct lp_http_reply *reply);
void lp_host_control_result(
	struct lp_host_control *control, const struct lp_http_request *request, struct lp_http_reply *reply);

#endif
