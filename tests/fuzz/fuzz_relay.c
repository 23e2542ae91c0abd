/* The whole relay: connections, control messages, rooms, filters, links and queues, under hostile members.

   The relay's own code runs unchanged in the simulated world; only QUIC is replaced, by an endpoint in memory with the
   interface of quic/endpoint.h, because a handshake would cost more than everything else together (fuzz_quic.c has the
   real one). The input is a script of what members do: connect, join, send messages, frames and garbage, close
   their window, move, leave, and let time pass. Everything that the relay sends must be well-formed, each member sees a
   consistent room, and nothing is left at the end. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/hex.h"
#include "base/units.h"
#include "ctrl/message.h"
#include "ctrl/stream.h"
#include "platform/fake/world.h"
#include "platform/loop/loop.h"
#include "quic/endpoint.h"
#include "quic/peer_identity.h"
#include "relay/connection.h"
#include "relay/relay.h"
#include "relay/state.h"
#include "room/room.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MEMBERS 8U
#define PORT 5000U
#define ARRIVAL_NS LP_MS   /* after which a datagram has arrived */
#define CONTROL_MAX 65536U /* unread bytes above which the control stream is full */

/* The first byte of a datagram to the endpoint in memory. */
enum {
	TO_CONNECT = 1,
	TO_CONTROL,
	TO_DATAGRAM,
	TO_WINDOW,
	TO_MOVE,
	TO_CLOSE,
};

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* A connection of the endpoint in memory, and what its member has received. */
struct lp_quic_conn {
	struct lp_quic_endpoint *endpoint;
	bool open, closing;
	unsigned index;
	void *user;
	struct lp_addr remote, local;
	const struct lp_carrier *carrier;
	size_t budget, window; /* window: DATAGRAMs until it is closed */
	bool wants_writable, reads;
	size_t unread;
	struct lp_ctrl_stream stream;
	char resume[LP_RESUME_MAX + 1];
	uint8_t prefix[LP_LINK_PREFIX_BYTES];
	uint16_t peers[2 * MEMBERS]; /* ids that were announced */
	size_t n_peers;
};

struct lp_quic_endpoint {
	struct lp_quic_config config;
	struct lp_quic_counters counters;
	struct lp_quic_conn conns[MEMBERS];
	bool in_event;
};

static const struct lp_addr relay_addr = {.family = 4, .ip = {203, 0, 113, 1}, .port = 443};

int lp_quic_endpoint_new(const struct lp_quic_config *config, struct lp_quic_endpoint **ret_endpoint)
{
	struct lp_quic_endpoint *endpoint = calloc(1, sizeof *endpoint);
	check(endpoint != NULL);
	endpoint->config = *config;
	*ret_endpoint = endpoint;
	return 0;
}

void lp_quic_endpoint_free(struct lp_quic_endpoint *endpoint)
{
	free(endpoint);
}

void lp_quic_set_cid_prefix(struct lp_quic_endpoint *endpoint, const struct lp_quic_cid_prefix *prefix)
{
	(void)endpoint;
	(void)prefix;
}

/* Only for relays with several workers. */
int lp_quic_limits_new(
	const struct lp_quic_config *config, const struct lp_lock *lock, struct lp_quic_limits **ret_limits)
{
	(void)config;
	(void)lock;
	(void)ret_limits;
	return LP_ENOMEM;
}

void lp_quic_limits_free(struct lp_quic_limits *limits)
{
	(void)limits;
}

/* The member reads a message of the relay. */
static void on_message(struct lp_quic_conn *conn, const struct lp_message *message)
{
	size_t i = 0;
	switch (message->type) {
	case LP_MESSAGE_WELCOME:
		memcpy(conn->resume, message->welcome.resume, sizeof conn->resume);
		if (message->welcome.link[0])
			check(lp_hex_parse(message->welcome.link, conn->prefix, sizeof conn->prefix) == 0);
		break;
	case LP_MESSAGE_PEER_JOINED:
	case LP_MESSAGE_PEER_LEFT:
		while (i < conn->n_peers && conn->peers[i] != message->peer.peer_id)
			i++;
		if (message->type == LP_MESSAGE_PEER_LEFT) {
			check(i < conn->n_peers);
			conn->peers[i] = conn->peers[--conn->n_peers];
		} else if (i == conn->n_peers) {
			check(conn->n_peers < 2 * MEMBERS);
			conn->peers[conn->n_peers++] = message->peer.peer_id;
		}
		break;
	default:
		check(message->type != LP_MESSAGE_HELLO && message->type != LP_MESSAGE_UNKNOWN);
	}
}

int lp_quic_send_control(struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	const uint8_t *json;
	size_t json_len;
	struct lp_message message;
	struct lp_failure failure;
	if (!conn->open || conn->closing)
		return LP_ECLOSED;
	if (!conn->reads && (conn->unread += len) > CONTROL_MAX)
		return LP_EFULL;
	while (len > 0 && lp_ctrl_stream_read(&conn->stream, &data, &len, &json, &json_len) > 0) {
		check(lp_message_decode(json, json_len, &failure, &message) == 0);
		on_message(conn, &message);
	}
	check(len == 0);
	return 0;
}

int lp_quic_send_datagram(struct lp_quic_conn *conn, const struct lp_bytes *parts, size_t n_parts, uint64_t now_ns)
{
	size_t len = 0;
	(void)now_ns;
	check(n_parts > 0 && n_parts <= 4);
	for (size_t i = 0; i < n_parts; i++)
		len += parts[i].len;
	if (!conn->open || conn->closing)
		return LP_ECLOSED;
	if (len > conn->budget)
		return LP_ETOOBIG;
	if (conn->window == 0) {
		conn->wants_writable = true;
		return LP_EAGAIN;
	}
	conn->window--;
	check(parts[0].len >= 4 && parts[0].data[0] >> 4 == 1);
	return 0;
}

int lp_quic_send_ahead(struct lp_quic_conn *conn, const struct lp_bytes *parts, size_t n_parts, uint64_t now_ns)
{
	return lp_quic_send_datagram(conn, parts, n_parts, now_ns);
}

void lp_quic_close(struct lp_quic_conn *conn, enum lp_quic_app_error code, const char *reason)
{
	(void)code;
	check(reason != NULL);
	conn->closing = true;
}

/* Ends a connection and reports it. */
static void end(struct lp_quic_conn *conn, bool by_peer)
{
	struct lp_quic_close why = {.kind = by_peer ? LP_QUIC_CLOSED_APP : LP_QUIC_CLOSED_LOCAL};
	conn->endpoint->config.events->closed(conn->endpoint->config.ctx, conn, &why);
	check(!conn->user);
	conn->open = false;
	lp_ctrl_stream_done(&conn->stream);
}

void lp_quic_flush(struct lp_quic_endpoint *endpoint, uint64_t now_ns)
{
	(void)now_ns;
	for (struct lp_quic_conn *conn = endpoint->conns; conn < endpoint->conns + MEMBERS; conn++) {
		if (conn->open && conn->wants_writable && conn->window > 0 && !conn->closing) {
			conn->wants_writable = false;
			endpoint->config.events->writable(endpoint->config.ctx, conn);
		}
		if (conn->open && conn->closing)
			end(conn, false);
	}
}

uint64_t lp_quic_deadline(const struct lp_quic_endpoint *endpoint)
{
	(void)endpoint;
	return LP_NEVER;
}

void lp_quic_expire(struct lp_quic_endpoint *endpoint, uint64_t now_ns)
{
	(void)endpoint;
	(void)now_ns;
}

static void connect_member(struct lp_quic_endpoint *endpoint, struct lp_quic_conn *conn, unsigned index,
	const struct lp_carrier *carrier, const struct lp_udp_msg *msg)
{
	*conn = (struct lp_quic_conn){.endpoint = endpoint,
		.open = true,
		.index = index,
		.remote = msg->remote,
		.local = relay_addr,
		.carrier = carrier,
		.budget = 1200,
		.window = 64,
		.reads = true};
	lp_ctrl_stream_init(&conn->stream);
	endpoint->config.events->ready(endpoint->config.ctx, conn);
}

/* A datagram of the script: what to do, the member, and bytes. */
static void take(struct lp_quic_endpoint *endpoint, const struct lp_carrier *carrier, const struct lp_udp_msg *msg)
{
	const struct lp_quic_events *events = endpoint->config.events;
	void *ctx = endpoint->config.ctx;
	struct lp_reader r = lp_reader_init(msg->data, msg->len);
	uint8_t what = lp_reader_u8(&r);
	unsigned index = lp_reader_u8(&r) % MEMBERS;
	struct lp_quic_conn *conn = &endpoint->conns[index];
	if (r.bad || (what == TO_CONNECT) == conn->open || conn->closing)
		return;
	switch (what) {
	case TO_CONNECT:
		connect_member(endpoint, conn, index, carrier, msg);
		break;
	case TO_CONTROL:
		events->control(ctx, conn, r.at, lp_reader_left(&r));
		break;
	case TO_DATAGRAM:
		if (lp_reader_left(&r) > 0 && *r.at != 0)
			events->datagram(ctx, conn, r.at, lp_reader_left(&r));
		break;
	case TO_WINDOW:
		conn->window = lp_reader_u8(&r);
		conn->budget = 400 + lp_reader_u8(&r) * 8U;
		conn->reads = lp_reader_u8(&r) & 1;
		break;
	case TO_MOVE:
		conn->remote = msg->remote;
		events->migrated(ctx, conn);
		break;
	case TO_CLOSE:
		end(conn, true);
		break;
	}
}

void lp_quic_receive(struct lp_quic_endpoint *endpoint, struct lp_carrier *carrier, const struct lp_udp_msg *msgs,
	size_t n_msgs, uint64_t now_ns)
{
	(void)now_ns;
	for (size_t i = 0; i < n_msgs; i++)
		take(endpoint, carrier, &msgs[i]);
}

size_t lp_quic_conn_count(const struct lp_quic_endpoint *endpoint)
{
	size_t n = 0;
	for (size_t i = 0; i < MEMBERS; i++)
		n += endpoint->conns[i].open;
	return n;
}

const struct lp_quic_counters *lp_quic_counters(const struct lp_quic_endpoint *endpoint)
{
	return &endpoint->counters;
}

const struct lp_quic_refusal *lp_quic_last_refusal(const struct lp_quic_endpoint *endpoint)
{
	(void)endpoint;
	abort(); /* none is refused */
}

size_t lp_quic_budget(const struct lp_quic_conn *conn)
{
	return conn->budget;
}

void lp_quic_queue_delay(const struct lp_quic_conn *conn, uint64_t *ret_target_ns, uint64_t *ret_interval_ns)
{
	(void)conn;
	*ret_target_ns = 5 * LP_MS;
	*ret_interval_ns = 100 * LP_MS;
}

void lp_quic_stats(const struct lp_quic_conn *conn, struct lp_quic_stats *ret_stats)
{
	*ret_stats = (struct lp_quic_stats){.srtt_ns = 10 * LP_MS, .datagram_budget = conn->budget};
}

void lp_quic_set_user(struct lp_quic_conn *conn, void *user)
{
	conn->user = user;
}

void *lp_quic_user(const struct lp_quic_conn *conn)
{
	return conn->user;
}

const struct lp_addr *lp_quic_remote(const struct lp_quic_conn *conn)
{
	return &conn->remote;
}

const struct lp_carrier *lp_quic_carrier(const struct lp_quic_conn *conn)
{
	return conn->carrier;
}

const struct lp_addr *lp_quic_local(const struct lp_quic_conn *conn)
{
	return &conn->local;
}

int lp_quic_peer_key_id(const struct lp_quic_conn *conn, uint8_t ret_id[LP_TLS_KEY_ID])
{
	memset(ret_id, (int)conn->index, LP_TLS_KEY_ID);
	return conn->index % 2 ? 0 : LP_ENOTFOUND;
}

int lp_quic_export(const struct lp_quic_conn *conn, const char *label, uint8_t *ret_bytes, size_t len)
{
	(void)label;
	memset(ret_bytes, (int)conn->index, len);
	return 0;
}

/* The party. */
struct place {
	struct lp_world *world;
	struct lp_host *host, *members;
	struct lp_loop *loop;
	struct lp_relay *relay;
	struct lp_quic_conn *conns;
};

static void send_op(struct place *place, unsigned index, uint16_t port, uint8_t what, const uint8_t *data, size_t len)
{
	uint8_t datagram[2048] = {what, (uint8_t)index};
	check(len + 2 <= sizeof datagram);
	if (len > 0)
		memcpy(datagram + 2, data, len);
	lp_host_send_raw(place->members, port, &relay_addr, datagram, len + 2);
	lp_world_run_until(place->world, lp_world_now_ns(place->world) + ARRIVAL_NS);
}

/* A message on the control stream, with its length. */
static void send_json(struct place *place, unsigned index, const char *json, size_t len)
{
	uint8_t message[1600];
	struct lp_writer w = lp_writer_init(message, sizeof message);
	lp_writer_u32(&w, (uint32_t)len);
	lp_writer_bytes(&w, json, len);
	if (!w.bad)
		send_op(place, index, (uint16_t)(PORT + index), TO_CONTROL, message, lp_writer_len(&w));
}

static void send_hello(struct place *place, unsigned index, struct lp_reader *r)
{
	char json[800];
	uint8_t how = lp_reader_u8(r), other = lp_reader_u8(r);
	int len = snprintf(json, sizeof json,
		"{\"type\":\"hello\",\"version\":1,\"role\":\"%s\",\"room\":\"%s\",\"mac\":\"02:00:00:00:00:%02x\","
		"\"datagram_budget\":1200,\"name\":\"m%u\",\"software\":\"fuzz\",\"links\":%s,\"resume\":\"%s\"%s}",
		how & 1 ? "gateway" : "client", how & 2 ? "ROOM-B" : "ROOM-A", how & 4 ? other : index + 1,
		how & 8 ? other : index, how & 16 ? "true" : "false",
		how & 32 ? place->conns[other % MEMBERS].resume : "", how & 64 ? ",\"proof\":\"00\"" : "");
	send_json(place, index, json, (size_t)len);
}

/* A frame of the member: a MAC or broadcast as the destination, its own or another source, and bytes. */
static void send_frame(struct place *place, unsigned index, struct lp_reader *r)
{
	uint8_t datagram[1600] = {0x10, 0, 0, 0, 2, 0, 0, 0, 0, 0, 2};
	uint8_t how = lp_reader_u8(r);
	size_t size = lp_reader_u16(r) % 1500U, n = size < lp_reader_left(r) ? size : lp_reader_left(r);
	datagram[9] = how & 15;
	if (how & 16)
		memset(datagram + 4, 0xff, 6);
	datagram[15] = (uint8_t)(how & 32 ? how >> 4 : index + 1);
	lp_reader_copy(r, datagram + 16, n);
	size_t len = 16 + (how & 64 ? size : n); /* as long as it says, with zeros */
	send_op(place, index, (uint16_t)(PORT + index), TO_DATAGRAM, datagram, len);
}

/* Bytes of the script as they are: a datagram, or a message. */
static void send_bytes(struct place *place, unsigned index, struct lp_reader *r, uint8_t what)
{
	uint8_t bytes[1500];
	size_t size = lp_reader_u16(r) % sizeof bytes, n = size < lp_reader_left(r) ? size : lp_reader_left(r);
	lp_reader_copy(r, bytes, n);
	if (what == 0)
		send_json(place, index, (const char *)bytes, n);
	else
		send_op(place, index, (uint16_t)(PORT + index), what, bytes, n);
}

/* A packet of a peer link, from the address of one member to the prefix of another. */
static void send_link_packet(struct place *place, unsigned index, struct lp_reader *r)
{
	uint8_t packet[64] = {0x40};
	memcpy(packet + 1, place->conns[lp_reader_u8(r) % MEMBERS].prefix, LP_LINK_PREFIX_BYTES);
	lp_host_send_raw(place->members, (uint16_t)(PORT + index), &relay_addr, packet, sizeof packet);
	lp_world_run_until(place->world, lp_world_now_ns(place->world) + ARRIVAL_NS);
}

static void step(struct place *place, struct lp_reader *r)
{
	uint8_t operation = lp_reader_u8(r);
	unsigned index = operation % MEMBERS;
	uint16_t port = (uint16_t)(PORT + index);
	switch (operation / MEMBERS % 12) {
	case 0:
		send_op(place, index, port, TO_CONNECT, NULL, 0);
		send_hello(place, index, r);
		break;
	case 1:
		send_op(place, index, port, TO_CONNECT, NULL, 0);
		break;
	case 2:
		send_hello(place, index, r);
		break;
	case 3:
		send_bytes(place, index, r, 0);
		break;
	case 4:
		send_bytes(place, index, r, TO_CONTROL);
		break;
	case 5:
		send_bytes(place, index, r, TO_DATAGRAM);
		break;
	case 6:
	case 7:
		send_frame(place, index, r);
		break;
	case 8: {
		uint8_t window[3];
		lp_reader_copy(r, window, sizeof window);
		send_op(place, index, port, TO_WINDOW, window, sizeof window);
		break;
	}
	case 9:
		send_op(place, index, (uint16_t)(PORT + lp_reader_u8(r)), TO_MOVE, NULL, 0);
		break;
	case 10:
		send_op(place, index, port, TO_CLOSE, NULL, 0);
		break;
	default:
		if (operation & 128)
			send_link_packet(place, index, r);
		else
			lp_world_run_until(
				place->world, lp_world_now_ns(place->world) + (LP_MS << lp_reader_u8(r) % 17));
	}
}

/* The members that were announced to each member are those of its room. */
static void check_rooms(const struct place *place)
{
	for (const struct lp_quic_conn *conn = place->conns; conn < place->conns + MEMBERS; conn++) {
		const struct lp_connection *connection = conn->open && conn->reads ? conn->user : NULL;
		if (!connection || !connection->peer || conn->closing || conn->unread > 0)
			continue;
		size_t n = 0;
		for (const struct lp_quic_conn *other = place->conns; other < place->conns + MEMBERS; other++) {
			const struct lp_connection *there = other->open ? other->user : NULL;
			n += there && there->peer && other != conn &&
			     strcmp(lp_peer_room(there->peer), lp_peer_room(connection->peer)) == 0;
		}
		check(n == conn->n_peers);
	}
}

static void set_up(struct place *place, uint8_t how)
{
	struct lp_relay_config config;
	struct lp_failure failure;
	check(lp_world_new(1, &place->world) == 0);
	place->host = lp_world_add_host(place->world, "relay", "203.0.113.1");
	place->members = lp_world_add_host(place->world, "members", "198.51.100.1");
	lp_host_enter(place->host);
	check(lp_loop_new(&place->loop) == 0);
	lp_relay_config_init(&config);
	config.listen.port = 443;
	config.max_peers = 16;
	config.max_rooms = how & 1 ? 1 : 4;
	config.max_macs_per_gateway = 8;
	config.queue_max_bytes = 65536;
	config.pool_max_bytes = 1 << 18;
	config.peer_links = how & 2 ? LP_PEER_LINKS_ON : LP_PEER_LINKS_AUTO;
	config.filters = how & 4 ? 0 : how & 8 ? UINT32_MAX : config.filters;
	config.room_mtu = how & 16 ? 1280 : 1500;
	config.outputs[LP_OUTPUT_TOTAL].per_s = how & 32 ? 100 : 0;
	config.malformed_limit = 3;
	check(lp_relay_new(place->loop, &config, NULL, NULL, &failure, &place->relay) == 0);
	place->conns = place->relay->endpoint->conns;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lp_reader r = lp_reader_init(data, len);
	struct place place;
	set_up(&place, lp_reader_u8(&r));
	while (lp_reader_left(&r) > 0) {
		step(&place, &r);
		lp_host_enter(place.host);
		check_rooms(&place);
	}
	for (unsigned i = 0; i < MEMBERS; i++)
		send_op(&place, i, (uint16_t)(PORT + i), TO_CLOSE, NULL, 0);
	check(lp_quic_conn_count(place.relay->endpoint) == 0);
	check(lp_rooms_peer_count(place.relay->rooms) == 0 && lp_rooms_room_count(place.relay->rooms) == 0);
	lp_host_enter(place.host);
	lp_relay_free(place.relay);
	lp_loop_free(place.loop);
	lp_world_free(place.world);
	return 0;
}
