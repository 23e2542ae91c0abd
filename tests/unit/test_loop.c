/* The event loop: order and accuracy of timers, stopping. */
#include "platform/loop/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/units.h"

#define N_TIMERS 40

struct fixture;

/* One of many timers, and when it was called. */
struct probe {
	struct fixture *fixture;
	struct lp_timer *timer;
	uint64_t deadline_ns;
	uint64_t called_ns;
	unsigned order;
	unsigned calls;
};

struct fixture {
	struct lp_loop *loop;
	unsigned calls;
	unsigned stop_after; /* calls */
	struct probe probes[N_TIMERS];
};

static void on_probe(void *ctx, uint64_t now_ns)
{
	struct probe *probe = ctx;
	struct fixture *fixture = probe->fixture;
	probe->called_ns = now_ns;
	probe->calls++;
	probe->order = fixture->calls++;
	if (fixture->calls == fixture->stop_after)
		lp_loop_stop(fixture->loop);
}

/* Creates |n| disarmed timers. */
static void set_up(struct fixture *fixture, unsigned n)
{
	*fixture = (struct fixture){.stop_after = n};
	assert_int_equal(lp_loop_new(&fixture->loop), 0);
	for (unsigned i = 0; i < n; i++) {
		fixture->probes[i].fixture = fixture;
		assert_int_equal(
			lp_timer_new(fixture->loop, on_probe, &fixture->probes[i], &fixture->probes[i].timer), 0);
	}
}

static void tear_down(struct fixture *fixture)
{
	for (unsigned i = 0; i < N_TIMERS; i++)
		lp_timer_free(fixture->probes[i].timer);
	lp_loop_free(fixture->loop);
}

/* Timers are called in the order of their deadlines, none early. */
static void test_order(void **state)
{
	(void)state;
	struct fixture f;
	set_up(&f, N_TIMERS);
	uint64_t now_ns = lp_loop_now_ns(f.loop);
	for (unsigned i = 0; i < N_TIMERS; i++) {
		/* 7 and 40 are coprime, so each slot is used once. */
		f.probes[i].deadline_ns = now_ns + (1 + i * 7 % N_TIMERS) * LP_MS / 4;
		lp_timer_set(f.probes[i].timer, f.probes[i].deadline_ns);
	}
	assert_int_equal(lp_loop_run(f.loop), 0);
	for (unsigned i = 0; i < N_TIMERS; i++) {
		assert_int_equal(f.probes[i].calls, 1);
		assert_int_equal(f.probes[i].order, i * 7 % N_TIMERS);
		assert_true(f.probes[i].called_ns >= f.probes[i].deadline_ns);
	}
	tear_down(&f);
}

/* A deadline may be moved in both directions or cleared; only the last setting counts. */
static void test_move(void **state)
{
	(void)state;
	struct fixture f;
	set_up(&f, 3);
	f.stop_after = 2;
	uint64_t now_ns = lp_loop_now_ns(f.loop);
	lp_timer_set(f.probes[0].timer, now_ns + LP_MS);
	lp_timer_set(f.probes[0].timer, now_ns + 8 * LP_MS);
	lp_timer_set(f.probes[1].timer, now_ns + LP_SEC);
	lp_timer_set(f.probes[1].timer, now_ns + 3 * LP_MS);
	lp_timer_set(f.probes[2].timer, now_ns + 2 * LP_MS);
	lp_timer_set(f.probes[2].timer, LP_NEVER);
	assert_int_equal(lp_loop_run(f.loop), 0);
	assert_int_equal(f.probes[1].order, 0);
	assert_int_equal(f.probes[0].order, 1);
	assert_true(f.probes[0].called_ns >= now_ns + 8 * LP_MS);
	assert_int_equal(f.probes[2].calls, 0);
	tear_down(&f);
}

/* A timer that is already due is called immediately, but does not starve other work. */
static void test_past(void **state)
{
	(void)state;
	struct fixture f;
	set_up(&f, 2);
	uint64_t now_ns = lp_loop_now_ns(f.loop);
	lp_timer_set(f.probes[0].timer, 0);
	lp_timer_set(f.probes[1].timer, now_ns - 1);
	assert_int_equal(lp_loop_run(f.loop), 0);
	assert_int_equal(f.probes[0].order, 0);
	assert_int_equal(f.probes[1].order, 1);
	tear_down(&f);
}

static void on_again(void *ctx, uint64_t now_ns)
{
	struct probe *probe = ctx;
	on_probe(ctx, now_ns);
	lp_timer_set(probe->timer, now_ns);
}

/* A timer that is always due does not starve another one. */
static void test_greedy(void **state)
{
	struct fixture f;
	struct probe *probe = &f.probes[1];
	(void)state;
	set_up(&f, 1);
	probe->fixture = &f;
	assert_int_equal(lp_timer_new(f.loop, on_again, probe, &probe->timer), 0);
	lp_timer_set(probe->timer, 1);
	lp_timer_set(f.probes[0].timer, lp_loop_now_ns(f.loop) + 2 * LP_MS);
	f.stop_after = 0;
	while (!f.probes[0].calls) {
		f.stop_after = f.calls + 1;
		assert_int_equal(lp_loop_run(f.loop), 0);
	}
	assert_true(probe->calls > 1);
	tear_down(&f);
}

static void on_free_others(void *ctx, uint64_t now_ns)
{
	struct fixture *fixture = ctx;
	for (unsigned i = 0; i < N_TIMERS; i++) {
		lp_timer_free(fixture->probes[i].timer);
		fixture->probes[i].timer = NULL;
	}
	(void)now_ns;
	lp_loop_stop(fixture->loop);
}

/* A timer's callback may free other timers and itself. */
static void test_free_inside(void **state)
{
	(void)state;
	struct fixture f;
	set_up(&f, N_TIMERS);
	lp_timer_free(f.probes[20].timer);
	assert_int_equal(lp_timer_new(f.loop, on_free_others, &f, &f.probes[20].timer), 0);
	for (unsigned i = 0; i < N_TIMERS; i++)
		lp_timer_set(f.probes[i].timer, i == 20 ? 1 : 2);
	assert_int_equal(lp_loop_run(f.loop), 0);
	assert_int_equal(f.calls, 0);
	tear_down(&f);
}

/* Random sets and frees, compared with a list: exactly the due timers are called, in order. */
static void test_random(void **state)
{
	unsigned expected = 0;
	uint64_t now_ns, last_ns = 0;
	(void)state;
	srand(1);
	struct fixture f;
	set_up(&f, N_TIMERS);
	now_ns = lp_loop_now_ns(f.loop);
	for (unsigned round = 0; round < 2000; round++) {
		struct probe *probe = &f.probes[rand() % N_TIMERS];
		if (rand() % 8 == 0) {
			lp_timer_free(probe->timer);
			assert_int_equal(lp_timer_new(f.loop, on_probe, probe, &probe->timer), 0);
			probe->deadline_ns = LP_NEVER;
		} else {
			probe->deadline_ns = rand() % 5 ? now_ns + (uint64_t)(rand() % 5000) * LP_US : LP_NEVER;
		}
		lp_timer_set(probe->timer, probe->deadline_ns);
	}
	for (unsigned i = 0; i < N_TIMERS; i++) {
		/* Never armed. */
		if (f.probes[i].deadline_ns == 0)
			f.probes[i].deadline_ns = LP_NEVER;
		expected += f.probes[i].deadline_ns != LP_NEVER;
	}
	f.stop_after = expected;
	assert_int_equal(lp_loop_run(f.loop), 0);
	for (unsigned order = 0; order < expected; order++) {
		const struct probe *found = NULL;
		for (unsigned i = 0; i < N_TIMERS; i++)
			if (f.probes[i].calls && f.probes[i].order == order)
				found = &f.probes[i];
		assert_non_null(found);
		assert_int_equal(found->calls, 1);
		assert_true(found->deadline_ns >= last_ns && found->called_ns >= found->deadline_ns);
		last_ns = found->deadline_ns;
	}
	tear_down(&f);
}

/* The clocks advance, in their units. */
static void test_clocks(void **state)
{
	(void)state;
	struct lp_loop *loop;
	assert_int_equal(lp_loop_new(&loop), 0);
	uint64_t before_ns = lp_loop_now_ns(loop);
	assert_true(lp_loop_now_ns(loop) >= before_ns);
	/* 2024-01-01. */
	assert_true(lp_loop_unix_s(loop) > 1704067200);
	lp_loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_move),
		cmocka_unit_test(test_past),
		cmocka_unit_test(test_greedy),
		cmocka_unit_test(test_free_inside),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_clocks),
	};
	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
