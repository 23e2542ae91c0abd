/* When a sender that hears no acknowledgement should make the peer say something. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/units.h"
#include "quic/stall.h"

#define TIMEOUT (4 * LP_MS)

static void test_waits_double_until_there_is_progress(void **state)
{
	(void)state;
	struct lp_stall stall = {0};
	uint64_t now_ns = LP_SEC, wait_ns = TIMEOUT;
	lp_stall_begin(&stall, now_ns);
	for (int i = 0; i < 5; i++, wait_ns *= 2) {
		assert_true(lp_stall_deadline(&stall, TIMEOUT) == now_ns + wait_ns);
		now_ns += wait_ns;
		lp_stall_nudged(&stall, now_ns);
	}
	/* One acknowledgement, and it begins anew, whatever was before. */
	lp_stall_progress(&stall, now_ns);
	assert_true(lp_stall_deadline(&stall, TIMEOUT) == now_ns + TIMEOUT);
	/* The wait has an end. */
	for (int i = 0; i < 100; i++)
		lp_stall_nudged(&stall, now_ns);
	assert_true(lp_stall_deadline(&stall, TIMEOUT) == now_ns + LP_SEC);
}

static void test_closing_again_is_no_progress(void **state)
{
	(void)state;
	struct lp_stall stall = {0};
	lp_stall_begin(&stall, LP_SEC);
	lp_stall_nudged(&stall, LP_SEC);
	lp_stall_begin(&stall, 2 * LP_SEC);
	assert_true(lp_stall_deadline(&stall, TIMEOUT) == 2 * LP_SEC + 2 * TIMEOUT);
}

static void test_skipping_is_limited_until_the_peer_is_heard(void **state)
{
	(void)state;
	struct lp_stall stall = {0};
	for (int round = 0; round < 3; round++) {
		uint64_t skipped_ns = 0;
		while (lp_stall_skip(&stall, 300 * LP_MS))
			skipped_ns += 300 * LP_MS;
		assert_true(skipped_ns == 900 * LP_MS);
		assert_false(lp_stall_skip(&stall, LP_NEVER));
		lp_stall_heard(&stall);
	}
}

static void test_hopeless_after_ten_seconds(void **state)
{
	(void)state;
	struct lp_stall stall = {0};
	lp_stall_progress(&stall, LP_SEC);
	assert_false(lp_stall_hopeless(&stall, 100 * LP_SEC));
	lp_stall_begin(&stall, 100 * LP_SEC);
	lp_stall_begin(&stall, 105 * LP_SEC);
	lp_stall_nudged(&stall, 107 * LP_SEC);
	assert_false(lp_stall_hopeless(&stall, 109 * LP_SEC));
	assert_true(lp_stall_hopeless(&stall, 110 * LP_SEC));
	lp_stall_progress(&stall, 110 * LP_SEC);
	assert_false(lp_stall_hopeless(&stall, 200 * LP_SEC));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waits_double_until_there_is_progress),
		cmocka_unit_test(test_closing_again_is_no_progress),
		cmocka_unit_test(test_hopeless_after_ten_seconds),
		cmocka_unit_test(test_skipping_is_limited_until_the_peer_is_heard),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
