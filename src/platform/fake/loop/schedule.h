/* The events of the simulated world, in the order of their time. */
#ifndef LP_PLATFORM_FAKE_LOOP_SCHEDULE_H
#define LP_PLATFORM_FAKE_LOOP_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/heap.h"

struct lp_host;

/* One event. Embedded in its owner, which initialises it and cancels it before it is freed. */
struct lp_event {
	uint64_t at_ns;
	struct lp_heap_node node; /* events of the same time run in the order in which they were set */
	struct lp_host *host;     /* the host that it belongs to; NULL: the network */
	void (*run)(void *ctx);
	void *ctx;
};

struct lp_schedule {
	struct lp_heap heap;
};

void lp_schedule_done(struct lp_schedule *schedule);
/* Schedules or reschedules an event. Aborts when out of memory: this is test code. */
void lp_schedule_set(struct lp_schedule *schedule, struct lp_event *event, uint64_t at_ns);
/* Cancels the event if it is scheduled. */
void lp_schedule_cancel(struct lp_schedule *schedule, struct lp_event *event);
/* The next event, or NULL. */
struct lp_event *lp_schedule_next(const struct lp_schedule *schedule);

#endif
