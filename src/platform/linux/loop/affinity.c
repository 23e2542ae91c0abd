#include "platform/linux/loop/affinity.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

void lp_affinity_init(struct lp_affinity *affinity)
{
	*affinity = (struct lp_affinity){.schedstat = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)};
}

void lp_affinity_done(struct lp_affinity *affinity)
{
	lp_affinity_widen(affinity);
	if (affinity->schedstat >= 0)
		close(affinity->schedstat);
}

/* The set that holds the first processor of |cpus| alone. */
static cpu_set_t first_of(const cpu_set_t *cpus)
{
	cpu_set_t first;

	CPU_ZERO(&first);
	for (size_t i = 0; i < CPU_SETSIZE; i++) {
		if (CPU_ISSET(i, cpus)) {
			CPU_SET(i, &first);
			break;
		}
	}
	return first;
}

void lp_affinity_narrow(struct lp_affinity *affinity)
{
	cpu_set_t home;

	if (affinity->narrow || sched_getaffinity(0, sizeof affinity->all, &affinity->all) < 0)
		return;
	home = first_of(&affinity->all);
	affinity->narrow = sched_setaffinity(0, sizeof home, &home) == 0;
}

void lp_affinity_widen(struct lp_affinity *affinity)
{
	cpu_set_t now, home = first_of(&affinity->all);

	if (!affinity->narrow)
		return;
	affinity->narrow = false;
	if (sched_getaffinity(0, sizeof now, &now) == 0 && CPU_EQUAL(&now, &home))
		sched_setaffinity(0, sizeof affinity->all, &affinity->all);
}

uint64_t lp_affinity_waited_ns(const struct lp_affinity *affinity)
{
	/* Nanoseconds it ran, nanoseconds it waited, and how many times (Documentation/scheduler/sched-stats). */
	char line[64], *waited;
	ssize_t len = affinity->schedstat < 0 ? -1 : pread(affinity->schedstat, line, sizeof line - 1, 0);

	if (len <= 0)
		return 0;
	line[len] = 0;
	strtoull(line, &waited, 10);
	return strtoull(waited, NULL, 10);
}
