/* Does in software what a device left undone (proto/offload.h): cuts a super-frame into frames of the network's MTU
   and completes checksums. The segments are those that Linux's own segmentation makes, byte for byte. Pure, and no
   payload is copied. */
#ifndef LP_PROTO_SEGMENT_H
#define LP_PROTO_SEGMENT_H

#include <stddef.h>

#include "base/bytes.h"
#include "proto/offload.h"

/* The longest headers of a super-frame: Ethernet, two tags, IP with options or extension headers, TCP with options. */
#define LP_SEGMENT_HEADERS_MAX 512U
/* The most datagrams in a UDP super-frame (Linux's UDP_MAX_SEGMENTS). */
#define LP_SEGMENT_UDP_MAX 128U

/* Takes one frame, in one or two parts: rewritten headers, and the rest where it lies in the frame that is cut. Both
   are valid until the call returns. */
typedef void (*lp_segment_fn)(void *ctx, const struct lp_bytes *parts, size_t n_parts);

/* Calls |emit| for each frame that |frame| stands for: itself if nothing was left undone. TCP sequence numbers, flags
   (FIN and PSH in the last segment only, CWR in the first only), IPv4 identifications, lengths and checksums are each
   segment's own. Returns how many there were; LP_EMALFORMED (then |emit| was not called): the offload metadata do not
   fit the frame. */
int lp_segment(const struct lp_frame *frame, lp_segment_fn emit, void *ctx);

#endif
