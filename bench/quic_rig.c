#include "quic_rig.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/failure.h"
#include "base/units.h"
#include "quic/tls/credentials.h"

#define NAME "bench.test"
#define OUT_BYTES (8U << 20)
#define SETTLE_BUDGET 1400U /* the path carries full frames once PMTUD has finished */

uint64_t rig_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * LP_SEC + (uint64_t)now.tv_nsec;
}

/* Prints the error and exits. */
static _Noreturn void fail(const char *text)
{
	fprintf(stderr, "%s\n", text);
	exit(1);
}

static void on_ready(void *ctx, struct lp_quic_conn *conn)
{
	struct rig_end *end = ctx;
	lp_quic_set_user(conn, (void *)end->n_conns);
	end->conns[end->n_conns++] = conn;
}

static void on_datagram(void *ctx, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	struct rig_end *end = ctx;
	end->n_received++;
	if (end == &end->rig->server && end->rig->datagram)
		end->rig->datagram(end->rig, conn, data, len);
}

static void on_closed(void *ctx, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	(void)ctx, (void)conn;
	fail(why->reason);
}

static void on_send(struct lp_carrier *carrier, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct rig_end *end = carrier->ctx;
	for (size_t i = 0; i < n_msgs; i++) {
		struct lp_udp_msg *msg = &end->out.msgs[end->out.n_msgs++];
		assert(end->out.n_msgs < RIG_MSGS && end->out.used + msgs[i].len <= OUT_BYTES);
		*msg = msgs[i];
		msg->data = memcpy(end->out.bytes + end->out.used, msgs[i].data, msgs[i].len);
		msg->local = msgs[i].remote;
		msg->remote = end->addr;
		end->out.used += msgs[i].len;
	}
}

static void on_random(void *ctx, uint8_t *data, size_t len)
{
	(void)ctx;
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)rand();
}

static const struct lp_quic_events events = {
	.ready = on_ready,
	.datagram = on_datagram,
	.closed = on_closed,
};

/* Creates one end. */
static void end_open(struct rig *rig, struct rig_end *end, struct lp_tls *tls, size_t n_conns, enum lp_quic_aead aead)
{
	bool server = end == &rig->server;
	struct lp_quic_config config = {.server_tls = server ? tls : NULL,
		.client_tls = server ? NULL : tls,
		.events = &events,
		.ctx = end,
		.random = on_random,
		.idle_timeout_ns = 30 * LP_SEC,
		.max_conns = n_conns,
		.max_handshakes = n_conns,
		.max_handshakes_per_source = n_conns,
		.aead = aead};
	end->rig = rig;
	lp_carrier_init(&end->carrier, on_send, NULL, end);
	end->addr = (struct lp_addr){.ip = {127, 0, 0, server ? 1 : 2}, .port = 443, .family = 4};
	end->out.bytes = malloc(OUT_BYTES);
	end->conns = calloc(n_conns, sizeof(struct lp_quic_conn *));
	if (!end->out.bytes || !end->conns || lp_quic_endpoint_new(&config, &end->endpoint) < 0)
		fail("no memory");
}

void rig_open(struct rig *rig, size_t n_conns, enum lp_quic_aead aead)
{
	uint8_t *cert = NULL, *key = NULL;
	size_t cert_len = 0, key_len = 0;
	struct lp_failure failure = {0};
	if (lp_tls_self_signed(NAME, (int64_t)time(NULL), &failure, &cert, &cert_len, &key, &key_len) < 0 ||
		lp_tls_server_new(cert, cert_len, key, key_len, &failure, &rig->server_tls) < 0 ||
		lp_tls_client_new(cert, cert_len, &failure, &rig->client_tls) < 0)
		fail(failure.text);
	end_open(rig, &rig->server, rig->server_tls, n_conns, aead);
	end_open(rig, &rig->client, rig->client_tls, n_conns, aead);
	const struct lp_quic_target target = {
		.carrier = &rig->client.carrier,
		.local = rig->client.addr,
		.remote = rig->server.addr,
		.server_name = NAME,
	};
	for (size_t i = 0; i < n_conns; i++) {
		struct lp_quic_conn *conn;
		if (lp_quic_connect(rig->client.endpoint, &target, rig_now_ns(), &conn) < 0)
			fail("cannot connect");
		lp_quic_flush(rig->client.endpoint, rig_now_ns());
		while (rig->server.n_conns <= i || lp_quic_budget(conn) < SETTLE_BUDGET) {
			(void)rig_pass(&rig->client, &rig->server);
			(void)rig_pass(&rig->server, &rig->client);
		}
	}
	free(cert);
	free(key);
}

void rig_close(struct rig *rig)
{
	struct rig_end *ends[2] = {&rig->client, &rig->server};
	for (size_t i = 0; i < 2; i++) {
		lp_quic_endpoint_free(ends[i]->endpoint);
		free(ends[i]->conns);
		free(ends[i]->out.bytes);
	}
	lp_tls_free(rig->client_tls);
	lp_tls_free(rig->server_tls);
}

uint64_t rig_pass(struct rig_end *from, struct rig_end *to)
{
	uint64_t start = rig_now_ns();
	to->now_ns = start;
	if (lp_quic_deadline(to->endpoint) <= start)
		lp_quic_expire(to->endpoint, start);
	lp_quic_receive(to->endpoint, &to->carrier, from->out.msgs, from->out.n_msgs, start);
	from->out.n_msgs = 0;
	from->out.used = 0;
	lp_quic_flush(to->endpoint, start);
	return rig_now_ns() - start;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

uint64_t rig_quartile(uint64_t *values, size_t n)
{
	qsort(values, n, sizeof *values, by_size);
	return values[n / 4];
}
