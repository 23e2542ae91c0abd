/* What a busy loop with real-time scheduling leaves to others: enough, in small pieces, and nothing where it waits by
   itself; to those of its own priority, turns. */
#include "platform/posix/loop/share.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <time.h>

#include <cmocka.h>

#include "base/units.h"
#include "child.h"
#include "platform/loop/loop.h"
#include "platform/loop/priority.h"
#include "platform/posix/loop/loop_uv.h"

/* The kernel's own limit, of 1000 (sched_rt_runtime_us of sched_rt_period_us). */
#define KERNEL_LIMIT 950U

/* Of 1000 parts of |passed_ns|, those that are |used_ns|. */
static unsigned per_mille(uint64_t used_ns, uint64_t passed_ns)
{
	return (unsigned)(used_ns * 1000 / passed_ns);
}

static void test_rest(void **state)
{
	/* Since the last look: what passed, what the thread worked, and what it has to rest. */
	static const struct {
		uint64_t passed_ns, worked_ns, rest_ns;
	} rows[] = {
		{8 * LP_MS, 0, 0}, {8 * LP_MS, 4 * LP_MS, 0}, {8 * LP_MS, 7500 * LP_US, 0},
		{15 * LP_MS, 15 * LP_MS, LP_MS}, {150 * LP_MS, 150 * LP_MS, 10 * LP_MS},
		{16 * LP_MS, 8 * LP_MS, 0}, /* it waited for a processor, or for frames: the same to the kernel */
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint64_t now_ns = 5 * LP_SEC, used_ns = 2 * LP_SEC;
		struct lp_share share = {0};

		assert_int_equal(lp_share_rest_ns(&share, now_ns, used_ns), 0); /* the first look only begins */
		now_ns += rows[i].passed_ns;
		used_ns += rows[i].worked_ns;
		assert_int_equal(lp_share_rest_ns(&share, now_ns, used_ns), rows[i].rest_ns);
		/* The rest does not count as time that was left: that is settled. */
		assert_int_equal(share.looked_ns, now_ns + rows[i].rest_ns);
	}
}

static void test_looks(void **state)
{
	struct lp_share share = {0};
	uint64_t now_ns = 5 * LP_SEC;

	(void)state;
	assert_int_equal(lp_share_rest_ns(&share, now_ns, 0), 0);
	for (unsigned i = 1; i < LP_SHARE_PASSES; i++)
		assert_false(lp_share_pass(&share, now_ns + LP_SEC)); /* few passes, however long they took */
	assert_false(lp_share_pass(&share, now_ns + LP_SHARE_PERIOD_NS - 1));
	assert_true(lp_share_pass(&share, now_ns + LP_SHARE_PERIOD_NS));
	assert_int_equal(lp_share_rest_ns(&share, now_ns + LP_SHARE_PERIOD_NS, 0), 0);
	assert_false(lp_share_pass(&share, now_ns + LP_SEC)); /* they are counted anew */
}

static void test_always_busy(void **state)
{
	struct lp_share share = {0};
	uint64_t now_ns = LP_SEC, used_ns = 0, longest_ns = 0;

	(void)state;
	while (now_ns < 2 * LP_SEC) {
		now_ns += LP_MS / 3; /* a pass */
		used_ns += LP_MS / 3;
		if (!lp_share_pass(&share, now_ns))
			continue;
		uint64_t rest_ns = lp_share_rest_ns(&share, now_ns, used_ns);

		now_ns += rest_ns;
		longest_ns = rest_ns > longest_ns ? rest_ns : longest_ns;
	}
	assert_in_range(per_mille(used_ns, LP_SEC), 930, KERNEL_LIMIT - 5);
	assert_true(longest_ns < LP_MS);
}

struct busy {
	struct lp_loop *loop;
	struct lp_timer *timer;
	uint64_t until_ns;
};

/* Processor time of this thread. */
static uint64_t used_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * LP_SEC + (uint64_t)used.tv_nsec;
}

/* A pass that works for a third of a millisecond and wants the next one at once. */
static void on_timer(void *ctx, uint64_t now_ns)
{
	struct busy *busy = ctx;
	uint64_t until_ns = used_ns() + LP_MS / 3;

	while (used_ns() < until_ns)
		;
	if (now_ns >= busy->until_ns)
		lp_loop_stop(busy->loop);
	lp_timer_set(busy->timer, now_ns);
}

enum { FAILED = 1, NOT_PERMITTED, GREEDY, FAIR };

/* A loop with real-time scheduling that is always busy, for longer than the kernel's period. */
static int be_busy(void)
{
	struct busy busy = {0};

	if (lp_priority_raise() < 0)
		return NOT_PERMITTED;
	if (lp_loop_new(&busy.loop) < 0 || lp_timer_new(busy.loop, on_timer, &busy, &busy.timer) < 0)
		return FAILED;
	uint64_t began_ns = lp_loop_now_ns(busy.loop), used_before_ns = used_ns();

	busy.until_ns = began_ns + LP_SEC / 2;
	lp_timer_set(busy.timer, began_ns);
	lp_loop_run(busy.loop);
	unsigned share = per_mille(used_ns() - used_before_ns, lp_loop_now_ns(busy.loop) - began_ns);

	lp_timer_free(busy.timer);
	lp_loop_free(busy.loop);
	return share < KERNEL_LIMIT ? FAIR : GREEDY;
}

static void test_loop(void **state)
{
	int result = in_child(be_busy);

	(void)state;
	if (result == NOT_PERMITTED)
		skip();
	assert_int_equal(result, FAIR);
}

/* Processor time for which two loops are busy, and a share of the turns of a millisecond that are in it. Their rests
   alone are a quarter of that. */
#define TURNS_MS 160
#define TURNS_MIN (TURNS_MS / 2)

/* A third of a millisecond's work on a run of frames. */
static void on_crowd(void *ctx, uint64_t now_ns)
{
	struct busy *busy = ctx;
	uint64_t until_ns = used_ns() + LP_MS / 3;

	lp_loop_found(busy->loop, 64, 64 * 1400);
	while (used_ns() < until_ns)
		;
	if (until_ns >= busy->until_ns)
		lp_loop_stop(busy->loop);
	lp_timer_set(busy->timer, now_ns);
}

/* A loop in a crowd, on the first processor. FAIR if others had their turns. */
static int be_crowded(void)
{
	struct busy busy = {0};
	struct rusage before, after;
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	if (lp_priority_raise() < 0 || sched_setaffinity(0, sizeof first, &first) < 0)
		return NOT_PERMITTED;
	if (lp_loop_new(&busy.loop) < 0 || lp_timer_new(busy.loop, on_crowd, &busy, &busy.timer) < 0)
		return FAILED;
	busy.until_ns = used_ns() + TURNS_MS * LP_MS;
	getrusage(RUSAGE_SELF, &before);
	lp_timer_set(busy.timer, lp_loop_now_ns(busy.loop));
	lp_loop_run(busy.loop);
	getrusage(RUSAGE_SELF, &after);
	lp_timer_free(busy.timer);
	lp_loop_free(busy.loop);
	return after.ru_nivcsw - before.ru_nivcsw >= TURNS_MIN ? FAIR : GREEDY;
}

static void test_turns(void **state)
{
	pid_t pids[2] = {child_start(be_crowded), child_start(be_crowded)};
	int results[2] = {child_result(pids[0]), child_result(pids[1])};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		if (results[i] == NOT_PERMITTED)
			skip();
		assert_int_equal(results[i], FAIR);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_looks),
		cmocka_unit_test(test_always_busy),
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_turns),
	};

	return cmocka_run_group_tests_name("share", tests, NULL, NULL);
}
