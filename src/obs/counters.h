/* The counters of one end of a tunnel, as `stats` carries them. */
#ifndef LP_OBS_COUNTERS_H
#define LP_OBS_COUNTERS_H

#include <stdint.h>

#include "obs/drop.h"

struct lp_link_counters {
	uint64_t frames_in, frames_out;       /* whole Ethernet frames, seen from the tunnel's end that counts */
	uint64_t bytes_in, bytes_out;         /* of those frames */
	uint64_t datagrams_in, datagrams_out; /* DATAGRAMs; more than frames where fragments were needed */
	uint64_t drops[LP_DROP_COUNT];
};

#endif
