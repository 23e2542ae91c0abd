/* The counters of one end of a tunnel, as `stats` carries them. */
#ifndef LP_OBS_COUNTERS_H
#define LP_OBS_COUNTERS_H

#include <stdint.h>

#include "obs/drop.h"

struct lp_text;

/* As seen from the tunnel's end that counts. */
struct lp_link_counters {
	uint64_t frames_in, frames_out;       /* Ethernet frames that came out of the tunnel, and that went into it */
	uint64_t bytes_in, bytes_out;         /* of those frames */
	uint64_t datagrams_in, datagrams_out; /* DATAGRAMs; more than frames where fragments were needed */
	uint64_t drops[LP_DROP_COUNT];
};

/* All drops together. */
uint64_t lp_drops_total(const uint64_t drops[LP_DROP_COUNT]);
/* Adds the drops that happened, "rogue_dhcp 3, queue_full 12", or nothing. */
void lp_drops_text(struct lp_text *text, const uint64_t drops[LP_DROP_COUNT]);

#endif
