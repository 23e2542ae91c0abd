#include "report/rates.h"

#define PPM 1000000U

/* The increase of a counter that may have been reset. */
static uint64_t step(uint64_t last, uint64_t now)
{
	return now >= last ? now - last : now;
}

/* |amount| per second, if it took |ns|. */
static uint64_t per_second(uint64_t amount, uint64_t ns)
{
	double rate = (double)amount * (double)LP_SEC / (double)ns;
	return rate < (double)(UINT64_MAX / 2) ? (uint64_t)rate : UINT64_MAX / 2;
}

void lp_rates_sample(struct lp_rates *rates, const struct lp_link_counters *counters, uint64_t now_ns)
{
	const struct lp_link_counters *last = &rates->last;
	if (rates->sampled && now_ns <= rates->last_ns)
		return;
	if (rates->sampled) {
		uint64_t ns = now_ns - rates->last_ns;
		rates->up_bps = per_second(8 * step(last->bytes_out, counters->bytes_out), ns);
		rates->down_bps = per_second(8 * step(last->bytes_in, counters->bytes_in), ns);
		rates->up_fps = per_second(step(last->frames_out, counters->frames_out), ns);
		rates->down_fps = per_second(step(last->frames_in, counters->frames_in), ns);
	}
	rates->last = *counters;
	rates->last_ns = now_ns;
	rates->sampled = true;
}

void lp_loss_sample(struct lp_loss *loss, uint64_t sent, uint64_t lost, uint64_t now_ns)
{
	uint64_t n_sent = step(loss->last_sent, sent), n_lost = step(loss->last_lost, lost);
	if (n_sent == 0 && now_ns - loss->last_ns < LP_LOSS_KEPT_NS)
		return; /* a loss declared now concerns earlier packets; it counts in the next sample with traffic */
	if (n_sent == 0)
		loss->ppm = 0;
	else
		loss->ppm = n_lost >= n_sent ? PPM : (uint32_t)((double)n_lost / (double)n_sent * PPM);
	loss->last_sent = sent;
	loss->last_lost = lost;
	loss->last_ns = now_ns;
}
