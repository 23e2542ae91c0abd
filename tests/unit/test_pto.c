/* When a sender without ACKs should elicit one from the peer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/units.h"
#include "quic/cc/pto.h"

#define TIMEOUT (4 * LP_MS)

static void test_waits_double_until_there_is_progress(void **state)
{
	(void)state;
	struct lp_pto pto = {0};
	uint64_t now_ns = LP_SEC, wait_ns = TIMEOUT;
	lp_pto_begin(&pto, now_ns);
	for (int i = 0; i < 5; i++, wait_ns *= 2) {
		assert_true(lp_pto_deadline(&pto, TIMEOUT) == now_ns + wait_ns);
		now_ns += wait_ns;
		lp_pto_probed(&pto, now_ns);
	}
	/* One ACK resets it, whatever happened before. */
	lp_pto_progress(&pto, now_ns);
	assert_true(lp_pto_deadline(&pto, TIMEOUT) == now_ns + TIMEOUT);
	/* The wait is bounded. */
	for (int i = 0; i < 100; i++)
		lp_pto_probed(&pto, now_ns);
	assert_true(lp_pto_deadline(&pto, TIMEOUT) == now_ns + LP_SEC);
}

static void test_closing_again_is_no_progress(void **state)
{
	(void)state;
	struct lp_pto pto = {0};
	lp_pto_begin(&pto, LP_SEC);
	lp_pto_probed(&pto, LP_SEC);
	lp_pto_begin(&pto, 2 * LP_SEC);
	assert_true(lp_pto_deadline(&pto, TIMEOUT) == 2 * LP_SEC + 2 * TIMEOUT);
}

static void test_skipping_is_limited_until_the_peer_is_heard(void **state)
{
	(void)state;
	struct lp_pto pto = {0};
	for (int round = 0; round < 3; round++) {
		uint64_t skipped_ns = 0;
		while (lp_pto_skip(&pto, 300 * LP_MS))
			skipped_ns += 300 * LP_MS;
		assert_true(skipped_ns == 900 * LP_MS);
		assert_false(lp_pto_skip(&pto, LP_NEVER));
		lp_pto_received(&pto);
	}
}

static void test_hopeless_if_only_the_peer_arrives(void **state)
{
	(void)state;
	struct lp_pto pto = {0};
	lp_pto_progress(&pto, LP_SEC);
	lp_pto_alive(&pto, 50 * LP_SEC);
	assert_false(lp_pto_is_hopeless(&pto, 100 * LP_SEC));
	lp_pto_begin(&pto, 100 * LP_SEC);
	lp_pto_begin(&pto, 105 * LP_SEC);
	lp_pto_probed(&pto, 107 * LP_SEC);
	/* What was in flight shows nothing. */
	lp_pto_alive(&pto, 100 * LP_SEC + 500 * LP_MS);
	assert_false(lp_pto_is_hopeless(&pto, 120 * LP_SEC));
	/* Nor does the first packet after a long outage of the whole path. */
	lp_pto_alive(&pto, 120 * LP_SEC);
	assert_false(lp_pto_is_hopeless(&pto, 120 * LP_SEC));
	lp_pto_alive(&pto, 125 * LP_SEC);
	assert_false(lp_pto_is_hopeless(&pto, 128 * LP_SEC));
	assert_true(lp_pto_is_hopeless(&pto, 129 * LP_SEC));
	lp_pto_progress(&pto, 130 * LP_SEC);
	assert_false(lp_pto_is_hopeless(&pto, 200 * LP_SEC));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waits_double_until_there_is_progress),
		cmocka_unit_test(test_closing_again_is_no_progress),
		cmocka_unit_test(test_hopeless_if_only_the_peer_arrives),
		cmocka_unit_test(test_skipping_is_limited_until_the_peer_is_heard),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
