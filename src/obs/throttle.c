#include "obs/throttle.h"

#include "base/units.h"

/* What a line costs. */
static uint64_t cost_of(const struct lp_throttle *throttle)
{
	return LP_SEC / throttle->per_s;
}

void lp_throttle_init(struct lp_throttle *throttle, uint32_t per_s, uint32_t burst)
{
	*throttle = (struct lp_throttle){.per_s = per_s, .burst = burst};
	if (per_s)
		throttle->credit_ns = cost_of(throttle) * burst;
}

bool lp_throttle_allow(struct lp_throttle *throttle, uint64_t now_ns)
{
	if (throttle->per_s == 0)
		return true;
	uint64_t cost_ns = cost_of(throttle), full_ns = cost_ns * throttle->burst;
	if (now_ns > throttle->last_ns) {
		uint64_t passed_ns = now_ns - throttle->last_ns;
		throttle->credit_ns = passed_ns >= full_ns ? full_ns
							   : lp_earlier(throttle->credit_ns + passed_ns, full_ns);
		throttle->last_ns = now_ns;
	}
	if (throttle->credit_ns < cost_ns) {
		throttle->suppressed++;
		return false;
	}
	throttle->credit_ns -= cost_ns;
	return true;
}

uint64_t lp_throttle_take_suppressed(struct lp_throttle *throttle)
{
	uint64_t suppressed = throttle->suppressed;
	throttle->suppressed = 0;
	return suppressed;
}
