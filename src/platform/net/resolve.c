#include "platform/net/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "platform/loop/loop.h"
#include "platform/loop/task.h"
#include "platform/net/lookup.h"

#define HOST_MAX 256

/* One lookup; the task's once it runs. */
struct job {
	char host[HOST_MAX];
	size_t n_addrs;
	struct lp_addr addrs[LP_LOOKUP_ADDRS_MAX];
	char reason[LP_LOOKUP_REASON_MAX];
};

struct lp_resolve {
	struct job *job;
	uint16_t port;
	lp_resolve_fn done;
	void *ctx;
	struct lp_task *task;   /* a name; owns the job */
	struct lp_timer *timer; /* a numeric address, which needs no thread */
};

static void run(void *data)
{
	struct job *job = data;
	job->n_addrs = lp_lookup(job->host, job->addrs, job->reason);
}

static void on_done(void *ctx)
{
	struct lp_resolve *resolve = ctx;
	struct job *job = resolve->job;
	for (size_t i = 0; i < job->n_addrs; i++)
		job->addrs[i].port = resolve->port;
	resolve->done(resolve->ctx, job->addrs, job->n_addrs, job->reason);
}

static void on_timer(void *ctx, uint64_t now_ns)
{
	(void)now_ns;
	on_done(ctx);
}

/* Starts the lookup, or the call of |done| for a numeric address. */
static int start(struct lp_resolve *resolve, struct lp_loop *loop)
{
	struct job *job = resolve->job;
	bool numeric = lp_addr_parse(job->host, 0, &job->addrs[0]) == 0 && job->addrs[0].family && !job->addrs[0].port;
	if (!numeric) {
		const struct lp_task_call call = {.run = run, .destroy = free, .data = job};
		return lp_task_start(&call, loop, on_done, resolve, &resolve->task);
	}
	job->n_addrs = 1;
	int result = lp_timer_new(loop, on_timer, resolve, &resolve->timer);
	if (result == 0)
		lp_timer_set(resolve->timer, lp_loop_now_ns(loop));
	return result;
}

int lp_resolve_start(struct lp_loop *loop, const char *host, uint16_t port, lp_resolve_fn done, void *ctx,
	struct lp_resolve **ret_resolve)
{
	size_t len = strlen(host);
	if (len >= HOST_MAX)
		return LP_ETOOBIG;
	struct lp_resolve *resolve = calloc(1, sizeof *resolve);
	struct job *job = calloc(1, sizeof *job);
	int result = LP_ENOMEM;
	if (!resolve || !job)
		goto fail;
	memcpy(job->host, host, len + 1);
	*resolve = (struct lp_resolve){.job = job, .port = port, .done = done, .ctx = ctx};
	result = start(resolve, loop);
	if (result < 0)
		goto fail;
	*ret_resolve = resolve;
	return 0;
fail:
	free(job);
	free(resolve);
	return result;
}

void lp_resolve_free(struct lp_resolve *resolve)
{
	if (!resolve)
		return;
	if (!resolve->task)
		free(resolve->job);
	lp_task_free(resolve->task);
	lp_timer_free(resolve->timer);
	free(resolve);
}
