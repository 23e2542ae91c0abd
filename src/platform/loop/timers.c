#include "platform/loop/timers.h"

#include <assert.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/units.h"
#include "platform/loop/loop.h"

struct lp_timer {
	struct lp_timers *timers;
	uint64_t deadline_ns; /* LP_NEVER: not armed */
	size_t place;         /* in the heap */
	lp_timer_fn fn;
	void *ctx;
};

/* Puts a timer at a place of the heap. */
static void place(struct lp_timers *timers, size_t i, struct lp_timer *timer)
{
	timers->heap[i] = timer;
	timer->place = i;
}

/* Moves a timer up or down the heap until its parent is not later and its children are not earlier. */
static void sift(struct lp_timers *timers, struct lp_timer *timer)
{
	size_t i = timer->place;

	while (i > 0 && timers->heap[(i - 1) / 2]->deadline_ns > timer->deadline_ns) {
		place(timers, i, timers->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < timers->n && timers->heap[child + 1]->deadline_ns < timers->heap[child]->deadline_ns)
			child++;
		if (child >= timers->n || timers->heap[child]->deadline_ns >= timer->deadline_ns)
			break;
		place(timers, i, timers->heap[child]);
		i = child;
	}
	place(timers, i, timer);
}

void lp_timers_init(struct lp_timers *timers)
{
	*timers = (struct lp_timers){0};
}

void lp_timers_done(struct lp_timers *timers)
{
	assert(timers->n == 0);
	free(timers->heap);
	timers->heap = NULL;
}

uint64_t lp_timers_next(const struct lp_timers *timers)
{
	return timers->n ? timers->heap[0]->deadline_ns : LP_NEVER;
}

void lp_timers_run(struct lp_timers *timers, uint64_t now_ns)
{
	/* A timer that sets itself to the past again and again gets its turn once a pass. */
	size_t turns = timers->n;

	while (turns-- && timers->n && timers->heap[0]->deadline_ns <= now_ns) {
		struct lp_timer *timer = timers->heap[0];

		timer->deadline_ns = LP_NEVER;
		sift(timers, timer);
		timer->fn(timer->ctx, now_ns);
	}
}

int lp_timer_new(struct lp_loop *loop, lp_timer_fn fn, void *ctx, struct lp_timer **ret_timer)
{
	struct lp_timers *timers = lp_loop_timers(loop);
	struct lp_timer *timer;

	if (timers->n == timers->room) {
		size_t room = timers->room ? 2 * timers->room : 8;
		struct lp_timer **heap = realloc(timers->heap, room * sizeof heap[0]);

		if (!heap)
			return LP_ENOMEM;
		timers->heap = heap;
		timers->room = room;
	}
	timer = malloc(sizeof *timer);
	if (!timer)
		return LP_ENOMEM;
	*timer = (struct lp_timer){.timers = timers, .deadline_ns = LP_NEVER, .fn = fn, .ctx = ctx};
	place(timers, timers->n++, timer);
	*ret_timer = timer;
	return 0;
}

void lp_timer_free(struct lp_timer *timer)
{
	struct lp_timers *timers;
	struct lp_timer *last;

	if (!timer)
		return;
	timers = timer->timers;
	last = timers->heap[--timers->n];
	if (last != timer) {
		place(timers, timer->place, last);
		sift(timers, last);
	}
	free(timer);
}

void lp_timer_set(struct lp_timer *timer, uint64_t deadline_ns)
{
	if (timer->deadline_ns == deadline_ns)
		return;
	timer->deadline_ns = deadline_ns;
	sift(timer->timers, timer);
}
