#include "bridge/members.h"

#include <stdlib.h>

/* Takes the member out of the list. */
static void unlink_member(struct lp_bridge_members *members, struct lp_bridge_member *member)
{
	*(member->prev ? &member->prev->next : &members->first) = member->next;
	*(member->next ? &member->next->prev : &members->last) = member->prev;
	member->prev = member->next = NULL;
}

/* Puts the member at the front of the list. */
static void link_first(struct lp_bridge_members *members, struct lp_bridge_member *member)
{
	member->next = members->first;
	*(members->first ? &members->first->prev : &members->last) = member;
	members->first = member;
}

struct lp_bridge_member *lp_bridge_members_find(const struct lp_bridge_members *members, uint16_t peer_id)
{
	struct lp_bridge_member *member = members->first;
	while (member && member->peer_id != peer_id)
		member = member->next;
	return member;
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
	link_first(members, member);
	members->n++;
	return member;
}

void lp_bridge_members_remove(struct lp_bridge_members *members, struct lp_bridge_member *member)
{
	unlink_member(members, member);
	members->n--;
	free(member);
}

void lp_bridge_members_hurry(struct lp_bridge_members *members, struct lp_bridge_member *member, uint64_t now_ns)
{
	unlink_member(members, member);
	member->due_ns = now_ns;
	link_first(members, member);
}

void lp_bridge_members_hurry_all(struct lp_bridge_members *members, uint64_t now_ns)
{
	for (struct lp_bridge_member *member = members->first; member; member = member->next)
		member->due_ns = now_ns;
}

void lp_bridge_members_put_off_first(struct lp_bridge_members *members, uint64_t due_ns)
{
	struct lp_bridge_member *member = members->first;
	unlink_member(members, member);
	member->due_ns = due_ns;
	member->prev = members->last;
	*(members->last ? &members->last->next : &members->first) = member;
	members->last = member;
}
