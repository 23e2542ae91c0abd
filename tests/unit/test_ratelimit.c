#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/ratelimit.h"
#include "base/units.h"

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
	{"a token is regained after exactly its time", 10, 1,
		{{0, 1, true}, {100 * LP_MS - 1, 1, false}, {100 * LP_MS, 1, true}}},
	{"never more than the burst", 10, 2, {{0, 2, true}, {LP_SEC, 3, false}, {LP_SEC, 2, true}, {LP_SEC, 1, false}}},
	{"a refusal takes nothing", 10, 4, {{0, 3, true}, {0, 2, false}, {0, 1, true}}},
	{"fractions of a token are kept", 3, 1,
		{{0, 1, true}, {LP_SEC / 3, 1, false}, {LP_SEC / 3 + 1, 1, true}, {LP_SEC, 1, true},
			{LP_SEC, 1, false}}},
	{"no limit", 0, 0, {{0, UINT32_MAX, true}, {0, UINT32_MAX, true}}},
	{"a clock that goes back adds nothing, and runs on from there", 10, 1,
		{{LP_SEC, 1, true}, {0, 1, false}, {100 * LP_MS, 1, true}}},
	{"a clock that jumps ahead", 10, 2, {{0, 2, true}, {UINT64_MAX - 1, 2, true}, {UINT64_MAX - 1, 1, false}}},
	{"a clock that stands still", 3, 3,
		{{5 * LP_SEC, 1, true}, {5 * LP_SEC, 2, true}, {5 * LP_SEC, 1, false},
			{5 * LP_SEC + 300 * LP_MS, 1, false}, {5 * LP_SEC + 334 * LP_MS, 1, true}}},
	{"the longest pause does not wrap around", 1, 1, {{0, 1, true}, {UINT64_MAX, 1, true}, {UINT64_MAX, 1, false}}},
	{"the largest figures", UINT64_C(125) << 32, UINT64_MAX,
		{{0, UINT32_MAX, true}, {LP_NEVER - 1, UINT32_MAX, true}}},
};

static void test_bucket(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bucket_rows / sizeof *bucket_rows; i++) {
		const struct bucket_row *row = &bucket_rows[i];
		struct lp_ratelimit limit;
		struct lp_bucket bucket = {0};
		lp_ratelimit_init(&limit, row->per_s, row->burst);
		for (size_t k = 0; k < 8 && row->takes[k].tokens; k++) {
			const struct take *take = &row->takes[k];
			if (lp_bucket_take(&bucket, &limit, take->tokens, take->at_ns) != take->ok)
				fail_msg("%s: take %zu", row->text, k);
		}
	}
}

/* Over a long time a bucket yields exactly its rate, to the token. */
static void test_rate(void **state)
{
	static const uint64_t rates[] = {1, 3, 7, 50, 333, 1000, 99991};
	(void)state;
	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
		struct lp_ratelimit limit;
		struct lp_bucket bucket = {0};
		uint64_t passed = 0, step_ns = LP_SEC / rates[i] / 3;
		lp_ratelimit_init(&limit, rates[i], 5);
		for (uint64_t now_ns = 0; now_ns < 100 * LP_SEC && passed < 20000; now_ns += step_ns) {
			passed += lp_bucket_take(&bucket, &limit, 1, now_ns);
			uint64_t due = 5 + now_ns * rates[i] / LP_SEC;
			assert_true(passed <= due);
			/* With constant demand, the whole rate is used after the burst. */
			assert_true(now_ns < 10 * LP_SEC || passed >= due - 1);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bucket),
		cmocka_unit_test(test_rate),
	};
	return cmocka_run_group_tests_name("ratelimit", tests, NULL, NULL);
}
