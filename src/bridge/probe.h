/* Frames that a gateway sends on its own behalf: probes that find loops, and refreshes that keep a MAC in the tables of
   switches. */
#ifndef LP_BRIDGE_PROBE_H
#define LP_BRIDGE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mac.h"
#include "bridge/bridge.h"
#include "proto/ether.h"

/* A probe (docs/protocol.md). */
struct lp_probe {
	uint8_t room_nonce[LP_BRIDGE_NONCE];
	uint8_t sender[LP_BRIDGE_NONCE];
	uint32_t number;
};

/* Writes a probe as a broadcast from |src|. */
void lp_probe_write(const struct lp_probe *probe, const struct lp_mac *src, uint8_t frame[LP_ETHER_FRAME_MIN]);
/* Parses a probe. False: the frame is not a probe. */
bool lp_probe_read(const uint8_t *frame, size_t len, const struct lp_ether *ether, struct lp_probe *ret_probe);

/* Writes a Layer 2 Update frame, an LLC XID response as a broadcast from |src|: IP stacks ignore it, and each switch of
   the LAN learns the port of |src|. IEEE 802.11F §6.3.2 specifies it for access points. */
void lp_refresh_write(const struct lp_mac *src, uint8_t frame[LP_ETHER_FRAME_MIN]);

#endif
