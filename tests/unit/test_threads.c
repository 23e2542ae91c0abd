/* Threads, mutexes and calls into another thread's loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "platform/loop/calls.h"
#include "platform/loop/loop.h"
#include "platform/system/thread.h"

#define POSTERS 4
#define CALLS 500

/* A thread with a loop. */
struct worker {
	struct lp_loop *loop;
	struct lp_loop_calls *calls;
	struct lp_thread *thread;
	unsigned next[POSTERS]; /* the number that is expected from each poster */
	unsigned n_run;
};

static void run_loop(void *ctx)
{
	struct worker *worker = ctx;
	lp_loop_run(worker->loop);
}

static void worker_start(struct worker *worker)
{
	*worker = (struct worker){0};
	assert_int_equal(lp_loop_new(&worker->loop), 0);
	assert_int_equal(lp_loop_calls_new(worker->loop, &worker->calls), 0);
	assert_int_equal(lp_thread_start(run_loop, worker, "worker", &worker->thread), 0);
}

static void stop(void *ctx)
{
	struct worker *worker = ctx;
	lp_loop_stop(worker->loop);
}

static void worker_end(struct worker *worker)
{
	lp_loop_calls_wait(worker->calls, stop, worker);
	lp_thread_join(worker->thread);
	lp_loop_calls_free(worker->calls);
	lp_loop_free(worker->loop);
}

struct numbered {
	struct lp_loop_call call;
	struct worker *worker;
	unsigned poster, number;
};

struct poster {
	struct worker *worker;
	unsigned index;
	struct numbered calls[CALLS];
};

/* Counts a call; those of a poster come in its order. */
static void count(void *ctx)
{
	const struct numbered *numbered = ctx;
	assert_int_equal(numbered->worker->next[numbered->poster], numbered->number);
	numbered->worker->next[numbered->poster]++;
	numbered->worker->n_run++;
}

static void post_all(void *ctx)
{
	struct poster *poster = ctx;
	for (unsigned i = 0; i < CALLS; i++) {
		struct numbered *numbered = &poster->calls[i];
		*numbered = (struct numbered){.worker = poster->worker, .poster = poster->index, .number = i};
		numbered->call.fn = count;
		numbered->call.ctx = numbered;
		lp_loop_calls_post(poster->worker->calls, &numbered->call);
	}
}

struct answer {
	const struct worker *worker;
	unsigned n_run;
};

static void ask(void *ctx)
{
	struct answer *answer = ctx;
	answer->n_run = answer->worker->n_run;
}

static void test_calls(void **state)
{
	static struct poster posters[POSTERS];
	struct worker worker;
	struct lp_thread *threads[POSTERS];
	struct answer answer = {.worker = &worker};
	(void)state;
	worker_start(&worker);
	for (unsigned i = 0; i < POSTERS; i++) {
		posters[i].worker = &worker;
		posters[i].index = i;
		assert_int_equal(lp_thread_start(post_all, &posters[i], "poster", &threads[i]), 0);
	}
	for (unsigned i = 0; i < POSTERS; i++)
		lp_thread_join(threads[i]);
	/* The loop has run all earlier calls when it runs this one. */
	lp_loop_calls_wait(worker.calls, ask, &answer);
	assert_int_equal(answer.n_run, POSTERS * CALLS);
	worker_end(&worker);
}

/* Calls that never ran are dropped with the loop. */
static void test_unrun_calls(void **state)
{
	struct worker worker = {0};
	struct numbered numbered = {.worker = &worker};
	(void)state;
	assert_int_equal(lp_loop_new(&worker.loop), 0);
	assert_int_equal(lp_loop_calls_new(worker.loop, &worker.calls), 0);
	numbered.call = (struct lp_loop_call){.fn = count, .ctx = &numbered};
	lp_loop_calls_post(worker.calls, &numbered.call);
	lp_loop_calls_free(worker.calls);
	lp_loop_free(worker.loop);
	assert_int_equal(worker.n_run, 0);
}

struct counter {
	struct lp_lock lock;
	unsigned long value;
};

static void add_many(void *ctx)
{
	struct counter *counter = ctx;
	for (unsigned i = 0; i < 20000; i++) {
		lp_lock_take(&counter->lock);
		lp_lock_take(&counter->lock); /* the holder may lock it again */
		counter->value++;
		lp_lock_release(&counter->lock);
		lp_lock_release(&counter->lock);
	}
}

static void test_mutex(void **state)
{
	struct lp_mutex *mutex;
	struct lp_thread *threads[POSTERS];
	(void)state;
	assert_int_equal(lp_mutex_new(&mutex), 0);
	struct counter counter = {.lock = lp_mutex_lock(mutex)};
	for (unsigned i = 0; i < POSTERS; i++)
		assert_int_equal(lp_thread_start(add_many, &counter, "adder", &threads[i]), 0);
	for (unsigned i = 0; i < POSTERS; i++)
		lp_thread_join(threads[i]);
	assert_int_equal(counter.value, POSTERS * 20000);
	lp_mutex_free(mutex);
	assert_true(lp_processors() >= 1);
	assert_true(lp_processor_us() > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_unrun_calls),
		cmocka_unit_test(test_mutex),
	};
	return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
