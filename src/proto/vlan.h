/* Puts a VLAN tag back into a frame that the kernel handed over without it (AF_PACKET keeps it in auxdata). */
#ifndef LP_PROTO_VLAN_H
#define LP_PROTO_VLAN_H

#include <stdint.h>
#include <string.h>

#include "proto/be.h"
#include "proto/ether.h"
#include "proto/offload.h"

/* |frame| has at least LP_ETHER_TAG bytes of room before it and its two addresses in it. They move there, the tag goes
   behind them, and the offsets of |offload| (NULL is fine) move along. Returns the frame's new first byte; it is
   LP_ETHER_TAG longer. */
static inline uint8_t *lp_vlan_push(uint8_t *frame, uint16_t tpid, uint16_t tci, struct lp_offload *offload)
{
	uint8_t *start = frame - LP_ETHER_TAG;
	memmove(start, frame, 12);
	lp_be16_put(start + 12, tpid);
	lp_be16_put(start + 14, tci);
	if (offload && offload->needs_csum)
		offload->csum_start = (uint16_t)(offload->csum_start + LP_ETHER_TAG);
	if (offload && offload->hdr_len)
		offload->hdr_len = (uint16_t)(offload->hdr_len + LP_ETHER_TAG);
	return start;
}

#endif
