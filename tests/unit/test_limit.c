#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/units.h"
#include "filter/limit.h"

/* One take from a bucket at a time, and whether it succeeds. */
struct take {
	uint64_t at_ns;
	uint32_t tokens;
	bool ok;
};

struct bucket_row {
	const char *text;
	uint64_t per_s, burst;
	struct take takes[8]; /* up to the first without tokens */
};

static const struct bucket_row bucket_rows[] = {
	{"the burst, then nothing", 10, 2, {{0, 1, true}, {0, 1, true}, {0, 1, false}}},
	{"a token comes exactly in time", 10, 1, {{0, 1, true}, {100 * LP_MS - 1, 1, false}, {100 * LP_MS, 1, true}}},
	{"never more than the burst", 10, 2, {{0, 2, true}, {LP_SEC, 3, false}, {LP_SEC, 2, true}, {LP_SEC, 1, false}}},
	{"a refusal takes nothing", 10, 4, {{0, 3, true}, {0, 2, false}, {0, 1, true}}},
	{"thirds do not get lost", 3, 1,
		{{0, 1, true}, {LP_SEC / 3, 1, false}, {LP_SEC / 3 + 1, 1, true}, {LP_SEC, 1, true},
			{LP_SEC, 1, false}}},
	{"no limit", 0, 0, {{0, UINT32_MAX, true}, {0, UINT32_MAX, true}}},
	{"a clock that goes back adds nothing, and runs on from there", 10, 1,
		{{LP_SEC, 1, true}, {0, 1, false}, {100 * LP_MS, 1, true}}},
	{"a clock that jumps ahead", 10, 2, {{0, 2, true}, {UINT64_MAX - 1, 2, true}, {UINT64_MAX - 1, 1, false}}},
	{"the largest figures", UINT64_C(125) << 32, UINT64_MAX,
		{{0, UINT32_MAX, true}, {LP_NEVER - 1, UINT32_MAX, true}}},
};

static void test_bucket(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bucket_rows / sizeof *bucket_rows; i++) {
		const struct bucket_row *row = &bucket_rows[i];
		struct lp_bucket bucket;
		lp_bucket_init(&bucket, row->per_s, row->burst, row->takes[0].at_ns);
		for (size_t k = 0; k < 8 && row->takes[k].tokens; k++) {
			const struct take *take = &row->takes[k];
			if (lp_bucket_take(&bucket, take->tokens, take->at_ns) != take->ok)
				fail_msg("%s: take %zu", row->text, k);
		}
	}
}

/* Over a long time a bucket lets through what its rate says, to the token. */
static void test_rate(void **state)
{
	static const uint64_t rates[] = {1, 3, 7, 50, 333, 1000, 99991};
	(void)state;
	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
		struct lp_bucket bucket;
		uint64_t passed = 0, step_ns = LP_SEC / rates[i] / 3;
		lp_bucket_init(&bucket, rates[i], 5, 0);
		for (uint64_t now_ns = 0; now_ns < 100 * LP_SEC && passed < 20000; now_ns += step_ns) {
			passed += lp_bucket_take(&bucket, 1, now_ns);
			uint64_t due = 5 + now_ns * rates[i] / LP_SEC;
			assert_true(passed <= due);
			/* Takers that always want get all of it once the burst is used up. */
			assert_true(now_ns < 10 * LP_SEC || passed >= due - 1);
		}
	}
}

/* Each class has a bucket of its own, and its own reason. */
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
	struct lp_meter meter;
	(void)state;
	lp_limits_init(&limits);
	lp_meter_init(&meter, &limits, LP_ROLE_CLIENT, 0);
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

/* The total bandwidth counts bytes of every class but the reserve. */
static void test_total(void **state)
{
	struct lp_limits limits;
	struct lp_meter meter;
	size_t bytes = 0;
	(void)state;
	lp_limits_init(&limits);
	limits.client[LP_LIMIT_TOTAL] = (struct lp_rate){.per_s = 8000, .burst = 8000}; /* 1 MB */
	lp_meter_init(&meter, &limits, LP_ROLE_CLIENT, 0);
	while (lp_meter_take(&meter, bytes % 2 ? LP_LIMIT_TOTAL : LP_LIMIT_UNKNOWN, 1001, 0) == LP_DROP_NONE)
		bytes += 1001;
	assert_in_range(bytes, 1000000 - 1001, 1000000);
	assert_int_equal(lp_meter_take(&meter, LP_LIMIT_BROADCAST, 1001, 0), LP_DROP_LIMIT_TOTAL);
	assert_int_equal(lp_meter_take(&meter, LP_LIMIT_RESERVE, 1001, 0), LP_DROP_NONE);
	assert_int_equal(lp_meter_take(&meter, LP_LIMIT_TOTAL, 1001, 2 * LP_MS), LP_DROP_NONE);
	/* A small rate without a burst still lets the largest frame through. */
	limits.client[LP_LIMIT_TOTAL] = (struct lp_rate){.per_s = 1};
	lp_meter_init(&meter, &limits, LP_ROLE_CLIENT, 0);
	assert_int_equal(lp_meter_take(&meter, LP_LIMIT_TOTAL, 9018, 0), LP_DROP_NONE);
}

/* What `welcome` says. */
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
		cmocka_unit_test(test_bucket),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_total),
		cmocka_unit_test(test_group_pps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
