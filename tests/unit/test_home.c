/* Where the loop's thread is kept: on one processor while frames come one at a time, on any of them in a crowd, and
   where it is made to wait. */
#include "platform/posix/loop/home.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/units.h"
#include "child.h"
#include "platform/linux/loop/affinity.h"
#include "platform/loop/loop.h"
#include "platform/loop/priority.h"
#include "platform/net/udp.h"

/* A thread's life: passes that find something, one after the other. */
struct life {
	struct lp_home home;
	uint64_t now_ns, waited_ns;
};

/* What a pass finds, how long after the one before, and how long the thread waits for its processor. */
struct pass {
	uint64_t gap_ns, n_frames, n_bytes, wait_ns;
};

static const struct pass game = {16 * LP_MS, 1, 100, 5 * LP_US}, ping_pong = {60 * LP_US, 1, 100, 5 * LP_US},
			 copy = {400 * LP_US, 30, 43000, 5 * LP_US}, super_frames = {400 * LP_US, 1, 64000, 5 * LP_US};

/* Lives through passes for |for_ns|. Returns how long it took until the thread was where |until_home| says, or
   |for_ns|. */
static uint64_t live(struct life *life, const struct pass *pass, uint64_t for_ns, bool until_home)
{
	uint64_t began_ns = life->now_ns;

	while (life->now_ns - began_ns < for_ns && life->home.at_home != until_home) {
		life->now_ns += pass->gap_ns;
		life->waited_ns += pass->wait_ns;
		lp_home_found(&life->home, pass->n_frames, pass->n_bytes);
		if (!lp_home_pass(&life->home, life->now_ns))
			continue;
		lp_home_look(&life->home, life->now_ns);
		if (lp_home_asks(&life->home))
			lp_home_waited(&life->home, life->now_ns, life->waited_ns);
	}
	return life->now_ns - began_ns;
}

/* A thread that has been at home for a while. */
static struct life at_home(void)
{
	struct life life = {.now_ns = LP_SEC};

	assert_true(live(&life, &game, LP_SEC, true) < LP_SEC / 10);
	assert_int_equal(live(&life, &game, 2 * LP_SEC, false) / LP_SEC, 2);
	return life;
}

static void test_stays(void **state)
{
	/* Whatever comes one at a time, or seldom: also a page of a browser, ten times a second. */
	static const struct pass page = {100 * LP_MS, 30, 40000, 5 * LP_US};
	static const struct pass *const rows[] = {&game, &ping_pong, &page};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct life life = at_home();

		live(&life, rows[i], 20 * LP_SEC, false);
		assert_true(life.home.at_home);
	}
}

static void test_crowd(void **state)
{
	static const struct pass small = {50 * LP_US, 4, 400, 5 * LP_US};
	static const struct pass *const rows[] = {&copy, &super_frames, &small};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct life life = at_home();

		/* It leaves at once, stays away while there is a crowd, and comes back when that is over. */
		assert_true(live(&life, rows[i], LP_SEC, false) < LP_MS);
		assert_true(live(&life, rows[i], 5 * LP_SEC, true) >= 5 * LP_SEC);
		assert_in_range(live(&life, &game, LP_SEC, true), 80 * LP_MS, 140 * LP_MS);
	}
}

static void test_comes_for_calm_only(void **state)
{
	/* More frames than one processor may have to carry, if they come one at a time. */
	static const struct pass many = {30 * LP_US, 1, 1200, 5 * LP_US};
	struct life life = at_home();

	(void)state;
	live(&life, &copy, LP_SEC, false);
	assert_true(live(&life, &many, 5 * LP_SEC, true) >= 5 * LP_SEC);
	assert_true(live(&life, &game, LP_SEC, true) < LP_SEC / 10);
}

static void test_comes_back_later(void **state)
{
	struct life life = at_home();
	uint64_t away_ns = 0;

	(void)state;
	/* A crowd as soon as it is back: each absence is twice as long, up to a limit. */
	for (unsigned i = 0; i < 10; i++) {
		uint64_t last_ns = away_ns;

		live(&life, &copy, LP_SEC, false);
		away_ns = live(&life, &game, 20 * LP_SEC, true);
		if (i && last_ns < 5 * LP_SEC)
			assert_in_range(away_ns, 2 * last_ns - 40 * LP_MS, 2 * last_ns + 40 * LP_MS);
	}
	assert_in_range(away_ns, 9 * LP_SEC, 11 * LP_SEC);
	/* It lasted. */
	live(&life, &game, 2 * LP_SEC, false);
	live(&life, &copy, LP_SEC, false);
	assert_true(live(&life, &game, LP_SEC, true) < LP_SEC / 5);
}

static void test_waits(void **state)
{
	/* Somebody before us on that processor: half a millisecond at every other frame. */
	static const struct pass shared = {8 * LP_MS, 1, 100, 250 * LP_US};
	struct life life = at_home();

	(void)state;
	assert_in_range(live(&life, &shared, 10 * LP_SEC, false), LP_SEC / 2, 4 * LP_SEC);
	/* Away, waits are no reason: where to run is for the kernel then. */
	assert_true(live(&life, &shared, LP_SEC, true) < LP_SEC / 5);
	/* One long wait now and then is none either. */
	life = at_home();
	for (unsigned i = 0; i < 20; i++) {
		life.waited_ns += 5 * LP_MS;
		live(&life, &game, 3 * LP_SEC, false);
		assert_true(life.home.at_home);
	}
}

#define N_MOVES 3U

/* A loop that sends datagrams to itself. */
struct traffic {
	struct lp_loop *loop;
	struct lp_timer *timer;
	struct lp_udp *udp;
	struct lp_addr to;
	uint64_t give_up_ns;
	int n_all;        /* processors that the thread may run on at first */
	unsigned n_moves; /* home, away, home */
};

/* Processors that the thread may run on. */
static int processors(void)
{
	cpu_set_t cpus;

	return sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? CPU_COUNT(&cpus) : -1;
}

static void on_datagrams(void *ctx, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	(void)ctx;
	(void)msgs;
	(void)n_msgs;
}

/* Sends one datagram at a time until the thread is kept to one processor, crowds until it is not, and one at a time
   until it is once more. */
static void on_timer(void *ctx, uint64_t now_ns)
{
	static const uint8_t data[100];
	struct traffic *traffic = ctx;
	struct lp_udp_msg msg = {.data = data, .len = sizeof data, .remote = traffic->to};
	bool crowd = traffic->n_moves == 1;

	if (processors() == (crowd ? traffic->n_all : 1))
		traffic->n_moves++;
	if (traffic->n_moves == N_MOVES || now_ns > traffic->give_up_ns)
		lp_loop_stop(traffic->loop);
	for (unsigned i = 0; i < (crowd ? 64 : 1); i++)
		lp_udp_send(traffic->udp, &msg, 1);
	lp_timer_set(traffic->timer, now_ns + LP_MS);
}

enum { FAILED = 1, NOT_POSSIBLE, LEFT_BEHIND, NEVER_HOME, RIGHT };

/* Runs such a loop, with |priority| or without; the thread must be as before then. */
static int run_loop(bool priority)
{
	static const struct lp_addr loopback = {.family = 4, .ip = {127, 0, 0, 1}};
	struct traffic traffic = {.n_all = processors()};

	if (traffic.n_all < 2 || (priority && lp_priority_raise() < 0))
		return NOT_POSSIBLE;
	if (lp_loop_new(&traffic.loop) < 0 || lp_timer_new(traffic.loop, on_timer, &traffic, &traffic.timer) < 0 ||
		lp_udp_open(traffic.loop, &loopback, on_datagrams, &traffic, NULL, &traffic.udp) < 0)
		return FAILED;
	lp_udp_local(traffic.udp, &traffic.to);
	uint64_t now_ns = lp_loop_now_ns(traffic.loop);

	traffic.give_up_ns = now_ns + (priority ? 20 * LP_SEC : LP_SEC / 2);
	lp_timer_set(traffic.timer, now_ns);
	lp_loop_run(traffic.loop);
	lp_udp_close(traffic.udp);
	lp_timer_free(traffic.timer);
	lp_loop_free(traffic.loop);
	if (processors() != traffic.n_all)
		return LEFT_BEHIND;
	return traffic.n_moves == N_MOVES ? RIGHT : traffic.n_moves == 0 ? NEVER_HOME : FAILED;
}

/* With priority, and without. */
static int run_with(void)
{
	return run_loop(true);
}

static int run_without(void)
{
	return run_loop(false);
}

static void test_loop(void **state)
{
	int result = in_child(run_with);

	(void)state;
	if (result == NOT_POSSIBLE)
		skip();
	assert_int_equal(result, RIGHT);
}

static void test_loop_without_priority(void **state)
{
	int result = in_child(run_without);

	(void)state;
	if (result == NOT_POSSIBLE)
		skip();
	assert_int_equal(result, NEVER_HOME);
}

/* The thread's processors, narrowed, widened, and changed by somebody else meanwhile. An exit code. */
static int change_affinity(void)
{
	struct lp_affinity affinity;
	cpu_set_t all, last, now;

	if (sched_getaffinity(0, sizeof all, &all) < 0 || CPU_COUNT(&all) < 2)
		return NOT_POSSIBLE;
	CPU_ZERO(&last);
	for (size_t i = CPU_SETSIZE; i-- && CPU_COUNT(&last) == 0;)
		if (CPU_ISSET(i, &all))
			CPU_SET(i, &last);
	lp_affinity_init(&affinity);
	lp_affinity_narrow(&affinity);
	if (processors() != 1)
		return NEVER_HOME;
	lp_affinity_widen(&affinity);
	if (sched_getaffinity(0, sizeof now, &now) < 0 || !CPU_EQUAL(&now, &all))
		return LEFT_BEHIND;
	lp_affinity_narrow(&affinity);
	if (sched_setaffinity(0, sizeof last, &last) < 0)
		return FAILED;
	lp_affinity_done(&affinity);
	return sched_getaffinity(0, sizeof now, &now) == 0 && CPU_EQUAL(&now, &last) ? RIGHT : FAILED;
}

static void test_affinity(void **state)
{
	int result = in_child(change_affinity);

	(void)state;
	if (result == NOT_POSSIBLE)
		skip();
	assert_int_equal(result, RIGHT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stays),
		cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_comes_for_calm_only),
		cmocka_unit_test(test_comes_back_later),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_loop_without_priority),
		cmocka_unit_test(test_affinity),
	};

	return cmocka_run_group_tests_name("home", tests, NULL, NULL);
}
