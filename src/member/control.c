/* What a member sends on the control stream, what it keeps of the relay's figures, and what it logs of the room's
   members. */
#include <string.h>

#include "base/hex.h"
#include "base/units.h"
#include "base/wipe.h"
#include "link/link.h"
#include "member/state.h"
#include "obs/event.h"
#include "platform/loop/loop.h"
#include "quic/endpoint.h"
#include "quic/peer_identity.h"
#include "session/session.h"

int lp_member_show_invite(struct lp_member *member, const struct lp_quic_conn *conn)
{
	const struct lp_invite *invite = member->config.invite;
	uint8_t exporter[LP_EXPORTER_BYTES], key[LP_INVITE_KEY], proof[LP_PROOF_BYTES];
	if (!invite)
		return 0;
	struct lp_ticket ticket = {
		.invite = invite->id, .expires_unix_s = invite->expires_unix_s, .uses = invite->uses};
	int result = lp_quic_export(conn, LP_ADMISSION_EXPORTER, exporter, sizeof exporter);
	if (result == 0)
		result = lp_invite_key_of(invite, key);
	if (result == 0)
		result = lp_invite_proof(key, exporter, member->config.role, invite->room, member->config.key, proof);
	if (result == 0) {
		lp_hex_format(proof, sizeof proof, ticket.proof);
		if (member->config.new_room)
			lp_hex_format(invite->admission_key, sizeof invite->admission_key, ticket.new_room);
		lp_session_set_ticket(member->session, &ticket);
	}
	lp_wipe(&ticket, sizeof ticket);
	lp_wipe(key, sizeof key);
	lp_wipe(exporter, sizeof exporter);
	return result;
}

void lp_member_send_stats(struct lp_member *member)
{
	struct lp_stats_message message = {0};
	struct lp_quic_stats stats;
	lp_quic_stats(member->conn, &stats);
	if (stats.singly && !member->singly)
		lp_event_offload_off(member->log,
			"datagrams that this system sends together are lost, so each is sent alone. UDP segmentation "
			"offload is now off");
	member->singly = member->singly || stats.singly;
	message.counters = *lp_link_counters(member->link);
	message.rtt_us = stats.srtt_ns / LP_US;
	message.packets_lost = stats.lost_packets;
	message.lan_down = member->reported_lan_down = member->lan_down;
	message.lan_deaf = member->reported_lan_deaf = member->lan_deaf;
	message.lan_sent_for = member->lan_sent_for;
	lp_session_send_stats(member->session, &message, member->now_ns);
}

void lp_member_log_peer(const struct lp_log *log, const struct lp_peer_event *peer, bool joined, bool known)
{
	bool is_gateway = peer->role == LP_ROLE_GATEWAY;
	if (!known)
		lp_event_member_left_unknown(log, peer->peer_id, lp_reason_wire(peer->reason));
	else if (joined && is_gateway)
		lp_event_gateway_present(log, peer->name, &peer->mac);
	else if (joined)
		lp_event_member_joined(log, peer->peer_id, lp_role_text(peer->role), peer->name, &peer->mac);
	else if (is_gateway)
		lp_event_gateway_gone(log, peer->name, &peer->mac, lp_reason_wire(peer->reason));
	else
		lp_event_member_left(log, peer->peer_id, lp_role_text(peer->role), peer->name, &peer->mac,
			lp_reason_wire(peer->reason));
}

void lp_member_on_stats(void *ctx, const struct lp_stats_message *stats)
{
	struct lp_member *member = ctx;
	bool same_local = lp_addr_equal(&member->seen_local, &member->local);
	member->relay_stats = *stats;
	member->has_relay_stats = true;
	member->n_relay_stats++;
	if (stats->seen[0] == '\0' || member->over_tls)
		return;
	if (member->seen[0] && same_local && strcmp(member->seen, stats->seen) != 0)
		member->seen_changes++;
	memcpy(member->seen, stats->seen, sizeof member->seen);
	member->seen_local = member->local;
}

void lp_member_note_lan_sent(struct lp_member *member, uint16_t peer_id)
{
	struct lp_peer_values *sent = &member->lan_sent_for;
	uint32_t i = lp_peer_values_find(sent, peer_id);
	if (i == LP_PEER_VALUES_MAX)
		return;
	if (i == sent->n) {
		sent->at[i].peer_id = peer_id;
		sent->at[i].value = 0;
		sent->n++;
	}
	if (sent->at[i].value < UINT32_MAX)
		sent->at[i].value++;
}

void lp_member_forget_lan_sent(struct lp_member *member, uint16_t peer_id)
{
	struct lp_peer_values *sent = &member->lan_sent_for;
	uint32_t i = lp_peer_values_find(sent, peer_id);
	if (i < sent->n)
		sent->at[i] = sent->at[--sent->n];
}

void lp_member_set_lan_down(struct lp_member *member, bool down)
{
	member->lan_down = down;
	bool reported = member->reported_lan_down == down && member->reported_lan_deaf == member->lan_deaf;
	if (reported || member->state != LP_MEMBER_JOINED || !member->link)
		return;
	member->now_ns = lp_loop_now_ns(member->loop);
	lp_member_send_stats(member);
	lp_member_flush(member);
}

void lp_member_set_lan_deaf(struct lp_member *member, bool deaf)
{
	member->lan_deaf = deaf; /* goes out with the next lp_member_set_lan_down() */
}

int lp_member_ask(struct lp_member *member, const struct lp_host_request *request)
{
	member->now_ns = lp_loop_now_ns(member->loop);
	int result = lp_session_ask(member->session, request);
	lp_member_flush(member);
	return result;
}
