#include "member/member.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/units.h"
#include "egress/queue.h"
#include "link/link.h"
#include "member/state.h"
#include "platform/loop/loop.h"
#include "platform/net/resolve.h"
#include "platform/net/udp.h"
#include "platform/system/random.h"
#include "proto/budget.h"
#include "quic/endpoint.h"
#include "session/session.h"

void lp_member_config_init(struct lp_member_config *config)
{
	*config = (struct lp_member_config){
		.relay_port = 443,
		.reconnect = true,
		.idle_timeout_ns = 20 * LP_SEC,
		.keep_alive_ns = 15 * LP_SEC,
		.queue_max_bytes = 1 << 20,
	};
}

/* Our own figures for the relay. */
static void send_stats(struct lp_member *member)
{
	struct lp_stats_message message = {0};
	struct lp_quic_stats stats;
	lp_quic_stats(member->conn, &stats);
	message.counters = *lp_link_counters(member->link);
	message.rtt_us = stats.srtt_ns / LP_US;
	message.packets_lost = stats.lost_packets;
	message.lan_down = member->told_lan_down = member->lan_down;
	lp_session_send_stats(member->session, &message, member->now_ns);
}

/* Something is due by time. */
static void on_timer(void *ctx, uint64_t now_ns)
{
	struct lp_member *member = ctx;
	member->now_ns = now_ns;
	if (lp_session_expire(member->session, now_ns) && member->conn && member->link)
		send_stats(member);
	lp_member_path_expire(member, now_ns);
	lp_member_end_pass(member);
}

void lp_member_arm(struct lp_member *member)
{
	uint64_t deadline_ns = lp_session_deadline(member->session);
	switch (member->state) {
	case LP_MEMBER_CONNECTING:
		deadline_ns = lp_earlier(deadline_ns, member->attempt_deadline_ns);
		break;
	case LP_MEMBER_JOINED:
		deadline_ns = lp_earlier(deadline_ns, member->stall_check_ns);
		break;
	case LP_MEMBER_WAITING:
		deadline_ns = lp_earlier(deadline_ns, member->retry_at_ns);
		break;
	default:
		break;
	}
	lp_timer_set(member->timer, deadline_ns);
}

int lp_member_new(struct lp_loop *loop, const struct lp_member_config *config, struct lp_failure *failure,
	struct lp_member **ret_member)
{
	struct lp_session_config session = {
		.role = config->role,
		.mac = config->mac,
		.events = &lp_member_session_events,
	};
	struct lp_member *member = calloc(1, sizeof *member);
	int result = LP_ENOMEM;
	if (!member)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	member->config = *config;
	member->loop = loop;
	member->log = config->log;
	member->now_ns = lp_loop_now_ns(loop);
	lp_random_fill((uint8_t *)&member->hash_seed, sizeof member->hash_seed);
	lp_backoff_reset(&member->backoff);
	session.ctx = member;
	snprintf(session.room, sizeof session.room, "%s", config->room);
	snprintf(session.name, sizeof session.name, "%s", config->name);
	snprintf(session.software, sizeof session.software, "%s", config->software);
	snprintf(session.resume, sizeof session.resume, "%s", config->resume);
	if ((result = lp_member_open_path(member, failure)) < 0)
		goto fail;
	if ((result = lp_timer_new(loop, on_timer, member, &member->timer)) < 0 ||
		(result = lp_frame_pool_new(config->queue_max_bytes * 2, &member->pool)) < 0 ||
		(result = lp_session_new(&session, &member->session)) < 0) {
		lp_fail(failure, result, "cannot start the member: %s", lp_error_text(result));
		goto fail;
	}
	lp_member_seek(member);
	*ret_member = member;
	return 0;
fail:
	lp_member_free(member);
	return result;
}

void lp_member_free(struct lp_member *member)
{
	if (!member)
		return;
	lp_link_free(member->link);
	lp_member_close_path(member);
	lp_session_free(member->session);
	lp_frame_pool_free(member->pool);
	lp_timer_free(member->timer);
	free(member);
}

void lp_member_end(struct lp_member *member, const struct lp_failure *failure)
{
	if (member->state == LP_MEMBER_ENDED)
		return;
	member->state = LP_MEMBER_ENDED;
	lp_resolve_free(member->resolve); /* nobody waits for the answer any more */
	member->resolve = NULL;
	lp_member_tell_changes(member);
	member->config.events->ended(member->config.ctx, failure);
}

void lp_member_tell_changes(struct lp_member *member)
{
	bool gateway = lp_session_gateway_present(member->session);
	if (member->state == member->told_state && gateway == member->told_gateway)
		return;
	member->told_state = member->state;
	member->told_gateway = gateway;
	if (member->config.events->changed)
		member->config.events->changed(member->config.ctx);
}

/* Takes leave: with a goodbye, the end of the connection then ends the member, or at once where there is none. */
static void leave(struct lp_member *member, enum lp_reason reason)
{
	member->now_ns = lp_loop_now_ns(member->loop);
	member->stopping = true;
	/* From the hello on the relay may have given us a place. */
	bool has_place = member->state == LP_MEMBER_JOINING || member->state == LP_MEMBER_JOINED;
	if (!member->conn || !has_place) {
		lp_member_drop_connection(member);
		lp_member_end(member, member->failed ? &member->reason : NULL);
		return;
	}
	lp_session_goodbye(member->session, reason, "");
	lp_quic_close(member->conn, LP_QUIC_APP_OK, "goodbye");
}

void lp_member_stop(struct lp_member *member, enum lp_reason reason)
{
	leave(member, reason);
	lp_member_end_pass(member);
}

void lp_member_fail(struct lp_member *member, const struct lp_failure *failure)
{
	if (member->stopping)
		return;
	member->failed = true;
	member->reason = *failure;
	leave(member, LP_REASON_GOODBYE);
	/* What is to be sent leaves from the timer: a connection may be at work right now. */
	lp_timer_set(member->timer, member->now_ns);
}

uint64_t lp_member_begin(struct lp_member *member)
{
	member->now_ns = lp_loop_now_ns(member->loop);
	return member->now_ns;
}

void lp_member_send(struct lp_member *member, const struct lp_bytes *parts, size_t n_parts)
{
	if (!member->link || member->state != LP_MEMBER_JOINED) {
		lp_member_count_drops(member, LP_DROP_NOT_JOINED, 1);
		return;
	}
	lp_link_send(member->link, 0, parts, n_parts, member->now_ns);
}

void lp_member_flush(struct lp_member *member)
{
	lp_member_end_pass(member);
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
	size_t mtu;
	if (!member->conn || !welcome)
		return 0;
	mtu = lp_budget_inner_mtu(lp_quic_budget(member->conn));
	uint16_t told = member->has_relay_stats ? member->relay_stats.unfragmented_mtu : welcome->unfragmented_mtu;
	if (told != 0 && told < mtu)
		mtu = told;
	return (uint16_t)(mtu < welcome->mtu ? mtu : welcome->mtu);
}

void lp_member_set_lan_down(struct lp_member *member, bool down)
{
	member->lan_down = down;
	if (member->told_lan_down == down || member->state != LP_MEMBER_JOINED || !member->link)
		return;
	member->now_ns = lp_loop_now_ns(member->loop);
	send_stats(member);
	lp_member_end_pass(member);
}

void lp_member_count_drops(struct lp_member *member, enum lp_drop drop, uint64_t n)
{
	struct lp_link_counters *counters = member->link ? lp_link_counters(member->link) : &member->counters;
	counters->drops[drop] += n;
}

void lp_member_each_peer(
	const struct lp_member *member, void (*fn)(void *ctx, const struct lp_peer_event *peer), void *ctx)
{
	for (size_t i = 0; i < lp_session_peer_count(member->session); i++)
		fn(ctx, lp_session_peer_at(member->session, i));
}

void lp_member_view(struct lp_member *member, struct lp_member_view *ret_view)
{
	const struct lp_welcome *welcome = lp_session_welcome(member->session);
	struct lp_quic_stats stats = {0};
	if (member->conn)
		lp_quic_stats(member->conn, &stats);
	const struct lp_peer_event *gateway = lp_session_gateway(member->session);
	*ret_view = (struct lp_member_view){
		.state = member->state,
		.gateway_present = lp_session_gateway_present(member->session),
		.n_peers = lp_session_peer_count(member->session),
		.budget_bytes = stats.datagram_budget,
		.unfragmented_mtu = lp_member_unfragmented_mtu(member),
		.mtu = welcome ? welcome->mtu : 0,
		.rtt_ns = stats.srtt_ns,
		.latest_rtt_ns = stats.latest_rtt_ns,
		.gateway_lan_down = member->has_relay_stats && member->relay_stats.lan_down,
		.gateway_rtt_ns = member->has_relay_stats ? member->relay_stats.gateway_rtt_us * LP_US : 0,
		.lost_packets = stats.lost_packets,
		.retry_at_ns = member->retry_at_ns,
		.retry_ns = member->retry_ns,
		.reason = member->reason.code ? member->reason.text : NULL,
		.gateway_name = gateway && gateway->name[0] ? gateway->name : NULL,
		.place_held = member->place_held,
		.reconnects = member->reconnects,
		.local = member->local,
		.remote = member->remote,
		.counters = member->link ? lp_link_counters(member->link) : &member->counters,
		.bounds.peers_forgotten = lp_session_counters(member->session)->peers_forgotten,
		.bounds.tunnel_overflows = lp_udp_overflows(member->udp),
		.told = member->has_relay_stats ? &member->relay_stats : NULL,
		.n_told = member->n_told,
	};
}
