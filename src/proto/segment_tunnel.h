/* Segmentation of TCP and UDP that travels inside of a tunnel protocol. Internal to proto/segment.c. */
#ifndef LP_PROTO_SEGMENT_TUNNEL_H
#define LP_PROTO_SEGMENT_TUNNEL_H

#include "proto/segment.h"

/* lp_segment() for a super-frame whose offload metadata point to an inner header: Linux's GRO gathers TCP inside of
   IPIP, 6in4, GRE, VXLAN, Geneve, FOU and PPPoE too. Every segment gets the lengths, IPv4 identifications and checksums
   of all its layers, as Linux's segmentation writes them. LP_EMALFORMED: no known chain of headers ends at
   |csum_start|. */
int lp_segment_tunnel(const struct lp_frame *frame, lp_segment_fn emit, void *ctx);

#endif
