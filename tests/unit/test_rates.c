/* Rates and losses from counters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/units.h"
#include "report/rates.h"

static void test_rates(void **state)
{
	(void)state;
	struct lp_rates rates = {0};
	struct lp_link_counters counters = {.frames_in = 1000, .frames_out = 10, .bytes_in = 5000, .bytes_out = 700};
	lp_rates_sample(&rates, &counters, 7 * LP_SEC);
	assert_int_equal(rates.down_bps, 0);
	counters.frames_in += 300;
	counters.bytes_in += 450000;
	counters.frames_out += 1;
	counters.bytes_out += 100;
	lp_rates_sample(&rates, &counters, 7 * LP_SEC + 500 * LP_MS);
	assert_int_equal(rates.down_fps, 600);
	assert_int_equal(rates.down_bps, 7200000);
	assert_int_equal(rates.up_fps, 2);
	assert_int_equal(rates.up_bps, 1600);
	/* No time has passed: no change; later counters are in the next difference. */
	counters.frames_in += 5;
	lp_rates_sample(&rates, &counters, 7 * LP_SEC + 500 * LP_MS);
	assert_int_equal(rates.down_fps, 600);
	lp_rates_sample(&rates, &counters, 8 * LP_SEC + 500 * LP_MS);
	assert_int_equal(rates.down_fps, 5);
	assert_int_equal(rates.up_bps, 0);
	/* A new connection counts from 0 again. */
	lp_rates_sample(&rates, &(struct lp_link_counters){.frames_in = 3}, 9 * LP_SEC + 500 * LP_MS);
	assert_int_equal(rates.down_fps, 3);
	/* Invalid values are bounded. */
	lp_rates_sample(&rates, &(struct lp_link_counters){.frames_in = UINT64_MAX}, 9 * LP_SEC + 500 * LP_MS + 1);
	assert_true(rates.down_fps == UINT64_MAX / 2);
}

static void test_loss(void **state)
{
	(void)state;
	static const struct {
		uint64_t sent, lost, at_s;
		uint32_t ppm;
	} rows[] = {
		{0, 0, 1, 0},
		{1000, 0, 2, 0},
		{2000, 1, 3, 1000},
		{2000, 1, 4, 1000}, /* nothing was sent: the last value stays */
		{4000, 2001, 5, 1000000},
		{5000, 2002, 6, 1000},
		{5000, 2052, 7, 1000}, /* detected late: of packets sent earlier, and counted in the next value */
		{6000, 2252, 8, 250000},
		{6000, 2252, 37, 250000},
		{6000, 2260, 38, 0}, /* the path was idle for too long, so the value is unknown */
		{7000, 2261, 39, 1000},
		{7000, 2261, 500, 0},
		{7100, 2262, 501, 10000},
		{100, 10, 502, 100000}, /* a new connection */
		{INT64_MAX, 10, 503, 0},
		{INT64_MAX, INT64_MAX, 504, 0},
		{0, INT64_MAX, 505, 0},
		{1, 1, 506, 1000000},
	};
	struct lp_loss loss = {0};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		lp_loss_sample(&loss, rows[i].sent, rows[i].lost, rows[i].at_s * LP_SEC);
		if (loss.ppm != rows[i].ppm)
			fail_msg("row %zu: %u", i, loss.ppm);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_loss),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
