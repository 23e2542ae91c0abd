/* A game beside a file copy: 64-byte frames at 60 Hz through a tunnel that a bulk stream fills. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/units.h"
#include "tunnel.h"

#define GAME_BYTES 64
#define BULK_BYTES 1400
#define GAME_NS (LP_SEC / 60)
#define GAME_FRAMES 1200
#define GAME_PORT 27015
#define BULK_PORT 5001

/* What was received. */
struct arrivals {
	uint64_t latency_ns[GAME_FRAMES];
	size_t n_game;
	uint64_t bulk_bytes;
};

/* Writes an IPv4 UDP frame to |port| that contains its send time. */
static void write_frame(uint8_t *frame, size_t len, uint16_t port, uint64_t now_ns)
{
	static const uint8_t head[42] = {
		2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,                          /* Ethernet */
		0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, /* IPv4 */
		0x10, 0, 0, 0, 0, 0, 0, 0,                                         /* UDP */
	};
	memset(frame, 0, len);
	memcpy(frame, head, sizeof head);
	frame[16] = (uint8_t)((len - 14) >> 8);
	frame[17] = (uint8_t)(len - 14);
	frame[36] = (uint8_t)(port >> 8);
	frame[37] = (uint8_t)port;
	memcpy(frame + 48, &now_ns, sizeof now_ns);
}

static void on_frame(struct tunnel_end *end, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	struct arrivals *arrivals = end->user;
	uint64_t sent_ns;
	memcpy(&sent_ns, frame + 48, sizeof sent_ns);
	if (frame[36] == (BULK_PORT >> 8))
		arrivals->bulk_bytes += len;
	else if (arrivals->n_game < GAME_FRAMES)
		arrivals->latency_ns[arrivals->n_game++] = now_ns - sent_ns;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

/* Sends the bulk stream for |for_ns|, and the game's |n_game| frames, if any. */
static void play(struct tunnel *tunnel, uint64_t for_ns, size_t n_game)
{
	uint8_t frame[BULK_BYTES];
	uint64_t start_ns = tunnel_now_ns(tunnel);
	uint64_t next_game_ns = start_ns;
	size_t sent = 0;
	while (tunnel_now_ns(tunnel) < start_ns + for_ns) {
		for (unsigned i = 0; i < 8 && !lp_link_congested(tunnel->client.link); i++) {
			write_frame(frame, BULK_BYTES, BULK_PORT, tunnel_now_ns(tunnel));
			tunnel_send(&tunnel->client, frame, BULK_BYTES);
		}
		if (sent < n_game && tunnel_now_ns(tunnel) >= next_game_ns) {
			write_frame(frame, GAME_BYTES, GAME_PORT, tunnel_now_ns(tunnel));
			tunnel_send(&tunnel->client, frame, GAME_BYTES);
			next_game_ns += GAME_NS;
			sent++;
		}
		tunnel_run(tunnel, LP_MS);
	}
}

/* The 99th percentile is the path's latency and little more, no frame is lost, whatever buffer the bottleneck has, and
   the bulk stream still fills the link. */
static void test_beside_bulk(void **state)
{
	(void)state;
	static const struct {
		uint64_t delay_ns;
		size_t queue_bytes;
		uint64_t p99_ns; /* above the path's delay */
	} rows[] = {
		{1 * LP_MS, 64 * 1024, 10 * LP_MS},
		{9 * LP_MS, 16 * 1024, 10 * LP_MS},
		{9 * LP_MS, 256 * 1024, 10 * LP_MS},
		{17 * LP_MS, 64 * 1024, 10 * LP_MS},
		{25 * LP_MS, 64 * 1024, 10 * LP_MS},
		{60 * LP_MS, 256 * 1024, 20 * LP_MS},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		static struct arrivals arrivals;
		struct tunnel tunnel;
		struct lp_line line = {
			.delay_ns = rows[i].delay_ns, .rate_bps = 10000000, .queue_bytes = rows[i].queue_bytes};
		memset(&arrivals, 0, sizeof arrivals);
		tunnel_open(&tunnel, i + 1, &line, LP_QUIC_CC_CUBIC, 0);
		tunnel.server.frame = on_frame;
		tunnel.server.user = &arrivals;
		play(&tunnel, 4 * LP_SEC, 0);
		arrivals.bulk_bytes = 0;
		play(&tunnel, 20 * LP_SEC, GAME_FRAMES);
		double bulk_bps = (double)arrivals.bulk_bytes * 8 / 20;
		tunnel_run(&tunnel, LP_SEC);
		assert_int_equal(arrivals.n_game, GAME_FRAMES);
		qsort(arrivals.latency_ns, GAME_FRAMES, sizeof arrivals.latency_ns[0], compare);
		uint64_t median_ns = arrivals.latency_ns[GAME_FRAMES / 2] - line.delay_ns;
		uint64_t p99_ns = arrivals.latency_ns[GAME_FRAMES * 99 / 100] - line.delay_ns;
		printf("10 Mbit/s, %2.0f ms, buffer of %3zu KiB: median +%.1f ms, p99 +%.1f ms, bulk %.2f Mbit/s\n",
			(double)line.delay_ns / 1e6, line.queue_bytes / 1024, (double)median_ns / 1e6,
			(double)p99_ns / 1e6, bulk_bps / 1e6);
		assert_true(p99_ns < rows[i].p99_ns);
		assert_true(bulk_bps > 9.2e6);
		tunnel_close(&tunnel);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_beside_bulk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
