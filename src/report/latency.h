/* Round trips and how steady they are, from samples of the round trip to the relay. Pure. */
#ifndef LP_REPORT_LATENCY_H
#define LP_REPORT_LATENCY_H

#include <stdbool.h>
#include <stdint.h>

struct lp_latency {
	uint64_t rtt_us;      /* the last sample */
	uint64_t jitter16_us; /* 16 times the jitter */
	bool sampled;
};

/* Takes in a sample; 0 (unknown) is passed over. All zero is a latency without samples. */
void lp_latency_sample(struct lp_latency *latency, uint64_t rtt_us);
/* Smoothed difference between one sample and the next, by the formula of RFC 3550 §6.4.1 with round trips in the
   place of transit times, whose clocks we cannot compare. */
uint64_t lp_latency_jitter_us(const struct lp_latency *latency);
/* An estimate of the round trip between a member and the LAN's gateway: to the relay, and, as the relay's `stats`
   say, from there to the gateway. Nothing is sent for it. It leaves out what frames wait in the relay and in the
   gateway, so it is the least that a game can see. 0 if one of the two is unknown. */
uint64_t lp_latency_gateway_us(uint64_t rtt_us, uint64_t gateway_rtt_us);

#endif
