/* Offloads: work that a network device leaves to the receiver of a frame, which is completing a checksum and
   segmentation. The fields are those of struct virtio_net_hdr (virtio 1.2 §5.1.6) in host order, as TAPs and AF_PACKET
   sockets use them. */
#ifndef LP_PROTO_OFFLOAD_H
#define LP_PROTO_OFFLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lp_gso {
	LP_GSO_NONE,
	LP_GSO_TCP4,
	LP_GSO_TCP6,
	LP_GSO_UDP, /* UDP segmentation (USO): each segment is a datagram, IPv4 or IPv6 */
};

struct lp_offload {
	enum lp_gso gso;
	bool gso_ecn;         /* TCP with CWR set in the first segment only */
	bool needs_csum;      /* the L4 checksum field has the sum of the pseudo-header; complete it from csum_start */
	uint16_t gso_size;    /* payload bytes of each segment but the last */
	uint16_t hdr_len;     /* bytes before the payload; a hint, may be 0 */
	uint16_t csum_start;  /* from the first byte of the frame */
	uint16_t csum_offset; /* from csum_start */
};

/* A frame or super-frame as a device reads or writes it, contiguous. */
struct lp_frame {
	const uint8_t *data; /* from the destination MAC; no FCS */
	size_t len;          /* at most LP_SUPER_FRAME_MAX */
	struct lp_offload offload;
	bool from_host; /* of a packet socket: sent by this computer itself, not received from the wire */
};

/* The largest super-frame: 64 KiB of IP packet, an Ethernet header and two tags. */
#define LP_SUPER_FRAME_MAX (65536 + 14 + 8)

#endif
