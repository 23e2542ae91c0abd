#include "obs/throttle.h"

#include "base/units.h"

void lp_throttle_init(struct lp_throttle *throttle, uint32_t per_s)
{
	*throttle = (struct lp_throttle){.per_s = per_s, .credit_ns = LP_SEC};
}

bool lp_throttle_allow(struct lp_throttle *throttle, uint64_t now_ns)
{
	if (throttle->per_s == 0)
		return true;
	if (now_ns > throttle->last_ns) {
		uint64_t passed_ns = now_ns - throttle->last_ns;
		throttle->credit_ns =
			passed_ns >= LP_SEC ? LP_SEC : lp_earlier(throttle->credit_ns + passed_ns, LP_SEC);
		throttle->last_ns = now_ns;
	}
	uint64_t cost_ns = LP_SEC / throttle->per_s;
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
