/* What crosses the UDP socket in one piece: a datagram, or a run of equal ones (GSO out, GRO in). */
#ifndef LP_BASE_UDP_MSG_H
#define LP_BASE_UDP_MSG_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct lp_udp_msg {
	const uint8_t *data;    /* the datagrams, one after the other */
	size_t len;             /* of all of them */
	uint16_t segment_bytes; /* length of each datagram but the last, which may be shorter; 0: only one */
	uint8_t ecn;            /* the two ECN bits of the IP header (RFC 3168) */
	struct lp_addr local;   /* the address at this end; family 0 when sending: the system chooses */
	struct lp_addr remote;  /* the address at the other end */
};

#endif
