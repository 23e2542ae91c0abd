/* Which flow a frame belongs to, for queues that treat flows fairly, and the congestion mark inside it. */
#ifndef LP_PROTO_FLOW_H
#define LP_PROTO_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A hash of the frame's IP addresses, protocol and ports; without ports where there are none or where they cannot be
   told (all fragments of a packet are one flow); of its MACs and type if it is not IP. |seed| is random for each
   queue, so that nobody can choose whom he collides with. */
uint64_t lp_flow_hash(const uint8_t *frame, size_t len, uint64_t seed);

/* Sets "congestion experienced" in the IP packet inside, if its sender understands that (RFC 3168 §5); an IPv4 header's
   checksum is put right. True if the mark is set now, false if the frame has to be dropped instead. */
bool lp_ecn_mark(uint8_t *frame, size_t len);

#endif
