/* Paths as people have them: the tunnel gives what the line gives, and small frames do not wait. Of the grid of
   path_grid.c, what takes little time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "path_run.h"

/* Skips the test when ngtcp2's own controller is behind ours (quic/uncap.h): it takes each loss for congestion. */
static void need_own_control(void)
{
	if (!tunnel_has_own_control())
		skip();
}

static void check(const struct path_cell *cell, double least, double first, double rtt_ms, double p99_ms)
{
	struct path_result raw = path_run(cell, true, false), ours = path_run(cell, false, false);
	double wait_ms = ours.rtt_ms - cell->rtt_ms, wait_p99_ms = ours.rtt_p99_ms - cell->rtt_ms;
	printf("%3.0f Mbit/s, %3.0f ms, queue %3.0f ms, jitter %2.0f, bursts %.0f ms, loss %.1f %%: %.1f of %.1f Mbit/s, ratio "
	       "%.2f, first %.2f, RTT +%.1f, +%.1f ms\n",
		cell->mbit, cell->rtt_ms, cell->queue_ms, cell->jitter_ms, cell->burst_ms, cell->loss, ours.mbit,
		raw.mbit, ours.mbit / raw.mbit, ours.first_mbit / raw.first_mbit, wait_ms, wait_p99_ms);
	assert_true(ours.mbit >= least * raw.mbit);
	assert_true(ours.first_mbit >= first * raw.first_mbit);
	assert_true(wait_ms <= rtt_ms && wait_p99_ms <= p99_ms);
}

static void test_clean(void **state)
{
	static const double mbits[] = {5, 20, 50}, rtts_ms[] = {5, 20, 80}, queues_ms[] = {20, 100, 300};
	(void)state;
	for (size_t m = 0; m < 3; m++)
		for (size_t r = 0; r < 3; r++)
			for (size_t q = 0; q < 3; q++) {
				struct path_cell cell = {.mbit = mbits[m],
					.rtt_ms = rtts_ms[r],
					.queue_ms = queues_ms[q],
					.n_up = 1,
					.seconds = 10};
				/* Two packets at 5 Mbit/s take 5 ms. */
				check(&cell, 0.9, 0.8, mbits[m] > 5 ? 10 : 16, 25);
			}
}

static void test_long(void **state)
{
	struct path_cell cell = {.mbit = 20, .rtt_ms = 200, .queue_ms = 100, .n_up = 1, .seconds = 10};
	(void)state;
	check(&cell, 0.9, 0.8, 10, 100);
}

static void test_ways(void **state)
{
	static const struct {
		unsigned n_up, n_down;
		enum stream_control inner;
	} rows[] = {{0, 1, STREAM_CUBIC}, {4, 0, STREAM_CUBIC}, {1, 1, STREAM_CUBIC}, {1, 0, STREAM_BBR}};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct path_cell cell = {.mbit = 50,
			.rtt_ms = 40,
			.queue_ms = 100,
			.n_up = rows[i].n_up,
			.n_down = rows[i].n_down,
			.inner = rows[i].inner,
			.seconds = 10};
		check(&cell, 0.9, 0.8, 10, 25);
	}
}

static void test_jitter(void **state)
{
	static const double rtts_ms[] = {5, 20, 80};
	(void)state;
	need_own_control();
	for (size_t r = 0; r < 3; r++) {
		struct path_cell cell = {.mbit = 50,
			.rtt_ms = rtts_ms[r],
			.queue_ms = 100,
			.jitter_ms = 10,
			.inner = STREAM_CUBIC_PLAIN,
			.n_up = 1,
			.seconds = 10};
		check(&cell, 0.9, 0.8, 30, 45);
		cell.jitter_ms = 2;
		cell.burst_ms = 8;
		check(&cell, 0.9, 0.8, 30, 40);
	}
}

static void test_loss(void **state)
{
	static const struct {
		double loss;
		unsigned run;
		enum stream_control inner;
	} rows[] = {{0.1, 1, STREAM_CUBIC}, {0.5, 1, STREAM_CUBIC}, {0.5, 1, STREAM_BBR}, {2, 1, STREAM_BBR},
		{0.5, 8, STREAM_BBR}};
	(void)state;
	need_own_control();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct path_cell cell = {.mbit = 50,
			.rtt_ms = 80,
			.queue_ms = 100,
			.loss = rows[i].loss,
			.loss_run = rows[i].run,
			.inner = rows[i].inner,
			.n_up = 1,
			.seconds = 10};
		check(&cell, 0.9, 0.85, 10, 25);
	}
}

/* On a busy machine, where programs are not run for 20 ms now and then. */
static void test_stalls(void **state)
{
	static const double rtts_ms[] = {20, 80};
	(void)state;
	need_own_control();
	for (size_t r = 0; r < 2; r++) {
		struct path_cell cell = {
			.mbit = 50, .rtt_ms = rtts_ms[r], .queue_ms = 100, .stall_ms = 20, .n_up = 1, .seconds = 10};
		check(&cell, 0.85, 0.8, 10, 30);
	}
}

/* Beside a transfer that fills the buffer, and beside another tunnel. */
static void test_share(void **state)
{
	static const struct {
		enum path_rival rival;
		double rtt_ms, least, most;
	} rows[] = {
		{PATH_BESIDE_CUBIC, 20, 0.3, 0.7},
		{PATH_BESIDE_CUBIC, 80, 0.3, 0.7},
		{PATH_BESIDE_BBR, 20, 0.25, 0.75},
		{PATH_BESIDE_TUNNEL, 20, 0.4, 0.6},
	};
	(void)state;
	need_own_control();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct path_cell cell = {.mbit = 50,
			.rtt_ms = rows[i].rtt_ms,
			.queue_ms = 100,
			.n_up = 1,
			.rival = rows[i].rival,
			.seconds = 40};
		struct path_result ours = path_run(&cell, false, false);
		printf("rival %d, %.0f ms: share %.2f\n", rows[i].rival, rows[i].rtt_ms, ours.share);
		assert_true(ours.share >= rows[i].least && ours.share <= rows[i].most);
	}
}

/* A rate that falls or rises by ten, and a route that becomes 50 ms longer. */
static void test_changes(void **state)
{
	static const struct {
		double mbit, to_mbit, to_rtt_ms, seconds, least, rtt_ms;
	} rows[] = {
		{50, 5, 0, 7, 0.85, 16},
		{5, 50, 0, 9, 0.7, 10},
		{50, 0, 70, 9, 0.25, 10},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct path_cell cell = {.mbit = rows[i].mbit,
			.rtt_ms = 20,
			.queue_ms = 100,
			.n_up = 4,
			.change_s = 5,
			.change_mbit = rows[i].to_mbit,
			.change_rtt_ms = rows[i].to_rtt_ms,
			.seconds = rows[i].seconds};
		struct path_result ours = path_run(&cell, false, false);
		double mbit = rows[i].to_mbit > 0 ? rows[i].to_mbit : rows[i].mbit;
		double rtt_ms = rows[i].to_rtt_ms > 0 ? rows[i].to_rtt_ms : 20;
		printf("%.0f to %.0f Mbit/s, %.0f ms: at last %.1f Mbit/s, RTT +%.1f ms\n", rows[i].mbit, mbit, rtt_ms,
			ours.last_mbit, ours.last_rtt_ms - rtt_ms);
		assert_true(ours.last_mbit >= rows[i].least * mbit);
		assert_true(ours.last_rtt_ms - rtt_ms <= rows[i].rtt_ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_ways),
		cmocka_unit_test(test_jitter),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_stalls),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_changes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
