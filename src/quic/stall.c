#include "quic/stall.h"

#include "base/units.h"

#define SKIP_MAX_NS LP_SEC
#define NUDGES_MAX 16 /* the wait grows no further */

void lp_stall_progress(struct lp_stall *stall, uint64_t now_ns)
{
	stall->since_ns = now_ns;
	stall->n_nudges = 0;
}

void lp_stall_begin(struct lp_stall *stall, uint64_t now_ns)
{
	stall->since_ns = now_ns;
}

void lp_stall_heard(struct lp_stall *stall)
{
	stall->skipped_ns = 0;
}

uint64_t lp_stall_deadline(const struct lp_stall *stall, uint64_t timeout_ns)
{
	return stall->since_ns + (timeout_ns << stall->n_nudges);
}

void lp_stall_nudged(struct lp_stall *stall, uint64_t now_ns)
{
	stall->since_ns = now_ns;
	if (stall->n_nudges < NUDGES_MAX)
		stall->n_nudges++;
}

bool lp_stall_skip(struct lp_stall *stall, uint64_t ns)
{
	if (ns > SKIP_MAX_NS - stall->skipped_ns)
		return false;
	stall->skipped_ns += ns;
	return true;
}
