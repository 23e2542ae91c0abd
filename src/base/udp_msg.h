/* A datagram, or several of equal length: what one call sends to or receives from a UDP socket (GSO, GRO). */
#ifndef LP_BASE_UDP_MSG_H
#define LP_BASE_UDP_MSG_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct lp_udp_msg {
	const uint8_t *data;    /* the datagrams, concatenated */
	size_t len;             /* of all of them */
	uint16_t segment_bytes; /* length of each datagram, the last may be shorter; 0: one datagram */
	uint8_t ecn;            /* the two ECN bits of the IP header (RFC 3168) */
	struct lp_addr local;   /* local address; family 0 when sending: the system chooses */
	struct lp_addr remote;  /* remote address */
};

#endif
