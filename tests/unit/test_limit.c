#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/units.h"
#include "filter/limit.h"

/* Each class has its own bucket and drop reason. */
static void test_classes(void **state)
{
	static const struct {
		enum lp_limit limit;
		enum lp_drop drop;
	} table[] = {
		{LP_LIMIT_RESERVE, LP_DROP_LIMIT_BROADCAST},
		{LP_LIMIT_BROADCAST, LP_DROP_LIMIT_BROADCAST},
		{LP_LIMIT_CHATTER, LP_DROP_LIMIT_BROADCAST},
		{LP_LIMIT_UNKNOWN, LP_DROP_LIMIT_UNKNOWN},
	};
	struct lp_limits limits;
	struct lp_meter_limits prepared;
	struct lp_meter meter;
	(void)state;
	lp_limits_init(&limits);
	lp_meter_limits_init(&prepared, &limits, LP_ROLE_CLIENT);
	lp_meter_init(&meter, &prepared);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct lp_rate rate = limits.client[table[i].limit];
		assert_true(rate.per_s > 0 && rate.burst > 0);
		for (uint32_t n = 0; n < rate.burst; n++)
			assert_int_equal(lp_meter_take(&meter, table[i].limit, 60, 0), LP_DROP_NONE);
		assert_int_equal(lp_meter_take(&meter, table[i].limit, 60, 0), table[i].drop);
	}
	for (size_t n = 0; n < 100000; n++)
		assert_int_equal(lp_meter_take(&meter, LP_LIMIT_TOTAL, 1514, 0), LP_DROP_NONE);
}

/* The total bandwidth counts bytes of all classes except the reserve. */
static void test_total(void **state)
{
	struct lp_limits limits;
	struct lp_meter_limits prepared;
	struct lp_meter meter;
	size_t bytes = 0;
	(void)state;
	lp_limits_init(&limits);
	limits.client[LP_LIMIT_TOTAL] = (struct lp_rate){.per_s = 8000, .burst = 8000}; /* 1 MB */
	lp_meter_limits_init(&prepared, &limits, LP_ROLE_CLIENT);
	lp_meter_init(&meter, &prepared);
	while (lp_meter_take(&meter, bytes % 2 ? LP_LIMIT_TOTAL : LP_LIMIT_UNKNOWN, 1001, 0) == LP_DROP_NONE)
		bytes += 1001;
	assert_in_range(bytes, 1000000 - 1001, 1000000);
	assert_int_equal(lp_meter_take(&meter, LP_LIMIT_BROADCAST, 1001, 0), LP_DROP_LIMIT_TOTAL);
	assert_int_equal(lp_meter_take(&meter, LP_LIMIT_RESERVE, 1001, 0), LP_DROP_NONE);
	assert_int_equal(lp_meter_take(&meter, LP_LIMIT_TOTAL, 1001, 2 * LP_MS), LP_DROP_NONE);
	/* A low rate without a burst still passes the largest frame. */
	limits.client[LP_LIMIT_TOTAL] = (struct lp_rate){.per_s = 1};
	lp_meter_limits_init(&prepared, &limits, LP_ROLE_CLIENT);
	lp_meter_init(&meter, &prepared);
	assert_int_equal(lp_meter_take(&meter, LP_LIMIT_TOTAL, 9018, 0), LP_DROP_NONE);
}

/* The limits in `welcome`. */
static void test_group_pps(void **state)
{
	struct lp_limits limits;
	(void)state;
	lp_limits_init(&limits);
	limits.client[LP_LIMIT_RESERVE].per_s = 1;
	limits.client[LP_LIMIT_BROADCAST].per_s = 20;
	limits.client[LP_LIMIT_CHATTER].per_s = 300;
	assert_int_equal(lp_limits_group_pps(&limits, LP_ROLE_CLIENT), 321);
	limits.client[LP_LIMIT_CHATTER].per_s = UINT32_MAX;
	assert_int_equal(lp_limits_group_pps(&limits, LP_ROLE_CLIENT), UINT32_MAX);
	limits.client[LP_LIMIT_RESERVE].per_s = 0;
	assert_int_equal(lp_limits_group_pps(&limits, LP_ROLE_CLIENT), 0);
	assert_int_not_equal(lp_limits_group_pps(&limits, LP_ROLE_GATEWAY), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_total),
		cmocka_unit_test(test_group_pps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
