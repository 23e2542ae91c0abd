/* The data plane of a member: frames to and from the room. */
#include "link/link.h"
#include "member/state.h"
#include "platform/loop/loop.h"
#include "proto/budget.h"
#include "quic/endpoint.h"
#include "session/session.h"

uint64_t lp_member_begin(struct lp_member *member)
{
	member->now_ns = lp_loop_now_ns(member->loop);
	return member->now_ns;
}

void lp_member_send(struct lp_member *member, const struct lp_bytes *parts, size_t n_parts)
{
	enum lp_drop drop = LP_DROP_NOT_JOINED;
	if (member->link && member->state == LP_MEMBER_JOINED)
		drop = lp_link_send(member->link, 0, parts, n_parts, member->now_ns);
	else
		lp_member_count_drops(member, drop, 1);
	if (lp_capture_is_on(member->config.capture))
		lp_member_note(member, &(struct lp_member_frame){.side = LP_CAPTURE_TUNNEL_OUT,
					       .parts = parts,
					       .n_parts = n_parts,
					       .verdict = "sent",
					       .drop = drop});
}

bool lp_member_congested(struct lp_member *member)
{
	if (member->link && lp_link_congested(member->link))
		member->was_congested = true;
	return member->was_congested;
}

uint16_t lp_member_unfragmented_mtu(const struct lp_member *member)
{
	const struct lp_welcome *welcome = lp_session_welcome(member->session);
	if (!member->conn || !welcome)
		return 0;
	size_t mtu = lp_budget_inner_mtu(lp_quic_budget(member->conn));
	/* TCP's segment size applies in both directions, and the relay may have a smaller budget towards us. */
	uint16_t relay_mtu = member->has_relay_stats ? member->relay_stats.unfragmented_mtu : welcome->unfragmented_mtu;
	if (relay_mtu != 0 && relay_mtu < mtu)
		mtu = relay_mtu;
	return (uint16_t)(mtu < welcome->mtu ? mtu : welcome->mtu);
}

void lp_member_count_drops(struct lp_member *member, enum lp_drop drop, uint64_t n)
{
	struct lp_link_counters *counters = member->link ? lp_link_counters(member->link) : &member->counters;
	counters->drops[drop] += n;
}

static void on_link_frame(void *ctx, uint16_t source, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	struct lp_member *member = ctx;
	member->config.events->frame(member->config.ctx, source, frame, len, now_ns);
}

int lp_member_link_open(struct lp_member *member)
{
	struct lp_link_config link = {
		.conn = member->conn,
		.pool = member->pool,
		.queue_max_bytes = member->config.queue_max_bytes,
		.hash_seed = member->hash_seed,
		.frame = on_link_frame,
		.ctx = member,
	};
	int result = lp_link_new(&link, &member->link);
	if (result < 0)
		return result;
	*lp_link_counters(member->link) = member->counters;
	member->was_congested = false;
	return 0;
}

void lp_member_link_close(struct lp_member *member)
{
	if (!member->link)
		return;
	member->counters = *lp_link_counters(member->link);
	lp_link_free(member->link);
	member->link = NULL;
}

void lp_member_link_receive(struct lp_member *member, const uint8_t *data, size_t len)
{
	if (member->link && member->state == LP_MEMBER_JOINED)
		lp_link_receive(member->link, data, len, member->now_ns);
}

void lp_member_link_writable(struct lp_member *member)
{
	if (!member->link)
		return;
	lp_link_writable(member->link, member->now_ns);
	if (!member->was_congested || lp_link_congested(member->link))
		return;
	member->was_congested = false;
	if (member->config.events->relieved)
		member->config.events->relieved(member->config.ctx);
}
