/* What is known of a path: the rate that it carries for us, its round trip without our queue, and how far round trips
   stray from that. Fed with every acknowledged packet; judged in ticks and rounds. Pure.

   Rate. It rises to the mean rate at which packets arrive over a span of at least a round trip, bounded by the delivery
   rate that the newest packet shows. It falls only when a drain of quic/cc/rate.h finds less: packets may arrive slower
   because less was sent.

   Base. The round trip without a queue of our own packets. Smaller round trips lower it step by step; only the drain of
   quic/cc/rate.h, which knows what waits, raises it. |lowest_ns| is the base without what others make us wait.

   Wait. What our packets wait in the network: the smallest round trip of a tick less the base. A tick is half a base,
   which is long enough to hold packets of several bursts and short enough to react within a round trip. The smallest
   round trip rather than the mean, because jitter and aggregation only ever add delay. */
#ifndef LP_QUIC_CC_PATH_H
#define LP_QUIC_CC_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lp_cc_flight_sample;

struct lp_cc_path {
	uint64_t rate;   /* bytes a second; 0: not known */
	uint64_t latest; /* at which packets arrived last, however they were sent: what the path carries if they waited
			  */

	uint64_t base_ns;   /* LP_NEVER: not known */
	uint64_t lowest_ns; /* LP_NEVER: not known */
	uint64_t wait_ns;   /* in the last tick */
	uint64_t noise_ns;  /* how much the smallest round trip changes from tick to tick, smoothed */
	uint64_t spread_ns; /* how far the mean of a tick lies above its smallest, smoothed */

	uint64_t tick_ns, tick_min_ns, tick_sum_ns; /* since when; round trips: smallest, sum */
	unsigned n_tick;                            /* round trips in this tick */
	uint64_t last_min_ns;                       /* smallest of the tick before; 0: there was none */

	uint64_t span_bytes, span_ns; /* delivered when this span began, and when that was */
	uint64_t round_rate;          /* highest sample of this round */
	uint64_t round_wait_ns;       /* longest wait of its ticks */
};

void lp_cc_path_init(struct lp_cc_path *path, uint64_t now_ns);
/* A packet was acknowledged: its round trip. */
void lp_cc_path_take_rtt(struct lp_cc_path *path, uint64_t rtt_ns);
/* A pass of acknowledgements was read. |rate|: the delivery rate that its newest packet shows. |start|: the rate rises
   to that without waiting for the span's end. */
void lp_cc_path_take_rate(
	struct lp_cc_path *path, uint64_t rate, bool start, uint64_t delivered_bytes, uint64_t now_ns);
/* True if the tick is over. */
bool lp_cc_path_tick_due(const struct lp_cc_path *path, uint64_t now_ns);
/* Ends the tick. |free_base|: any smaller round trip is the new base; |steady|: we change little, so what changes is
   noise. */
void lp_cc_path_end_tick(struct lp_cc_path *path, bool free_base, bool steady, uint64_t now_ns);
void lp_cc_path_end_round(struct lp_cc_path *path);

#endif
