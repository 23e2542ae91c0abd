/* Offloads in software (proto/offload.h): segmentation of a super-frame, and completion of checksums. The segments are
   equal to those of Linux, byte for byte. No payload is copied. */
#ifndef LP_PROTO_SEGMENT_H
#define LP_PROTO_SEGMENT_H

#include <stddef.h>

#include "base/bytes.h"
#include "proto/offload.h"

/* The longest headers of a super-frame: Ethernet, two tags, IP with options or extension headers, TCP with options. */
#define LP_SEGMENT_HEADERS_MAX 512U
/* The most datagrams in a UDP super-frame (Linux's UDP_MAX_SEGMENTS). */
#define LP_SEGMENT_UDP_MAX 128U

/* Receives a frame in one or two parts: the rewritten headers, and the payload in the original frame. Both are valid
   until the call returns. */
typedef void (*lp_segment_fn)(void *ctx, const struct lp_bytes *parts, size_t n_parts);

/* Calls |emit| for each segment of |frame|, or for the frame itself if it has no offloads. Each segment has its own TCP
   sequence number, flags (FIN and PSH in the last one only, CWR in the first one only), IPv4 identification, lengths
   and checksums. Returns the number of segments, or LP_EMALFORMED without a call of |emit|: the offload metadata
   contradict the frame. */
int lp_segment(const struct lp_frame *frame, lp_segment_fn emit, void *ctx);

#endif
