#include "quic/cc/path.h"

#include "base/units.h"

/* Of a tick: below, few packets come in one; above, half a round trip is too long to wait. */
#define TICK_MIN_NS (2 * LP_MS)
#define TICK_MAX_NS (40 * LP_MS)
/* A smaller round trip lowers the base by this part of the difference, so that one packet that was lucky in the jitter
   does not make all others look late. */
#define BASE_STEP 4U
/* The rate rises by what arrived in a span of at least a base, this time, and so much: the sample of a packet is of few
   packets where the round trip is short, and errs by one of them. */
#define SPAN_MIN_NS (10 * LP_MS)
#define SPAN_MIN_BYTES 12000U

void lp_cc_path_init(struct lp_cc_path *path, uint64_t now_ns)
{
	*path = (struct lp_cc_path){
		.base_ns = LP_NEVER,
		.lowest_ns = LP_NEVER,
		.tick_ns = now_ns,
		.tick_min_ns = LP_NEVER,
	};
}

void lp_cc_path_take_rtt(struct lp_cc_path *path, uint64_t rtt_ns)
{
	path->tick_min_ns = lp_earlier(path->tick_min_ns, rtt_ns);
	path->tick_sum_ns += rtt_ns;
	path->n_tick++;
	if (path->base_ns == LP_NEVER)
		path->base_ns = path->lowest_ns = rtt_ns;
}

void lp_cc_path_take_rate(struct lp_cc_path *path, uint64_t rate, bool start, uint64_t delivered_bytes, uint64_t now_ns)
{
	if (rate > path->round_rate)
		path->round_rate = rate;
	if (start && rate > path->rate)
		path->rate = rate;
	uint64_t bytes = delivered_bytes - path->span_bytes, ns = now_ns - path->span_ns;
	if (ns < SPAN_MIN_NS || ns < path->base_ns || bytes < SPAN_MIN_BYTES)
		return;
	uint64_t mean = (uint64_t)((double)bytes * 1e9 / (double)ns);
	if (mean > rate)
		mean = rate;
	if (mean > path->rate)
		path->rate = mean;
	path->span_bytes = delivered_bytes;
	path->span_ns = now_ns;
}

bool lp_cc_path_tick_due(const struct lp_cc_path *path, uint64_t now_ns)
{
	uint64_t length_ns = lp_earlier(path->base_ns / 2, TICK_MAX_NS);
	return path->n_tick > 0 && now_ns - path->tick_ns >= (length_ns > TICK_MIN_NS ? length_ns : TICK_MIN_NS);
}

/* Estimates the noise of the smallest round trip. */
static void follow_noise(struct lp_cc_path *path, uint64_t min_ns)
{
	uint64_t last_ns = path->last_min_ns;
	uint64_t change_ns = min_ns > last_ns ? min_ns - last_ns : last_ns - min_ns;
	if (last_ns)
		path->noise_ns = (path->noise_ns * 15 + change_ns) / 16;
}

void lp_cc_path_end_tick(struct lp_cc_path *path, bool free_base, bool steady, uint64_t now_ns)
{
	uint64_t min_ns = path->tick_min_ns, mean_ns = path->tick_sum_ns / path->n_tick;
	path->spread_ns = (path->spread_ns * 7 + (mean_ns - min_ns)) / 8;
	path->lowest_ns = lp_earlier(path->lowest_ns, min_ns);
	if (min_ns < path->base_ns)
		path->base_ns -= free_base ? path->base_ns - min_ns : (path->base_ns - min_ns) / BASE_STEP;
	path->wait_ns = min_ns > path->base_ns ? min_ns - path->base_ns : 0;
	if (path->wait_ns > path->round_wait_ns)
		path->round_wait_ns = path->wait_ns;
	if (steady)
		follow_noise(path, min_ns);
	path->last_min_ns = min_ns;
	path->tick_ns = now_ns;
	path->tick_min_ns = LP_NEVER;
	path->tick_sum_ns = 0;
	path->n_tick = 0;
}

void lp_cc_path_end_round(struct lp_cc_path *path)
{
	path->round_rate = 0;
	path->round_wait_ns = 0;
}
