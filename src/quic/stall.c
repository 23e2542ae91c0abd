#include "quic/stall.h"

#include "base/units.h"

#define SKIP_MAX_NS LP_SEC
#define NUDGES_MAX 16
#define WAIT_MAX_NS LP_SEC
#define HOPELESS_NS (10 * LP_SEC)

void lp_stall_progress(struct lp_stall *stall, uint64_t now_ns)
{
	stall->since_ns = now_ns;
	stall->stuck_ns = 0;
	stall->n_nudges = 0;
}

void lp_stall_begin(struct lp_stall *stall, uint64_t now_ns)
{
	stall->since_ns = now_ns;
	if (stall->stuck_ns == 0)
		stall->stuck_ns = now_ns;
}

bool lp_stall_hopeless(const struct lp_stall *stall, uint64_t now_ns)
{
	return stall->stuck_ns && now_ns - stall->stuck_ns >= HOPELESS_NS;
}

void lp_stall_heard(struct lp_stall *stall)
{
	stall->skipped_ns = 0;
}

uint64_t lp_stall_deadline(const struct lp_stall *stall, uint64_t timeout_ns)
{
	uint64_t wait_ns = timeout_ns << stall->n_nudges;
	return stall->since_ns + (wait_ns < WAIT_MAX_NS ? wait_ns : WAIT_MAX_NS);
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
