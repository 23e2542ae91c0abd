#include "quic_wire.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "quic/tls/credentials.h"

/* A datagram in flight. */
struct wire_packet {
	uint64_t at_ns, number;
	struct lp_addr from, to;
	uint8_t ecn;
	size_t len;
	uint8_t data[];
};

uint64_t wire_random(struct wire *wire)
{
	/* xorshift64*, Vigna 2016 */
	uint64_t x = wire->random;
	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	wire->random = x;
	return x * 0x2545f4914f6cdd1d;
}

void wire_init(struct wire *wire, uint64_t seed)
{
	memset(wire, 0, sizeof *wire);
	wire->random = seed * 2654435761u + 88172645463325252u;
	wire->now_ns = 1000 * LP_SEC;
	wire->delay_ns = LP_MS;
}

/* True if |a| arrives before |b|. */
static bool earlier(const struct wire_packet *a, const struct wire_packet *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->number < b->number;
}

/* Adds a packet to the heap. */
static void heap_push(struct wire *wire, struct wire_packet *packet)
{
	if (wire->n_heap == wire->heap_room) {
		wire->heap_room = wire->heap_room ? wire->heap_room * 2 : 256;
		wire->heap = realloc(wire->heap, wire->heap_room * sizeof *wire->heap);
		assert(wire->heap);
	}
	size_t at = wire->n_heap++;
	for (; at > 0 && earlier(packet, wire->heap[(at - 1) / 2]); at = (at - 1) / 2)
		wire->heap[at] = wire->heap[(at - 1) / 2];
	wire->heap[at] = packet;
}

/* Removes the packet that arrives next. */
static struct wire_packet *heap_pop(struct wire *wire)
{
	struct wire_packet *first = wire->heap[0], *last = wire->heap[--wire->n_heap];
	size_t at = 0;
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= wire->n_heap)
			break;
		if (child + 1 < wire->n_heap && earlier(wire->heap[child + 1], wire->heap[child]))
			child++;
		if (!earlier(wire->heap[child], last))
			break;
		wire->heap[at] = wire->heap[child];
		at = child;
	}
	wire->heap[at] = last;
	return first;
}

void wire_done(struct wire *wire)
{
	while (wire->n_heap)
		free(heap_pop(wire));
	free(wire->heap);
	wire->heap = NULL;
}

/* Puts one datagram in flight. */
static void launch(struct wire *wire, const struct lp_addr *from, const struct lp_addr *to, uint8_t ecn,
	const uint8_t *data, size_t len, uint64_t at_ns)
{
	struct wire_packet *packet = malloc(sizeof *packet + len);
	assert(packet);
	*packet = (struct wire_packet){
		.at_ns = at_ns, .number = wire->n_packets++, .from = *from, .to = *to, .ecn = ecn, .len = len};
	memcpy(packet->data, data, len);
	heap_push(wire, packet);
}

void wire_inject(
	struct wire *wire, const struct lp_addr *from, const struct lp_addr *to, const uint8_t *data, size_t len)
{
	launch(wire, from, to, 0, data, len, wire->now_ns);
}

/* The tap of wire_overhear(). */
static void overhear(struct wire *wire, struct wire_node *from, const struct lp_udp_msg *msg)
{
	struct wire_overheard *overheard = wire->tap_ctx;
	if (from != overheard->of || msg->segment_bytes)
		return;
	assert(msg->len <= sizeof overheard->data);
	memcpy(overheard->data, msg->data, msg->len);
	overheard->len = msg->len;
}

void wire_overhear(struct wire *wire, const struct wire_node *of, struct wire_overheard *overheard)
{
	overheard->of = of;
	wire->tap = overhear;
	wire->tap_ctx = overheard;
}

/* True with a chance of |ppm| in a million. */
static bool chance(struct wire *wire, unsigned ppm)
{
	return ppm && wire_random(wire) % 1000000 < ppm;
}

/* Sends one datagram over the wire, which may drop it. */
static void transmit(struct wire *wire, struct wire_node *from, const struct wire_port *port,
	const struct lp_udp_msg *msg, const uint8_t *data, size_t len)
{
	uint64_t at_ns = wire->now_ns;
	wire->n_sent++;
	if (from == wire->muted)
		return;
	if (wire->payload_max && len > wire->payload_max) {
		wire->large_drops++;
		return;
	}
	if (wire->rate_bps) {
		uint64_t takes_ns = (len + 46) * 8 * LP_SEC / wire->rate_bps;
		uint64_t queued_ns = from->link_free_ns > at_ns ? from->link_free_ns - at_ns : 0;
		if (queued_ns * wire->rate_bps / 8 / LP_SEC > wire->queue_bytes) {
			wire->drops++;
			return;
		}
		from->link_free_ns = at_ns + queued_ns + takes_ns;
		at_ns = from->link_free_ns;
	}
	if (chance(wire, wire->loss_ppm)) {
		wire->drops++;
		return;
	}
	at_ns += wire->delay_ns + (wire->jitter_ns ? wire_random(wire) % wire->jitter_ns : 0);
	launch(wire, &port->public, &msg->remote, msg->ecn, data, len, at_ns);
	if (chance(wire, wire->duplicate_ppm))
		launch(wire, &port->public, &msg->remote, msg->ecn, data, len, at_ns + LP_MS);
}

static void node_send(struct lp_carrier *carrier, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct wire_node *node = carrier->ctx;
	struct wire *wire = node->wire;
	for (size_t i = 0; i < n_msgs; i++) {
		const struct lp_udp_msg *msg = &msgs[i];
		const struct wire_port *port = &node->ports[0];
		wire->n_msgs_sent++;
		if (wire->tap)
			wire->tap(wire, node, msg);
		for (size_t p = 0; p < node->n_ports; p++)
			if (msg->local.family && lp_addr_equal(&node->ports[p].local, &msg->local))
				port = &node->ports[p];
		assert(carrier == &node->carriers[port->carrier]);
		size_t step = msg->segment_bytes ? msg->segment_bytes : msg->len;
		for (size_t at = 0; at < msg->len && port->up; at += step)
			transmit(wire, node, port, msg, msg->data + at, msg->len - at < step ? msg->len - at : step);
	}
}

static void node_ready(void *ctx, struct lp_quic_conn *conn)
{
	struct wire_node *node = ctx;
	node->n_ready++;
	assert(node->n_conns < WIRE_CONNS);
	node->conns[node->n_conns++] = conn;
	node->budget = lp_quic_budget(conn);
	if (node->on_ready)
		node->on_ready(node, conn);
}

static void node_control(void *ctx, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	struct wire_node *node = ctx;
	node->control = realloc(node->control, node->control_len + len);
	assert(node->control);
	memcpy(node->control + node->control_len, data, len);
	node->control_len += len;
	if (node->on_control)
		node->on_control(node, conn, data, len);
}

static void node_datagram(void *ctx, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	struct wire_node *node = ctx;
	size_t slot = node->n_datagrams % WIRE_KEPT;
	node->kept_len[slot] = len;
	memcpy(node->kept[slot], data, len < sizeof node->kept[slot] ? len : sizeof node->kept[slot]);
	node->n_datagrams++;
	node->datagram_bytes += len;
	if (node->on_datagram)
		node->on_datagram(node, conn, data, len);
}

static void node_writable(void *ctx, struct lp_quic_conn *conn)
{
	struct wire_node *node = ctx;
	node->n_writable++;
	if (node->on_writable)
		node->on_writable(node, conn);
}

static void node_budget(void *ctx, struct lp_quic_conn *conn, size_t budget_bytes)
{
	struct wire_node *node = ctx;
	(void)conn;
	node->n_budget++;
	node->budget = budget_bytes;
}

static void node_migrated(void *ctx, struct lp_quic_conn *conn)
{
	struct wire_node *node = ctx;
	(void)conn;
	node->n_migrated++;
}

static void node_closed(void *ctx, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	struct wire_node *node = ctx;
	node->n_closed++;
	node->why = *why;
	for (size_t i = 0; i < node->n_conns; i++) {
		if (node->conns[i] == conn) {
			node->conns[i] = node->conns[--node->n_conns];
			break;
		}
	}
}

static const struct lp_quic_events events = {
	.ready = node_ready,
	.control = node_control,
	.datagram = node_datagram,
	.writable = node_writable,
	.budget = node_budget,
	.migrated = node_migrated,
	.closed = node_closed,
};

/* The endpoint's random source. */
static void node_random(void *ctx, uint8_t *data, size_t len)
{
	struct wire_node *node = ctx;
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(wire_random(node->wire) >> 32);
}

void wire_node_init(struct wire_node *node, struct wire *wire, struct lp_tls *tls, bool server, uint8_t host)
{
	struct lp_addr addr = {.ip = {10, 0, 0, host}, .port = server ? 443 : 5000, .family = 4};
	memset(node, 0, sizeof *node);
	node->wire = wire;
	node->ports[0] = (struct wire_port){.local = addr, .public = addr, .up = true};
	node->n_ports = 1;
	for (size_t i = 0; i < WIRE_CARRIERS; i++)
		lp_carrier_init(&node->carriers[i], node_send, NULL, node);
	node->config = (struct lp_quic_config){
		.server_tls = server ? tls : NULL,
		.client_tls = server ? NULL : tls,
		.events = &events,
		.ctx = node,
		.random = node_random,
		.idle_timeout_ns = 30 * LP_SEC,
		.max_conns = 1000,
		.max_handshakes = 1000,
	};
	for (size_t i = 0; i < sizeof node->config.secret; i++)
		node->config.secret[i] = (uint8_t)(host + i);
	wire->nodes[wire->n_nodes++] = node;
}

void wire_node_start(struct wire_node *node)
{
	int rv = lp_quic_endpoint_new(&node->config, &node->endpoint);
	assert(rv == 0);
	(void)rv;
}

void wire_node_stop(struct wire_node *node)
{
	lp_quic_endpoint_free(node->endpoint);
	node->endpoint = NULL;
	node->n_conns = 0;
	free(node->control);
	node->control = NULL;
	node->control_len = 0;
}

void wire_flush(struct wire_node *node)
{
	lp_quic_flush(node->endpoint, node->wire->now_ns);
}

struct lp_quic_conn *wire_connect(struct wire_node *node, struct wire_node *to, const char *name)
{
	struct lp_quic_conn *conn = NULL;
	const struct lp_quic_target target = {.carrier = &node->carriers[node->ports[0].carrier],
		.local = node->ports[0].local,
		.remote = to->ports[0].public,
		.server_name = name};
	int rv = lp_quic_connect(node->endpoint, &target, node->wire->now_ns, &conn);
	assert(rv == 0);
	(void)rv;
	wire_flush(node);
	return conn;
}

/* Delivers what arrives now. */
static void deliver(struct wire *wire)
{
	while (wire->n_heap && wire->heap[0]->at_ns <= wire->now_ns) {
		struct wire_packet *packet = heap_pop(wire);
		for (size_t i = 0; i < wire->n_nodes && !wire->cut; i++) {
			struct wire_node *node = wire->nodes[i];
			for (size_t p = 0; p < node->n_ports && node->endpoint; p++) {
				const struct wire_port *port = &node->ports[p];
				if (!port->up || !lp_addr_equal(&port->public, &packet->to))
					continue;
				struct lp_udp_msg msg = {.data = packet->data,
					.len = packet->len,
					.ecn = packet->ecn,
					.local = port->local,
					.remote = packet->from};
				lp_quic_receive(node->endpoint, &node->carriers[port->carrier], &msg, 1, wire->now_ns);
			}
		}
		free(packet);
	}
}

/* The time of the next event. */
static uint64_t next_event(const struct wire *wire)
{
	uint64_t at_ns = wire->n_heap ? wire->heap[0]->at_ns : LP_NEVER;
	for (size_t i = 0; i < wire->n_nodes; i++)
		if (wire->nodes[i]->endpoint)
			at_ns = lp_earlier(at_ns, lp_quic_deadline(wire->nodes[i]->endpoint));
	return at_ns;
}

/* Runs the next event, not after |until_ns|. False if there is none. */
static bool step(struct wire *wire, uint64_t until_ns)
{
	uint64_t at_ns = next_event(wire);
	if (at_ns > until_ns)
		return false;
	if (at_ns > wire->now_ns)
		wire->now_ns = at_ns;
	deliver(wire);
	for (size_t i = 0; i < wire->n_nodes; i++) {
		struct lp_quic_endpoint *endpoint = wire->nodes[i]->endpoint;
		if (!endpoint)
			continue;
		if (lp_quic_deadline(endpoint) <= wire->now_ns)
			lp_quic_expire(endpoint, wire->now_ns);
		lp_quic_flush(endpoint, wire->now_ns);
		assert(lp_quic_deadline(endpoint) > wire->now_ns);
	}
	return true;
}

void wire_run_until(struct wire *wire, uint64_t until_ns)
{
	while (step(wire, until_ns))
		;
	wire->now_ns = until_ns;
}

void wire_run(struct wire *wire, uint64_t ns)
{
	wire_run_until(wire, wire->now_ns + ns);
}

bool wire_wait(struct wire *wire, const unsigned *counter, unsigned want, uint64_t ns)
{
	uint64_t until_ns = wire->now_ns + ns;
	while (*counter < want && step(wire, until_ns))
		;
	return *counter >= want;
}

struct lp_tls *wire_server_tls(const char *name, int64_t unix_s, uint8_t **ret_cert, size_t *ret_cert_len)
{
	struct lp_failure failure = {0};
	struct lp_tls *tls = NULL;
	uint8_t *key = NULL;
	size_t key_len = 0;
	if (lp_tls_self_signed(name, unix_s, &failure, ret_cert, ret_cert_len, &key, &key_len) < 0 ||
		lp_tls_server_new(*ret_cert, *ret_cert_len, key, key_len, &failure, &tls) < 0)
		fprintf(stderr, "%s\n", failure.text);
	assert(tls);
	free(key);
	return tls;
}
