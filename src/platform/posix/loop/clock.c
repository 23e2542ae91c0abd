#include "platform/posix/loop/clock.h"

#include <time.h>

#include "base/units.h"

uint64_t lp_monotonic_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * LP_SEC + (uint64_t)now.tv_nsec;
}
