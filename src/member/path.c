/* A member's way to the relay: the socket, the connection, and how both move when the network changes. */
#include "base/error.h"
#include "base/units.h"
#include "link/link.h"
#include "member/state.h"
#include "obs/event.h"
#include "platform/loop/loop.h"
#include "platform/net/netwatch.h"
#include "platform/net/resolve.h"
#include "platform/net/udp.h"
#include "platform/system/random.h"
#include "quic/endpoint.h"
#include "session/session.h"

/* So many looks in a row, a second apart, with packets in flight and nothing received, are a dead path. */
#define STALL_CHECK_NS LP_SEC
#define STALL_CHECKS 4

void lp_member_tell_path(struct lp_member *member)
{
	if (member->config.events->path)
		member->config.events->path(member->config.ctx, &member->local, &member->remote);
}

void lp_member_plan_stall_check(struct lp_member *member)
{
	member->n_received_seen = member->n_received;
	member->stall_check_ns = member->now_ns + STALL_CHECK_NS;
}

/* Looks whether the path is dead: packets in flight, and nothing comes back. */
static void check_stall(struct lp_member *member)
{
	struct lp_quic_stats stats;
	lp_quic_stats(member->conn, &stats);
	if (stats.in_flight_bytes == 0 || member->n_received != member->n_received_seen)
		member->n_stalled = 0;
	else
		member->n_stalled++;
	lp_member_plan_stall_check(member);
	if (member->n_stalled < STALL_CHECKS)
		return;
	lp_fail(&member->reason, LP_EUNREACH, "%s: the relay does not answer any more", member->config.relay_host);
	member->may_retry = true;
	lp_member_lost(member);
}

/* There is no route to the relay's address any more. If there is one to another of its addresses (IPv6 instead of IPv4,
   say), a new connection is made there at once, with the token of our place. */
static void move_elsewhere(struct lp_member *member)
{
	struct lp_addr local;
	uint32_t interface;
	for (size_t i = 0; i < member->n_addrs; i++) {
		if (lp_netwatch_source(member->netwatch, &member->addrs[i], &local, &interface) < 0)
			continue;
		lp_fail(&member->reason, LP_EUNREACH, "no route to the relay's address any more");
		member->may_retry = true;
		lp_member_lost(member);
		member->retry_at_ns = member->now_ns;
		return;
	}
}

/* The connection moves to the address and the interface by which the relay is reached now. While the relay has given no
   new connection ids since the last moves, it cannot: it stays on the old way, which may still carry, and tries again
   at each look. */
static void move_along(struct lp_member *member)
{
	struct lp_addr local;
	uint32_t interface;
	int result;
	member->move_waits = false;
	if (lp_netwatch_source(member->netwatch, &member->remote, &local, &interface) < 0) {
		move_elsewhere(member);
		return;
	}
	local.port = member->local.port;
	result = lp_addr_equal(&local, &member->local) ? LP_EEXISTS
						       : lp_quic_migrate(member->conn, &local, member->now_ns);
	member->move_waits = result == LP_EAGAIN;
	if (result < 0 && result != LP_EEXISTS)
		return;
	lp_udp_set_interface(member->udp, interface);
	if (result == LP_EEXISTS)
		return;
	member->local = local;
	lp_event_path_changed(member->log, &member->local, &member->remote);
	lp_member_tell_path(member);
}

void lp_member_path_expire(struct lp_member *member, uint64_t now_ns)
{
	switch (member->state) {
	case LP_MEMBER_CONNECTING:
		if (now_ns >= member->attempt_deadline_ns) {
			lp_member_drop_connection(member);
			lp_member_connect_next(member);
		}
		break;
	case LP_MEMBER_JOINED:
		if (now_ns >= member->stall_check_ns) {
			lp_link_expire(member->link, now_ns);
			if (member->move_waits)
				move_along(member);
			if (member->state == LP_MEMBER_JOINED)
				check_stall(member);
		}
		break;
	case LP_MEMBER_WAITING:
		if (now_ns >= member->retry_at_ns) {
			member->reconnects++;
			lp_member_seek(member);
		}
		break;
	default:
		break;
	}
}

/* The host's addresses or routes changed. */
static void on_network_change(void *ctx)
{
	struct lp_member *member = ctx;
	member->now_ns = lp_loop_now_ns(member->loop);
	if (member->state == LP_MEMBER_WAITING) {
		lp_backoff_reset(&member->backoff);
		member->retry_at_ns = member->now_ns;
	} else if (member->state == LP_MEMBER_JOINED) {
		move_along(member);
	}
	lp_member_end_pass(member);
}

/* A receive batch of the UDP socket. */
static void on_udp(void *ctx, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct lp_member *member = ctx;
	member->now_ns = lp_loop_now_ns(member->loop);
	member->n_received++;
	lp_quic_receive(member->endpoint, msgs, n_msgs, member->now_ns);
	member->config.events->batch_end(member->config.ctx);
	lp_member_end_pass(member);
}

/* The endpoint's deadline has come. */
static void on_quic_timer(void *ctx, uint64_t now_ns)
{
	struct lp_member *member = ctx;
	member->now_ns = now_ns;
	lp_quic_expire(member->endpoint, now_ns);
	lp_member_end_pass(member);
}

/* The handshake is complete. */
static void on_ready(void *ctx, struct lp_quic_conn *conn)
{
	struct lp_member *member = ctx;
	if (conn != member->conn)
		return;
	member->state = LP_MEMBER_JOINING;
	if (lp_member_start_session(member) < 0)
		lp_quic_close(conn, LP_QUIC_APP_OVERLOAD, "out of memory");
}

/* Bytes of the control stream. */
static void on_control(void *ctx, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	struct lp_member *member = ctx;
	if (conn == member->conn)
		lp_session_receive(member->session, data, len, member->now_ns);
}

/* One DATAGRAM. */
static void on_datagram(void *ctx, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	struct lp_member *member = ctx;
	if (conn == member->conn && member->link && member->state == LP_MEMBER_JOINED)
		lp_link_receive(member->link, data, len, member->now_ns);
}

/* The congestion window is open again. */
static void on_writable(void *ctx, struct lp_quic_conn *conn)
{
	struct lp_member *member = ctx;
	if (conn != member->conn || !member->link)
		return;
	lp_link_writable(member->link, member->now_ns);
	if (member->was_congested && !lp_link_congested(member->link)) {
		member->was_congested = false;
		member->config.events->relieved(member->config.ctx);
	}
}

/* What a user can do about a certificate that is not trusted, to stand behind the reason. */
static const char *advice(enum lp_tls_distrust distrust)
{
	switch (distrust) {
	case LP_TLS_DISTRUST_PIN:
		return ": get the relay's file for --relay-ca-cert anew";
	case LP_TLS_DISTRUST_SIGNER:
		return ": pass the relay's file with --relay-ca-cert";
	case LP_TLS_DISTRUST_NAME:
		return ": if that is your relay, pass a name that the certificate is for with --server-name";
	default:
		return "";
	}
}

/* The connection, or the attempt, is over. */
static void on_closed(void *ctx, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	struct lp_member *member = ctx;
	const char *host = member->config.relay_host;
	if (conn != member->conn)
		return;
	member->conn = NULL; /* the rest is lp_member_lost()'s; while an attempt is under way there is nothing else */
	if (why->kind == LP_QUIC_CLOSED_TLS) {
		lp_fail(&member->reason, LP_ECERT, "%s: %s%s", host, why->reason, advice(why->distrust));
		member->may_retry = false;
	} else if (member->state == LP_MEMBER_CONNECTING && why->kind == LP_QUIC_CLOSED_TRANSPORT && why->reason[0]) {
		/* It is there, but has reached a limit: its other addresses would say the same. */
		lp_fail(&member->reason, LP_EFULL, "%s: the relay refused the connection: %s", host, why->reason);
	} else if (member->reason.code == 0 && member->state == LP_MEMBER_CONNECTING) {
		/* The last word when every address was tried; lp_member_connect_next() writes it. */
		lp_member_connect_next(member);
		return;
	} else if (member->reason.code == 0) {
		lp_fail(&member->reason, LP_ECLOSED, "%s: the connection to the relay ended: %s", host,
			why->reason[0] ? why->reason : "the relay does not answer any more");
	}
	lp_member_lost(member);
}

/* UDP datagrams to send. */
static void on_send(void *ctx, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct lp_member *member = ctx;
	lp_udp_send(member->udp, msgs, n_msgs);
}

/* Random bytes for the endpoint. */
static void on_random(void *ctx, uint8_t *data, size_t len)
{
	(void)ctx;
	lp_random_fill(data, len);
}

static const struct lp_quic_events quic_events = {
	.ready = on_ready,
	.control = on_control,
	.datagram = on_datagram,
	.writable = on_writable,
	.closed = on_closed,
	.send = on_send,
};

int lp_member_open_path(struct lp_member *member, struct lp_failure *failure)
{
	struct lp_quic_config quic = {
		.tls = member->config.tls,
		.events = &quic_events,
		.ctx = member,
		.random = on_random,
		.idle_timeout_ns = member->config.idle_timeout_ns,
		.keep_alive_ns = member->config.keep_alive_ns,
	};
	struct lp_addr any = {0};
	int result = lp_udp_open(member->loop, &any, on_udp, member, failure, &member->udp);
	if (result < 0)
		return result;
	quic.max_udp_payload = lp_udp_path_payload(member->udp, NULL);
	lp_random_fill(quic.secret, sizeof quic.secret);
	if ((result = lp_quic_endpoint_new(&quic, &member->endpoint)) < 0 ||
		(result = lp_timer_new(member->loop, on_quic_timer, member, &member->quic_timer)) < 0 ||
		(result = lp_netwatch_new(member->loop, on_network_change, member, &member->netwatch)) < 0)
		return lp_fail(failure, result, "cannot start the connection: %s", lp_error_text(result));
	if (member->config.device)
		lp_netwatch_avoid(member->netwatch, member->config.device);
	return 0;
}

void lp_member_close_path(struct lp_member *member)
{
	lp_resolve_free(member->resolve);
	lp_netwatch_free(member->netwatch);
	lp_quic_endpoint_free(member->endpoint);
	lp_timer_free(member->quic_timer);
	lp_udp_close(member->udp);
}

void lp_member_end_pass(struct lp_member *member)
{
	lp_quic_flush(member->endpoint, member->now_ns);
	lp_timer_set(member->quic_timer, lp_quic_deadline(member->endpoint));
	lp_member_tell_changes(member);
	lp_member_arm(member);
}
