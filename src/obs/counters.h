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

/* X(name, meaning): what a member could not keep or take, mostly because a bound was reached (docs/limits.md). */
#define LP_BOUND_COUNTERS(X) \
	X(peers_forgotten, "peers of the room that the member does not remember") \
	X(members_refused, "remote members whose MAC the gateway does not keep alive in the LAN's switches") \
	X(macs_refused, "stations of the LAN that the gateway's check against loops does not know") \
	X(overflows, "frames of the LAN that the system dropped before the gateway: it was too slow") \
	X(unusable, "frames of the LAN longer than any may be, or with an offload that nobody can describe") \
	X(tunnel_overflows, "UDP datagrams of the tunnel that the system dropped before the member: it was too slow")

struct lp_bound_counters {
#define X(name, meaning) uint64_t name;
	LP_BOUND_COUNTERS(X)
#undef X
};

/* All drops together. */
uint64_t lp_drops_total(const uint64_t drops[LP_DROP_COUNT]);
/* Adds the drops that happened, "rogue_dhcp 3, queue_full 12", or nothing. */
void lp_drops_text(struct lp_text *text, const uint64_t drops[LP_DROP_COUNT]);
/* Adds the counters that are not 0, "macs_refused 3, overflows 12", or nothing. */
void lp_bounds_text(struct lp_text *text, const struct lp_bound_counters *counters);

#endif
