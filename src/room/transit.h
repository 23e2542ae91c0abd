/* Packets of peer links in transit: which member of a room gets a datagram that one member sent to another, unopened.

   A member that has peer links gets a random prefix, which cannot be guessed, for the connection IDs of its
   links. A datagram whose destination connection ID begins with the prefix of a member is passed on to that member's
   address if it comes from the address of another member of the same room. There is no state per link: nothing is
   opened, and nothing is sent that did not come in, so nothing is amplified.

   Invariants. A prefix belongs to one membership, from the member's admission until it leaves, over all its
   connections. Addresses are those that QUIC has validated on the member's connection to the relay. An address belongs
   to one member; the last one that has moved there has it. */
#ifndef LP_ROOM_TRANSIT_H
#define LP_ROOM_TRANSIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "ctrl/message.h"

struct lp_peer;
struct lp_rooms;

/* Datagrams that were passed on for a member, and their bytes. */
struct lp_transit_counters {
	uint64_t datagrams_in, bytes_in;   /* from the member */
	uint64_t datagrams_out, bytes_out; /* to it */
};

/* Who sent a datagram, and to whom it goes. */
struct lp_transit_verdict {
	struct lp_peer *from, *to;
	enum {
		LP_TRANSIT_NOT,     /* no member has the prefix */
		LP_TRANSIT_PASS,    /* pass it on to lp_peer_address(to) */
		LP_TRANSIT_FOREIGN, /* drop it: it comes from no member of the room, or the two must not have a link */
		LP_TRANSIT_LIMITED, /* drop it: the sender's limit on its bandwidth, or one on output, is reached */
	} result;
};

/* Decides about |n_datagrams| of |len| bytes together that came from |address|, and counts them. |prefix| has
   LP_LINK_PREFIX_BYTES bytes. */
void lp_rooms_transit(struct lp_rooms *rooms, const struct lp_addr *address, const uint8_t *prefix, size_t n_datagrams,
	size_t len, uint64_t now_ns, struct lp_transit_verdict *ret_verdict);
/* Of all members, since the start: datagrams. */
struct lp_transit_totals {
	uint64_t datagrams, bytes; /* passed on */
	uint64_t foreign, limited; /* datagrams that were dropped, by result */
};

void lp_rooms_transit_totals(const struct lp_rooms *rooms, struct lp_transit_totals *ret_totals);
/* True if a member has peer links. */
bool lp_rooms_has_transit(const struct lp_rooms *rooms);
/* The address of a member with peer links changed; NULL: it has none any more. */
void lp_peer_set_address(struct lp_peer *peer, const struct lp_addr *address);
/* Its address; NULL: another member has it now, or it has no peer links. */
const struct lp_addr *lp_peer_address(const struct lp_peer *peer);
/* The prefix of its connection IDs, LP_LINK_PREFIX_BYTES; NULL: it has no peer links. */
const uint8_t *lp_peer_link_prefix(const struct lp_peer *peer);
const struct lp_transit_counters *lp_peer_transit(const struct lp_peer *peer);

#endif
