#include "platform/net/inbound.h"

#include <stdlib.h>

#include "base/error.h"
#include "platform/loop/task.h"

/* How long an action that is under way is waited for at the end. */
#define PATIENCE_MS 2000

/* The task's. */
struct job {
	struct lp_route_interface interface;
	enum lp_inbound_action action;
	int result;
};

struct lp_inbound {
	struct job *job;
	struct lp_task *task;
	void (*done)(void *ctx, int result);
	void *ctx;
};

static void run(void *data)
{
	struct job *job = data;
	job->result = lp_inbound_do(&job->interface, job->action);
}

static void on_done(void *ctx)
{
	struct lp_inbound *inbound = ctx;
	inbound->done(inbound->ctx, inbound->job->result);
}

int lp_inbound_start(struct lp_loop *loop, const struct lp_route_interface *interface, enum lp_inbound_action action,
	void (*done)(void *ctx, int result), void *ctx, struct lp_inbound **ret_inbound)
{
	struct lp_inbound *inbound = calloc(1, sizeof *inbound);
	struct job *job = calloc(1, sizeof *job);
	int result = LP_ENOMEM;
	if (!inbound || !job)
		goto fail;
	*job = (struct job){.interface = *interface, .action = action};
	*inbound = (struct lp_inbound){.job = job, .done = done, .ctx = ctx};
	const struct lp_task_call call = {.run = run, .destroy = free, .data = job};
	result = lp_task_start(&call, loop, on_done, inbound, &inbound->task);
	if (result < 0)
		goto fail;
	*ret_inbound = inbound;
	return 0;
fail:
	free(job);
	free(inbound);
	return result;
}

void lp_inbound_free(struct lp_inbound *inbound)
{
	if (!inbound)
		return;
	/* What is undone next must not be done after that. */
	lp_task_wait(inbound->task, PATIENCE_MS);
	lp_task_free(inbound->task);
	free(inbound);
}
