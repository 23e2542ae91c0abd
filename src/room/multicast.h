/* IGMP and MLD snooping (RFC 4541): which members of a room receive an IP multicast group.

   Hosts report the groups that they want to routers, by IGMP (RFC 1112, 2236, 3376) and MLD (RFC 2710, 3810). A room
   has one port to which routers can be connected, the gateway, and its clients are hosts. So reports of clients go to
   the gateway only, and the gateway receives every group. A group that a client has reported goes to the clients that
   reported it. These frames still go to all members: groups that no client has reported, 224.0.0.0/24 and IPv6 groups
   of link-local and smaller scope (RFC 4541 §2.1.2, §3), groups that are not IP, tagged frames, and queries.

   A membership ends when the client leaves the group (at once, because behind a client there is usually one host), or
   leaves the room. Memberships age only while queries arrive from the gateway, because only queries make hosts repeat
   their reports. When its last membership ends, a group stays known while frames are sent to it: otherwise a video
   stream would go to all members when its last viewer stops watching.

   Invariants: what this module does not understand is flooded; a client that reports more groups than it may receives
   all groups; the number of memberships of a member, and of groups without members, has a maximum. IGMP and MLD
   checksums are not verified: the tunnel authenticates frames, and a report changes only the sender's own memberships.
   Source lists (IGMPv3, MLDv2) are not evaluated: a membership for some sources is one for all.

   The module is pure: frames and now_ns go in, decisions come out. Memory is allocated only for a new membership. */
#ifndef LP_ROOM_MULTICAST_H
#define LP_ROOM_MULTICAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/siphash.h"
#include "base/units.h"

struct lp_multicast_group;
struct lp_view;

/* More groups than this from a member: it receives all groups until it leaves the room. */
#define LP_MULTICAST_GROUPS_PER_MEMBER 32U
/* Groups of a room without members that are still known. */
#define LP_MULTICAST_EMPTY_MAX 64U
/* RFC 3376 §8.4, RFC 3810 §9.4: 2 × 125 s + 10 s. */
#define LP_MULTICAST_AGE_NS (260 * LP_SEC)

enum lp_multicast_version {
	LP_MULTICAST_IPV4,
	LP_MULTICAST_IPV6,
	LP_MULTICAST_VERSIONS,
};

/* A client, embedded in its lp_peer. The gateway has one too, which stays empty. */
struct lp_multicast_member {
	struct lp_node memberships;
	struct lp_node node; /* in the list of members that receive everything; unused otherwise */
	size_t n_memberships;
	bool everything; /* it reported too many groups */
};

/* A member's report of a group. */
struct lp_multicast_membership {
	struct lp_node of_group, of_member;
	struct lp_multicast_group *group;
	struct lp_multicast_member *member;
	uint64_t station;     /* lp_mac_key() of the host that sent the last report */
	uint64_t reported_ns; /* the last report */
	bool shared;          /* several hosts behind the member reported it, so that a leave is not the last one */
};

/* Queries of one version. */
struct lp_multicast_querier {
	bool seen;
	uint64_t since_ns, last_ns; /* the first and the last query without a gap of LP_MULTICAST_AGE_NS */
};

struct lp_multicast {
	struct lp_multicast_group **chains; /* hash table by version and address; NULL while there are no groups */
	size_t n_chains, n_groups;
	uint64_t now_ns;      /* of the last frame */
	struct lp_node empty; /* groups without members, the one that lost its last member first in front */
	size_t n_empty;
	struct lp_node everything; /* members that receive all groups */
	struct lp_multicast_querier querier[LP_MULTICAST_VERSIONS];
	uint8_t hash_key[LP_SIPHASH_KEY];
};

/* Where a group frame goes. */
enum lp_multicast_to {
	LP_MULTICAST_TO_ALL,
	LP_MULTICAST_TO_GATEWAY, /* only */
	LP_MULTICAST_TO_GROUP,   /* the gateway, the members of the group, and |everything| */
};

void lp_multicast_init(struct lp_multicast *multicast, const uint8_t hash_key[LP_SIPHASH_KEY]);
/* All members must have been removed. */
void lp_multicast_done(struct lp_multicast *multicast);
void lp_multicast_member_init(struct lp_multicast_member *member);
/* Ends the memberships of |member|. */
void lp_multicast_member_remove(struct lp_multicast *multicast, struct lp_multicast_member *member);
/* Evaluates a group frame that |from| sent: records a report, a leave or a query, and decides where the frame goes.
   |gateway|: |from| is the gateway; its reports are not recorded, its queries are. |ret_group| is set with
   LP_MULTICAST_TO_GROUP; it is valid until the next call. */
enum lp_multicast_to lp_multicast_forward(struct lp_multicast *multicast, struct lp_multicast_member *from,
	bool gateway, struct lp_view *view, uint64_t now_ns, struct lp_multicast_group **ret_group);
/* The list of a group's memberships, linked by |of_group|. */
struct lp_node *lp_multicast_memberships(struct lp_multicast_group *group);

#endif
