/* The computers behind a client: source MACs besides its own that it may send from. There are few, so they are in an
   array. A MAC that has been silent for LP_STATIONS_AGE_NS makes room for another; until then a newcomer is refused, so
   that a client cannot use any number of MACs one after the other. */
#ifndef LP_PROTO_STATIONS_H
#define LP_PROTO_STATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/units.h"

/* The largest number of MACs of a client, its own included. */
#define LP_STATIONS_MAX 16U
#define LP_STATIONS_AGE_NS (300 * LP_SEC)

/* Zeroed: none. */
struct lp_stations {
	uint64_t keys[LP_STATIONS_MAX - 1]; /* lp_mac_key(); 0: free */
	uint64_t seen_ns[LP_STATIONS_MAX - 1];
};

/* A frame from |key|, which is not the client's own MAC, is 0 or a group's. True if it is one of the |max| MACs
   (LP_STATIONS_MAX at most, the client's own included) or becomes one; |*ret_forgotten| is then the MAC that made room
   for it, or 0. */
bool lp_stations_take(
	struct lp_stations *stations, unsigned max, uint64_t key, uint64_t now_ns, uint64_t *ret_forgotten);
/* Removes |key|, if it is there. */
void lp_stations_remove(struct lp_stations *stations, uint64_t key);

#endif
