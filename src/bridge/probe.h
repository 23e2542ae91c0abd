/* Frames that a gateway makes itself: probes that find loops, and updates that tell switches where a MAC is. */
#ifndef LP_BRIDGE_PROBE_H
#define LP_BRIDGE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mac.h"
#include "bridge/bridge.h"
#include "proto/ether.h"

/* What a probe says (docs/protocol.md): of which room, from which gateway, and its number. */
struct lp_probe {
	uint8_t room_nonce[LP_BRIDGE_NONCE];
	uint8_t sender[LP_BRIDGE_NONCE];
	uint32_t number;
};

/* Writes a probe from |src| to everybody. */
void lp_probe_write(const struct lp_probe *probe, const struct lp_mac *src, uint8_t frame[LP_ETHER_FRAME_MIN]);
/* Reads the probe in a frame. False: it is none. */
bool lp_probe_read(const uint8_t *frame, size_t len, const struct lp_ether *ether, struct lp_probe *ret_probe);

/* Writes a Layer 2 Update frame: an XID response of LLC from |src| to everybody (IEEE 802.11F §6.3.2 has it from access
   points), which no IP stack looks at, and from which every switch on the LAN learns where |src| is. */
void lp_refresh_write(const struct lp_mac *src, uint8_t frame[LP_ETHER_FRAME_MIN]);

#endif
