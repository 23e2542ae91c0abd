/* Calls that fail because a test wants them to: of files, routes and interface settings. */
#ifndef LP_PLATFORM_FAKE_FAULTS_H
#define LP_PLATFORM_FAKE_FAULTS_H

#include <stdint.h>

struct lp_faults {
	uint64_t n_calls;
	uint64_t n_good; /* calls that succeed first */
	uint64_t n_bad;  /* calls that fail after them */
	int code;        /* the error of those */
};

/* Counts a call. 0, or the error that it has to return. */
static inline int lp_faults_next(struct lp_faults *faults)
{
	uint64_t n = faults->n_calls++;
	return n >= faults->n_good && n - faults->n_good < faults->n_bad ? faults->code : 0;
}

#endif
