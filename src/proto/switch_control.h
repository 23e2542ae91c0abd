/* Switch control: frames between switches, or between a switch and the station on its port. They must not leave their
   wire. */
#ifndef LP_PROTO_SWITCH_CONTROL_H
#define LP_PROTO_SWITCH_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/ether.h"

/* Extreme Networks' EDP and EAPS, the only ones whose destinations are not group addresses. */
#define LP_SWITCH_CONTROL_EXTREME 0x00e02bU

/* The complete check; use lp_switch_control(). */
bool lp_switch_control_slow(const struct lp_ether *ether, uint64_t dst);

/* True if the frame is switch control: by its destination (|dst|, its lp_mac_key()), by its LLC, or by its type. */
static inline bool lp_switch_control(const struct lp_ether *ether, uint64_t dst)
{
	bool plain = !lp_mac_key_is_group(dst) && dst >> 24 != LP_SWITCH_CONTROL_EXTREME && ether->llc == LP_LLC_NONE &&
		     ether->type < LP_ETHER_TYPE_PAUSE;
	return !plain && lp_switch_control_slow(ether, dst);
}

/* True for a spanning tree BPDU (including Cisco's PVST+) that signals a topology change: switches then age their MAC
   tables within seconds (IEEE 802.1D §17.11, 802.1Q §13). */
bool lp_switch_control_topology_change(const uint8_t *frame, const struct lp_ether *ether);

#endif
