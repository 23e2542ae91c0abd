#include "quic/cc/pto.h"

#include "base/units.h"

#define SKIP_MAX_NS LP_SEC
#define PROBES_MAX 16
#define WAIT_MAX_NS LP_SEC
#define ALIVE_NS LP_SEC /* longer than what was in flight to us takes to arrive */
#define HOPELESS_NS (9 * LP_SEC)

void lp_pto_progress(struct lp_pto *pto, uint64_t now_ns)
{
	pto->since_ns = now_ns;
	pto->stuck_ns = pto->alive_ns = 0;
	pto->n_probes = 0;
}

void lp_pto_begin(struct lp_pto *pto, uint64_t now_ns)
{
	pto->since_ns = now_ns;
	if (pto->stuck_ns == 0)
		pto->stuck_ns = now_ns;
}

void lp_pto_alive(struct lp_pto *pto, uint64_t now_ns)
{
	if (pto->stuck_ns && !pto->alive_ns && now_ns - pto->stuck_ns >= ALIVE_NS)
		pto->alive_ns = now_ns;
}

bool lp_pto_is_hopeless(const struct lp_pto *pto, uint64_t now_ns)
{
	return pto->alive_ns && now_ns - pto->alive_ns >= HOPELESS_NS;
}

void lp_pto_received(struct lp_pto *pto)
{
	pto->skipped_ns = 0;
}

uint64_t lp_pto_deadline(const struct lp_pto *pto, uint64_t timeout_ns)
{
	uint64_t wait_ns = timeout_ns << pto->n_probes;
	return pto->since_ns + (wait_ns < WAIT_MAX_NS ? wait_ns : WAIT_MAX_NS);
}

void lp_pto_probed(struct lp_pto *pto, uint64_t now_ns)
{
	pto->since_ns = now_ns;
	if (pto->n_probes < PROBES_MAX)
		pto->n_probes++;
}

bool lp_pto_skip(struct lp_pto *pto, uint64_t ns)
{
	if (ns > SKIP_MAX_NS - pto->skipped_ns)
		return false;
	pto->skipped_ns += ns;
	return true;
}
