/* The cost of a small frame in src/quic when many connections send alternately, so that their memory is not cached: CPU
   ns per frame for the sender, for a relay that forwards it to another connection, and for the receiver.

   Usage: quic_crowd [CONNECTIONS [ROUNDS [BATCH]]]    at least 2 CONNECTIONS; each sends a frame per
   round, in batches of BATCH */
#include <stdio.h>
#include <stdlib.h>

#include "quic_rig.h"

#define ROUNDS_MAX 100000U
#define FRAME_BYTES 70U /* 64 and their header */
#define DISTANCE 37U    /* from the connection on which a frame arrives to the one on which it is sent */

/* The relay: forwards the DATAGRAM to another connection. */
static void forward(struct rig *rig, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	struct lp_bytes part = {data, len};
	size_t to = ((size_t)lp_quic_user(conn) + DISTANCE) % rig->server.n_conns;
	(void)lp_quic_send_datagram(rig->server.conns[to], &part, 1, rig->server.now_ns);
}

/* The connections from |first| on send a frame each. Returns the time that it took. */
static uint64_t send_batch(struct rig *rig, size_t first, size_t batch, uint64_t *sent)
{
	static uint8_t data[FRAME_BYTES] = {0x10};
	struct lp_bytes part = {data, sizeof data};
	uint64_t start = rig_now_ns();
	for (size_t i = first; i < first + batch && i < rig->client.n_conns; i++)
		*sent += lp_quic_send_datagram(rig->client.conns[i], &part, 1, start) == 0;
	lp_quic_flush(rig->client.endpoint, start);
	return rig_now_ns() - start;
}

int main(int argc, char **argv)
{
	static struct rig rig = {.datagram = forward};
	static uint64_t send[ROUNDS_MAX], relay[ROUNDS_MAX], receive[ROUNDS_MAX];
	size_t n_conns = argc > 1 ? (size_t)atoi(argv[1]) : 1000;
	size_t n_rounds = argc > 2 ? (size_t)atoi(argv[2]) : 100;
	size_t batch = argc > 3 ? (size_t)atoi(argv[3]) : 16;
	if (n_conns < 2 || n_rounds < 1 || n_rounds > ROUNDS_MAX || batch < 1 || batch > RIG_MSGS / 4) {
		fprintf(stderr, "usage: quic_crowd [CONNECTIONS [ROUNDS [BATCH]]], with at least 2 connections\n");
		return 2;
	}
	rig_open(&rig, n_conns, LP_QUIC_AEAD_BEST);
	uint64_t sent = 0;
	rig.client.n_received = 0;
	for (size_t round = 0; round < n_rounds; round++) {
		uint64_t sum[3] = {0};
		for (size_t i = 0; i < n_conns; i += batch) {
			sum[0] += send_batch(&rig, i, batch, &sent);
			sum[1] += rig_pass(&rig.client, &rig.server);
			sum[2] += rig_pass(&rig.server, &rig.client);
		}
		send[round] = sum[0] / n_conns;
		relay[round] = sum[1] / n_conns;
		receive[round] = sum[2] / n_conns;
	}
	printf("%zu connections, batches of %zu: send %lu, relay %lu, receive %lu ns per frame; %.2f %% arrived\n",
		n_conns, batch, (unsigned long)rig_quartile(send, n_rounds),
		(unsigned long)rig_quartile(relay, n_rounds), (unsigned long)rig_quartile(receive, n_rounds),
		100.0 * (double)rig.client.n_received / (double)sent);
	rig_close(&rig);
	return 0;
}
