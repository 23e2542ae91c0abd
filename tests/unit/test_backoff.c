/* The waits between connection attempts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "ctrl/message.h"
#include "session/backoff.h"

static const uint8_t low[8], high[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/* A random number with a large remainder: the longest wait for a ceiling of |ceiling_ns|. */
static void longest(uint64_t ceiling_ns, uint8_t random[8])
{
	uint64_t value = ceiling_ns / 2;
	for (unsigned i = 0; i < 8; i++)
		random[i] = (uint8_t)(value >> (56 - 8 * i));
}

static void test_bounds(void **state)
{
	(void)state;
	struct lp_backoff short_waits = {0}, long_waits = {0};
	for (unsigned i = 0; i < 100; i++) {
		uint8_t random[8];
		longest(long_waits.ceiling_ns ? long_waits.ceiling_ns : 2 * LP_BACKOFF_MIN_NS, random);
		uint64_t shortest_ns = lp_backoff_next(&short_waits, low);
		uint64_t longest_ns = lp_backoff_next(&long_waits, random);
		assert_in_range(shortest_ns, LP_BACKOFF_MIN_NS, LP_BACKOFF_MAX_NS / 2);
		assert_in_range(longest_ns, 2 * shortest_ns, 2 * shortest_ns + 1);
		assert_in_range(longest_ns, 0, LP_BACKOFF_MAX_NS);
		assert_in_range(
			lp_backoff_next(&(struct lp_backoff){0}, high), LP_BACKOFF_MIN_NS, 2 * LP_BACKOFF_MIN_NS);
	}
	assert_int_equal(short_waits.ceiling_ns, LP_BACKOFF_MAX_NS);
	assert_int_equal(lp_backoff_next(&short_waits, low), LP_BACKOFF_MAX_NS / 2);
}

/* Exponential: each ceiling is a quarter longer, up to the limit, so the wait stays proportional to the outage. */
static void test_grows(void **state)
{
	(void)state;
	struct lp_backoff backoff = {0};
	uint64_t before_ns = 0, away_ns = 0;
	for (unsigned i = 0; i < 40; i++) {
		uint8_t random[8];
		longest(backoff.ceiling_ns ? backoff.ceiling_ns : 2 * LP_BACKOFF_MIN_NS, random);
		uint64_t wait_ns = lp_backoff_next(&backoff, random);
		if (i > 0 && wait_ns < LP_BACKOFF_MAX_NS - LP_SEC)
			assert_in_range(wait_ns, before_ns * 124 / 100, before_ns * 126 / 100);
		if (away_ns > 0)
			assert_true(wait_ns <= LP_BACKOFF_MIN_NS * 2 + away_ns / 4 + LP_MS);
		before_ns = wait_ns;
		away_ns += wait_ns;
	}
	assert_int_equal(before_ns, LP_BACKOFF_MAX_NS);
}

static void test_reset(void **state)
{
	(void)state;
	struct lp_backoff backoff = {0};
	uint64_t first_ns = lp_backoff_next(&backoff, low);
	for (unsigned i = 0; i < 30; i++)
		lp_backoff_next(&backoff, low);
	lp_backoff_reset(&backoff);
	assert_int_equal(lp_backoff_next(&backoff, low), first_ns);
	assert_int_equal(first_ns, LP_BACKOFF_MIN_NS);
}

static void test_may_retry(void **state)
{
	(void)state;
	static const struct {
		enum lp_reject_code code;
		bool retry;
	} rejects[] = {
		{LP_REJECT_BAD_VERSION, false},
		{LP_REJECT_BAD_ROOM, false},
		{LP_REJECT_BAD_ROLE, false},
		{LP_REJECT_BAD_MAC, false},
		{LP_REJECT_DUPLICATE_MAC, true},
		{LP_REJECT_GATEWAY_EXISTS, true},
		{LP_REJECT_ROOM_FULL, true},
		{LP_REJECT_RELAY_FULL, true},
		{LP_REJECT_MTU_TOO_SMALL, true},
		{LP_REJECT_UNAUTHORIZED, false},
		{LP_REJECT_REDIRECT, false},
		{LP_REJECT_OTHER, false},
	};
	static const struct {
		enum lp_reason reason;
		bool retry;
	} reasons[] = {
		{LP_REASON_GOODBYE, true},
		{LP_REASON_TIMEOUT, true},
		{LP_REASON_MALFORMED, true},
		{LP_REASON_PROTOCOL, false},
		{LP_REASON_REPLACED, false},
		{LP_REASON_SHUTDOWN, true},
		{LP_REASON_RESTARTING, true},
		{LP_REASON_DUPLICATE_MAC, true},
		{LP_REASON_CONNECTION, true},
		{LP_REASON_KICKED, false},
		{LP_REASON_BANNED, false},
		{LP_REASON_OTHER, true},
	};
	static const struct {
		int code;
		bool retry;
	} failures[] = {
		{LP_ETIMEOUT, true},
		{LP_EUNREACH, true},
		{LP_ENOMEM, true},
		{LP_EPROTO, false},
		{LP_ECERT, false},
	};
	assert_int_equal(sizeof rejects / sizeof rejects[0], LP_REJECT_OTHER + 1);
	assert_int_equal(sizeof reasons / sizeof reasons[0], LP_REASON_OTHER + 1);
	for (size_t i = 0; i < sizeof rejects / sizeof rejects[0]; i++) {
		struct lp_reject reject = {.code = rejects[i].code};
		assert_int_equal(lp_backoff_may_retry(&reject, NULL, NULL), rejects[i].retry);
	}
	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
		struct lp_disconnect disconnect = {.reason = reasons[i].reason};
		assert_int_equal(lp_backoff_may_retry(NULL, &disconnect, NULL), reasons[i].retry);
	}
	for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
		struct lp_failure failure = {.code = failures[i].code};
		assert_int_equal(lp_backoff_may_retry(NULL, NULL, &failure), failures[i].retry);
	}
	assert_true(lp_backoff_may_retry(NULL, NULL, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_may_retry),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
