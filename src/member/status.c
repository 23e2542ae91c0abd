/* The member's part of the status. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/units.h"
#include "link/link.h"
#include "member/state.h"
#include "peer/mesh.h"
#include "platform/net/udp.h"
#include "proto/budget.h"
#include "quic/endpoint.h"
#include "report/latency.h"
#include "report/status.h"
#include "session/session.h"

static void set_gateway(const struct lp_session *session, struct lp_status *status)
{
	const struct lp_peer_event *gateway = lp_session_gateway(session);
	status->gateway_present = lp_session_gateway_present(session);
	snprintf(status->gateway_name, sizeof status->gateway_name, "%s", gateway ? gateway->name : "");
}

/* Estimates the round trip to a peer: that to the relay, and the relay's to the peer. 0: unknown. */
static uint64_t peer_rtt_us(const struct lp_member *member, uint16_t peer_id, uint64_t rtt_us)
{
	const struct lp_peer_values *rtts = &member->relay_stats.peer_rtts;
	if (!member->has_relay_stats)
		return 0;
	uint32_t i = lp_peer_values_find(rtts, peer_id);
	return i < rtts->n ? lp_latency_gateway_us(rtt_us, rtts->at[i].value) : 0;
}

/* Lists the members of the room. */
static void set_members(const struct lp_member *member, uint64_t rtt_us, struct lp_status *status)
{
	const struct lp_peer_event *peer;
	uint64_t gateway_rtt_us = member->has_relay_stats ? member->relay_stats.gateway_rtt_us : 0;
	status->n_members = 0;
	for (size_t i = 0; i < LP_STATUS_MEMBERS_MAX && (peer = lp_session_peer_at(member->session, i)); i++) {
		struct lp_status_member *entry = &status->members[status->n_members++];
		*entry = (struct lp_status_member){.role = peer->role, .mac = peer->mac, .route = "relay"};
		memcpy(entry->name, peer->name, sizeof entry->name);
		if (peer->role == LP_ROLE_GATEWAY)
			entry->rtt_us = lp_latency_gateway_us(rtt_us, gateway_rtt_us);
		else
			entry->rtt_us = peer_rtt_us(member, peer->peer_id, rtt_us);
		struct lp_mesh_link link;
		if (!member->mesh || !lp_mesh_link(member->mesh, peer->peer_id, &link))
			continue;
		snprintf(entry->route, sizeof entry->route, "%s", link.route);
		entry->rtt_us = link.rtt_ns / LP_US;
		entry->packets_lost = link.packets_lost;
		entry->bytes_in = link.bytes_in;
		entry->bytes_out = link.bytes_out;
	}
}

/* Lists the names of the clients among the members, with their round trips. */
static void set_players(struct lp_status *status)
{
	struct lp_text text;
	unsigned n_unnamed = 0;
	lp_text_init(&text, status->players, sizeof status->players);
	for (size_t i = 0; i < status->n_members; i++) {
		const struct lp_status_member *member = &status->members[i];
		if (member->role != LP_ROLE_CLIENT)
			continue;
		if (!member->name[0]) {
			n_unnamed++;
			continue;
		}
		lp_text_addf(&text, "%s%s", text.len ? ", " : "", member->name);
		if (member->rtt_us)
			lp_text_addf(&text, member->rtt_us < 9950 ? " %.1f ms" : " %.0f ms",
				(double)member->rtt_us / 1000.0);
	}
	if (n_unnamed)
		lp_text_addf(&text, "%s%u without a name", text.len ? ", " : "", n_unnamed);
}

bool lp_member_lan_reachable(const struct lp_member *member)
{
	return member->state == LP_MEMBER_JOINED && lp_session_gateway_present(member->session) &&
	       !(member->has_relay_stats && member->relay_stats.lan_down);
}

void lp_member_status(struct lp_member *member, struct lp_status *status)
{
	const struct lp_welcome *welcome = lp_session_welcome(member->session);
	struct lp_quic_stats stats = {0};
	if (member->conn)
		lp_quic_stats(member->conn, &stats);
	status->state = member->state;
	snprintf(status->reason, sizeof status->reason, "%s", member->reason.code ? member->reason.text : "");
	status->retry_ns = member->retry_ns;
	status->retry_at_ns = member->state == LP_MEMBER_WAITING ? member->deadline_ns : 0;
	status->slot_held = member->slot_held;
	status->reconnects = member->reconnects;
	status->mtu = welcome ? welcome->mtu : 0;
	status->unfragmented_mtu = lp_member_unfragmented_mtu(member);
	status->n_peers = lp_session_peer_count(member->session);
	set_gateway(member->session, status);
	set_members(member, stats.srtt_ns / LP_US, status);
	set_players(status);
	status->gateway_lan_deaf = member->config.role == LP_ROLE_GATEWAY
					   ? member->lan_deaf
					   : member->has_relay_stats && member->relay_stats.lan_deaf;
	status->gateway_lan_down = member->has_relay_stats && member->relay_stats.lan_down;
	status->local = member->local;
	const char *seen = member->has_relay_stats && member->relay_stats.seen[0] ? member->relay_stats.seen
			   : welcome                                              ? welcome->seen
										  : "";
	snprintf(status->seen, sizeof status->seen, "%s", seen);
	status->seen_changes = member->seen_changes;
	status->unfragmented_mtu_up = member->conn && welcome ? lp_budget_inner_mtu(lp_quic_budget(member->conn)) : 0;
	status->remote = member->remote;
	status->over_tcp = member->over_tls;
	status->udp_blocked = member->udp_blocked;
	status->rtt_ns = stats.srtt_ns;
	status->min_rtt_ns = stats.min_rtt_ns;
	status->packets_lost = stats.lost_packets;
	status->budget_bytes = stats.datagram_budget;
	status->singly = stats.singly;
	status->counters = member->link ? *lp_link_counters(member->link) : member->counters;
	if (member->mesh)
		lp_mesh_count(member->mesh, &status->counters);
	status->bounds.peers_forgotten = lp_session_counters(member->session)->peers_forgotten;
	status->bounds.tunnel_overflows = lp_udp_overflows(member->udp.socket);
	status->has_relay_stats = member->has_relay_stats;
	status->relay_stats = member->relay_stats;
	status->n_relay_stats = member->n_relay_stats;
}

void lp_member_each_peer(
	const struct lp_member *member, void (*fn)(void *ctx, const struct lp_peer_event *peer), void *ctx)
{
	for (size_t i = 0; i < lp_session_peer_count(member->session); i++)
		fn(ctx, lp_session_peer_at(member->session, i));
}

const char *lp_member_peer_name(const struct lp_member *member, uint16_t peer_id)
{
	const struct lp_peer_event *peer = lp_session_peer(member->session, peer_id);
	return peer ? peer->name : NULL;
}
