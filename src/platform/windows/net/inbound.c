#include "platform/net/inbound.h"

#include <windows.h>

#include <stdatomic.h>
#include <stdlib.h>

#include "base/error.h"
#include "platform/windows/loop/wait.h"

/* How long an action that is under way is waited for at the end. */
#define PATIENCE_MS 2000

/* What the thread works on. It belongs to the thread and the owner together; the last one frees it. */
struct job {
	atomic_int owners;
	HANDLE done; /* an event: |result| is there */
	struct lp_route_interface interface;
	enum lp_inbound_action action;
	int result;
};

struct lp_inbound {
	struct job *job;
	void (*done)(void *ctx, int result);
	void *ctx;
	struct lp_wait wait;
};

static void release(struct job *job)
{
	if (atomic_fetch_sub(&job->owners, 1) != 1)
		return;
	CloseHandle(job->done);
	free(job);
}

static DWORD WINAPI run(void *arg)
{
	struct job *job = arg;
	job->result = lp_inbound_do(&job->interface, job->action);
	SetEvent(job->done);
	release(job);
	return 0;
}

static void on_done(void *ctx)
{
	struct lp_inbound *inbound = ctx;
	lp_wait_remove(&inbound->wait);
	inbound->done(inbound->ctx, inbound->job->result);
}

int lp_inbound_start(struct lp_loop *loop, const struct lp_route_interface *interface, enum lp_inbound_action action,
	void (*done)(void *ctx, int result), void *ctx, struct lp_inbound **ret_inbound)
{
	struct lp_inbound *inbound = calloc(1, sizeof *inbound);
	struct job *job = calloc(1, sizeof *job);
	HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (!inbound || !job || !event)
		goto fail;
	*job = (struct job){.owners = 2, .done = event, .interface = *interface, .action = action};
	*inbound = (struct lp_inbound){.job = job, .done = done, .ctx = ctx};
	if (lp_wait_add(&inbound->wait, loop, event, on_done, inbound) < 0)
		goto fail;
	HANDLE thread = CreateThread(NULL, 0, run, job, 0, NULL);
	if (!thread) {
		lp_wait_remove(&inbound->wait);
		goto fail;
	}
	CloseHandle(thread);
	*ret_inbound = inbound;
	return 0;
fail:
	if (event)
		CloseHandle(event);
	free(job);
	free(inbound);
	return LP_ENOMEM;
}

void lp_inbound_free(struct lp_inbound *inbound)
{
	if (!inbound)
		return;
	lp_wait_remove(&inbound->wait);
	/* What is undone next must not be done after that. */
	WaitForSingleObject(inbound->job->done, PATIENCE_MS);
	release(inbound->job);
	free(inbound);
}
