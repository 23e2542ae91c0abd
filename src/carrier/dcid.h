/* Whose packet a datagram carries: the first bytes of its destination connection ID. Both ends of a peer link choose
   connection IDs that begin with a prefix that the relay assigned to them, so the relay can pass their packets on
   without opening them, and a member can separate them from those of its connection to the relay.

   Only what every version of QUIC has in common is read (RFC 8999 §5), and of short headers, which do not contain the
   ID's length, the first bytes of the ID. Pure. */
#ifndef LP_CARRIER_DCID_H
#define LP_CARRIER_DCID_H

#include <stddef.h>
#include <stdint.h>

struct lp_udp_msg;

/* The first LP_LINK_PREFIX_BYTES bytes of the destination connection ID of the packet that the datagram begins with;
   NULL: it is not a QUIC packet, or its ID is shorter. */
const uint8_t *lp_dcid_prefix(const uint8_t *data, size_t len);
/* The same of the source connection ID; NULL, too, for a short header, which has none. */
const uint8_t *lp_scid_prefix(const uint8_t *data, size_t len);
/* Takes the consecutive datagrams of |msg| from the byte |at| on whose prefix is the same: one receive run may contain
   packets of several connections. Returns the bytes taken, at least one if any are left; |ret_run| is |msg| with these
   datagrams alone, |ret_prefix| is their prefix or NULL. */
size_t lp_dcid_run(const struct lp_udp_msg *msg, size_t at, struct lp_udp_msg *ret_run, const uint8_t **ret_prefix);

#endif
