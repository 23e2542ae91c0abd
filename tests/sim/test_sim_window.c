/* A connection that carries only DATAGRAMs: its congestion window must grow to the path's capacity, and recover after
   an overload. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/units.h"
#include "tunnel.h"

#define FRAME_BYTES 1300

/* What was received. */
static uint64_t n_bytes_in, last_in_ns, longest_gap_ns;

static void on_frame(struct tunnel_end *end, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	(void)end;
	(void)frame;
	n_bytes_in += len;
	if (last_in_ns && now_ns - last_in_ns > longest_gap_ns)
		longest_gap_ns = now_ns - last_in_ns;
	last_in_ns = now_ns;
}

/* Sends as much as the link accepts for |for_ns|. Returns the received bytes per second. */
static double flood(struct tunnel *tunnel, uint64_t for_ns)
{
	uint8_t frame[FRAME_BYTES] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5};
	uint64_t end_ns = tunnel_now_ns(tunnel) + for_ns;
	n_bytes_in = 0;
	longest_gap_ns = 0;
	last_in_ns = 0;
	while (tunnel_now_ns(tunnel) < end_ns) {
		for (unsigned i = 0; i < 64 && !lp_link_congested(tunnel->client.link); i++)
			tunnel_send(&tunnel->client, frame, sizeof frame);
		tunnel_run(tunnel, LP_MS);
	}
	return (double)n_bytes_in * 1e9 / (double)for_ns;
}

/* The window grows to the path's capacity. */
static void test_growth(void **state)
{
	(void)state;
	static const struct {
		struct lp_line line;
		uint64_t warm_ns;
		double least; /* fraction of the path's rate */
	} rows[] = {
		{{.delay_ns = 10 * LP_MS, .rate_bps = 100000000, .queue_bytes = 256 * 1024}, 3 * LP_SEC, 0.85},
		{{.delay_ns = 25 * LP_MS, .rate_bps = 50000000, .queue_bytes = 256 * 1024}, 4 * LP_SEC, 0.85},
		{{.delay_ns = 50 * LP_MS, .rate_bps = 10000000, .queue_bytes = 128 * 1024}, 3 * LP_SEC, 0.85},
		{{.delay_ns = 5 * LP_MS, .rate_bps = 1000000, .queue_bytes = 32 * 1024}, 3 * LP_SEC, 0.8},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct tunnel tunnel;
		tunnel_open(&tunnel, i + 1, &rows[i].line, LP_QUIC_CC_CUBIC, 0);
		tunnel.server.frame = on_frame;
		flood(&tunnel, rows[i].warm_ns);
		double rate = flood(&tunnel, 5 * LP_SEC);
		double part = rate * 8 / (double)rows[i].line.rate_bps;
		struct lp_quic_stats stats;
		lp_quic_stats(tunnel.client.conn, &stats);
		printf("%3.0f Mbit/s, %2.0f ms: %.2f of it carried, window %zu, round trip %.1f ms, longest gap %.1f "
		       "ms\n",
			(double)rows[i].line.rate_bps / 1e6, (double)rows[i].line.delay_ns / 1e6, part,
			(size_t)stats.cwnd_bytes, (double)stats.srtt_ns / 1e6, (double)longest_gap_ns / 1e6);
		assert_true(part >= rows[i].least);
		tunnel_close(&tunnel);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_growth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
