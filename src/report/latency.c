#include "report/latency.h"

/* Longer samples are ignored: the clock jumped. */
#define RTT_MAX_US 3600000000U

void lp_latency_sample(struct lp_latency *latency, uint64_t rtt_us)
{
	if (rtt_us == 0 || rtt_us > RTT_MAX_US)
		return;
	if (latency->sampled) {
		uint64_t last_us = latency->rtt_us;
		uint64_t difference_us = rtt_us > last_us ? rtt_us - last_us : last_us - rtt_us;
		/* RFC 3550 §A.8: J += |D| - J/16, scaled by 16 and rounded. */
		latency->jitter16_us += difference_us - ((latency->jitter16_us + 8) >> 4);
	}
	latency->rtt_us = rtt_us;
	latency->sampled = true;
}

uint64_t lp_latency_jitter_us(const struct lp_latency *latency)
{
	return latency->jitter16_us >> 4;
}

uint64_t lp_latency_gateway_us(uint64_t rtt_us, uint64_t gateway_rtt_us)
{
	return rtt_us && gateway_rtt_us ? rtt_us + gateway_rtt_us : 0;
}
