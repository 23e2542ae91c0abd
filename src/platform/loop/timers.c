#include "platform/loop/timers.h"

#include <assert.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/units.h"
#include "platform/loop/loop.h"

struct lp_timer {
	struct lp_timers *timers;
	struct lp_heap_node node; /* in the heap while the timer is armed */
	lp_timer_fn fn;
	void *ctx;
};

void lp_timers_init(struct lp_timers *timers)
{
	*timers = (struct lp_timers){0};
}

void lp_timers_done(struct lp_timers *timers)
{
	assert(timers->n == 0);
	lp_heap_done(&timers->heap);
}

uint64_t lp_timers_next(const struct lp_timers *timers)
{
	return lp_heap_first_key(&timers->heap);
}

void lp_timers_run(struct lp_timers *timers, uint64_t now_ns)
{
	/* A timer that sets itself to the past again and again runs once per pass. */
	size_t turns = timers->n;

	while (turns-- && lp_heap_first(&timers->heap) && lp_heap_first_key(&timers->heap) <= now_ns) {
		struct lp_timer *timer = LP_HEAP_ELEMENT(lp_heap_first(&timers->heap), struct lp_timer, node);
		lp_heap_remove(&timers->heap, &timer->node);
		timer->fn(timer->ctx, now_ns);
	}
}

int lp_timer_new(struct lp_loop *loop, lp_timer_fn fn, void *ctx, struct lp_timer **ret_timer)
{
	struct lp_timers *timers = lp_loop_timers(loop);
	if (lp_heap_reserve(&timers->heap, timers->n + 1) < 0)
		return LP_ENOMEM;
	struct lp_timer *timer;
	timer = malloc(sizeof *timer);
	if (!timer)
		return LP_ENOMEM;
	*timer = (struct lp_timer){.timers = timers, .fn = fn, .ctx = ctx};
	timers->n++;
	*ret_timer = timer;
	return 0;
}

void lp_timer_free(struct lp_timer *timer)
{
	if (!timer)
		return;
	timer->timers->n--;
	lp_heap_remove(&timer->timers->heap, &timer->node);
	free(timer);
}

void lp_timer_set(struct lp_timer *timer, uint64_t deadline_ns)
{
	struct lp_heap *heap = &timer->timers->heap;
	if (deadline_ns == LP_NEVER)
		lp_heap_remove(heap, &timer->node);
	else if (!lp_heap_contains(&timer->node) || lp_heap_key(heap, &timer->node) != deadline_ns)
		lp_heap_set(heap, &timer->node, deadline_ns);
}
