#include "platform/loop/task.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "platform/posix/loop/fd_watch.h"
#include "platform/posix/loop/loop_uv.h"

/* What thread and owner share. */
struct shared {
	struct lp_task_call call;
	atomic_int owners;
	atomic_bool returned;  /* |run| has returned; orders its writes before the owner's reads */
	int read_fd, write_fd; /* a pipe, which has a byte when |run| has returned */
};

struct lp_task {
	struct shared *shared;
	bool watched;
	void (*done)(void *ctx);
	void *ctx;
	struct lp_fd_watch watch;
};

static void release(struct shared *shared)
{
	if (atomic_fetch_sub(&shared->owners, 1) != 1)
		return;
	shared->call.destroy(shared->call.data);
	close(shared->read_fd);
	close(shared->write_fd);
	free(shared);
}

static void *run(void *arg)
{
	struct shared *shared = arg;
	shared->call.run(shared->call.data);
	atomic_store(&shared->returned, true);
	/* The pipe is empty. */
	(void)!write(shared->write_fd, "", 1);
	release(shared);
	return NULL;
}

/* Starts the thread with all signals blocked: the loop handles signals. 0 or LP_ENOMEM. */
static int start_thread(struct shared *shared)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_t thread;
	int err = pthread_create(&thread, NULL, run, shared);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return LP_ENOMEM;
	pthread_detach(thread);
	return 0;
}

static void on_returned(void *ctx, bool broken)
{
	struct lp_task *task = ctx;
	(void)broken;
	if (!atomic_load(&task->shared->returned))
		return;
	lp_fd_watch_stop(&task->watch);
	task->done(task->ctx);
}

static void on_released(void *ctx)
{
	free(ctx);
}

/* Frees a task whose thread does not run. The data stays the caller's. */
static void undo(struct lp_task *task)
{
	close(task->shared->read_fd);
	close(task->shared->write_fd);
	free(task->shared);
	if (task->watched)
		lp_fd_watch_close(&task->watch, on_released);
	else
		free(task);
}

int lp_task_start(const struct lp_task_call *call, struct lp_loop *loop, void (*done)(void *ctx), void *ctx,
	struct lp_task **ret_task)
{
	struct lp_task *task = calloc(1, sizeof *task);
	struct shared *shared = calloc(1, sizeof *shared);
	int fds[2], result = 0;
	if (!task || !shared || pipe2(fds, O_NONBLOCK | O_CLOEXEC) < 0) {
		free(shared);
		free(task);
		return LP_EFULL;
	}
	*shared = (struct shared){.call = *call, .owners = 2, .read_fd = fds[0], .write_fd = fds[1]};
	task->shared = shared;
	task->done = done;
	task->ctx = ctx;
	if (loop)
		result = lp_fd_watch_init(&task->watch, lp_loop_uv(loop), shared->read_fd, on_returned, task);
	task->watched = loop && result == 0;
	if (result == 0)
		result = start_thread(shared);
	if (result < 0) {
		undo(task);
		return result;
	}
	if (task->watched)
		lp_fd_watch_start(&task->watch);
	*ret_task = task;
	return 0;
}

bool lp_task_wait(struct lp_task *task, unsigned timeout_ms)
{
	struct pollfd entry = {.fd = task->shared->read_fd, .events = POLLIN};
	return poll(&entry, 1, (int)timeout_ms) == 1 && atomic_load(&task->shared->returned);
}

void lp_task_free(struct lp_task *task)
{
	if (!task)
		return;
	struct shared *shared = task->shared;
	if (task->watched)
		lp_fd_watch_close(&task->watch, on_released);
	else
		free(task);
	release(shared);
}
