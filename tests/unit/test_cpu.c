/* The CPU policy: real-time priority and its limits, the real-time budget, receive coalescing. */
#include "platform/loop/cpu.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "child.h"
#include "platform/loop/loop.h"
#include "platform/posix/loop/cpu_pass.h"
#include "platform/system/sandbox.h"

/* The kernel's limit in parts of 1000 (sched_rt_runtime_us of sched_rt_period_us). */
#define KERNEL_LIMIT 950U

enum { WRONG = 1, REFUSED, RIGHT };

static void *policy_of_thread(void *policy)
{
	*(int *)policy = sched_getscheduler(0);
	return NULL;
}

/* The raised policy is the real-time one, and a later thread has the normal one. */
static int raise_it(void)
{
	if (lp_cpu_raise_priority() < 0)
		return sched_getscheduler(0) == SCHED_OTHER ? REFUSED : WRONG;
	if (sched_getscheduler(0) != (SCHED_RR | SCHED_RESET_ON_FORK) || lp_cpu_raise_priority() != 0)
		return WRONG;
	int policy = -1;
	pthread_t thread;
	if (pthread_create(&thread, NULL, policy_of_thread, &policy) != 0 || pthread_join(thread, NULL) != 0)
		return WRONG;
	return policy == SCHED_OTHER ? RIGHT : WRONG;
}

/* Without the permission: LP_EPERM, and nothing changes. */
static int raise_without_permission(void)
{
	struct lp_failure failure;
	if (lp_drop_privileges(&failure) < 0)
		return WRONG;
	return lp_cpu_raise_priority() == LP_EPERM && sched_getscheduler(0) == SCHED_OTHER ? REFUSED : WRONG;
}

static void test_raise(void **state)
{
	(void)state;
	int result = in_child(raise_it);
	assert_int_not_equal(result, WRONG);
	/* What the system permits this process it permits the program. */
	const struct sched_param param = {.sched_priority = sched_get_priority_min(SCHED_RR)};
	if (result == REFUSED && sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param) == 0)
		fail();
}

static void test_raise_refused(void **state)
{
	(void)state;
	assert_int_equal(in_child(raise_without_permission), REFUSED);
}

static unsigned per_mille(uint64_t used_ns, uint64_t passed_ns)
{
	return (unsigned)(used_ns * 1000 / passed_ns);
}

static void test_budget_pause(void **state)
{
	/* Since the last check: time passed, CPU time used, and the pause that results. */
	static const struct {
		uint64_t passed_ns, worked_ns, pause_ns;
	} rows[] = {
		{8 * LP_MS, 0, 0}, {8 * LP_MS, 4 * LP_MS, 0}, {8 * LP_MS, 7500 * LP_US, 0},
		{15 * LP_MS, 15 * LP_MS, LP_MS}, {150 * LP_MS, 150 * LP_MS, 10 * LP_MS},
		{16 * LP_MS, 8 * LP_MS, 0}, /* waiting for a processor counts as idle, as the kernel counts it */
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint64_t now_ns = 5 * LP_SEC, used_ns = 2 * LP_SEC;
		struct lp_rt_budget budget = {0};
		assert_int_equal(lp_rt_budget_pause_ns(&budget, now_ns, used_ns), 0); /* the first check only starts */
		now_ns += rows[i].passed_ns;
		used_ns += rows[i].worked_ns;
		assert_int_equal(lp_rt_budget_pause_ns(&budget, now_ns, used_ns), rows[i].pause_ns);
		/* The pause is not idle time of the next period. */
		assert_int_equal(budget.checked_ns, now_ns + rows[i].pause_ns);
	}
}

static void test_budget_check(void **state)
{
	struct lp_rt_budget budget = {0};
	uint64_t now_ns = 5 * LP_SEC;
	unsigned n_passes = 1;
	(void)state;
	assert_int_equal(lp_rt_budget_pause_ns(&budget, now_ns, 0), 0);
	/* Few passes need no check, however long they took. */
	while (!lp_rt_budget_pass(&budget, now_ns + LP_SEC))
		n_passes++;
	assert_in_range(n_passes, 8, 64);
	/* Many passes in a short time need none either. */
	assert_int_equal(lp_rt_budget_pause_ns(&budget, now_ns, 0), 0);
	for (unsigned i = 0; i < 1000; i++)
		assert_false(lp_rt_budget_pass(&budget, now_ns + LP_MS));
	assert_true(lp_rt_budget_pass(&budget, now_ns + 10 * LP_MS));
}

static void test_budget_always_busy(void **state)
{
	struct lp_rt_budget budget = {0};
	uint64_t now_ns = LP_SEC, used_ns = 0, longest_ns = 0;
	(void)state;
	while (now_ns < 2 * LP_SEC) {
		now_ns += LP_MS / 3; /* a pass */
		used_ns += LP_MS / 3;
		if (!lp_rt_budget_pass(&budget, now_ns))
			continue;
		uint64_t pause_ns = lp_rt_budget_pause_ns(&budget, now_ns, used_ns);
		now_ns += pause_ns;
		longest_ns = pause_ns > longest_ns ? pause_ns : longest_ns;
	}
	assert_in_range(per_mille(used_ns, LP_SEC), 930, KERNEL_LIMIT - 5);
	assert_true(longest_ns < LP_MS);
}

struct busy {
	struct lp_loop *loop;
	struct lp_timer *timer;
	uint64_t until_used_ns;
};

/* CPU time of this thread. */
static uint64_t used_ns(void)
{
	struct timespec used;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * LP_SEC + (uint64_t)used.tv_nsec;
}

/* A pass that works for a third of a millisecond; the next one is due immediately. */
static void on_timer(void *ctx, uint64_t now_ns)
{
	struct busy *busy = ctx;
	uint64_t until_ns = used_ns() + LP_MS / 3;
	while (used_ns() < until_ns)
		;
	if (until_ns >= busy->until_used_ns)
		lp_loop_stop(busy->loop);
	lp_timer_set(busy->timer, now_ns);
}

/* Runs a real-time loop that is always busy. The verdict is a ratio of CPU time to time passed: other load on the
   machine only lowers it. */
static int be_busy(void)
{
	struct busy busy = {0};
	if (lp_cpu_raise_priority() < 0)
		return REFUSED;
	if (lp_loop_new(&busy.loop) < 0 || lp_timer_new(busy.loop, on_timer, &busy, &busy.timer) < 0)
		return WRONG;
	uint64_t began_ns = lp_loop_now_ns(busy.loop), used_before_ns = used_ns();
	busy.until_used_ns = used_before_ns + LP_SEC / 2;
	lp_timer_set(busy.timer, began_ns);
	lp_loop_run(busy.loop);
	unsigned share = per_mille(used_ns() - used_before_ns, lp_loop_now_ns(busy.loop) - began_ns);
	lp_timer_free(busy.timer);
	lp_loop_free(busy.loop);
	return share < KERNEL_LIMIT ? RIGHT : WRONG;
}

static void test_budget_of_loop(void **state)
{
	(void)state;
	int result = in_child(be_busy);
	if (result == REFUSED)
		skip();
	assert_int_equal(result, RIGHT);
}

/* Frames that arrive, and what a pass costs: a fixed time, and time for each frame. */
struct load {
	uint64_t pass_ns, frame_ns;
	uint64_t gap_ns; /* between frames; 0: |at_once| frames in each pass */
	uint64_t frame_bytes;
};

/* Runs |passes| passes. Returns after how many of them the loop slept. */
static unsigned run(
	struct lp_rx_coalesce *coalesce, uint64_t *now_ns, const struct load *load, unsigned at_once, unsigned passes)
{
	uint64_t next_ns = *now_ns;
	unsigned sleeps = 0;
	for (unsigned i = 0; i < passes; i++) {
		uint64_t n = at_once;
		if (load->gap_ns) {
			if (*now_ns < next_ns)
				*now_ns = next_ns;
			n = (*now_ns - next_ns) / load->gap_ns + 1;
			next_ns += n * load->gap_ns;
		}
		coalesce->n_frames += n;
		coalesce->n_bytes += n * load->frame_bytes;
		*now_ns += load->pass_ns + n * load->frame_ns;
		if (lp_rx_coalesce_pass(coalesce, *now_ns)) {
			*now_ns += LP_RX_COALESCE_NS;
			coalesce->slept_ns += LP_RX_COALESCE_NS;
			sleeps++;
		}
	}
	return sleeps;
}

static void test_coalesce_flood(void **state)
{
	/* 100,000 small frames per second; each pass takes 20 us and would find two. */
	static const struct load flood = {20 * LP_US, 1 * LP_US, 10 * LP_US, 120},
				 quiet = {20 * LP_US, 1 * LP_US, 500 * LP_US, 120};
	struct lp_rx_coalesce coalesce = {0};
	uint64_t now_ns = 1;
	(void)state;
	assert_in_range(run(&coalesce, &now_ns, &flood, 0, 1000), 950, 1000);
	/* The flood ends, and the sleeps with it. */
	assert_in_range(run(&coalesce, &now_ns, &quiet, 0, 1000), 0, 32);
	assert_int_equal(run(&coalesce, &now_ns, &quiet, 0, 1000), 0);
	assert_in_range(run(&coalesce, &now_ns, &flood, 0, 1000), 950, 1000);
}

static void test_coalesce_never(void **state)
{
	static const struct {
		const char *what;
		struct load load;
		unsigned at_once;
	} rows[] = {
		{"request and response, as fast as possible", {20 * LP_US, 2 * LP_US, 0, 100}, 1},
		{"request and response, slower", {60 * LP_US, 2 * LP_US, 0, 100}, 1},
		{"a file copy with full-size frames", {20 * LP_US, 2 * LP_US, 5 * LP_US, 1500}, 0},
		{"passes that find a batch anyway", {100 * LP_US, 2 * LP_US, 0, 100}, 64},
		{"a hundred players", {20 * LP_US, 2 * LP_US, 166 * LP_US, 100}, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_rx_coalesce coalesce = {0};
		uint64_t now_ns = 1;
		if (run(&coalesce, &now_ns, &rows[i].load, rows[i].at_once, 1000) != 0)
			fail_msg("coalesced: %s", rows[i].what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_raise),
		cmocka_unit_test(test_raise_refused),
		cmocka_unit_test(test_budget_pause),
		cmocka_unit_test(test_budget_check),
		cmocka_unit_test(test_budget_always_busy),
		cmocka_unit_test(test_budget_of_loop),
		cmocka_unit_test(test_coalesce_flood),
		cmocka_unit_test(test_coalesce_never),
	};
	return cmocka_run_group_tests_name("cpu", tests, NULL, NULL);
}
