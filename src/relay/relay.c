#include "relay/relay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/hex.h"
#include "base/units.h"
#include "carrier/tls/server.h"
#include "egress/queue.h"
#include "link/link.h"
#include "obs/event.h"
#include "platform/loop/loop.h"
#include "platform/net/udp.h"
#include "platform/system/random.h"
#include "proto/budget.h"
#include "quic/endpoint.h"
#include "relay/connection.h"
#include "relay/state.h"
#include "relay/transit.h"
#include "room/multicast.h"
#include "room/room.h"
#include "room/transit.h"

/* Interval at which connections are checked for deadlines: stats to send, hello timeouts. */
#define TICK_NS LP_SEC

void lp_relay_config_init(struct lp_relay_config *config)
{
	*config = (struct lp_relay_config){
		.worker = {.n = 1},
		.max_rooms = LP_ROOM_ROOMS,
		.max_rooms_per_source = LP_ROOM_ROOMS_PER_SOURCE,
		.max_peers = LP_ROOM_PEERS,
		.max_peers_per_room = LP_ROOM_PEERS_PER_ROOM,
		.max_conns_per_source = 64,
		.max_handshakes = 128,
		.max_handshakes_per_source = 32,
		.max_macs_per_gateway = LP_ROOM_MACS_PER_GATEWAY,
		.max_stations = LP_ROOM_STATIONS,
		.room_mtu = LP_ROOM_MTU,
		.hello_timeout_ns = 5 * LP_SEC,
		.stats_interval_ns = 10 * LP_SEC,
		.idle_timeout_ns = 20 * LP_SEC,
		.queue_max_bytes = 2 << 20,
		.pool_max_bytes = 256 << 20,
		.malformed_limit = LP_ROOM_MALFORMED_LIMIT,
		.filters = lp_filters_default(),
		.peer_links = LP_PEER_LINKS_AUTO,
		.joins = {.per_s = LP_ROOM_JOINS_PER_S, .burst = LP_ROOM_JOINS_BURST},
	};
	lp_limits_init(&config->limits);
	for (enum lp_output i = 0; i < LP_OUTPUT_COUNT; i++)
		config->outputs[i] = lp_output_row(i)->rate;
}

/* Ends a pass of the data path: sends all sealed packets and sets the timer for the next deadline. */
static void end_pass(struct lp_relay *relay)
{
	lp_quic_flush(relay->endpoint, relay->now_ns);
	lp_timer_set(relay->quic_timer, lp_quic_deadline(relay->endpoint));
}

/* Logs connections that limits refused, at most once per second. */
static void log_refused(struct lp_relay *relay)
{
	uint64_t refused = lp_quic_counters(relay->endpoint)->conns_refused;
	if (refused == relay->refused_logged ||
		(relay->refused_logged_ns && relay->now_ns - relay->refused_logged_ns < LP_SEC))
		return;
	const struct lp_quic_refusal *last = lp_quic_last_refusal(relay->endpoint);
	lp_event_connection_refused(relay->log, last->reason, &last->remote, refused - relay->refused_logged - 1);
	relay->refused_logged = refused;
	relay->refused_logged_ns = relay->now_ns;
}

static void on_packets(void *ctx, struct lp_carrier *carrier, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct lp_relay *relay = ctx;
	relay->now_ns = lp_loop_now_ns(relay->loop);
	lp_relay_receive(relay, carrier, msgs, n_msgs);
	log_refused(relay);
	end_pass(relay);
}

static void on_quic_timer(void *ctx, uint64_t now_ns)
{
	struct lp_relay *relay = ctx;
	relay->now_ns = now_ns;
	lp_quic_expire(relay->endpoint, now_ns);
	end_pass(relay);
}

static void on_tick(void *ctx, uint64_t now_ns)
{
	struct lp_relay *relay = ctx;
	relay->now_ns = now_ns;
	LP_LIST_EACH(node, &relay->connections)
		lp_connection_tick(LP_LIST_ELEMENT(node, struct lp_connection, node), now_ns);
	log_refused(relay);
	end_pass(relay);
	lp_timer_set(relay->tick_timer, lp_list_is_empty(&relay->connections) ? LP_NEVER : now_ns + TICK_NS);
}

static void on_ready(void *ctx, struct lp_quic_conn *quic)
{
	struct lp_relay *relay = ctx;
	relay->counters.connections++;
	lp_event_connection_opened(relay->log, lp_quic_remote(quic));
	if (relay->draining) {
		lp_quic_close(quic, LP_QUIC_APP_SHUTDOWN, "the relay is ending");
		return;
	}
	bool first = lp_list_is_empty(&relay->connections);
	if (!lp_connection_new(relay, quic, relay->now_ns)) {
		lp_quic_close(quic, LP_QUIC_APP_OVERLOAD, "the relay is out of memory");
		return;
	}
	if (first)
		lp_timer_set(relay->tick_timer, relay->now_ns + TICK_NS);
}

static void on_control(void *ctx, struct lp_quic_conn *quic, const uint8_t *data, size_t len)
{
	struct lp_relay *relay = ctx;
	struct lp_connection *connection = lp_quic_user(quic);
	if (connection)
		lp_connection_control(connection, data, len, relay->now_ns);
}

static void on_datagram(void *ctx, struct lp_quic_conn *quic, const uint8_t *data, size_t len)
{
	struct lp_relay *relay = ctx;
	struct lp_connection *connection = lp_quic_user(quic);
	if (connection)
		lp_connection_datagram(connection, data, len, relay->now_ns);
}

static void on_writable(void *ctx, struct lp_quic_conn *quic)
{
	struct lp_relay *relay = ctx;
	struct lp_connection *connection = lp_quic_user(quic);
	if (connection && connection->link)
		lp_link_writable(connection->link, relay->now_ns);
}

/* A member's address changed. Its membership does not depend on it. */
static void on_migrated(void *ctx, struct lp_quic_conn *quic)
{
	struct lp_relay *relay = ctx;
	struct lp_connection *connection = lp_quic_user(quic);
	if (!connection || !connection->peer)
		return;
	lp_peer_set_address(connection->peer, lp_connection_link_address(connection));
	lp_event_migrated(
		relay->log, lp_peer_room(connection->peer), lp_peer_id(connection->peer), lp_quic_remote(quic));
}

static void on_closed(void *ctx, struct lp_quic_conn *quic, const struct lp_quic_close *why)
{
	struct lp_relay *relay = ctx;
	struct lp_connection *connection = lp_quic_user(quic);
	lp_event_connection_closed(relay->log, lp_quic_remote(quic), why->reason);
	if (connection) {
		if (connection->reason == LP_REASON_CONNECTION && why->kind == LP_QUIC_CLOSED_IDLE)
			connection->reason = LP_REASON_TIMEOUT;
		lp_connection_free(connection);
	}
	if (relay->draining && lp_list_is_empty(&relay->connections) && relay->drained) {
		void (*drained)(void *) = relay->drained;
		relay->drained = NULL;
		drained(relay->drained_ctx);
	}
}

static void on_random(void *ctx, uint8_t *data, size_t len)
{
	(void)ctx;
	lp_random_fill(data, len);
}

/* Sends |to| a message about |about|. */
static void send_peer(struct lp_peer *to, const struct lp_peer *about, enum lp_message_type type, enum lp_reason reason)
{
	struct lp_connection *connection = lp_peer_user(to);
	struct lp_message message = {.type = type};
	if (!connection)
		return;
	message.peer.peer_id = lp_peer_id(about);
	message.peer.role = lp_peer_role(about);
	message.peer.mac = *lp_peer_mac(about);
	message.peer.reason = reason;
	snprintf(message.peer.name, sizeof message.peer.name, "%s", lp_peer_name(about));
	if (type == LP_MESSAGE_PEER_JOINED && lp_peer_key(about))
		lp_hex_format(lp_peer_key(about), LP_KEY_BYTES, message.peer.key);
	if (type == LP_MESSAGE_PEER_JOINED && lp_peer_link_prefix(to) && lp_peer_link_prefix(about))
		lp_hex_format(lp_peer_link_prefix(about), LP_LINK_PREFIX_BYTES, message.peer.link);
	lp_connection_send(connection, &message);
}

static void on_welcome(void *ctx, struct lp_peer *peer)
{
	(void)ctx;
	lp_connection_welcome(lp_peer_user(peer), peer);
}

static void on_peer_joined(void *ctx, struct lp_peer *to, const struct lp_peer *about)
{
	(void)ctx;
	send_peer(to, about, LP_MESSAGE_PEER_JOINED, LP_REASON_OTHER);
}

static void on_peer_left(void *ctx, struct lp_peer *to, const struct lp_peer *about, enum lp_reason reason)
{
	(void)ctx;
	send_peer(to, about, LP_MESSAGE_PEER_LEFT, reason);
}

static void on_groups_overflowed(void *ctx, const struct lp_peer *member)
{
	struct lp_relay *relay = ctx;
	lp_event_groups_overflowed(
		relay->log, lp_peer_room(member), lp_peer_mac(member), LP_MULTICAST_GROUPS_PER_MEMBER);
}

static void on_overflowed(void *ctx, const struct lp_peer *gateway, uint64_t n_forgotten)
{
	struct lp_relay *relay = ctx;
	lp_event_macs_overflowed(relay->log, lp_peer_room(gateway), relay->config.max_macs_per_gateway, n_forgotten);
}

/* An owner of IP addresses, for people; NULL: the LAN. */
static const char *owner_text(const struct lp_peer *owner, char text[LP_NAME_MAX + 32])
{
	if (!owner)
		return "the LAN";
	snprintf(text, LP_NAME_MAX + 32, "peer %u%s%s", lp_peer_id(owner), lp_peer_name(owner)[0] ? " " : "",
		lp_peer_name(owner));
	return text;
}

static void on_address_refused(
	void *ctx, const struct lp_peer *peer, const struct lp_addr *address, const struct lp_peer *owner)
{
	struct lp_relay *relay = ctx;
	char text[LP_NAME_MAX + 32];
	lp_event_address_refused(relay->log, lp_peer_room(peer), lp_peer_id(peer), lp_peer_name(peer),
		lp_peer_mac(peer), address, owner_text(owner, text));
}

static void on_address_moved(
	void *ctx, const struct lp_peer *peer, const struct lp_addr *address, const struct lp_peer *owner)
{
	struct lp_relay *relay = ctx;
	char text[LP_NAME_MAX + 32];
	lp_event_address_moved(relay->log, lp_peer_room(peer), lp_peer_id(peer), lp_peer_name(peer), lp_peer_mac(peer),
		address, owner_text(owner, text));
}

static void on_output_limited(void *ctx, const struct lp_peer *from, enum lp_output output)
{
	struct lp_relay *relay = ctx;
	const struct lp_connection *connection = lp_peer_user(from);
	lp_event_output_limited(relay->log, lp_peer_room(from), lp_peer_id(from), lp_role_text(lp_peer_role(from)),
		lp_peer_name(from), lp_quic_remote(connection->quic), lp_output_row(output)->wire);
}

static const struct lp_room_events room_events = {
	.welcome = on_welcome,
	.peer_joined = on_peer_joined,
	.peer_left = on_peer_left,
	.overflowed = on_overflowed,
	.groups_overflowed = on_groups_overflowed,
	.address_refused = on_address_refused,
	.address_moved = on_address_moved,
	.output_limited = on_output_limited,
	.random = on_random,
};

static const struct lp_quic_events quic_events = {
	.ready = on_ready,
	.control = on_control,
	.datagram = on_datagram,
	.writable = on_writable,
	.migrated = on_migrated,
	.closed = on_closed,
};

/* The limits on connections. */
static struct lp_quic_config quic_config(const struct lp_relay_config *config)
{
	struct lp_quic_config quic = {
		.idle_timeout_ns = config->idle_timeout_ns,
		.max_conns = config->max_peers + config->max_handshakes,
		.max_handshakes = config->max_handshakes,
		.max_handshakes_per_source = config->max_handshakes_per_source,
		.max_conns_per_source = config->max_conns_per_source,
		.limits = config->accepted,
	};
	memcpy(quic.secret, config->secret, sizeof quic.secret);
	return quic;
}

int lp_relay_limits_new(
	const struct lp_relay_config *config, const struct lp_lock *lock, struct lp_quic_limits **ret_limits)
{
	const struct lp_quic_config quic = quic_config(config);
	return lp_quic_limits_new(&quic, lock, ret_limits);
}

/* Creates the endpoint with the relay's limits. */
static int new_endpoint(struct lp_relay *relay, struct lp_tls *tls)
{
	const struct lp_relay_config *config = &relay->config;
	const struct lp_quic_cid_prefix prefix = {.bytes = {(uint8_t)config->worker.index}, .len = 1};
	struct lp_quic_config quic = quic_config(config);
	quic.server_tls = tls;
	quic.events = &quic_events;
	quic.ctx = relay;
	quic.random = on_random;
	quic.max_udp_payload = lp_udp_path_payload(relay->udp.socket, NULL);
	int result = lp_quic_endpoint_new(&quic, &relay->endpoint);
	if (result == 0 && config->worker.n > 1)
		lp_quic_set_cid_prefix(relay->endpoint, &prefix);
	return result;
}

/* Opens the TCP port. A stream may carry one connection, so the limits are those of connections. */
static int open_tls(struct lp_relay *relay, struct lp_tls *tls, struct lp_failure *failure)
{
	const struct lp_relay_config *config = &relay->config;
	struct lp_carrier_tls_server_config server = {
		.listen = config->listen_tls,
		.tls = tls,
		.max_streams = config->max_peers + config->max_handshakes,
		.max_streams_per_source = config->max_conns_per_source,
		.max_handshakes_per_source = config->max_handshakes_per_source,
		.idle_timeout_ns = config->idle_timeout_ns + LP_CARRIER_TLS_LINGER_NS,
		.proxy_protocol = config->proxy_protocol,
		.first = config->first ? config->first->tls : NULL,
		.index = config->worker.index,
		.n = config->worker.n,
		.lock = config->lock,
		.post = config->post,
		.calls = config->calls,
	};
	struct lp_failure why = {0};
	lp_random_fill(server.key, sizeof server.key);
	int result = lp_carrier_tls_server_new(relay->loop, &server, on_packets, relay, &why, &relay->tls);
	return result < 0 ? lp_fail(failure, result, "--listen-tls: %s. Choose another address or port", why.text) : 0;
}

/* Creates the rooms with the relay's limits. */
static int new_rooms(struct lp_relay *relay)
{
	const struct lp_relay_config *config = &relay->config;
	struct lp_rooms_config rooms;
	lp_rooms_config_init(&rooms);
	rooms.max_rooms = config->max_rooms;
	rooms.max_rooms_per_source = config->max_rooms_per_source;
	rooms.max_peers = config->max_peers;
	rooms.max_peers_per_room = config->max_peers_per_room;
	rooms.max_macs_per_gateway = config->max_macs_per_gateway;
	rooms.max_stations = config->max_stations;
	rooms.room_mtu = config->room_mtu;
	rooms.malformed_limit = config->malformed_limit;
	rooms.filters = config->filters;
	rooms.limits = config->limits;
	memcpy(rooms.outputs, config->outputs, sizeof rooms.outputs);
	rooms.joins = config->joins;
	rooms.source_joins = config->joins.per_s ? (uint32_t)config->max_conns_per_source : 0;
	rooms.events = &room_events;
	rooms.ctx = relay;
	rooms.worker = (uint8_t)config->worker.index;
	rooms.totals = config->totals;
	lp_random_fill(rooms.hash_key, sizeof rooms.hash_key);
	int result = lp_rooms_new(&rooms, &relay->rooms);
	if (result == 0)
		lp_invites_init(
			&relay->invites, config->directory, relay->rooms, config->rooms, rooms.hash_key, relay->log);
	return result;
}

int lp_relay_new(struct lp_loop *loop, const struct lp_relay_config *config, struct lp_tls *tls,
	const struct lp_log *log, struct lp_failure *failure, struct lp_relay **ret_relay)
{
	struct lp_relay *relay = calloc(1, sizeof *relay);
	int result = LP_ENOMEM;
	if (!relay)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	lp_list_init(&relay->connections);
	relay->config = *config;
	relay->loop = loop;
	relay->credentials = tls;
	relay->log = log;
	relay->started_ns = lp_loop_now_ns(loop);
	relay->now_ns = lp_loop_now_ns(loop);
	lp_framelog_init(&relay->framelog, &config->framelog);
	lp_ratelimit_init(&relay->control, LP_CONNECTION_CONTROL_PER_S, LP_CONNECTION_CONTROL_BURST);
	lp_random_fill((uint8_t *)&relay->hash_seed, sizeof relay->hash_seed);
	if ((result = lp_carrier_udp_open_shared(
		     &relay->udp, loop, &config->listen, &config->worker, on_packets, relay, failure)) < 0)
		goto fail;
	if ((result = lp_timer_new(loop, on_quic_timer, relay, &relay->quic_timer)) < 0 ||
		(result = lp_timer_new(loop, on_tick, relay, &relay->tick_timer)) < 0 ||
		(result = lp_frame_pool_new(config->pool_max_bytes, &relay->pool)) < 0 ||
		(result = new_endpoint(relay, tls)) < 0 || (result = new_rooms(relay)) < 0) {
		lp_fail(failure, result, "cannot start the relay: %s", lp_error_text(result));
		goto fail;
	}
	if (config->listen_tls.port && (result = open_tls(relay, tls, failure)) < 0)
		goto fail;
	*ret_relay = relay;
	return 0;
fail:
	lp_relay_free(relay);
	return result;
}

void lp_relay_drain(struct lp_relay *relay, enum lp_reason reason, void (*done)(void *ctx), void *ctx)
{
	relay->draining = true;
	relay->now_ns = lp_loop_now_ns(relay->loop);
	relay->drained = done;
	relay->drained_ctx = ctx;
	LP_LIST_EACH(node, &relay->connections)
		lp_connection_end(LP_LIST_ELEMENT(node, struct lp_connection, node), LP_QUIC_APP_SHUTDOWN, reason,
			reason == LP_REASON_RESTARTING ? "the relay restarts" : "the relay is ending");
	bool none = lp_list_is_empty(&relay->connections);
	end_pass(relay);
	if (none && relay->drained) {
		relay->drained = NULL;
		done(ctx);
	}
}

void lp_relay_free(struct lp_relay *relay)
{
	if (!relay)
		return;
	relay->drained = NULL;
	while (!lp_list_is_empty(&relay->connections))
		lp_connection_free(LP_LIST_ELEMENT(relay->connections.next, struct lp_connection, node));
	lp_quic_endpoint_free(relay->endpoint);
	lp_rooms_free(relay->rooms);
	lp_frame_pool_free(relay->pool);
	lp_timer_free(relay->tick_timer);
	lp_timer_free(relay->quic_timer);
	lp_carrier_tls_server_free(relay->tls);
	lp_carrier_udp_close(&relay->udp);
	free(relay);
}

void lp_relay_local(const struct lp_relay *relay, struct lp_addr *ret_addr)
{
	lp_udp_local(relay->udp.socket, ret_addr);
}

void lp_relay_local_tls(const struct lp_relay *relay, struct lp_addr *ret_addr)
{
	*ret_addr = (struct lp_addr){0};
	if (relay->tls)
		lp_carrier_tls_server_local(relay->tls, ret_addr);
}

void lp_relay_drops(const struct lp_relay *relay, uint64_t ret_drops[LP_DROP_COUNT])
{
	memcpy(ret_drops, relay->counters.drops, sizeof relay->counters.drops);
	LP_LIST_EACH(node, &relay->connections)
		lp_connection_add_drops(LP_LIST_ELEMENT(node, struct lp_connection, node), ret_drops);
}
