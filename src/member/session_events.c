/* What the session tells a member: taken in, others come and go, refused. */
#include "base/error.h"
#include "link/link.h"
#include "member/state.h"
#include "obs/event.h"
#include "quic/endpoint.h"
#include "session/session.h"

/* Bytes for the control stream. */
static void on_session_send(void *ctx, const uint8_t *data, size_t len)
{
	struct lp_member *member = ctx;
	if (member->conn && lp_quic_send_control(member->conn, data, len) == LP_EFULL)
		lp_quic_close(member->conn, LP_QUIC_APP_OVERLOAD, "the control stream is not read");
}

/* The relay took us in. */
static void on_session_joined(void *ctx, const struct lp_welcome *welcome)
{
	struct lp_member *member = ctx;
	member->state = LP_MEMBER_JOINED;
	member->ever_joined = true;
	member->place_held = false;
	member->n_stalled = 0;
	lp_member_plan_stall_check(member);
	lp_backoff_reset(&member->backoff);
	lp_event_joined(member->log, welcome->room, welcome->peer_id, welcome->mtu, welcome->gateway_present);
	member->config.events->joined(member->config.ctx, welcome);
}

/* Tells of somebody who joined or left, with what is remembered of it. */
static void log_peer(const struct lp_log *log, const struct lp_peer_event *peer, bool joined, bool known)
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

/* Somebody joined or left. */
static void on_session_peer(void *ctx, const struct lp_peer_event *peer, bool joined, bool known)
{
	struct lp_member *member = ctx;
	if (!joined || !known) /* not for a refresh of what is known */
		log_peer(member->log, peer, joined, known || joined);
	if (member->config.events->peer)
		member->config.events->peer(member->config.ctx, peer, joined, known);
}

/* The relay's view of us. */
static void on_session_stats(void *ctx, const struct lp_stats_message *stats)
{
	struct lp_member *member = ctx;
	member->relay_stats = *stats;
	member->has_relay_stats = true;
	member->n_told++;
}

/* What to tell the relay of a session that ended by no word of its own. */
static enum lp_quic_app_error close_code(const struct lp_failure *failure)
{
	switch (failure->code) {
	case LP_ETIMEOUT:
		return LP_QUIC_APP_TIMEOUT;
	case LP_ENOMEM:
		return LP_QUIC_APP_OVERLOAD;
	default:
		return LP_QUIC_APP_PROTOCOL;
	}
}

/* True if a reject may be for our own sake: a member that was killed is in the way of its next start until the relay
   notices. */
static bool is_our_place(const struct lp_member *member, const struct lp_reject *reject)
{
	return reject->code == LP_REJECT_DUPLICATE_MAC ||
	       (reject->code == LP_REJECT_GATEWAY_EXISTS && lp_mac_equal(&reject->mac, &member->config.mac));
}

/* The session is over; the connection follows, and its end decides what comes next. */
static void on_session_ended(void *ctx, const struct lp_reject *reject, const struct lp_disconnect *disconnect,
	const struct lp_failure *failure)
{
	struct lp_member *member = ctx;
	const char *host = member->config.relay_host;
	member->may_retry = lp_backoff_may_retry(reject, disconnect, failure);
	member->place_held = reject && !member->ever_joined && is_our_place(member, reject);
	if (reject) {
		lp_fail(&member->reason, LP_EPERM, "%s: the relay refused: %s (%s)", host,
			reject->message[0] ? reject->message : lp_reject_text(reject->code),
			lp_reject_wire(reject->code));
	} else if (disconnect) {
		lp_fail(&member->reason, LP_ECLOSED, "%s: the relay ended the session: %s (%s)", host,
			disconnect->message[0] ? disconnect->message : "no reason given",
			lp_reason_wire(disconnect->reason));
	} else {
		lp_fail(&member->reason, failure->code, "%s: %s", host, failure->text);
	}
	if (member->conn)
		lp_quic_close(
			member->conn, disconnect || reject ? LP_QUIC_APP_OK : close_code(failure), member->reason.text);
}

const struct lp_session_events lp_member_session_events = {
	.send = on_session_send,
	.joined = on_session_joined,
	.peer = on_session_peer,
	.stats = on_session_stats,
	.ended = on_session_ended,
};

/* A frame from the room. */
static void on_link_frame(void *ctx, uint16_t source, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	struct lp_member *member = ctx;
	(void)source;
	member->config.events->frame(member->config.ctx, frame, len, now_ns);
}

int lp_member_start_session(struct lp_member *member)
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
	lp_session_start(member->session, (uint32_t)lp_quic_budget(member->conn), member->now_ns);
	return 0;
}
