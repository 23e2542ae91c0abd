/* Claims: the IP addresses that a frame assigns to a station in the neighbour caches of its receivers. ARP (RFC 826,
   RFC 5227) and neighbour discovery (RFC 4861) carry them, and DHCP acknowledgements, by which a server assigns them.
 */
#ifndef LP_FILTER_CLAIM_H
#define LP_FILTER_CLAIM_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "filter/view.h"

enum lp_claim_kind {
	LP_CLAIM_REPLY,  /* a reply to a request, of the station itself or of a proxy */
	LP_CLAIM_USE,    /* the station uses the address: a request from it, or an unsolicited announcement */
	LP_CLAIM_PROBE,  /* the station checks whether the address is free (RFC 5227 §2.1.1, RFC 4862 §5.4.2) */
	LP_CLAIM_LEASE,  /* a DHCP server assigns the address to the station */
	LP_CLAIM_SERVER, /* a DHCP server names the address as a router, a name server or its own */
};

struct lp_claim {
	enum lp_claim_kind kind;
	uint64_t station; /* lp_mac_key() of the hardware address in the message; 0 with LP_CLAIM_SERVER */
	struct lp_addr address;
};

/* The most claims of one frame that are evaluated. */
#define LP_CLAIMS_MAX 8

/* The claim of a client's frame: 1 with |ret_claim| filled in, 0 if it makes none, or LP_EMALFORMED: ARP or neighbour
   discovery for another hardware address than the frame's source, or that cannot be read to its end. */
int lp_claim_of_client(struct lp_view *view, struct lp_claim *ret_claim);
/* The claims of a frame that came from the gateway. Their number; what cannot be read makes none. */
size_t lp_claims_of_lan(struct lp_view *view, struct lp_claim ret_claims[LP_CLAIMS_MAX]);

#endif
