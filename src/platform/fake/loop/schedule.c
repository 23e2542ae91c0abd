#include "platform/fake/loop/schedule.h"

#include <stdlib.h>

/* True if |a| comes before |b|. */
static bool before(const struct lp_event *a, const struct lp_event *b)
{
	return a->at_ns < b->at_ns || (a->at_ns == b->at_ns && a->order < b->order);
}

/* Puts an event in its place of the heap. */
static void put(struct lp_schedule *schedule, size_t place, struct lp_event *event)
{
	schedule->heap[place] = event;
	event->place = place;
}

/* Moves an event up or down until the heap is in order again. */
static void settle(struct lp_schedule *schedule, struct lp_event *event)
{
	size_t place = event->place;
	for (; place > 1 && before(event, schedule->heap[place / 2]); place /= 2)
		put(schedule, place, schedule->heap[place / 2]);
	for (size_t child; (child = place * 2) <= schedule->n_events; place = child) {
		if (child < schedule->n_events && before(schedule->heap[child + 1], schedule->heap[child]))
			child++;
		if (!before(schedule->heap[child], event))
			break;
		put(schedule, place, schedule->heap[child]);
	}
	put(schedule, place, event);
}

void lp_schedule_set(struct lp_schedule *schedule, struct lp_event *event, uint64_t at_ns)
{
	event->at_ns = at_ns;
	event->order = schedule->n_set++;
	if (event->place == 0) {
		if (schedule->n_events + 1 >= schedule->size) {
			schedule->size = schedule->size ? schedule->size * 2 : 64;
			schedule->heap = realloc(schedule->heap, schedule->size * sizeof(struct lp_event *));
			if (!schedule->heap)
				abort();
		}
		put(schedule, ++schedule->n_events, event);
	}
	settle(schedule, event);
}

void lp_schedule_cancel(struct lp_schedule *schedule, struct lp_event *event)
{
	size_t place = event->place;
	if (place == 0)
		return;
	event->place = 0;
	struct lp_event *last = schedule->heap[schedule->n_events--];
	if (last == event)
		return;
	put(schedule, place, last);
	settle(schedule, last);
}

struct lp_event *lp_schedule_next(const struct lp_schedule *schedule)
{
	return schedule->n_events ? schedule->heap[1] : NULL;
}

void lp_schedule_done(struct lp_schedule *schedule)
{
	free(schedule->heap);
	*schedule = (struct lp_schedule){0};
}
