#include "relay/workers.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "directory/directory.h"
#include "platform/loop/calls.h"
#include "platform/loop/cpu.h"
#include "platform/loop/loop.h"
#include "platform/system/random.h"
#include "platform/system/thread.h"
#include "quic/endpoint.h"
#include "quic/tls/credentials.h"
#include "relay/relay.h"
#include "room/room.h"

struct worker {
	struct lp_workers *workers;
	struct lp_loop *loop;        /* its own, or the supervisor's */
	struct lp_loop_calls *calls; /* into the loop; NULL: it is the supervisor's */
	struct lp_thread *thread;
	struct lp_tls *tls;
	struct lp_directory *directory;
	struct lp_relay *relay;
	struct lp_loop_call drained; /* for the supervisor */
};

struct lp_workers {
	unsigned n;
	const struct lp_tls *tls;
	struct lp_loop_calls *calls; /* into the supervisor's loop */
	struct lp_mutex *mutex;
	struct lp_quic_limits *accepted;
	struct lp_rooms_totals totals;
	unsigned n_draining;
	void (*drained)(void *ctx);
	void *drained_ctx;
	struct worker worker[];
};

/* What one of |n| gets of a limit. */
static uint64_t part(uint64_t limit, unsigned n)
{
	return (limit + n - 1) / n;
}

/* The configuration of worker |i|, which listens where the first does. */
static struct lp_relay_config config_of(struct lp_workers *workers, const struct lp_relay_config *whole, unsigned i)
{
	struct lp_relay_config config = *whole;
	struct lp_rate *total = &config.outputs[LP_OUTPUT_TOTAL];
	config.worker = (struct lp_udp_share){.index = i, .n = workers->n};
	config.accepted = workers->accepted;
	config.totals = &workers->totals;
	config.first = i > 0 ? workers->worker[0].relay : NULL;
	config.lock = lp_mutex_lock(workers->mutex);
	config.post = lp_loop_calls_post;
	config.calls = workers->worker[i].calls;
	config.directory = workers->worker[i].directory;
	config.pool_max_bytes = part(config.pool_max_bytes, workers->n);
	total->per_s = (uint32_t)part(total->per_s, workers->n);
	total->burst = (uint32_t)part(total->burst, workers->n);
	if (i > 0)
		lp_relay_local(workers->worker[0].relay, &config.listen);
	return config;
}

static int worker_new(struct lp_workers *workers, unsigned i, struct lp_loop *supervisor,
	const struct lp_workers_config *config, struct lp_failure *failure)
{
	struct worker *worker = &workers->worker[i];
	int result = 0;
	worker->workers = workers;
	worker->loop = supervisor;
	if (workers->n > 1) {
		worker->loop = NULL;
		if ((result = lp_loop_new(&worker->loop)) < 0 ||
			(result = lp_loop_calls_new(worker->loop, &worker->calls)) < 0)
			return lp_fail(failure, result, "cannot start worker %u: %s", i, lp_error_text(result));
	}
	if ((result = lp_tls_server_share(config->tls, failure, &worker->tls)) < 0 ||
		(result = lp_directory_open(config->state_dir, failure, &worker->directory)) < 0)
		return result;
	const struct lp_relay_config relay = config_of(workers, config->relay, i);
	return lp_relay_new(worker->loop, &relay, worker->tls, config->log, failure, &worker->relay);
}

/* Creates what the workers share. */
static int share(struct lp_workers *workers, const struct lp_relay_config *config)
{
	int result = lp_mutex_new(&workers->mutex);
	if (result < 0)
		return result;
	const struct lp_lock lock = lp_mutex_lock(workers->mutex);
	uint8_t hash_key[sizeof workers->totals.hash_key];
	lp_random_fill(hash_key, sizeof hash_key);
	lp_rooms_totals_init(&workers->totals, hash_key, &lock);
	return lp_relay_limits_new(config, &lock, &workers->accepted);
}

int lp_workers_new(struct lp_loop *loop, const struct lp_workers_config *config, struct lp_failure *failure,
	struct lp_workers **ret_workers)
{
	assert(config->n >= 1 && config->n <= LP_WORKERS_MAX);
	struct lp_workers *workers = calloc(1, sizeof *workers + config->n * sizeof workers->worker[0]);
	if (!workers)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	workers->n = config->n;
	workers->tls = config->tls;
	workers->calls = config->calls;
	int result = share(workers, config->relay);
	if (result < 0)
		lp_fail(failure, result, "cannot start the workers: %s", lp_error_text(result));
	for (unsigned i = 0; result == 0 && i < config->n; i++)
		result = worker_new(workers, i, loop, config, failure);
	if (result < 0) {
		lp_workers_free(workers);
		return result;
	}
	*ret_workers = workers;
	return 0;
}

static void run(void *ctx)
{
	const struct worker *worker = ctx;
	lp_loop_run(worker->loop);
}

int lp_workers_start(struct lp_workers *workers, struct lp_failure *failure)
{
	if (workers->n == 1)
		return 0;
	for (unsigned i = 0; i < workers->n; i++) {
		char name[16];
		snprintf(name, sizeof name, "worker %u", i % LP_WORKERS_MAX);
		int result = lp_thread_start(run, &workers->worker[i], name, &workers->worker[i].thread);
		if (result < 0)
			return lp_fail(failure, result,
				"cannot start worker %u: the system permits no more threads. Use fewer --workers", i);
	}
	return 0;
}

static void stop(void *ctx)
{
	const struct worker *worker = ctx;
	lp_loop_stop(worker->loop);
}

void lp_workers_free(struct lp_workers *workers)
{
	if (!workers)
		return;
	for (unsigned i = 0; i < workers->n; i++) {
		struct worker *worker = &workers->worker[i];
		if (worker->thread)
			lp_loop_calls_wait(worker->calls, stop, worker);
		lp_thread_join(worker->thread);
	}
	/* No thread runs any more. The first worker has what the others' TCP streams use. */
	for (unsigned i = workers->n; i-- > 0;) {
		struct worker *worker = &workers->worker[i];
		lp_relay_free(worker->relay);
		lp_directory_close(worker->directory);
		lp_tls_free(worker->tls);
		lp_loop_calls_free(worker->calls);
		if (workers->n > 1)
			lp_loop_free(worker->loop);
	}
	lp_quic_limits_free(workers->accepted);
	lp_mutex_free(workers->mutex);
	free(workers);
}

/* A call that a worker runs with its relay. */
struct task {
	void (*fn)(void *ctx, struct lp_relay *relay);
	void *ctx;
	struct lp_relay *relay;
};

static void run_task(void *ctx)
{
	const struct task *task = ctx;
	task->fn(task->ctx, task->relay);
}

static void ask(struct worker *worker, void (*fn)(void *ctx, struct lp_relay *relay), void *ctx)
{
	struct task task = {.fn = fn, .ctx = ctx, .relay = worker->relay};
	if (worker->thread)
		lp_loop_calls_wait(worker->calls, run_task, &task);
	else
		run_task(&task);
}

void lp_workers_each(struct lp_workers *workers, void (*fn)(void *ctx, struct lp_relay *relay), void *ctx)
{
	for (unsigned i = 0; i < workers->n; i++)
		ask(&workers->worker[i], fn, ctx);
}

void lp_workers_at(
	struct lp_workers *workers, const char *code, void (*fn)(void *ctx, struct lp_relay *relay), void *ctx)
{
	ask(&workers->worker[lp_room_steer(code) % workers->n], fn, ctx);
}

/* In the worker's thread. */
static void follow(void *ctx, struct lp_relay *relay)
{
	const struct worker *worker = ctx;
	(void)relay;
	lp_tls_server_follow(worker->tls, worker->workers->tls);
}

void lp_workers_follow_certificate(struct lp_workers *workers)
{
	for (unsigned i = 0; i < workers->n; i++)
		ask(&workers->worker[i], follow, &workers->worker[i]);
}

/* In the supervisor's thread: one more worker has no connections. */
static void count_drained(void *ctx)
{
	struct worker *worker = ctx;
	struct lp_workers *workers = worker->workers;
	if (--workers->n_draining == 0)
		workers->drained(workers->drained_ctx);
}

/* In the worker's thread. */
static void on_drained(void *ctx)
{
	struct worker *worker = ctx;
	if (worker->thread)
		lp_loop_calls_post(worker->workers->calls, &worker->drained);
	else
		count_drained(worker);
}

/* What lp_relay_drain() gets. */
struct drain {
	struct worker *worker;
	enum lp_reason reason;
};

static void drain(void *ctx, struct lp_relay *relay)
{
	const struct drain *drain = ctx;
	lp_relay_drain(relay, drain->reason, on_drained, drain->worker);
}

void lp_workers_drain(struct lp_workers *workers, enum lp_reason reason, void (*done)(void *ctx), void *ctx)
{
	workers->drained = done;
	workers->drained_ctx = ctx;
	workers->n_draining = workers->n;
	for (unsigned i = 0; i < workers->n; i++) {
		struct worker *worker = &workers->worker[i];
		worker->drained = (struct lp_loop_call){.fn = count_drained, .ctx = worker};
		ask(worker, drain, &(struct drain){.worker = worker, .reason = reason});
	}
}

void lp_workers_local(const struct lp_workers *workers, struct lp_addr *ret_addr)
{
	lp_relay_local(workers->worker[0].relay, ret_addr);
}

void lp_workers_local_tls(const struct lp_workers *workers, struct lp_addr *ret_addr)
{
	lp_relay_local_tls(workers->worker[0].relay, ret_addr);
}
