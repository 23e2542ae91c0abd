#include "member/member.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "egress/queue.h"
#include "link/link.h"
#include "member/state.h"
#include "obs/event.h"
#include "peer/mesh.h"
#include "platform/loop/loop.h"
#include "platform/net/netwatch.h"
#include "platform/net/resolve.h"
#include "platform/net/udp.h"
#include "platform/system/random.h"
#include "quic/endpoint.h"
#include "session/session.h"

void lp_member_config_init(struct lp_member_config *config)
{
	*config = (struct lp_member_config){
		.reconnect = true,
		.udp_offload = true,
		.idle_timeout_ns = 20 * LP_SEC,
		.keep_alive_ns = 15 * LP_SEC,
		.queue_max_bytes = 2 << 20,
		.direct = LP_DIRECT_GATEWAY,
		.room_direct = LP_DIRECT_ALL,
	};
}

/* The only writer of the state. |deadline_ns|: when on_deadline() acts, LP_NEVER for a state that other events end. */
static void enter_state(struct lp_member *member, enum lp_member_state state, uint64_t deadline_ns)
{
	if (state != member->state)
		lp_event_member_state(member->log, lp_member_state_text(member->state), lp_member_state_text(state));
	member->state = state;
	member->deadline_ns = deadline_ns;
}

/* Calls the owner's `changed` if the state or the gateway's presence is not that of the last call. */
static void notify_changes(struct lp_member *member)
{
	bool gateway = lp_session_gateway_present(member->session);
	if (member->state == member->notified_state && gateway == member->notified_gateway)
		return;
	member->notified_state = member->state;
	member->notified_gateway = gateway;
	if (member->config.events->changed)
		member->config.events->changed(member->config.ctx);
}

/* Ends a pass: sends the packets that were built, reports changes to the owner and sets both timers. Every callback of
   the loop ends with it. */
void lp_member_flush(struct lp_member *member)
{
	uint64_t mesh_ns = LP_NEVER;
	lp_quic_flush(member->endpoint, member->now_ns);
	if (member->mesh) {
		lp_mesh_flush(member->mesh, member->now_ns);
		mesh_ns = lp_mesh_deadline(member->mesh);
	}
	lp_timer_set(member->quic_timer, lp_earlier(mesh_ns, lp_quic_deadline(member->endpoint)));
	notify_changes(member);
	uint64_t deadline_ns = lp_earlier(member->deadline_ns, lp_member_tls_deadline(member));
	lp_timer_set(member->timer, lp_earlier(lp_session_deadline(member->session), deadline_ns));
}

/* Drops the connection and all that depends on it. */
static void drop_connection(struct lp_member *member)
{
	struct lp_quic_conn *conn = member->conn;
	lp_member_tls_drop(member);
	lp_member_race_end(member);
	lp_member_link_close(member);
	lp_session_stop(member->session);
	member->conn = NULL; /* before the call: `closed` of a dropped connection is ignored */
	member->has_relay_stats = false;
	member->reported_lan_down = member->reported_lan_deaf = false;
	if (conn)
		lp_quic_abandon(conn);
}

/* Ends the member. |failure| NULL: as the owner wanted. */
static void end(struct lp_member *member, const struct lp_failure *failure)
{
	if (member->state == LP_MEMBER_ENDED)
		return;
	enter_state(member, LP_MEMBER_ENDED, LP_NEVER);
	lp_resolve_free(member->resolve);
	member->resolve = NULL;
	notify_changes(member);
	member->config.events->ended(member->config.ctx, failure);
}

static void start_round(struct lp_member *member);

/* The connection, or the attempt to make one, failed with |reason|: waits for the next attempt, or ends. */
static void on_disconnect(struct lp_member *member)
{
	bool was_joined = member->state == LP_MEMBER_JOINED;
	if (was_joined)
		member->lost_ns = member->now_ns;
	uint8_t random[8];
	if (member->state == LP_MEMBER_ENDED)
		return;
	drop_connection(member);
	if (member->stopping) {
		end(member, member->failed ? &member->reason : NULL);
		return;
	}
	if (member->redirect_pending) {
		member->redirect_pending = false;
		start_round(member);
		return;
	}
	/* A relay that was not reached yet may be started later, as may this computer's network. */
	bool unreached = member->reason.code == LP_EUNREACH;
	bool waits = member->config.reconnect && member->may_retry;
	if (waits && !member->ever_joined && !unreached && !lp_member_waits_for_slot(member)) {
		waits = false;
		if (member->slot_held)
			lp_member_blame_other_process(member);
	}
	if (!waits) {
		end(member, &member->reason);
		return;
	}
	lp_random_fill(random, sizeof random);
	member->retry_ns = lp_backoff_next(&member->backoff, random);
	if (member->slot_held && member->now_ns < member->slot_deadline_ns &&
		member->retry_ns > member->slot_deadline_ns - member->now_ns)
		member->retry_ns = member->slot_deadline_ns - member->now_ns;
	enter_state(member, LP_MEMBER_WAITING, member->now_ns + member->retry_ns);
	lp_event_reconnecting(member->log, member->reason.text, member->retry_ns);
	if (was_joined && member->config.events->lost)
		member->config.events->lost(member->config.ctx);
}

/* As on_disconnect(), where a later attempt may succeed. */
static void retry(struct lp_member *member)
{
	member->may_retry = true;
	on_disconnect(member);
}

static void resolve(struct lp_member *member, size_t relay_index);

/* Goes on with the race to the relay's addresses. If it is lost, goes on to the next relay, or waits. */
static void race(struct lp_member *member)
{
	uint64_t deadline_ns;
	if (lp_member_race(member, &deadline_ns) == 0)
		enter_state(member, LP_MEMBER_CONNECTING, deadline_ns);
	else if (member->from_memory)
		resolve(member, 0);
	else if (member->may_retry && member->relay_index + 1 < member->config.n_relays)
		resolve(member, member->relay_index + 1);
	else
		on_disconnect(member);
}

static void on_resolved(void *ctx, const struct lp_addr *addrs, size_t n_addrs, const char *reason)
{
	struct lp_member *member = ctx;
	member->now_ns = lp_loop_now_ns(member->loop);
	if (n_addrs == 0)
		lp_fail(&member->reason, LP_EUNREACH,
			"cannot find the address of %s: %s. Check the name, and this computer's name server",
			lp_member_relay(member)->host, reason);
	lp_member_race_begin(member, addrs, n_addrs);
	lp_resolve_free(member->resolve); /* |addrs| and |reason| belong to it */
	member->resolve = NULL;
	race(member);
	lp_member_flush(member);
}

/* Starts to try a relay: resolve, connect, join. */
static void resolve(struct lp_member *member, size_t relay_index)
{
	member->relay_index = relay_index;
	enter_state(member, LP_MEMBER_RESOLVING, LP_NEVER);
	member->from_memory = false;
	member->reason.code = member->tls_failure.code = 0;
	member->may_retry = true;
	if (lp_resolve_start(member->loop, lp_member_relay(member)->host, lp_member_relay(member)->port, on_resolved,
		    member, &member->resolve) < 0) {
		lp_fail(&member->reason, LP_ENOMEM, "out of memory");
		retry(member);
	}
}

/* Starts a round of attempts: resolve, connect, join. The address of the last success comes first, because it is nearly
   always right, and the name server may be one that is reached only through the tunnel. */
static void start_round(struct lp_member *member)
{
	member->reason.code = member->tls_failure.code = 0;
	member->may_retry = true;
	if (!member->good_addr.family) {
		resolve(member, 0);
		return;
	}
	member->relay_index = member->good_relay;
	member->from_memory = true;
	lp_member_race_begin(member, &member->good_addr, 1);
	race(member);
}

/* Migrates after a change of the host's network. */
static void migrate(struct lp_member *member)
{
	switch (lp_member_migrate(member)) {
	case LP_MIGRATION_NONE:
		break;
	case LP_MIGRATION_STARTED:
		lp_event_path_changed(member->log, &member->local, &member->remote);
		lp_member_notify_path(member);
		break;
	case LP_MIGRATION_RECONNECT:
		retry(member);
		if (member->state == LP_MEMBER_WAITING)
			member->deadline_ns = member->now_ns;
		break;
	}
}

static void check_path(struct lp_member *member)
{
	lp_link_expire(member->link, member->now_ns);
	if (member->migration_pending)
		migrate(member);
	if (member->state != LP_MEMBER_JOINED)
		return;
	member->deadline_ns = member->now_ns + LP_MEMBER_PATH_CHECK_NS;
	if (lp_member_path_check(member))
		retry(member);
}

/* The state's deadline is due. */
static void on_deadline(struct lp_member *member)
{
	switch (member->state) {
	case LP_MEMBER_CONNECTING:
		race(member);
		break;
	case LP_MEMBER_JOINED:
		check_path(member);
		break;
	case LP_MEMBER_WAITING:
		member->reconnects++;
		member->redirected = false;
		start_round(member);
		break;
	case LP_MEMBER_RESOLVING:
		start_round(member);
		break;
	case LP_MEMBER_JOINING:
	case LP_MEMBER_ENDED:
		break;
	}
}

static void on_timer(void *ctx, uint64_t now_ns)
{
	struct lp_member *member = ctx;
	member->now_ns = now_ns;
	if (lp_session_expire(member->session, now_ns) && member->conn && member->link)
		lp_member_send_stats(member);
	if (now_ns >= member->deadline_ns)
		on_deadline(member);
	if (lp_member_tls_expire(member))
		retry(member);
	lp_member_flush(member);
}

static void on_quic_timer(void *ctx, uint64_t now_ns)
{
	struct lp_member *member = ctx;
	member->now_ns = now_ns;
	lp_quic_expire(member->endpoint, now_ns);
	if (member->mesh)
		lp_mesh_expire(member->mesh, now_ns);
	lp_member_flush(member);
}

/* The host's addresses or routes changed. */
static void on_network_change(void *ctx)
{
	struct lp_member *member = ctx;
	member->now_ns = lp_loop_now_ns(member->loop);
	if (member->state == LP_MEMBER_WAITING) {
		lp_backoff_reset(&member->backoff);
		member->deadline_ns = member->now_ns;
	} else if (member->state == LP_MEMBER_JOINED) {
		migrate(member);
	}
	if (member->mesh)
		lp_mesh_moved(member->mesh, member->now_ns);
	lp_member_flush(member);
}

static void on_packets(void *ctx, struct lp_carrier *carrier, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct lp_member *member = ctx;
	member->now_ns = lp_loop_now_ns(member->loop);
	if (member->mesh && carrier == &member->udp.carrier)
		lp_mesh_receive(member->mesh, msgs, n_msgs, member->now_ns);
	else
		lp_quic_receive(member->endpoint, carrier, msgs, n_msgs, member->now_ns);
	const char *notice = lp_udp_notice(member->udp.socket);
	if (notice)
		lp_event_offload_off(member->config.log, notice);
	member->config.events->batch_end(member->config.ctx);
	lp_member_flush(member);
}

/* The handshake is complete. */
static void on_ready(void *ctx, struct lp_quic_conn *conn)
{
	struct lp_member *member = ctx;
	if (!lp_member_race_won(member, conn))
		return;
	enter_state(member, LP_MEMBER_JOINING, LP_NEVER); /* the session has a deadline for the welcome */
	if (lp_member_link_open(member) < 0)
		lp_quic_close(conn, LP_QUIC_APP_OVERLOAD, "out of memory");
	else if (lp_member_show_invite(member, conn) < 0)
		lp_quic_close(conn, LP_QUIC_APP_PROTOCOL, "the invite could not be proven");
	else
		lp_session_start(member->session, (uint32_t)lp_quic_budget(conn), member->now_ns);
}

static void on_control(void *ctx, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	struct lp_member *member = ctx;
	if (conn == member->conn)
		lp_session_receive(member->session, data, len, member->now_ns);
}

static void on_datagram(void *ctx, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	struct lp_member *member = ctx;
	if (conn == member->conn)
		lp_member_link_receive(member, data, len);
}

static void on_writable(void *ctx, struct lp_quic_conn *conn)
{
	struct lp_member *member = ctx;
	if (conn == member->conn)
		lp_member_link_writable(member);
}

/* The connection moved to another path. */
static void on_migrated(void *ctx, struct lp_quic_conn *conn)
{
	struct lp_member *member = ctx;
	if (conn != member->conn || !lp_member_back_on_udp(member))
		return;
	lp_member_notify_path(member);
	if (member->config.events->changed)
		member->config.events->changed(member->config.ctx);
}

static void on_closed(void *ctx, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	struct lp_member *member = ctx;
	if (lp_member_race_closed(member, conn, why)) {
		race(member);
		return;
	}
	if (conn != member->conn)
		return;
	member->conn = NULL;
	lp_member_judge_close(member, why);
	on_disconnect(member);
}

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
	.migrated = on_migrated,
	.closed = on_closed,
};

static void on_session_send(void *ctx, const uint8_t *data, size_t len)
{
	struct lp_member *member = ctx;
	if (member->conn && lp_quic_send_control(member->conn, data, len) == LP_EFULL)
		lp_quic_close(member->conn, LP_QUIC_APP_OVERLOAD, "the control stream is not read");
}

static void on_session_joined(void *ctx, const struct lp_welcome *welcome)
{
	struct lp_member *member = ctx;
	enter_state(member, LP_MEMBER_JOINED, member->now_ns + LP_MEMBER_PATH_CHECK_NS);
	member->ever_joined = true;
	if (member->remote.port) /* 0: only a proxy knows it */
		member->good_addr = member->remote;
	member->good_relay = member->relay_index;
	member->slot_held = false;
	lp_member_path_check_start(member);
	lp_backoff_reset(&member->backoff);
	member->redirected = false;
	if (member->mesh)
		lp_mesh_joined(member->mesh, welcome, member->now_ns);
	lp_event_joined(member->log, welcome->room, welcome->peer_id, welcome->mtu, welcome->gateway_present);
	member->config.new_room = false; /* it is not created again after the operator removed it */
	member->config.events->joined(member->config.ctx, welcome);
}

static void on_session_peer(void *ctx, const struct lp_peer_event *peer, bool joined, bool known)
{
	struct lp_member *member = ctx;
	if (!joined || !known) /* an update of a known peer is not logged */
		lp_member_log_peer(member->log, peer, joined, known || joined);
	if (!joined)
		lp_member_forget_lan_sent(member, peer->peer_id);
	if (member->mesh)
		lp_mesh_peer(member->mesh, peer, joined, member->now_ns);
	if (member->config.events->peer)
		member->config.events->peer(member->config.ctx, peer, joined, known);
}

static void on_session_host_reply(void *ctx, const struct lp_host_reply *reply)
{
	struct lp_member *member = ctx;
	if (member->config.events->host_reply)
		member->config.events->host_reply(member->config.ctx, reply);
}

/* Closes the connection; on_closed() then decides what follows. */
static void on_session_ended(void *ctx, const struct lp_reject *reject, const struct lp_disconnect *disconnect,
	const struct lp_failure *failure)
{
	struct lp_member *member = ctx;
	enum lp_quic_app_error code = lp_member_judge_session_end(member, reject, disconnect, failure);
	if (member->conn)
		lp_quic_close(member->conn, code, member->reason.text);
}

static const struct lp_session_events session_events = {
	.send = on_session_send,
	.joined = on_session_joined,
	.peer = on_session_peer,
	.stats = lp_member_on_stats,
	.host_reply = on_session_host_reply,
	.ended = on_session_ended,
};

/* Opens the socket, the QUIC endpoint and the watch on the host's network. */
static int open_path(struct lp_member *member, struct lp_failure *failure)
{
	struct lp_quic_config quic = {
		.client_tls = member->config.tls,
		.events = &quic_events,
		.ctx = member,
		.random = on_random,
		.idle_timeout_ns = member->config.idle_timeout_ns,
		.keep_alive_ns = member->config.keep_alive_ns,
	};
	struct lp_addr any = {0};
	int result = lp_carrier_udp_open(&member->udp, member->loop, &any, on_packets, member, failure);
	if (result < 0)
		return result;
	if ((result = lp_member_tls_init(member, on_packets)) < 0)
		return lp_fail(failure, result, "out of memory");
	if (!member->config.udp_offload)
		lp_udp_disable_offload(member->udp.socket);
	quic.max_udp_payload = lp_udp_path_payload(member->udp.socket, NULL);
	lp_random_fill(quic.secret, sizeof quic.secret);
	if ((result = lp_quic_endpoint_new(&quic, &member->endpoint)) < 0 ||
		(result = lp_timer_new(member->loop, on_quic_timer, member, &member->quic_timer)) < 0 ||
		(result = lp_netwatch_new(member->loop, on_network_change, member, &member->netwatch)) < 0)
		return lp_fail(failure, result, "cannot start the connection: %s", lp_error_text(result));
	if (member->config.device)
		lp_netwatch_avoid(member->netwatch, member->config.device);
	return 0;
}

static int open_session(struct lp_member *member)
{
	const struct lp_member_config *config = &member->config;
	struct lp_session_config session = {
		.role = config->role,
		.mac = config->mac,
		.stations = config->stations,
		.events = &session_events,
		.links = member->mesh != NULL,
		.ctx = member,
	};
	snprintf(session.room, sizeof session.room, "%s", config->room);
	lp_room_code_fold(session.room);
	member->steer = lp_room_steer(session.room);
	snprintf(session.name, sizeof session.name, "%s", config->name);
	snprintf(session.software, sizeof session.software, "%s", config->software);
	snprintf(session.resume, sizeof session.resume, "%s", config->resume);
	return lp_session_new(&session, &member->session);
}

int lp_member_new(struct lp_loop *loop, const struct lp_member_config *config, struct lp_failure *failure,
	struct lp_member **ret_member)
{
	struct lp_member *member = calloc(1, sizeof *member);
	int result;
	if (!member)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	member->config = *config;
	member->loop = loop;
	member->log = config->log;
	member->now_ns = lp_loop_now_ns(loop);
	member->deadline_ns = LP_NEVER;
	member->udp_blocked = config->udp_blocked;
	lp_member_tls_drop(member);
	lp_random_fill((uint8_t *)&member->hash_seed, sizeof member->hash_seed);
	lp_backoff_reset(&member->backoff);
	if ((result = open_path(member, failure)) < 0)
		goto fail;
	if ((result = lp_timer_new(loop, on_timer, member, &member->timer)) < 0 ||
		(result = lp_frame_pool_new(config->queue_max_bytes * 2, &member->pool)) < 0 ||
		(result = lp_member_mesh_open(member)) < 0 || (result = open_session(member)) < 0) {
		lp_fail(failure, result, "cannot start the member: %s", lp_error_text(result));
		goto fail;
	}
	member->lost_ns = member->now_ns;
	member->good_addr = config->known_addr;
	enter_state(member, LP_MEMBER_RESOLVING, member->now_ns); /* the first round starts from the loop */
	lp_timer_set(member->timer, member->now_ns);
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
	lp_mesh_free(member->mesh);
	lp_resolve_free(member->resolve);
	lp_netwatch_free(member->netwatch);
	lp_quic_endpoint_free(member->endpoint);
	lp_timer_free(member->quic_timer);
	lp_resolve_free(member->proxy_resolve);
	lp_carrier_tls_done(&member->tls);
	lp_carrier_udp_close(&member->udp);
	lp_session_free(member->session);
	lp_frame_pool_free(member->pool);
	lp_timer_free(member->timer);
	free(member);
}

/* Starts the end: with a goodbye if the relay may have admitted us, `closed` then ends the member; otherwise now. */
static void leave(struct lp_member *member, enum lp_reason reason)
{
	member->now_ns = lp_loop_now_ns(member->loop);
	member->stopping = true;
	if (member->mesh)
		lp_mesh_leave(member->mesh);
	bool hello_sent = member->state == LP_MEMBER_JOINING || member->state == LP_MEMBER_JOINED;
	if (!member->conn || !hello_sent) {
		drop_connection(member);
		end(member, member->failed ? &member->reason : NULL);
		return;
	}
	lp_session_goodbye(member->session, reason, "");
	lp_quic_close(member->conn, LP_QUIC_APP_OK, "goodbye");
}

void lp_member_stop(struct lp_member *member, enum lp_reason reason)
{
	leave(member, reason);
	lp_member_flush(member);
}

void lp_member_fail(struct lp_member *member, const struct lp_failure *failure)
{
	if (member->stopping)
		return;
	member->failed = true;
	member->reason = *failure;
	leave(member, LP_REASON_GOODBYE);
	/* Flushed from the timer, because this may be called from inside an event of the endpoint. */
	lp_timer_set(member->timer, member->now_ns);
}
