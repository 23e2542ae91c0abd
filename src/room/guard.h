/* The guard against stolen IP addresses in a room: applies filter/addresses.h to members. */
#ifndef LP_ROOM_GUARD_H
#define LP_ROOM_GUARD_H

#include <stdint.h>

#include "obs/drop.h"

struct lp_peer;
struct lp_view;

/* Evaluates the claims of IP addresses in a frame of |from|. LP_DROP_NONE or LP_DROP_ADDRESS_THEFT. */
enum lp_drop lp_guard_check(struct lp_peer *from, struct lp_view *view, uint64_t now_ns);

#endif
