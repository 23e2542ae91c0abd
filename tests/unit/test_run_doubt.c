/* Whether runs of packets are lost where single ones arrive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "quic/run_doubt.h"

/* Sends a run of three, then one packet alone. */
static uint64_t burst(struct lp_run_doubt *doubt, uint64_t serial)
{
	for (unsigned i = 0; i < 3; i++)
		lp_run_doubt_sent(doubt, serial + i, i > 0);
	lp_run_doubt_sent(doubt, serial + 3, false);
	return serial + 4;
}

/* Each run is lost, and what is sent alone arrives. */
static void test_driver_drops_runs(void **state)
{
	struct lp_run_doubt doubt = {0};
	uint64_t serial = 0;
	(void)state;
	for (unsigned i = 0; i <= LP_RUN_DOUBT_MAX; i++) {
		assert_false(doubt.off);
		serial = burst(&doubt, serial);
		lp_run_doubt_acked(&doubt, serial - 1);
		for (unsigned j = 4; j > 1; j--)
			lp_run_doubt_lost(&doubt, serial - j);
	}
	assert_true(doubt.off);
}

/* One packet of a run that arrives clears the doubt, however many were lost. */
static void test_loss(void **state)
{
	struct lp_run_doubt doubt = {0};
	uint64_t serial = 0;
	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		serial = burst(&doubt, serial);
		lp_run_doubt_acked(&doubt, serial - 1);
		lp_run_doubt_lost(&doubt, serial - 4);
		lp_run_doubt_lost(&doubt, serial - 3);
		if (i % LP_RUN_DOUBT_MAX == 0)
			lp_run_doubt_acked(&doubt, serial - 2);
	}
	assert_false(doubt.off);
}

/* An outage counts once, however much was in flight; packets that are forgotten do not count. */
static void test_outage(void **state)
{
	struct lp_run_doubt doubt = {0};
	uint64_t serial = 0;
	(void)state;
	for (unsigned i = 0; i < 2 * LP_RUN_DOUBT_PACKETS; i++)
		serial = burst(&doubt, serial);
	lp_run_doubt_acked(&doubt, serial - 1);
	for (uint64_t i = 0; i < serial - 1; i++)
		lp_run_doubt_lost(&doubt, i);
	serial = burst(&doubt, serial);
	lp_run_doubt_acked(&doubt, serial - 1);
	assert_int_equal(doubt.count, 1);
	assert_false(doubt.off);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_driver_drops_runs),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_outage),
	};
	return cmocka_run_group_tests_name("run_doubt", tests, NULL, NULL);
}
