/* The cost of a DATAGRAM in src/quic on one connection: CPU ns per DATAGRAM for the sender (send and flush), for the
   receiver (receive and flush), and for ACKs at the sender.

   Usage: quic_pair [DATAGRAMS [AEAD]]    AEAD: a number of enum lp_quic_aead */
#include <stdio.h>
#include <stdlib.h>

#include "quic_rig.h"

#define CHUNKS 100

/* Nanoseconds per DATAGRAM, for each chunk of a measurement. */
struct cost {
	uint64_t send[CHUNKS], receive[CHUNKS], acks[CHUNKS];
};

/* Sends |n| DATAGRAMs of |len| bytes in batches of |batch|, and records the time as chunk |i|. */
static void measure_chunk(struct rig *rig, size_t len, unsigned n, unsigned batch, struct cost *cost, size_t i)
{
	static uint8_t data[2048] = {0x10};
	struct lp_bytes parts[2] = {{.data = data, .len = 4}, {.data = data + 4, .len = len - 4}};
	uint64_t sent = 0, send = 0, receive = 0, acks = 0;
	while (sent < n) {
		uint64_t start = rig_now_ns();
		for (unsigned k = 0; k < batch; k++) {
			if (lp_quic_send_datagram(rig->client.conns[0], parts, 2, start) < 0)
				break;
			sent++;
		}
		lp_quic_flush(rig->client.endpoint, start);
		send += rig_now_ns() - start;
		receive += rig_pass(&rig->client, &rig->server);
		acks += rig_pass(&rig->server, &rig->client);
	}
	cost->send[i] = send / sent;
	cost->receive[i] = receive / sent;
	cost->acks[i] = acks / sent;
}

/* Measures in chunks and prints the results. */
static void measure(struct rig *rig, size_t len, unsigned n, unsigned batch)
{
	static struct cost cost;
	for (size_t i = 0; i < CHUNKS; i++)
		measure_chunk(rig, len, n / CHUNKS, batch, &cost, i);
	printf("%5zu bytes, batches of %2u: send %4lu, receive %4lu, ACKs at the sender %4lu ns\n", len, batch,
		(unsigned long)rig_quartile(cost.send, CHUNKS), (unsigned long)rig_quartile(cost.receive, CHUNKS),
		(unsigned long)rig_quartile(cost.acks, CHUNKS));
}

int main(int argc, char **argv)
{
	static struct rig rig;
	unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 300000;
	enum lp_quic_aead aead = argc > 2 ? (enum lp_quic_aead)atoi(argv[2]) : LP_QUIC_AEAD_BEST;
	rig_open(&rig, 1, aead);
	printf("AEAD: %s\n", lp_quic_aead_name(rig.client.endpoint));
	measure(&rig, 1300, n, 32);
	measure(&rig, 1300, n, 1);
	measure(&rig, 100, n, 64);
	measure(&rig, 100, n, 1);
	rig_close(&rig);
	return 0;
}
