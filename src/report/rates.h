/* Traffic rates and losses from the differences of counters. Pure. */
#ifndef LP_REPORT_RATES_H
#define LP_REPORT_RATES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/units.h"
#include "obs/counters.h"

/* Frames per second and bits per second of the tunnel; up is from the member to the relay. */
struct lp_rates {
	uint64_t up_bps, down_bps, up_fps, down_fps;

	struct lp_link_counters last;
	uint64_t last_ns;
	bool sampled;
};

/* Adds a sample. The rates are those since the last sample and do not change if no time has passed. A counter that
   decreased was reset to 0. A zeroed lp_rates has no samples. */
void lp_rates_sample(struct lp_rates *rates, const struct lp_link_counters *counters, uint64_t now_ns);

/* After this time without traffic the loss is 0 until there is traffic again. */
#define LP_LOSS_KEPT_NS (30 * LP_SEC)

/* The share of packets that were lost between the last two samples with traffic in between. */
struct lp_loss {
	uint32_t ppm; /* parts per million */

	uint64_t last_sent, last_lost, last_ns;
};

/* Adds a sample of one end: DATAGRAMs sent and packets declared lost (RFC 9002 §6), since the connection began. Our own
   are for the direction up, those in the relay's `stats` for the direction down. The result is an estimate, because a
   packet may contain several DATAGRAMs or none. A zeroed lp_loss has no samples. */
void lp_loss_sample(struct lp_loss *loss, uint64_t sent, uint64_t lost, uint64_t now_ns);

#endif
