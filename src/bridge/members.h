/* The remote members whose MACs the LAN's switches must keep, in the order in which refreshes are due. */
#ifndef LP_BRIDGE_MEMBERS_H
#define LP_BRIDGE_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/mac.h"

struct lp_bridge_member {
	struct lp_node node;
	uint64_t due_ns; /* when the next refresh of its MAC is sent */
	struct lp_mac mac;
	uint16_t peer_id;
	bool displaced;    /* a station on the LAN has its MAC */
	uint64_t heard_ns; /* last frame from it through the tunnel */
};

struct lp_bridge_members {
	struct lp_node list; /* by due_ns, the earliest first */
	size_t n, max;
};

void lp_bridge_members_init(struct lp_bridge_members *members, size_t max);
/* The member with the earliest refresh, or NULL. */
struct lp_bridge_member *lp_bridge_members_first(const struct lp_bridge_members *members);
/* The member with this peer id, or NULL. */
struct lp_bridge_member *lp_bridge_members_find(const struct lp_bridge_members *members, uint16_t peer_id);
/* Adds a member; its refresh is due at |now_ns|. NULL: |max| members are there, or out of memory. */
struct lp_bridge_member *lp_bridge_members_add(
	struct lp_bridge_members *members, uint16_t peer_id, const struct lp_mac *mac, uint64_t now_ns);
/* Removes and frees the member. */
void lp_bridge_members_remove(struct lp_bridge_members *members, struct lp_bridge_member *member);
/* Makes the refresh of one member, or of all, due at |now_ns|. */
void lp_bridge_members_refresh(struct lp_bridge_members *members, struct lp_bridge_member *member, uint64_t now_ns);
void lp_bridge_members_refresh_all(struct lp_bridge_members *members, uint64_t now_ns);
/* Postpones the first member's refresh to |due_ns|, which must not be earlier than that of any other member. */
void lp_bridge_members_postpone_first(struct lp_bridge_members *members, uint64_t due_ns);

#endif
