/* Counters of one end of a tunnel. */
#ifndef LP_OBS_COUNTERS_H
#define LP_OBS_COUNTERS_H

#include <stdint.h>

#include "obs/drop.h"

struct lp_text;

/* The counters in `stats`. */
struct lp_link_counters {
	uint64_t frames_in, frames_out;       /* Ethernet frames received from the tunnel, and sent into it */
	uint64_t bytes_in, bytes_out;         /* of these frames */
	uint64_t datagrams_in, datagrams_out; /* DATAGRAMs: more than frames if fragments were needed */
	uint64_t drops[LP_DROP_COUNT];
};

/* X(name, meaning): limits that a member has reached (docs/limits.md), and frames that it lost before it received them.
 */
#define LP_BOUND_COUNTERS(X) \
	X(peers_forgotten, "peers of the room that are not in the member's list") \
	X(members_refused, "remote members whose MAC the gateway does not refresh in the LAN's switches") \
	X(macs_refused, \
		"stations of the LAN that the gateway's table for loop detection forgot early, because it is full") \
	X(overflows, "frames of the LAN that the system dropped because the gateway was too slow") \
	X(unusable, "frames of the LAN that are too long, or have an unsupported offload") \
	X(tunnel_overflows, "UDP datagrams of the tunnel that the system dropped because the member was too slow")

struct lp_bound_counters {
#define X(name, meaning) uint64_t name;
	LP_BOUND_COUNTERS(X)
#undef X
};

/* The sum of all drops. */
uint64_t lp_drops_total(const uint64_t drops[LP_DROP_COUNT]);
/* Adds the drops that are not 0, "rogue_dhcp 3, queue_full 12", or nothing. */
void lp_drops_text(struct lp_text *text, const uint64_t drops[LP_DROP_COUNT]);
/* Adds the counters that are not 0, "macs_refused 3, overflows 12", or nothing. */
void lp_bounds_text(struct lp_text *text, const struct lp_bound_counters *counters);

#endif
