/* What a member notes in a capture. */
#include "capture/capture.h"

#include <stdlib.h>
#include <strings.h>

#include "base/mac.h"
#include "member/state.h"
#include "session/session.h"

void lp_member_note(struct lp_member *member, const struct lp_member_frame *frame)
{
	const char *route = frame->inbound ? member->frame_route : frame->route;
	const struct lp_peer_event *peer = frame->source ? lp_session_peer(member->session, frame->source) : NULL;
	lp_capture_note(member->config.capture,
		&(struct lp_capture_note){
			.side = frame->side,
			.inbound = frame->inbound,
			.parts = frame->parts,
			.n_parts = frame->n_parts,
			.room = member->config.room,
			.peer_id = frame->source,
			.peer_name = peer ? peer->name : NULL,
			.route = frame->side == LP_CAPTURE_LAN ? NULL
				 : route                       ? route
							       : "relay",
			.verdict = frame->verdict,
			.drop = frame->drop,
		},
		member->now_ns);
}

size_t lp_member_find_peer(const struct lp_member *member, const char *target, const struct lp_peer_event **ret_peer)
{
	size_t n_found = 0;
	struct lp_mac mac;
	char *end;
	unsigned long id = strtoul(target, &end, 10);
	bool is_id = *target && !*end, is_mac = lp_mac_parse(target, &mac) == 0;
	for (size_t i = 0; i < lp_session_peer_count(member->session); i++) {
		const struct lp_peer_event *peer = lp_session_peer_at(member->session, i);
		if (strcasecmp(target, peer->name) != 0 && !(is_mac && lp_mac_equal(&mac, &peer->mac)) &&
			!(is_id && id == peer->peer_id))
			continue;
		n_found++;
		*ret_peer = peer;
	}
	return n_found;
}
