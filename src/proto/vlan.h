/* Inserts a VLAN tag that the kernel has removed from a frame (AF_PACKET returns it in auxdata). */
#ifndef LP_PROTO_VLAN_H
#define LP_PROTO_VLAN_H

#include <stdint.h>
#include <string.h>

#include "proto/be.h"
#include "proto/ether.h"
#include "proto/offload.h"

/* Inserts the tag after the addresses of |frame|, which has at least two addresses, and LP_ETHER_TAG writable bytes
   before its start. Adjusts the offsets in |offload|, which may be NULL. Returns the new start; the frame is
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
