/* Time in nanoseconds. Clocks are monotonic; their origin is arbitrary. */
#ifndef LP_BASE_UNITS_H
#define LP_BASE_UNITS_H

#include <stdint.h>

#define LP_US ((uint64_t)1000)
#define LP_MS ((uint64_t)1000 * LP_US)
#define LP_SEC ((uint64_t)1000 * LP_MS)

/* A deadline that is never reached. */
#define LP_NEVER UINT64_MAX

static inline uint64_t lp_earlier(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

#endif
