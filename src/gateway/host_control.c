#include "gateway/host_control.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/mac.h"
#include "member/member.h"

void lp_host_control_reply(struct lp_host_control *control, const struct lp_host_reply *reply)
{
	control->reply = *reply;
}

/* Replies with |root|, which it releases. */
static void reply_json(struct lp_http_reply *reply, json_t *root)
{
	reply->body = root ? json_dumps(root, JSON_COMPACT) : NULL;
	reply->body_len = reply->body ? strlen(reply->body) : 0;
	json_decref(root);
}

static void add_player(void *ctx, const struct lp_peer_event *peer)
{
	char mac[LP_MAC_TEXT_MAX];
	json_array_append_new(ctx,
		json_pack("{s:i, s:s, s:s, s:s, s:s}", "peer_id", (int)peer->peer_id, "role", lp_role_text(peer->role),
			"name", peer->name, "mac", lp_mac_format(&peer->mac, mac), "key", peer->key));
}

void lp_host_control_players(struct lp_host_control *control, struct lp_http_reply *reply)
{
	json_t *list = json_array();
	if (list && control->member)
		lp_member_each_peer(control->member, add_player, list);
	reply_json(reply, list);
}

static int find_peer(
	const struct lp_host_control *control, const char *target, struct lp_failure *failure, uint16_t *ret_peer_id)
{
	const struct lp_peer_event *peer;
	size_t n_found = control->member ? lp_member_find_peer(control->member, target, &peer) : 0;
	if (n_found == 0)
		return lp_fail(failure, LP_ENOTFOUND,
			"no member '%.100s' is in the room. 'lanparty-gateway players' lists them", target);
	if (n_found > 1)
		return lp_fail(failure, LP_EINVAL,
			"several members are called '%.100s'. Use the number or the MAC that 'lanparty-gateway players' prints",
			target);
	*ret_peer_id = peer->peer_id;
	return 0;
}

/* Reads a request's body. */
static int read_request(const struct lp_host_control *control, const char *action, const char *target,
	struct lp_failure *failure, struct lp_host_request *request)
{
	while (request->action < LP_HOST_OTHER && strcmp(action, lp_host_action_wire(request->action)) != 0)
		request->action++;
	switch (request->action) {
	case LP_HOST_KICK:
	case LP_HOST_BAN:
	case LP_HOST_PROXY:
	case LP_HOST_NO_PROXY:
		return find_peer(control, target, failure, &request->peer_id);
	case LP_HOST_UNBAN:
		snprintf(request->target, sizeof request->target, "%s", target);
		return 0;
	case LP_HOST_REVOKE: {
		char *end;
		unsigned long id = strtoul(target, &end, 16);
		if (!*target || *end || id > UINT32_MAX)
			return lp_fail(failure, LP_EINVAL,
				"'%.100s' is not the id of an invite. 'lanparty-gateway invites' lists them", target);
		request->invite = (uint32_t)id;
		return 0;
	}
	case LP_HOST_LOCK:
	case LP_HOST_UNLOCK:
		return 0;
	default:
		return lp_fail(failure, LP_EINVAL, "there is no such request");
	}
}

void lp_host_control_ask(
	struct lp_host_control *control, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	json_t *root = json_loadb(request->body, request->body_len, JSON_REJECT_DUPLICATES, NULL);
	const char *action = json_string_value(json_object_get(root, "action"));
	const char *target = json_string_value(json_object_get(root, "target"));
	struct lp_host_request asked = {.request = control->n_requests + 1};
	struct lp_failure failure = {0};
	int result = action ? read_request(control, action, target ? target : "", &failure, &asked)
			    : lp_fail(&failure, LP_EINVAL, "the request has no action");
	json_decref(root);
	if (result == 0 && !control->member)
		result = lp_fail(&failure, LP_EAGAIN, "the gateway is starting. Try again");
	if (result == 0 && (result = lp_member_ask(control->member, &asked)) < 0)
		lp_fail(&failure, result, "the gateway is not in the room now. Try again when it is");
	if (result < 0) {
		lp_http_reply_text(reply, result == LP_ENOTFOUND ? 404 : 409, failure.text);
		return;
	}
	control->n_requests++;
	reply_json(reply, json_pack("{s:I}", "request", (json_int_t)asked.request));
}

void lp_host_control_result(
	struct lp_host_control *control, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	char *end;
	unsigned long number = strtoul(request->rest, &end, 10);
	if (number == 0 || *end || number != control->reply.request)
		lp_http_reply_text(reply, 404, "the relay has not replied");
	else
		reply_json(reply,
			json_pack("{s:b, s:s}", "done", (int)control->reply.done, "message", control->reply.message));
}
