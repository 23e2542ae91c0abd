/* When a smaller path MTU is suspected, and how the true one is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/units.h"
#include "quic/cc/pmtud.h"

#define RTT (20 * LP_MS)

static void test_follows_the_library(void **state)
{
	(void)state;
	struct lp_pmtud pmtud;
	lp_pmtud_init(&pmtud);
	assert_int_equal(lp_pmtud_cap(&pmtud), 1200);
	lp_pmtud_path(&pmtud, 1472, false, LP_SEC);
	assert_int_equal(lp_pmtud_cap(&pmtud), 1472);
	lp_pmtud_path(&pmtud, 1200, true, 2 * LP_SEC);
	assert_int_equal(lp_pmtud_cap(&pmtud), 1200);
	assert_int_equal(lp_pmtud_probe(&pmtud, 2 * LP_SEC), 0);
	assert_true(lp_pmtud_deadline(&pmtud) == LP_NEVER);
}

static void test_losses_with_acknowledgements_between_say_nothing(void **state)
{
	(void)state;
	struct lp_pmtud pmtud;
	uint64_t now_ns = LP_SEC;
	lp_pmtud_init(&pmtud);
	lp_pmtud_path(&pmtud, 1472, false, now_ns);
	for (int i = 0; i < 1000; i++) {
		now_ns += RTT;
		for (int k = 0; k < 3; k++)
			lp_pmtud_sent(&pmtud, now_ns);
		assert_false(lp_pmtud_lost(&pmtud, RTT, now_ns + RTT));
		assert_false(lp_pmtud_lost(&pmtud, RTT, now_ns + RTT));
		lp_pmtud_acked(&pmtud, now_ns + RTT);
	}
	/* Many losses in a row, as an overflowing queue causes them. */
	for (int k = 0; k < 50; k++)
		lp_pmtud_sent(&pmtud, now_ns + RTT);
	for (int k = 0; k < 50; k++)
		assert_false(lp_pmtud_lost(&pmtud, RTT, now_ns + 2 * RTT));
	assert_int_equal(lp_pmtud_cap(&pmtud), 1472);
}

static void test_first_after_silence_is_not_late(void **state)
{
	(void)state;
	struct lp_pmtud pmtud;
	lp_pmtud_init(&pmtud);
	lp_pmtud_path(&pmtud, 1472, false, LP_SEC);
	lp_pmtud_sent(&pmtud, LP_SEC);
	lp_pmtud_acked(&pmtud, LP_SEC + RTT);
	/* A minute later three are lost within a round trip: this is a loss, not a smaller path. */
	for (int k = 0; k < 3; k++)
		lp_pmtud_sent(&pmtud, 61 * LP_SEC);
	for (int k = 0; k < 3; k++)
		assert_false(lp_pmtud_lost(&pmtud, RTT, 61 * LP_SEC + RTT));
	/* One after the other, each in its own round trip: the path is smaller. */
	assert_int_equal(lp_pmtud_cap(&pmtud), 1472);
	lp_pmtud_sent(&pmtud, 61 * LP_SEC + 2 * RTT);
	assert_true(lp_pmtud_lost(&pmtud, RTT, 61 * LP_SEC + 4 * RTT));
	assert_int_equal(lp_pmtud_cap(&pmtud), 1200);
}

/* Lets the cap fall. */
static void fall(struct lp_pmtud *pmtud, uint64_t now_ns)
{
	lp_pmtud_sent(pmtud, now_ns);
	for (int k = 0; k < 3; k++)
		(void)lp_pmtud_lost(pmtud, RTT, now_ns + LP_SEC);
	assert_int_equal(lp_pmtud_cap(pmtud), 1200);
}

/* Acknowledges probes as a path of |truth| bytes would, until there are none; returns their number. */
static unsigned answer_probes(struct lp_pmtud *pmtud, size_t truth, uint64_t now_ns)
{
	unsigned n = 0;
	size_t size;
	while ((size = lp_pmtud_probe(pmtud, now_ns)) != 0 && n < 100) {
		lp_pmtud_probe_sent(pmtud);
		assert_int_equal(lp_pmtud_probe(pmtud, now_ns), 0);
		(void)lp_pmtud_probe_done(pmtud, size, size <= truth, now_ns);
		n++;
	}
	return n;
}

static void test_finds_what_passes(void **state)
{
	(void)state;
	static const struct {
		size_t before, truth, found;
	} rows[] = {
		{1472, 1472, 1472},
		{1472, 1471, 1464},
		{1472, 1452, 1452},
		{1472, 1400, 1392},
		{1472, 1232, 1232},
		{1472, 1231, 1200},
		{1472, 1200, 1200},
		{8972, 1472, 1472},
		{8972, 8972, 8972},
		{65527, 8972, 8972},
		{1240, 1232, 1232},
		{1201, 1200, 1200},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct lp_pmtud pmtud;
		lp_pmtud_init(&pmtud);
		lp_pmtud_path(&pmtud, rows[i].before, false, LP_SEC);
		fall(&pmtud, 2 * LP_SEC);
		assert_true(answer_probes(&pmtud, rows[i].truth, 3 * LP_SEC) <= 40);
		assert_int_equal(lp_pmtud_cap(&pmtud), rows[i].found);
		assert_true((lp_pmtud_deadline(&pmtud) == LP_NEVER) == (rows[i].found == rows[i].before));
	}
}

static void test_looks_again_ever_more_rarely(void **state)
{
	(void)state;
	struct lp_pmtud pmtud;
	uint64_t now_ns = LP_SEC, last_wait_ns = 0;
	lp_pmtud_init(&pmtud);
	lp_pmtud_path(&pmtud, 1472, false, now_ns);
	fall(&pmtud, now_ns);
	(void)answer_probes(&pmtud, 1252, now_ns);
	for (int i = 0; i < 10; i++) {
		uint64_t wait_ns = lp_pmtud_deadline(&pmtud) - now_ns;
		assert_true(wait_ns >= last_wait_ns && wait_ns <= 600 * LP_SEC);
		last_wait_ns = wait_ns;
		assert_int_equal(lp_pmtud_probe(&pmtud, now_ns + wait_ns - 1), 0);
		now_ns += wait_ns;
		assert_true(answer_probes(&pmtud, 1252, now_ns) > 0);
		assert_int_equal(lp_pmtud_cap(&pmtud), 1252);
	}
	assert_true(last_wait_ns == 600 * LP_SEC);
	now_ns += last_wait_ns;
	(void)answer_probes(&pmtud, 9999, now_ns);
	assert_int_equal(lp_pmtud_cap(&pmtud), 1472);
	assert_true(lp_pmtud_deadline(&pmtud) == LP_NEVER);
}

static void test_a_late_answer_counts(void **state)
{
	(void)state;
	struct lp_pmtud pmtud;
	lp_pmtud_init(&pmtud);
	lp_pmtud_path(&pmtud, 1472, false, LP_SEC);
	fall(&pmtud, LP_SEC);
	lp_pmtud_probe_sent(&pmtud);
	assert_false(lp_pmtud_probe_done(&pmtud, 1472, false, 3 * LP_SEC));
	assert_true(lp_pmtud_probe_done(&pmtud, 1472, true, 3 * LP_SEC));
	assert_int_equal(lp_pmtud_cap(&pmtud), 1472);
	/* Sizes that were not probed, or exceed the path, are ignored. */
	fall(&pmtud, 4 * LP_SEC);
	assert_false(lp_pmtud_probe_done(&pmtud, 9000, true, 6 * LP_SEC));
	assert_false(lp_pmtud_probe_done(&pmtud, 1100, true, 6 * LP_SEC));
	assert_int_equal(lp_pmtud_cap(&pmtud), 1200);
}

static void test_another_path_starts_anew(void **state)
{
	(void)state;
	struct lp_pmtud pmtud;
	lp_pmtud_init(&pmtud);
	lp_pmtud_path(&pmtud, 1472, false, LP_SEC);
	fall(&pmtud, LP_SEC);
	lp_pmtud_path(&pmtud, 1200, true, 3 * LP_SEC);
	assert_int_equal(lp_pmtud_probe(&pmtud, 3 * LP_SEC), 0);
	lp_pmtud_path(&pmtud, 1452, false, 4 * LP_SEC);
	assert_int_equal(lp_pmtud_cap(&pmtud), 1452);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_follows_the_library),
		cmocka_unit_test(test_losses_with_acknowledgements_between_say_nothing),
		cmocka_unit_test(test_first_after_silence_is_not_late),
		cmocka_unit_test(test_finds_what_passes),
		cmocka_unit_test(test_looks_again_ever_more_rarely),
		cmocka_unit_test(test_a_late_answer_counts),
		cmocka_unit_test(test_another_path_starts_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
