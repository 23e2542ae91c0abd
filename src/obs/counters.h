/* The counters of one end of a tunnel, as `stats` carries them. */
#ifndef LP_OBS_COUNTERS_H
#define LP_OBS_COUNTERS_H

#include <stdint.h>

#include "obs/drop.h"

struct lp_text;

/* X(name, meaning): as seen from the tunnel's end that counts. */
#define LP_LINK_COUNTERS(X) \
	X(frames_in, "Ethernet frames that came out of the tunnel") \
	X(frames_out, "Ethernet frames that went into the tunnel") \
	X(bytes_in, "bytes of the frames that came out") \
	X(bytes_out, "bytes of the frames that went in") \
	X(datagrams_in, "DATAGRAMs received; more than frames where fragments were needed") \
	X(datagrams_out, "DATAGRAMs sent; more than frames where fragments were needed")

struct lp_link_counters {
#define X(name, meaning) uint64_t name;
	LP_LINK_COUNTERS(X)
#undef X
	uint64_t drops[LP_DROP_COUNT];
};

/* Called for each counter; |reason| is NULL, or the wire text of a drop's reason (then |name| is "drops"). */
typedef void (*lp_counter_fn)(void *ctx, const char *name, const char *reason, const char *meaning, uint64_t value);

/* Calls |fn| for every counter, drops that are 0 included, LP_DROP_NONE not. */
void lp_link_counters_walk(const struct lp_link_counters *counters, lp_counter_fn fn, void *ctx);
/* Adds |counters| to |sum|. */
void lp_link_counters_add(struct lp_link_counters *sum, const struct lp_link_counters *counters);
/* All drops together. */
uint64_t lp_drops_total(const uint64_t drops[LP_DROP_COUNT]);
/* Adds the drops that happened, "rogue_dhcp 3, queue_full 12", or nothing. */
void lp_drops_text(struct lp_text *text, const uint64_t drops[LP_DROP_COUNT]);

#endif
