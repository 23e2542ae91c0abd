#include "platform/system/thread.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"

struct lp_thread {
	pthread_t id;
	void (*fn)(void *ctx);
	void *ctx;
};

struct lp_mutex {
	pthread_mutex_t mutex;
};

static void *run(void *ctx)
{
	struct lp_thread *thread = ctx;
	thread->fn(thread->ctx);
	return NULL;
}

int lp_thread_start(void (*fn)(void *ctx), void *ctx, const char *name, struct lp_thread **ret_thread)
{
	struct lp_thread *thread = malloc(sizeof *thread);
	sigset_t all, before;
	if (!thread)
		return LP_ENOMEM;
	*thread = (struct lp_thread){.fn = fn, .ctx = ctx};
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int err = pthread_create(&thread->id, NULL, run, thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err) {
		free(thread);
		return LP_EAGAIN;
	}
	(void)pthread_setname_np(thread->id, name);
	*ret_thread = thread;
	return 0;
}

void lp_thread_join(struct lp_thread *thread)
{
	if (!thread)
		return;
	int err = pthread_join(thread->id, NULL);
	assert(err == 0);
	(void)err;
	free(thread);
}

int lp_mutex_new(struct lp_mutex **ret_mutex)
{
	struct lp_mutex *mutex = malloc(sizeof *mutex);
	pthread_mutexattr_t attr;
	if (!mutex || pthread_mutexattr_init(&attr) != 0) {
		free(mutex);
		return LP_ENOMEM;
	}
	(void)pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	/* Workers run with real-time priority: the holder of the mutex must not wait for a processor behind them. */
	(void)pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	int err = pthread_mutex_init(&mutex->mutex, &attr);
	(void)pthread_mutexattr_destroy(&attr);
	if (err) {
		free(mutex);
		return LP_ENOMEM;
	}
	*ret_mutex = mutex;
	return 0;
}

void lp_mutex_free(struct lp_mutex *mutex)
{
	if (!mutex)
		return;
	pthread_mutex_destroy(&mutex->mutex);
	free(mutex);
}

static void lock(void *ctx)
{
	struct lp_mutex *mutex = ctx;
	int err = pthread_mutex_lock(&mutex->mutex);
	assert(err == 0);
	(void)err;
}

static void unlock(void *ctx)
{
	struct lp_mutex *mutex = ctx;
	int err = pthread_mutex_unlock(&mutex->mutex);
	assert(err == 0);
	(void)err;
}

struct lp_lock lp_mutex_lock(struct lp_mutex *mutex)
{
	return (struct lp_lock){.lock = lock, .unlock = unlock, .ctx = mutex};
}

unsigned lp_processors(void)
{
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof set, &set) != 0)
		return 1;
	int n = CPU_COUNT(&set);
	return n > 0 ? (unsigned)n : 1;
}

uint64_t lp_processor_us(void)
{
	struct timespec used = {0};
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * 1000000 + (uint64_t)used.tv_nsec / 1000;
}
