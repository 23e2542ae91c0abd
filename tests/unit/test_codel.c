#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/units.h"
#include "egress/codel.h"

static const struct lp_codel_config config = {.target_ns = 5 * LP_MS, .interval_ns = 100 * LP_MS, .mtu_bytes = 1514};

#define MUCH 100000 /* a backlog well above one MTU */

/* The gap follows interval / sqrt(count). */
static void test_gap(void **state)
{
	(void)state;
	for (uint32_t count = 1; count < 100000; count += count / 8 + 1) {
		double expected = (double)config.interval_ns / sqrt(count);
		double got = (double)lp_codel_gap_ns(config.interval_ns, count);
		assert_true(fabs(got - expected) / expected < 1e-4);
	}
	assert_int_equal(lp_codel_gap_ns(config.interval_ns, 1), config.interval_ns);
	assert_int_equal(lp_codel_gap_ns(config.interval_ns, 4), config.interval_ns / 2);
	assert_true(lp_codel_gap_ns(config.interval_ns, UINT32_MAX) > 0);
}

/* A delay that stays above the target causes drops at the times of RFC 8289 §5.3. */
static void test_schedule(void **state)
{
	(void)state;
	struct lp_codel codel = {0};
	const uint64_t step_ns = 100 * LP_US;
	double next_ns = 0;
	unsigned n_drops = 0;

	for (uint64_t now_ns = LP_SEC; now_ns < 6 * LP_SEC; now_ns += step_ns) {
		bool drop = lp_codel_drop(&codel, &config, 20 * LP_MS, MUCH, now_ns);
		if (n_drops == 0 && now_ns < LP_SEC + config.interval_ns) {
			assert_false(drop);
			continue;
		}
		if (!drop)
			continue;
		n_drops++;
		if (n_drops == 1) {
			assert_int_equal(now_ns, LP_SEC + config.interval_ns);
			next_ns = (double)now_ns;
		} else {
			assert_true(fabs((double)now_ns - next_ns) <= (double)step_ns * 1.5);
		}
		next_ns += (double)config.interval_ns / sqrt(n_drops);
	}
	/* the sum of interval / sqrt(k) reaches 4.9 s after about (49 / 2)^2 drops */
	assert_in_range(n_drops, 590, 660);
}

/* Cases in which nothing may be dropped. */
static void test_spared(void **state)
{
	(void)state;
	static const struct {
		uint64_t sojourn_ns;
		size_t backlog_bytes;
	} rows[] = {
		{0, MUCH},
		{5 * LP_MS - 1, MUCH},
		{LP_SEC, 0},
		{LP_SEC, 1514},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_codel codel = {0};
		for (uint64_t now_ns = LP_SEC; now_ns < 3 * LP_SEC; now_ns += LP_MS)
			assert_false(lp_codel_drop(&codel, &config, rows[i].sojourn_ns, rows[i].backlog_bytes, now_ns));
	}
}

/* One packet with a short delay within the interval restarts it. */
static void test_spike(void **state)
{
	(void)state;
	struct lp_codel codel = {0};
	for (uint64_t ms = 0; ms < 1000; ms++) {
		uint64_t sojourn_ns = ms % 90 == 89 ? LP_MS : 50 * LP_MS;
		assert_false(lp_codel_drop(&codel, &config, sojourn_ns, MUCH, LP_SEC + ms * LP_MS));
	}
}

/* Feeds a standing delay until |n_drops| drops; returns the time of the last. */
static uint64_t drop_until(struct lp_codel *codel, uint64_t now_ns, unsigned n_drops)
{
	for (;; now_ns += LP_US * 50) {
		if (lp_codel_drop(codel, &config, 20 * LP_MS, MUCH, now_ns) && --n_drops == 0)
			return now_ns;
	}
}

/* If dropping starts again soon, it continues at its old rate, later it starts slowly (RFC 8289 §5.5). */
static void test_resume(void **state)
{
	(void)state;
	static const struct {
		uint64_t pause_ns;
		uint32_t count;
	} rows[] = {
		{10 * LP_MS, 29}, /* 30 drops, less the one that the first episode began with */
		{LP_SEC, 29},
		{3 * LP_SEC, 1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_codel codel = {0};
		uint64_t now_ns = drop_until(&codel, LP_SEC, 30);
		assert_int_equal(codel.count, 30);
		now_ns += rows[i].pause_ns;
		assert_false(lp_codel_drop(&codel, &config, 0, MUCH, now_ns));
		assert_false(codel.dropping);
		drop_until(&codel, now_ns, 1);
		assert_int_equal(codel.count, rows[i].count);
	}
}

/* A queue that was empty has no delay, however long its last packet waited. */
static void test_empty(void **state)
{
	(void)state;
	struct lp_codel codel = {0};
	uint64_t now_ns = drop_until(&codel, LP_SEC, 1);
	lp_codel_empty(&codel);
	assert_false(codel.dropping);
	now_ns += 10 * LP_SEC;
	uint64_t dropped_ns = drop_until(&codel, now_ns, 1);
	assert_true(dropped_ns >= now_ns + config.interval_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_schedule),
		cmocka_unit_test(test_spared),
		cmocka_unit_test(test_spike),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
