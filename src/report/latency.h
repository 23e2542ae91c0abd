/* Round-trip time and jitter, from samples of the round trip to the relay. Pure. */
#ifndef LP_REPORT_LATENCY_H
#define LP_REPORT_LATENCY_H

#include <stdbool.h>
#include <stdint.h>

struct lp_latency {
	uint64_t rtt_us;      /* the last sample */
	uint64_t jitter16_us; /* 16 times the jitter */
	bool sampled;
};

/* Adds a sample; 0 (unknown) is ignored. A zeroed lp_latency has no samples. */
void lp_latency_sample(struct lp_latency *latency, uint64_t rtt_us);
/* Smoothed difference of consecutive samples: the formula of RFC 3550 §6.4.1, with round trips instead of transit
   times, which would need synchronized clocks. */
uint64_t lp_latency_jitter_us(const struct lp_latency *latency);
/* An estimate of the round trip to the LAN's gateway: to the relay, plus from the relay to the gateway as reported in
   the relay's `stats`. It needs no packets and excludes the time that frames wait in relay and gateway, so it is a
   lower bound for what a game sees. 0 if one of the two is unknown. */
uint64_t lp_latency_gateway_us(uint64_t rtt_us, uint64_t gateway_rtt_us);

#endif
