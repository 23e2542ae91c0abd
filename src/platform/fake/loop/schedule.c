#include "platform/fake/loop/schedule.h"

#include <stdlib.h>

void lp_schedule_set(struct lp_schedule *schedule, struct lp_event *event, uint64_t at_ns)
{
	if (lp_heap_reserve(&schedule->heap, schedule->heap.n + 1) < 0)
		abort();
	lp_heap_set(&schedule->heap, &event->node, at_ns);
	event->at_ns = at_ns;
}

void lp_schedule_cancel(struct lp_schedule *schedule, struct lp_event *event)
{
	lp_heap_remove(&schedule->heap, &event->node);
}

struct lp_event *lp_schedule_next(const struct lp_schedule *schedule)
{
	struct lp_heap_node *first = lp_heap_first(&schedule->heap);
	return first ? LP_HEAP_ELEMENT(first, struct lp_event, node) : NULL;
}

void lp_schedule_done(struct lp_schedule *schedule)
{
	lp_heap_done(&schedule->heap);
}
