#include "rogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "ctrl/message.h"
#include "party.h"
#include "platform/loop/loop.h"
#include "platform/net/udp.h"
#include "platform/system/random.h"

/* Ends a pass. */
static void end_pass(struct rogue *rogue)
{
	lp_quic_flush(rogue->endpoint, lp_loop_now_ns(rogue->loop));
	lp_timer_set(rogue->timer, lp_quic_deadline(rogue->endpoint));
}

static void on_ready(void *ctx, struct lp_quic_conn *conn)
{
	struct rogue *rogue = ctx;
	rogue->conn = conn;
	rogue->ready = true;
}

static void on_control(void *ctx, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	struct rogue *rogue = ctx;
	(void)conn;
	if (len > sizeof rogue->said - 1 - rogue->n_said)
		len = sizeof rogue->said - 1 - rogue->n_said;
	memcpy(rogue->said + rogue->n_said, data, len);
	rogue->n_said += len;
}

static void on_datagram(void *ctx, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	(void)conn;
	(void)data;
	(void)len;
	((struct rogue *)ctx)->n_datagrams++;
}

static void on_closed(void *ctx, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	struct rogue *rogue = ctx;
	if (rogue->conn == conn)
		rogue->conn = NULL;
	rogue->closed = true;
	rogue->why = *why;
}

static const struct lp_quic_events events = {
	.ready = on_ready,
	.control = on_control,
	.datagram = on_datagram,
	.closed = on_closed,
};

static void on_udp(void *ctx, struct lp_carrier *carrier, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct rogue *rogue = ctx;
	if (rogue->first_byte < 0 && msgs[0].len > 6 && msgs[0].data[0] & 0x80)
		rogue->first_byte = msgs[0].data[6];
	lp_quic_receive(rogue->endpoint, carrier, msgs, n_msgs, lp_loop_now_ns(rogue->loop));
	end_pass(rogue);
}

static void on_timer(void *ctx, uint64_t now_ns)
{
	struct rogue *rogue = ctx;
	lp_quic_expire(rogue->endpoint, now_ns);
	end_pass(rogue);
}

static void on_random(void *ctx, uint8_t *data, size_t len)
{
	(void)ctx;
	lp_random_fill(data, len);
}

/* True until the handshake has succeeded or failed. */
static bool is_opening(void *ctx)
{
	struct rogue *rogue = ctx;
	return !rogue->ready && !rogue->closed;
}

/* Creates an endpoint on a host, a server on port 443 or a client. */
static void open_endpoint(struct rogue *rogue, struct party *party, struct lp_host *host, bool server)
{
	struct lp_addr any = {.port = server ? 443 : 0};
	struct lp_quic_config config = {
		.server_tls = server ? party->server_tls : NULL,
		.client_tls = server ? NULL : party->client_tls,
		.events = &events,
		.ctx = rogue,
		.random = on_random,
		.idle_timeout_ns = 30 * LP_SEC,
		.max_conns = 1,
		.max_handshakes = 1,
		.max_handshakes_per_source = 1,
	};
	memset(rogue, 0, sizeof *rogue);
	rogue->party = party;
	rogue->first_byte = -1;
	rogue->host = host;
	lp_host_enter(host);
	if (lp_loop_new(&rogue->loop) < 0 ||
		lp_carrier_udp_open(&rogue->udp, rogue->loop, &any, on_udp, rogue, NULL) < 0 ||
		lp_timer_new(rogue->loop, on_timer, rogue, &rogue->timer) < 0 ||
		lp_quic_endpoint_new(&config, &rogue->endpoint) < 0)
		abort();
}

void rogue_listen(struct rogue *rogue, struct party *party)
{
	open_endpoint(rogue, party, party->relay_host, true);
}

void rogue_open(struct rogue *rogue, struct party *party, const char *ip)
{
	struct lp_quic_target target = {.carrier = &rogue->udp.carrier, .server_name = "relay.example"};
	struct lp_addr bound;
	struct lp_quic_conn *conn;
	open_endpoint(rogue, party, lp_world_add_host(party->world, "rogue", ip), false);
	lp_addr_parse(ip, 0, &target.local);
	lp_udp_local(rogue->udp.socket, &bound);
	target.local.port = bound.port;
	lp_addr_parse("192.0.2.1", 443, &target.remote);
	if (lp_quic_connect(rogue->endpoint, &target, lp_loop_now_ns(rogue->loop), &conn) < 0)
		abort();
	end_pass(rogue);
	lp_world_run_while(party->world, is_opening, rogue, lp_world_now_ns(party->world) + 5 * LP_SEC);
}

bool rogue_received(const struct rogue *rogue, const char *text)
{
	size_t len = strlen(text);
	for (size_t at = 0; at + len <= rogue->n_said; at++)
		if (memcmp(rogue->said + at, text, len) == 0)
			return true;
	return false;
}

void rogue_close(struct rogue *rogue)
{
	lp_host_enter(rogue->host);
	lp_quic_endpoint_free(rogue->endpoint);
	lp_timer_free(rogue->timer);
	lp_carrier_udp_close(&rogue->udp);
	lp_loop_free(rogue->loop);
}

void rogue_say(struct rogue *rogue, const void *data, size_t len)
{
	lp_host_enter(rogue->host);
	if (!rogue->conn)
		return;
	lp_quic_send_control(rogue->conn, data, len);
	end_pass(rogue);
}

void rogue_say_json(struct rogue *rogue, const char *json)
{
	uint8_t data[4 + LP_MESSAGE_MAX];
	size_t len = strlen(json);
	data[0] = data[1] = 0;
	data[2] = (uint8_t)(len >> 8);
	data[3] = (uint8_t)len;
	memcpy(data + 4, json, len);
	rogue_say(rogue, data, 4 + len);
}

void rogue_datagram(struct rogue *rogue, const void *data, size_t len)
{
	lp_host_enter(rogue->host);
	if (!rogue->conn)
		return;
	struct lp_bytes part = {data, len};
	lp_quic_send_datagram(rogue->conn, &part, 1, lp_loop_now_ns(rogue->loop));
	end_pass(rogue);
}

bool rogue_join(struct rogue *rogue, unsigned last)
{
	char json[300];
	snprintf(json, sizeof json,
		"{\"type\":\"hello\",\"version\":1,\"role\":\"client\",\"room\":\"LAN\",\"mac\":\"02:66:00:00:00:%"
		"02x\","
		"\"datagram_budget\":1400,\"software\":\"rogue\"}",
		last & 0xff);
	rogue_say_json(rogue, json);
	party_run(rogue->party, 500 * LP_MS);
	rogue->said[rogue->n_said] = 0;
	return rogue->n_said > 4 && strstr((const char *)rogue->said + 4, "\"welcome\"") != NULL;
}
