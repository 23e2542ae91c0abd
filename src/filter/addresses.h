/* The owners of IP addresses in a broadcast domain: the guard against stolen addresses.

   ARP and neighbour discovery have no authentication: a station that claims an address gets its traffic. This table
   records which client uses an address, or whether the LAN behind the gateway does, from what they send
   (filter/claim.h) and from the LAN's DHCP acknowledgements. It refuses the claim of a client for an address of another
   owner.

   The LAN's side wins: its stations' claims are never refused, and an address that one of them uses is taken from the
   client that claimed it. A lease of the LAN's DHCP server gives the address to a client, whoever had it. Only
   announcements and requests of a LAN station end a lease, not its replies, because some routers reply to ARP for every
   address (proxy ARP). A claim of the LAN's side for a client's own MAC is that client's, for example from an access
   point that replies for its stations.

   A client keeps its addresses until it leaves, the last LP_ADDRESSES_PER_CLIENT that it used; leased ones stay
   longest. The LAN's are forgotten an hour after their last claim, or when there are too many. A probe for an address
   that another client was leased, or has probed itself a moment ago, is dropped too, because it would deny the address
   to that client; other probes pass, so that the owner can reply.

   What it does not do: it does not check IP source addresses, which no station learns from, and cannot protect an
   address of a station that has never sent anything to the room. It keys addresses without their VLAN, because many
   receivers ignore tags.

   The module is pure: claims and now_ns go in, decisions come out. Memory is allocated only for a new address. */
#ifndef LP_FILTER_ADDRESSES_H
#define LP_FILTER_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/siphash.h"
#include "base/units.h"
#include "filter/claim.h"

struct lp_address;

#define LP_ADDRESSES_PER_CLIENT 16U
#define LP_ADDRESS_LAN_AGE_NS (3600 * LP_SEC)
/* For this time after a station's first probe, others may not probe the address. */
#define LP_ADDRESS_PROBE_NS (3 * LP_SEC)

/* An owner of addresses: a client, embedded in the caller's struct, or the LAN. */
struct lp_address_owner {
	struct lp_node addresses; /* the one that was not used for longest first */
	size_t n_addresses;
};

struct lp_addresses {
	struct lp_address **chains; /* hash table; NULL while there are no addresses */
	size_t n_chains, n_addresses;
	struct lp_address_owner lan;
	size_t max_lan;       /* addresses of the LAN; beyond it, the oldest are forgotten */
	uint64_t n_forgotten; /* for that reason */
	uint8_t hash_key[LP_SIPHASH_KEY];
};

void lp_addresses_init(struct lp_addresses *addresses, const uint8_t hash_key[LP_SIPHASH_KEY], size_t max_lan);
/* All clients must have been removed. */
void lp_addresses_done(struct lp_addresses *addresses);
void lp_address_owner_init(struct lp_address_owner *owner);
/* Forgets the addresses of |client|. */
void lp_addresses_remove(struct lp_addresses *addresses, struct lp_address_owner *client);
/* Evaluates a claim in a frame of |client|. NULL: the frame may pass. Otherwise it must be dropped, because the address
   belongs to the owner that is returned. Without memory for a new address the frame passes. */
struct lp_address_owner *lp_addresses_claim(
	struct lp_addresses *addresses, struct lp_address_owner *client, const struct lp_claim *claim, uint64_t now_ns);
/* Records a claim in a frame of the gateway. |client| has the MAC of claim->station; NULL: no client has. Returns the
   client that lost the address by it, or NULL. */
struct lp_address_owner *lp_addresses_learn(
	struct lp_addresses *addresses, struct lp_address_owner *client, const struct lp_claim *claim, uint64_t now_ns);

#endif
