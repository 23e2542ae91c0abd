#include "platform/loop/loop.h"

#include <assert.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/units.h"
#include "platform/fake/current.h"
#include "platform/fake/host_state.h"
#include "platform/fake/loop/loop_fake.h"
#include "platform/fake/world_state.h"

int lp_loop_new(struct lp_loop **ret_loop)
{
	struct lp_loop *loop = calloc(1, sizeof *loop);
	if (!loop)
		return LP_ENOMEM;
	loop->host = lp_host_current();
	loop->next = loop->host->loops;
	loop->host->loops = loop;
	*ret_loop = loop;
	return 0;
}

void lp_loop_free(struct lp_loop *loop)
{
	if (!loop)
		return;
	assert(loop->n_attached == 0);
	struct lp_loop **link = &loop->host->loops;
	while (*link != loop)
		link = &(*link)->next;
	*link = loop->next;
	free(loop);
}

int lp_loop_run(struct lp_loop *loop)
{
	loop->stopped = false;
	while (!loop->stopped && lp_world_step(loop->host->world, LP_NEVER))
		;
	return loop->stopped ? 0 : LP_EINTERNAL;
}

void lp_loop_stop(struct lp_loop *loop)
{
	loop->stopped = true;
}

uint64_t lp_loop_now_ns(const struct lp_loop *loop)
{
	return loop->host->world->now_ns;
}

int64_t lp_loop_unix_s(const struct lp_loop *loop)
{
	const struct lp_world *world = loop->host->world;
	return world->unix_offset_s + (int64_t)(world->now_ns / LP_SEC);
}

uint64_t lp_loop_unix_ns(const struct lp_loop *loop)
{
	const struct lp_world *world = loop->host->world;
	return (uint64_t)world->unix_offset_s * LP_SEC + world->now_ns;
}

int lp_loop_on_signal(struct lp_loop *loop, lp_signal_fn fn, void *ctx)
{
	loop->on_signal = fn;
	loop->signal_ctx = ctx;
	return 0;
}

void lp_host_signal(struct lp_host *host, enum lp_signal signal)
{
	struct lp_host *outside = lp_host_switch(host);
	for (struct lp_loop *loop = host->loops, *next; loop; loop = next) {
		next = loop->next;
		if (loop->on_signal)
			loop->on_signal(loop->signal_ctx, signal);
	}
	lp_host_switch(outside);
}

struct lp_timer {
	struct lp_event event;
	struct lp_loop *loop;
	lp_timer_fn fn;
	void *ctx;
};

static void timer_fire(void *ctx)
{
	struct lp_timer *timer = ctx;
	timer->fn(timer->ctx, timer->loop->host->world->now_ns);
}

int lp_timer_new(struct lp_loop *loop, lp_timer_fn fn, void *ctx, struct lp_timer **ret_timer)
{
	struct lp_timer *timer = calloc(1, sizeof *timer);
	if (!timer)
		return LP_ENOMEM;
	*timer = (struct lp_timer){
		.event = {.host = loop->host, .run = timer_fire, .ctx = timer},
		.loop = loop,
		.fn = fn,
		.ctx = ctx,
	};
	loop->n_attached++;
	*ret_timer = timer;
	return 0;
}

void lp_timer_free(struct lp_timer *timer)
{
	if (!timer)
		return;
	lp_schedule_cancel(&timer->loop->host->world->schedule, &timer->event);
	timer->loop->n_attached--;
	free(timer);
}

void lp_timer_set(struct lp_timer *timer, uint64_t deadline_ns)
{
	struct lp_world *world = timer->loop->host->world;
	if (deadline_ns == LP_NEVER)
		lp_schedule_cancel(&world->schedule, &timer->event);
	else
		lp_schedule_set(
			&world->schedule, &timer->event, deadline_ns > world->now_ns ? deadline_ns : world->now_ns);
}
