/* Rates from the differences of counters: how much goes up and down, and how much is lost. Pure. */
#ifndef LP_REPORT_RATES_H
#define LP_REPORT_RATES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/units.h"
#include "obs/counters.h"

/* Frames per second and bits per second of the tunnel's two directions, as a member sees them: up is out. */
struct lp_rates {
	uint64_t up_bps, down_bps, up_fps, down_fps;

	struct lp_link_counters last;
	uint64_t last_ns;
	bool sampled;
};

/* Takes in the counters of the moment. The rates are those since the last call, and stay as they are if no time has
   passed; a counter that went back has started again from 0. All zero is a lp_rates without samples. */
void lp_rates_sample(struct lp_rates *rates, const struct lp_link_counters *counters, uint64_t now_ns);

/* A loss says nothing of a path on which nothing was sent for so long: then it is 0 until something is. */
#define LP_LOSS_KEPT_NS (30 * LP_SEC)

/* The share of what was sent that was lost, in the last stretch between two samples in which something was sent. */
struct lp_loss {
	uint32_t ppm; /* parts per million */

	uint64_t last_sent, last_lost, last_ns;
};

/* Takes in how many DATAGRAMs one end has sent and how many of its packets QUIC has declared lost, both since the
   connection began: its own for the way up, those of the relay's `stats` for the way down. An estimate: a packet may
   carry several DATAGRAMs, or none. All zero is a lp_loss without samples. */
void lp_loss_sample(struct lp_loss *loss, uint64_t sent, uint64_t lost, uint64_t now_ns);

#endif
