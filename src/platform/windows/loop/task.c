#include "platform/loop/task.h"

#include <windows.h>

#include <stdatomic.h>
#include <stdlib.h>

#include "base/error.h"
#include "platform/windows/loop/wait.h"

/* What thread and owner share. */
struct shared {
	struct lp_task_call call;
	atomic_int owners;
	HANDLE returned; /* an event */
};

struct lp_task {
	struct shared *shared;
	void (*done)(void *ctx);
	void *ctx;
	struct lp_wait wait;
};

static void release(struct shared *shared)
{
	if (atomic_fetch_sub(&shared->owners, 1) != 1)
		return;
	shared->call.destroy(shared->call.data);
	CloseHandle(shared->returned);
	free(shared);
}

static DWORD WINAPI run(void *arg)
{
	struct shared *shared = arg;
	shared->call.run(shared->call.data);
	SetEvent(shared->returned);
	release(shared);
	return 0;
}

static void on_returned(void *ctx)
{
	struct lp_task *task = ctx;
	lp_wait_remove(&task->wait);
	task->done(task->ctx);
}

int lp_task_start(const struct lp_task_call *call, struct lp_loop *loop, void (*done)(void *ctx), void *ctx,
	struct lp_task **ret_task)
{
	struct lp_task *task = calloc(1, sizeof *task);
	struct shared *shared = calloc(1, sizeof *shared);
	HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL), thread;
	int result = LP_ENOMEM;
	if (!task || !shared || !event)
		goto fail;
	*shared = (struct shared){.call = *call, .owners = 2, .returned = event};
	*task = (struct lp_task){.shared = shared, .done = done, .ctx = ctx};
	if (loop && (result = lp_wait_add(&task->wait, loop, event, on_returned, task)) < 0)
		goto fail;
	thread = CreateThread(NULL, 0, run, shared, 0, NULL);
	if (!thread) {
		result = LP_ENOMEM;
		lp_wait_remove(&task->wait);
		goto fail;
	}
	CloseHandle(thread);
	*ret_task = task;
	return 0;
fail:
	if (event)
		CloseHandle(event);
	free(shared);
	free(task);
	return result;
}

bool lp_task_wait(struct lp_task *task, unsigned timeout_ms)
{
	return WaitForSingleObject(task->shared->returned, timeout_ms) == WAIT_OBJECT_0;
}

void lp_task_free(struct lp_task *task)
{
	if (!task)
		return;
	lp_wait_remove(&task->wait);
	release(task->shared);
	free(task);
}
