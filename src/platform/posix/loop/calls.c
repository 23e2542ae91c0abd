#include "platform/loop/calls.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <uv.h>

#include "base/error.h"
#include "platform/posix/loop/loop_uv.h"

struct lp_loop_calls {
	uv_async_t async;
	pthread_mutex_t mutex;
	struct lp_loop_call *first, **end; /* under the mutex */
};

static void on_async(uv_async_t *async)
{
	struct lp_loop_calls *calls = async->data;
	pthread_mutex_lock(&calls->mutex);
	struct lp_loop_call *call = calls->first;
	calls->first = NULL;
	calls->end = &calls->first;
	pthread_mutex_unlock(&calls->mutex);
	while (call) {
		struct lp_loop_call *next = call->next; /* |fn| may free the call */
		call->fn(call->ctx);
		call = next;
	}
}

int lp_loop_calls_new(struct lp_loop *loop, struct lp_loop_calls **ret_calls)
{
	struct lp_loop_calls *calls = calloc(1, sizeof *calls);
	if (!calls)
		return LP_ENOMEM;
	calls->end = &calls->first;
	calls->async.data = calls;
	if (pthread_mutex_init(&calls->mutex, NULL) != 0 ||
		uv_async_init(lp_loop_uv(loop), &calls->async, on_async) != 0) {
		free(calls);
		return LP_EIO;
	}
	*ret_calls = calls;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct lp_loop_calls *calls = handle->data;
	pthread_mutex_destroy(&calls->mutex);
	free(calls);
}

void lp_loop_calls_free(struct lp_loop_calls *calls)
{
	if (calls)
		uv_close((uv_handle_t *)&calls->async, on_closed);
}

void lp_loop_calls_post(struct lp_loop_calls *calls, struct lp_loop_call *call)
{
	call->next = NULL;
	pthread_mutex_lock(&calls->mutex);
	*calls->end = call;
	calls->end = &call->next;
	/* Inside the mutex: the owner may free the queue as soon as it has seen the call. */
	uv_async_send(&calls->async);
	pthread_mutex_unlock(&calls->mutex);
}

/* A call that another thread waits for. */
struct waiting {
	void (*fn)(void *ctx);
	void *ctx;
	sem_t returned;
};

static void run_waiting(void *ctx)
{
	struct waiting *waiting = ctx;
	waiting->fn(waiting->ctx);
	sem_post(&waiting->returned);
}

void lp_loop_calls_wait(struct lp_loop_calls *calls, void (*fn)(void *ctx), void *ctx)
{
	struct waiting waiting = {.fn = fn, .ctx = ctx};
	struct lp_loop_call call = {.fn = run_waiting, .ctx = &waiting};
	sem_init(&waiting.returned, 0, 0);
	lp_loop_calls_post(calls, &call);
	while (sem_wait(&waiting.returned) != 0)
		;
	sem_destroy(&waiting.returned);
}
