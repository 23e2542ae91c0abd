/* The remote members that a gateway's LAN has to know of, in the order in which their MACs are made known again. */
#ifndef LP_BRIDGE_MEMBERS_H
#define LP_BRIDGE_MEMBERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/mac.h"

struct lp_bridge_member {
	struct lp_bridge_member *prev, *next; /* by due_ns, the earliest first */
	uint64_t due_ns;                      /* when its MAC is to be made known again */
	struct lp_mac mac;
	uint16_t peer_id;
};

struct lp_bridge_members {
	struct lp_bridge_member *first, *last;
	size_t n, max;
};

/* The member of this id, or NULL. */
struct lp_bridge_member *lp_bridge_members_find(const struct lp_bridge_members *members, uint16_t peer_id);
/* Adds a member, due now. NULL: there are max of them, or there is no memory. */
struct lp_bridge_member *lp_bridge_members_add(
	struct lp_bridge_members *members, uint16_t peer_id, const struct lp_mac *mac, uint64_t now_ns);
/* Takes the member out and frees it. */
void lp_bridge_members_remove(struct lp_bridge_members *members, struct lp_bridge_member *member);
/* Makes the member due now: it is the first. */
void lp_bridge_members_hurry(struct lp_bridge_members *members, struct lp_bridge_member *member, uint64_t now_ns);
/* Makes everybody due now. */
void lp_bridge_members_hurry_all(struct lp_bridge_members *members, uint64_t now_ns);
/* Puts the first member off until |due_ns|, which is not before anybody else's: it is the last. */
void lp_bridge_members_put_off_first(struct lp_bridge_members *members, uint64_t due_ns);

#endif
