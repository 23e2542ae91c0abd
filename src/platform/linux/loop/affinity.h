/* The processors that the calling thread may run on (sched_setaffinity(2)). */
#ifndef LP_PLATFORM_LINUX_LOOP_AFFINITY_H
#define LP_PLATFORM_LINUX_LOOP_AFFINITY_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

struct lp_affinity {
	cpu_set_t all; /* while it is narrow: what it was before */
	bool narrow;
	int schedstat; /* descriptor of what the kernel counts for the thread, -1: it does not */
};

/* Everything is for the thread that calls this. */
void lp_affinity_init(struct lp_affinity *affinity);
/* Leaves the thread as it came. */
void lp_affinity_done(struct lp_affinity *affinity);
/* Keeps the thread to the first of the processors that it may run on: every program of ours on the machine takes the
   same one. Where that is not permitted everything stays as it is. */
void lp_affinity_narrow(struct lp_affinity *affinity);
/* Takes that back, unless somebody else has chosen other processors for the thread meanwhile. */
void lp_affinity_widen(struct lp_affinity *affinity);
/* How long the thread has waited for a processor since it began, ready to run; 0 where the kernel does not tell. */
uint64_t lp_affinity_waited_ns(const struct lp_affinity *affinity);

#endif
