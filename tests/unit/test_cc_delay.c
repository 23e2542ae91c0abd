#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/units.h"
#include "quic/cc/delay.h"

#define PACKET_BYTES 1400

/* A path as a fluid model: bytes in flight beyond rate * base wait in the buffer, and those beyond |buffer_ns| are
   lost. */
struct path {
	uint64_t base_ns;
	uint64_t others_ns; /* queueing delay caused by other senders */
	double rate_bps;
	uint64_t buffer_ns;
	double received_part; /* received bytes per sent byte */
	uint64_t received_bytes;
	uint64_t cwnd; /* doubles each round, and halves after a loss; 0: before the first round */
	/* results */
	uint64_t n_lost, now_ns;
	uint64_t wait_ns;     /* our queueing delay, in the last round */
	uint64_t max_wait_ns; /* since the test set it to 0 */
	double carried;       /* utilisation of the rate in the last round */
};

/* One round trip: as many bytes are in flight as the window permits, at most |wish_bytes|. */
static void run_round(struct lp_cc_delay *window, struct path *path, uint64_t wish_bytes)
{
	uint64_t in_flight = 0;
	path->cwnd = path->cwnd == 0 ? 10 * PACKET_BYTES : path->cwnd < 8000000 ? path->cwnd * 2 : path->cwnd;
	while (in_flight < wish_bytes && in_flight < path->cwnd && lp_cc_delay_open(window, in_flight))
		in_flight += PACKET_BYTES;
	double bytes_per_ns = path->rate_bps / 8 / 1e9;
	uint64_t empty_ns = path->base_ns + path->others_ns;
	uint64_t needs_ns = (uint64_t)((double)in_flight / bytes_per_ns);
	path->wait_ns = needs_ns > empty_ns ? needs_ns - empty_ns : 0;
	if (path->wait_ns > path->buffer_ns) {
		path->wait_ns = path->buffer_ns;
		path->n_lost++;
		path->cwnd = path->cwnd > 40000 ? in_flight / 4 : 10000;
	}
	if (path->wait_ns > path->max_wait_ns)
		path->max_wait_ns = path->wait_ns;
	uint64_t rtt_ns = empty_ns + path->wait_ns;
	path->carried = (double)in_flight / bytes_per_ns / (double)rtt_ns;
	path->now_ns += rtt_ns;
	path->received_bytes += (uint64_t)(path->received_part * (double)in_flight);
	struct lp_delay_sample sample = {
		.rtt_ns = rtt_ns,
		.cwnd_bytes = path->cwnd,
		.in_flight_bytes = in_flight,
		.n_lost = path->n_lost,
		.received_bytes = path->received_bytes,
		.packet_bytes = PACKET_BYTES,
	};
	lp_cc_delay_update(window, &sample, path->now_ns);
}

/* Runs with unlimited data for |for_ns|; returns the utilisation. */
static double run_bulk(struct lp_cc_delay *window, struct path *path, uint64_t for_ns)
{
	uint64_t end_ns = path->now_ns + for_ns, start_ns = path->now_ns;
	double carried_ns = 0;
	path->max_wait_ns = 0;
	while (path->now_ns < end_ns) {
		uint64_t before_ns = path->now_ns;
		run_round(window, path, UINT64_MAX);
		carried_ns += path->carried * (double)(path->now_ns - before_ns);
	}
	return carried_ns / (double)(path->now_ns - start_ns);
}

/* At any rate and distance the path is full and the queueing delay is short. */
static void test_settles(void **state)
{
	(void)state;
	static const struct {
		uint64_t base_ns;
		double rate_bps;
		uint64_t most_ns; /* queueing delay */
	} rows[] = {
		{20 * LP_MS, 10e6, 5 * LP_MS},
		{2 * LP_MS, 10e6, 5 * LP_MS},
		{100 * LP_MS, 10e6, 5 * LP_MS},
		{50 * LP_MS, 200e6, 5 * LP_MS},
		{LP_MS / 5, 2e9, 5 * LP_MS},
		{10 * LP_MS, 1e6, 24 * LP_MS},
		{1 * LP_MS, 100e6, 5 * LP_MS},
		{300 * LP_MS, 50e6, 60 * LP_MS},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_cc_delay window;
		struct path path = {
			.base_ns = rows[i].base_ns,
			.rate_bps = rows[i].rate_bps,
			.buffer_ns = LP_SEC,
			.now_ns = LP_SEC,
		};
		lp_cc_delay_init(&window, 0, LP_SEC);
		run_round(&window, &path, PACKET_BYTES); /* the handshake */
		run_bulk(&window, &path, 10 * LP_SEC);
		double carried = run_bulk(&window, &path, 30 * LP_SEC);
		assert_true(carried > 0.97);
		assert_true(path.max_wait_ns <= rows[i].most_ns);
		assert_int_equal(path.n_lost, 0);
	}
}

/* A path that becomes longer, slower, faster, or busier is followed within seconds. */
static void test_follows(void **state)
{
	(void)state;
	static const struct path changes[] = {
		{.base_ns = 80 * LP_MS, .rate_bps = 20e6},
		{.base_ns = 5 * LP_MS, .rate_bps = 20e6},
		{.base_ns = 20 * LP_MS, .rate_bps = 100e6},
		{.base_ns = 20 * LP_MS, .rate_bps = 5e6},
		{.base_ns = 20 * LP_MS, .rate_bps = 20e6, .others_ns = 40 * LP_MS},
		{.base_ns = 20 * LP_MS, .rate_bps = 20e6},
	};
	struct lp_cc_delay window;
	struct path path = {.base_ns = 20 * LP_MS, .rate_bps = 20e6, .buffer_ns = LP_SEC, .now_ns = LP_SEC};
	lp_cc_delay_init(&window, 0, LP_SEC);
	run_bulk(&window, &path, 10 * LP_SEC);
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		path.base_ns = changes[i].base_ns;
		path.rate_bps = changes[i].rate_bps;
		path.others_ns = changes[i].others_ns;
		run_bulk(&window, &path, 15 * LP_SEC);
		assert_true(run_bulk(&window, &path, 10 * LP_SEC) > 0.95);
		assert_true(path.max_wait_ns < 6 * LP_MS);
	}
}

/* A game alone is never held back, and does not inflate the window. */
static void test_sparse(void **state)
{
	(void)state;
	struct lp_cc_delay window;
	struct path path = {.base_ns = 20 * LP_MS, .rate_bps = 10e6, .buffer_ns = LP_SEC, .now_ns = LP_SEC};
	lp_cc_delay_init(&window, 0, LP_SEC);
	for (unsigned i = 0; i < 2000; i++) {
		run_round(&window, &path, 2800);
		assert_true(lp_cc_delay_open(&window, 2800));
		window.limited = false;
	}
	assert_true(run_bulk(&window, &path, 5 * LP_SEC) > 0.8);
	assert_true(path.max_wait_ns < 30 * LP_MS);
}

/* Losses that the window does not cause suspend it, for longer each time; then it is used again. */
static void test_losses(void **state)
{
	(void)state;
	struct lp_cc_delay window;
	struct path path = {.base_ns = 20 * LP_MS, .rate_bps = 10e6, .buffer_ns = LP_SEC, .now_ns = LP_SEC};
	lp_cc_delay_init(&window, 0, LP_SEC);
	run_bulk(&window, &path, 5 * LP_SEC);
	uint64_t last_off_ns = 0;
	for (unsigned i = 0; i < 4; i++) {
		run_bulk(&window, &path, 2 * LP_SEC);
		assert_false(lp_cc_delay_open(&window, 1000000));
		path.n_lost++;
		run_bulk(&window, &path, LP_SEC / 5);
		assert_false(lp_cc_delay_open(&window, 1000000)); /* a single loss is not evidence */
		path.n_lost++;
		run_round(&window, &path, 1000);
		assert_true(lp_cc_delay_open(&window, 1000000));
		uint64_t off_ns = path.now_ns;
		while (lp_cc_delay_open(&window, 1000000)) {
			run_round(&window, &path, 30000);
			assert_true(path.now_ns < off_ns + 30 * LP_SEC);
		}
		off_ns = path.now_ns - off_ns;
		assert_true(off_ns > 19 * LP_SEC / 10 && off_ns > last_off_ns);
		last_off_ns = off_ns;
	}
	/* losses before it was used again do not count */
	path.n_lost++;
	run_round(&window, &path, UINT64_MAX);
	assert_false(lp_cc_delay_open(&window, 1000000));
	assert_true(run_bulk(&window, &path, 10 * LP_SEC) > 0.9);
}

/* Single distant losses, and bursts, do not suspend it. */
static void test_stray_losses(void **state)
{
	(void)state;
	struct lp_cc_delay window;
	struct path path = {.base_ns = 20 * LP_MS, .rate_bps = 10e6, .buffer_ns = LP_SEC, .now_ns = LP_SEC};
	lp_cc_delay_init(&window, 0, LP_SEC);
	run_bulk(&window, &path, 5 * LP_SEC);
	for (unsigned i = 0; i < 5; i++) {
		path.n_lost += i;
		run_bulk(&window, &path, 4 * LP_SEC);
		assert_true(path.max_wait_ns < 6 * LP_MS);
	}
}

/* The rate falls by a factor of two hundred: the buffer does not stay full, whether the window was used fully or
   not. */
static void test_falls(void **state)
{
	(void)state;
	for (unsigned used = 0; used < 2; used++) {
		struct lp_cc_delay window;
		struct path path = {.base_ns = LP_MS / 10, .rate_bps = 2e9, .buffer_ns = LP_SEC, .now_ns = LP_SEC};
		lp_cc_delay_init(&window, 0, LP_SEC);
		run_bulk(&window, &path, 6 * LP_SEC);
		for (unsigned i = 0; !used && i < 3; i++)
			run_round(&window, &path, 2800); /* a pause before the next copy */
		path.rate_bps = 10e6;
		path.buffer_ns = 50 * LP_MS;
		if (!used)
			run_round(&window, &path, 30000); /* which these first packets belong to */
		run_bulk(&window, &path, LP_SEC / 4);
		assert_int_equal(path.n_lost, used);
		assert_true(path.max_wait_ns < (used ? 51 : 30) * LP_MS);
		run_bulk(&window, &path, LP_SEC / 4);
		run_bulk(&window, &path, 4 * LP_SEC);
		assert_true(path.max_wait_ns < 8 * LP_MS);
	}
}

/* While the other end sends as much, its queue in our round trips is tolerated. */
static void test_both_ways(void **state)
{
	(void)state;
	for (unsigned both = 0; both < 2; both++) {
		struct lp_cc_delay window;
		struct path path = {.base_ns = 20 * LP_MS, .rate_bps = 50e6, .buffer_ns = LP_SEC, .now_ns = LP_SEC};
		lp_cc_delay_init(&window, 0, LP_SEC);
		run_bulk(&window, &path, 5 * LP_SEC);
		path.received_part = both ? 1.0 : 0.02;
		run_bulk(&window, &path, LP_SEC / 2);
		path.others_ns = 3 * LP_MS;
		double carried = run_bulk(&window, &path, LP_SEC / 2);
		assert_true(both ? carried > 0.9 : carried < 0.9);
	}
}

/* A buffer below the target: the congestion window limits, and sending does not stall. */
static void test_shallow(void **state)
{
	(void)state;
	struct lp_cc_delay window;
	struct path path = {.base_ns = 20 * LP_MS, .rate_bps = 10e6, .buffer_ns = 2 * LP_MS, .now_ns = LP_SEC};
	lp_cc_delay_init(&window, 0, LP_SEC);
	assert_true(run_bulk(&window, &path, 60 * LP_SEC) > 0.9);
}

/* When disabled it has no effect; on a new path it starts over. */
static void test_off_and_reset(void **state)
{
	(void)state;
	struct lp_cc_delay window;
	struct lp_delay_sample sample = {
		.rtt_ns = 100 * LP_MS, .cwnd_bytes = 1 << 20, .n_lost = 3, .packet_bytes = PACKET_BYTES};
	lp_cc_delay_init(&window, LP_NEVER, LP_SEC);
	for (unsigned i = 1; i < 100; i++) {
		lp_cc_delay_update(&window, &sample, i * LP_SEC);
		assert_true(lp_cc_delay_open(&window, UINT64_MAX));
	}
	lp_cc_delay_init(&window, 0, LP_SEC);
	sample.in_flight_bytes = 100000;
	lp_cc_delay_update(&window, &sample, 2 * LP_SEC);
	assert_false(lp_cc_delay_open(&window, 100000));
	lp_cc_delay_reset(&window, 3 * LP_SEC);
	assert_true(lp_cc_delay_open(&window, 100000));
	lp_cc_delay_update(&window, &sample, 4 * LP_SEC);
	assert_int_equal(window.phase, LP_DELAY_STARTING); /* old losses do not count */
}

/* A path that becomes a hundred times longer is full again soon, not only after the next scheduled measurement. */
static void test_leap(void **state)
{
	(void)state;
	struct lp_cc_delay window;
	struct path path = {.base_ns = LP_MS / 2, .rate_bps = 20e6, .buffer_ns = LP_SEC, .now_ns = LP_SEC};
	lp_cc_delay_init(&window, 0, LP_SEC);
	run_bulk(&window, &path, 6 * LP_SEC);
	path.base_ns = 50 * LP_MS;
	run_bulk(&window, &path, 2 * LP_SEC);
	assert_true(run_bulk(&window, &path, LP_SEC) > 0.4);
	run_bulk(&window, &path, 2 * LP_SEC);
	assert_true(run_bulk(&window, &path, 5 * LP_SEC) > 0.95);
}

/* Whatever is measured, with nothing in flight the next packet may be sent. Otherwise there would never be an ACK
   again. */
static void test_never_shut(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		uint64_t dice = seed * 0x9E3779B97F4A7C15u, now_ns = LP_SEC, n_lost = 0;
		struct lp_cc_delay window;
		lp_cc_delay_init(&window, 0, now_ns);
		for (unsigned i = 0; i < 2000; i++) {
			dice ^= dice << 13;
			dice ^= dice >> 7;
			dice ^= dice << 17;
			unsigned shift = dice % 26;
			uint64_t rtt_ns = 1 + (dice >> 20) % (((uint64_t)1 << shift) * 60);
			n_lost += (dice >> 10) % 100 == 0;
			now_ns += (dice >> 30) % (2 * rtt_ns);
			struct lp_delay_sample sample = {
				.rtt_ns = rtt_ns,
				.cwnd_bytes = 2 * PACKET_BYTES + (dice >> 40) % 100000,
				.in_flight_bytes = (dice >> 45) % 100000,
				.n_lost = n_lost,
				.packet_bytes = PACKET_BYTES,
			};
			lp_cc_delay_open(&window, sample.in_flight_bytes);
			lp_cc_delay_update(&window, &sample, now_ns);
			assert_true(lp_cc_delay_open(&window, 0));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settles),
		cmocka_unit_test(test_follows),
		cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_losses),
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_shallow),
		cmocka_unit_test(test_falls),
		cmocka_unit_test(test_stray_losses),
		cmocka_unit_test(test_leap),
		cmocka_unit_test(test_never_shut),
		cmocka_unit_test(test_off_and_reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
