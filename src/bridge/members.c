#include "bridge/members.h"

#include <stdlib.h>

#define MEMBER(at) LP_LIST_ELEMENT(at, struct lp_bridge_member, node)

void lp_bridge_members_init(struct lp_bridge_members *members, size_t max)
{
	lp_list_init(&members->list);
	members->n = 0;
	members->max = max;
}

struct lp_bridge_member *lp_bridge_members_first(const struct lp_bridge_members *members)
{
	return lp_list_is_empty(&members->list) ? NULL : MEMBER(members->list.next);
}

struct lp_bridge_member *lp_bridge_members_find(const struct lp_bridge_members *members, uint16_t peer_id)
{
	LP_LIST_EACH(node, &members->list) {
		if (MEMBER(node)->peer_id == peer_id)
			return MEMBER(node);
	}
	return NULL;
}

struct lp_bridge_member *lp_bridge_members_add(
	struct lp_bridge_members *members, uint16_t peer_id, const struct lp_mac *mac, uint64_t now_ns)
{
	struct lp_bridge_member *member = members->n < members->max ? calloc(1, sizeof *member) : NULL;
	if (!member)
		return NULL;
	member->peer_id = peer_id;
	member->mac = *mac;
	member->due_ns = now_ns;
	lp_list_insert(&members->list, &member->node);
	members->n++;
	return member;
}

void lp_bridge_members_remove(struct lp_bridge_members *members, struct lp_bridge_member *member)
{
	lp_list_remove(&member->node);
	members->n--;
	free(member);
}

void lp_bridge_members_refresh(struct lp_bridge_members *members, struct lp_bridge_member *member, uint64_t now_ns)
{
	lp_list_remove(&member->node);
	member->due_ns = now_ns;
	lp_list_insert(&members->list, &member->node);
}

void lp_bridge_members_refresh_all(struct lp_bridge_members *members, uint64_t now_ns)
{
	LP_LIST_EACH(node, &members->list)
		MEMBER(node)->due_ns = now_ns;
}

void lp_bridge_members_postpone_first(struct lp_bridge_members *members, uint64_t due_ns)
{
	struct lp_bridge_member *member = lp_bridge_members_first(members);
	lp_list_remove(&member->node);
	member->due_ns = due_ns;
	lp_list_append(&members->list, &member->node);
}
