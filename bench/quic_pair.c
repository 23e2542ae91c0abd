/* What a DATAGRAM costs inside of src/quic: two endpoints in one process, no sockets. Prints CPU ns a DATAGRAM for the
   sender (send and flush) and for the receiver (receive and flush), and for what acknowledgements cost the sender. */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/failure.h"
#include "base/units.h"
#include "quic/endpoint.h"
#include "quic/tls.h"

#define NAME "bench.test"
#define MSGS 4096
#define STORE (8u << 20)
#define CHUNKS 100

/* What one end has sent and the other has not yet received. */
struct pipe {
	struct lp_udp_msg msgs[MSGS];
	size_t n_msgs;
	uint8_t *store;
	size_t used;
};

/* One end. */
struct end {
	struct lp_quic_endpoint *endpoint;
	struct lp_quic_conn *conn;
	struct lp_addr addr;
	struct pipe out;
	uint64_t n_received;
	bool blocked;
};

/* Nanoseconds of a clock that only runs forward. */
static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * LP_SEC + (uint64_t)now.tv_nsec;
}

static void on_ready(void *ctx, struct lp_quic_conn *conn)
{
	struct end *end = ctx;
	end->conn = conn;
}

static void on_datagram(void *ctx, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	struct end *end = ctx;
	(void)conn, (void)data, (void)len;
	end->n_received++;
}

static void on_writable(void *ctx, struct lp_quic_conn *conn)
{
	struct end *end = ctx;
	(void)conn;
	end->blocked = false;
}

static void on_closed(void *ctx, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	(void)ctx, (void)conn;
	fprintf(stderr, "closed: %s\n", why->reason);
	exit(1);
}

static void on_send(void *ctx, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct end *end = ctx;
	for (size_t i = 0; i < n_msgs; i++) {
		struct lp_udp_msg *msg = &end->out.msgs[end->out.n_msgs++];
		assert(end->out.n_msgs < MSGS && end->out.used + msgs[i].len <= STORE);
		*msg = msgs[i];
		memcpy(end->out.store + end->out.used, msgs[i].data, msgs[i].len);
		msg->data = end->out.store + end->out.used;
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
	.writable = on_writable,
	.closed = on_closed,
	.send = on_send,
};

/* Makes one end. */
static void end_init(struct end *end, bool server, struct lp_tls *tls, enum lp_quic_aead aead)
{
	struct lp_quic_config config = {.server = server,
	                                .tls = tls,
	                                .events = &events,
	                                .ctx = end,
	                                .random = on_random,
	                                .idle_timeout_ns = 30 * LP_SEC,
	                                .max_conns = 10,
	                                .max_handshakes = 10,
	                                .aead = aead};
	end->addr = (struct lp_addr){.ip = {127, 0, 0, server ? 1 : 2}, .port = 443, .family = 4};
	end->out.store = malloc(STORE);
	if (!end->out.store || lp_quic_endpoint_new(&config, &end->endpoint) < 0)
		exit(1);
}

/* Gives |to| what |from| has sent; returns the CPU time that it took. */
static uint64_t pass(struct end *from, struct end *to)
{
	uint64_t start = now_ns();
	if (lp_quic_deadline(to->endpoint) <= start)
		lp_quic_expire(to->endpoint, start);
	lp_quic_receive(to->endpoint, from->out.msgs, from->out.n_msgs, start);
	from->out.n_msgs = 0;
	from->out.used = 0;
	lp_quic_flush(to->endpoint, start);
	return now_ns() - start;
}

/* Nanoseconds a DATAGRAM, of one chunk of the measurement. */
struct cost {
	uint64_t send, receive, acks;
};

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

/* The lower quartile of one figure over all chunks: what it costs when nothing else disturbs. */
static unsigned long quartile(const struct cost *costs, size_t field)
{
	uint64_t values[CHUNKS];
	for (size_t i = 0; i < CHUNKS; i++)
		memcpy(&values[i], (const char *)&costs[i] + field, sizeof values[i]);
	qsort(values, CHUNKS, sizeof *values, by_size);
	return (unsigned long)values[CHUNKS / 4];
}

/* Sends |n| DATAGRAMs of |len| bytes in batches of |batch|, and measures it. */
static struct cost measure_chunk(struct end *client, struct end *server, size_t len, unsigned n, unsigned batch)
{
	static uint8_t data[2048] = {0x10};
	struct lp_bytes parts[2] = {{.data = data, .len = 4}, {.data = data + 4, .len = len - 4}};
	struct cost cost = {0};
	uint64_t sent = 0;
	while (sent < n) {
		uint64_t start = now_ns();
		for (unsigned i = 0; i < batch; i++) {
			if (lp_quic_send_datagram(client->conn, parts, 2, start) < 0)
				break;
			sent++;
		}
		lp_quic_flush(client->endpoint, start);
		cost.send += now_ns() - start;
		cost.receive += pass(client, server);
		cost.acks += pass(server, client);
	}
	return (struct cost){cost.send / sent, cost.receive / sent, cost.acks / sent};
}

/* Measures in chunks, and prints. */
static void measure(struct end *client, struct end *server, size_t len, unsigned n, unsigned batch)
{
	static struct cost costs[CHUNKS];
	for (size_t i = 0; i < CHUNKS; i++)
		costs[i] = measure_chunk(client, server, len, n / CHUNKS, batch);
	printf("%5zu bytes, batches of %2u: send %4lu, receive %4lu, acknowledgements at the sender %4lu ns\n", len,
	       batch, quartile(costs, offsetof(struct cost, send)), quartile(costs, offsetof(struct cost, receive)),
	       quartile(costs, offsetof(struct cost, acks)));
}

int main(int argc, char **argv)
{
	unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 300000;
	enum lp_quic_aead aead = argc > 2 ? (enum lp_quic_aead)atoi(argv[2]) : LP_QUIC_AEAD_BEST;
	static struct end client, server;
	uint8_t *cert = NULL, *key = NULL;
	size_t cert_len = 0, key_len = 0;
	struct lp_tls *server_tls = NULL, *client_tls = NULL;
	struct lp_failure failure = {0};
	if (lp_tls_self_signed(NAME, (int64_t)time(NULL), &failure, &cert, &cert_len, &key, &key_len) < 0 ||
	    lp_tls_server_new(cert, cert_len, key, key_len, &failure, &server_tls) < 0 ||
	    lp_tls_client_new(cert, cert_len, &failure, &client_tls) < 0) {
		fprintf(stderr, "%s\n", failure.text);
		return 1;
	}
	end_init(&server, true, server_tls, aead);
	end_init(&client, false, client_tls, aead);
	if (lp_quic_connect(client.endpoint, &client.addr, &server.addr, NAME, now_ns(), &client.conn) < 0)
		return 1;
	lp_quic_flush(client.endpoint, now_ns());
	while (!server.conn || lp_quic_budget(client.conn) < 1400) {
		(void)pass(&client, &server);
		(void)pass(&server, &client);
	}
	printf("AEAD: %s\n", lp_quic_aead_name(client.endpoint));
	measure(&client, &server, 1300, n, 32);
	measure(&client, &server, 1300, n, 1);
	measure(&client, &server, 100, n, 64);
	measure(&client, &server, 100, n, 1);
	lp_quic_endpoint_free(client.endpoint);
	lp_quic_endpoint_free(server.endpoint);
	lp_tls_free(client_tls);
	lp_tls_free(server_tls);
	free(cert);
	free(key);
	free(client.out.store);
	free(server.out.store);
	return 0;
}
