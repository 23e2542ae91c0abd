/* The flow of a frame, for fair queueing, and its congestion mark. */
#ifndef LP_PROTO_FLOW_H
#define LP_PROTO_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A hash of the frame's IP addresses, protocol and ports; without ports if they can't be determined, so that all
   fragments of a packet are in one flow; of its MACs and type if it is not IP. |seed| is random for each queue, so
   that a sender can't choose which flows collide with its own. */
uint64_t lp_flow_hash(const uint8_t *frame, size_t len, uint64_t seed);

/* Sets "congestion experienced" in the frame's IP packet if its sender supports ECN (RFC 3168 §5), and updates the
   checksum of an IPv4 header. True if the mark is set; false if the frame must be dropped instead. */
bool lp_ecn_mark(uint8_t *frame, size_t len);

#endif
