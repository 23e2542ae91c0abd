/* Round trips and their jitter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/latency.h"

/* Compared with the formula of RFC 3550 §6.4.1 in floating point. */
static void test_formula(void **state)
{
	(void)state;
	struct lp_latency latency = {0};
	double jitter_us = 0, last_us = 0;
	uint32_t seed = 1;
	for (unsigned i = 0; i < 10000; i++) {
		seed = seed * 1664525 + 1013904223;
		uint64_t rtt_us = 20000 + seed % (i % 1000 < 500 ? 8000 : 40);
		double difference_us = (double)rtt_us > last_us ? (double)rtt_us - last_us : last_us - (double)rtt_us;
		if (i > 0)
			jitter_us += (difference_us - jitter_us) / 16;
		last_us = (double)rtt_us;
		lp_latency_sample(&latency, rtt_us);
		double error_us = (double)lp_latency_jitter_us(&latency) - jitter_us;
		assert_true(error_us > -2 && error_us < 2);
		assert_int_equal(latency.rtt_us, rtt_us);
	}
}

static void test_steady(void **state)
{
	(void)state;
	struct lp_latency latency = {0};
	for (unsigned i = 0; i < 10; i++)
		lp_latency_sample(&latency, 1000000);
	assert_int_equal(lp_latency_jitter_us(&latency), 0);
	/* One outlier counts on its way up and down, then decays. */
	lp_latency_sample(&latency, 1016000);
	assert_int_equal(lp_latency_jitter_us(&latency), 1000);
	for (unsigned i = 0; i < 200; i++)
		lp_latency_sample(&latency, 1000000);
	assert_in_range(lp_latency_jitter_us(&latency), 0, 1);
}

static void test_nonsense(void **state)
{
	(void)state;
	struct lp_latency latency = {0};
	lp_latency_sample(&latency, 0);
	lp_latency_sample(&latency, UINT64_MAX);
	assert_false(latency.sampled);
	lp_latency_sample(&latency, 500);
	lp_latency_sample(&latency, 0);
	assert_int_equal(latency.rtt_us, 500);
	assert_int_equal(lp_latency_jitter_us(&latency), 0);
}

static void test_gateway(void **state)
{
	(void)state;
	assert_int_equal(lp_latency_gateway_us(12000, 3000), 15000);
	assert_int_equal(lp_latency_gateway_us(0, 3000), 0);
	assert_int_equal(lp_latency_gateway_us(12000, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formula),
		cmocka_unit_test(test_steady),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_gateway),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
