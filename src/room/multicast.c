#include "room/multicast.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "filter/view.h"
#include "proto/be.h"

#define CHAINS_MIN 16U

/* IGMP (RFC 2236 §2, RFC 3376 §4) and MLD (RFC 2710 §3, RFC 3810 §5) messages. */
enum {
	IGMP_QUERY = 0x11,
	IGMP_V1_REPORT = 0x12,
	IGMP_V2_REPORT = 0x16,
	IGMP_V2_LEAVE = 0x17,
	IGMP_V3_REPORT = 0x22,
	MLD_QUERY = 130,
	MLD_V1_REPORT = 131,
	MLD_V1_DONE = 132,
	MLD_V2_REPORT = 143,
};

/* Types of group records (RFC 3376 §4.2.12, RFC 3810 §5.2.12). */
enum {
	IS_INCLUDE = 1,
	IS_EXCLUDE = 2,
	TO_INCLUDE = 3,
	TO_EXCLUDE = 4,
	ALLOW_SOURCES = 5,
};

#define RECORDS_OFFSET 8U /* of the group records in a report of IGMPv3 or MLDv2 */
#define ADDRESS_MAX 16U

/* A version and a group address; IPv4 addresses are padded with zeros. */
struct address {
	uint8_t version; /* enum lp_multicast_version */
	uint8_t octet[ADDRESS_MAX];
};

struct lp_multicast_group {
	struct lp_multicast_group *same_hash;
	struct lp_node memberships;
	struct lp_node node; /* in the list of empty groups; unused otherwise */
	uint64_t used_ns;    /* while empty: when the last member left or the last frame was sent to the group */
	struct address address;
};

/* The message and its sender. */
struct message {
	struct lp_multicast_member *member;
	uint64_t station;
	enum lp_multicast_version version;
	const uint8_t *data;
	size_t len;
};

static size_t address_len(enum lp_multicast_version version)
{
	return version == LP_MULTICAST_IPV4 ? 4 : 16;
}

static struct address make_address(enum lp_multicast_version version, const uint8_t *octets)
{
	struct address address = {.version = (uint8_t)version};
	memcpy(address.octet, octets, address_len(version));
	return address;
}

/* True if the group is snooped: a multicast address, and not of a scope that always floods. */
static bool is_snooped(const struct address *address)
{
	const uint8_t *octet = address->octet;
	if (address->version == LP_MULTICAST_IPV4)
		return octet[0] >> 4 == 14 && (lp_be32_get(octet) & 0xffffff00) != 0xe0000000; /* 224.0.0.0/24 */
	return octet[0] == 0xff && (octet[1] & 15) > 2; /* RFC 4291 §2.7: 2 is link-local */
}

static struct lp_multicast_group **chain_of(const struct lp_multicast *multicast, const struct address *address)
{
	uint64_t hash = lp_siphash(multicast->hash_key, address, sizeof *address);
	return &multicast->chains[hash & (multicast->n_chains - 1)];
}

static struct lp_multicast_group *find(const struct lp_multicast *multicast, const struct address *address)
{
	struct lp_multicast_group *group = multicast->n_groups ? *chain_of(multicast, address) : NULL;
	while (group && memcmp(&group->address, address, sizeof *address) != 0)
		group = group->same_hash;
	return group;
}

/* Makes space for another group: doubles the number of chains when there are as many groups. */
static int reserve_group(struct lp_multicast *multicast)
{
	if (multicast->n_groups < multicast->n_chains)
		return 0;
	struct lp_multicast old = *multicast;
	size_t n_chains = old.n_chains ? old.n_chains * 2 : CHAINS_MIN;
	struct lp_multicast_group **chains = calloc(n_chains, sizeof(struct lp_multicast_group *));
	if (!chains)
		return LP_ENOMEM;
	multicast->chains = chains;
	multicast->n_chains = n_chains;
	for (size_t i = 0; i < old.n_chains; i++) {
		while (old.chains[i]) {
			struct lp_multicast_group *group = old.chains[i];
			struct lp_multicast_group **chain = chain_of(multicast, &group->address);
			old.chains[i] = group->same_hash;
			group->same_hash = *chain;
			*chain = group;
		}
	}
	free(old.chains);
	return 0;
}

static void forget_group(struct lp_multicast *multicast, struct lp_multicast_group *group)
{
	struct lp_multicast_group **link = chain_of(multicast, &group->address);
	while (*link != group)
		link = &(*link)->same_hash;
	*link = group->same_hash;
	multicast->n_groups--;
	multicast->n_empty--;
	lp_list_remove(&group->node);
	free(group);
}

/* Lists a group that has no members, which is in the hash table. */
static void set_empty(struct lp_multicast *multicast, struct lp_multicast_group *group)
{
	group->used_ns = multicast->now_ns;
	lp_list_append(&multicast->empty, &group->node);
	if (++multicast->n_empty > LP_MULTICAST_EMPTY_MAX)
		forget_group(multicast, LP_LIST_ELEMENT(multicast->empty.next, struct lp_multicast_group, node));
}

/* Adds a group, without members. NULL: out of memory. */
static struct lp_multicast_group *add_group(struct lp_multicast *multicast, const struct address *address)
{
	struct lp_multicast_group *group = calloc(1, sizeof *group);
	if (!group || reserve_group(multicast) < 0) {
		free(group);
		return NULL;
	}
	group->address = *address;
	lp_list_init(&group->memberships);
	struct lp_multicast_group **chain = chain_of(multicast, address);
	group->same_hash = *chain;
	*chain = group;
	multicast->n_groups++;
	set_empty(multicast, group);
	return group;
}

static void end_membership(struct lp_multicast *multicast, struct lp_multicast_membership *membership)
{
	struct lp_multicast_group *group = membership->group;
	lp_list_remove(&membership->of_group);
	lp_list_remove(&membership->of_member);
	membership->member->n_memberships--;
	if (lp_list_is_empty(&group->memberships))
		set_empty(multicast, group);
	free(membership);
}

static void end_all(struct lp_multicast *multicast, struct lp_multicast_member *member)
{
	while (!lp_list_is_empty(&member->memberships))
		end_membership(multicast,
			LP_LIST_ELEMENT(member->memberships.next, struct lp_multicast_membership, of_member));
}

/* The membership of |member|, or NULL. A member has few, a group may have many. */
static struct lp_multicast_membership *find_membership(
	const struct lp_multicast_member *member, const struct lp_multicast_group *group)
{
	LP_LIST_EACH(node, &member->memberships) {
		struct lp_multicast_membership *membership = LP_LIST_ELEMENT(
			node, struct lp_multicast_membership, of_member);
		if (membership->group == group)
			return membership;
	}
	return NULL;
}

/* True if the hosts had to repeat their reports since this one, and did not. */
static bool is_expired(const struct lp_multicast *multicast, const struct lp_multicast_membership *membership)
{
	const struct lp_multicast_querier *querier = &multicast->querier[membership->group->address.version];
	return querier->seen && multicast->now_ns - querier->last_ns <= LP_MULTICAST_AGE_NS &&
	       multicast->now_ns - querier->since_ns > LP_MULTICAST_AGE_NS &&
	       multicast->now_ns - membership->reported_ns > LP_MULTICAST_AGE_NS;
}

/* Ends the memberships of a group that have expired. */
static void expire(struct lp_multicast *multicast, struct lp_multicast_group *group)
{
	for (struct lp_node *node = group->memberships.next, *next; node != &group->memberships; node = next) {
		struct lp_multicast_membership *membership = LP_LIST_ELEMENT(
			node, struct lp_multicast_membership, of_group);
		next = node->next;
		if (is_expired(multicast, membership))
			end_membership(multicast, membership);
	}
}

/* Ends the expired memberships of a member, so that they do not count as its groups. */
static void expire_member(struct lp_multicast *multicast, struct lp_multicast_member *member)
{
	for (struct lp_node *node = member->memberships.next, *next; node != &member->memberships; node = next) {
		struct lp_multicast_membership *membership = LP_LIST_ELEMENT(
			node, struct lp_multicast_membership, of_member);
		next = node->next;
		if (is_expired(multicast, membership))
			end_membership(multicast, membership);
	}
}

/* A member that cannot be tracked receives every group. */
static void give_everything(struct lp_multicast *multicast, struct lp_multicast_member *member)
{
	end_all(multicast, member);
	member->everything = true;
	lp_list_append(&multicast->everything, &member->node);
}

static void join(struct lp_multicast *multicast, const struct message *message, const struct address *address)
{
	struct lp_multicast_member *member = message->member;
	struct lp_multicast_group *group = find(multicast, address);
	struct lp_multicast_membership *membership = group ? find_membership(member, group) : NULL;
	if (membership) {
		membership->shared = membership->shared || membership->station != message->station;
		membership->station = message->station;
		membership->reported_ns = multicast->now_ns;
		return;
	}
	if (member->n_memberships == LP_MULTICAST_GROUPS_PER_MEMBER) {
		expire_member(multicast, member);
		group = find(multicast, address); /* expiry may have removed it from the empty ones */
	}
	bool fits = member->n_memberships < LP_MULTICAST_GROUPS_PER_MEMBER;
	membership = fits ? calloc(1, sizeof *membership) : NULL;
	if (membership && !group)
		group = add_group(multicast, address);
	if (!membership || !group) {
		free(membership);
		give_everything(multicast, member);
		return;
	}
	if (lp_list_is_empty(&group->memberships)) {
		lp_list_remove(&group->node);
		multicast->n_empty--;
	}
	membership->group = group;
	membership->member = member;
	membership->station = message->station;
	membership->reported_ns = multicast->now_ns;
	lp_list_append(&group->memberships, &membership->of_group);
	lp_list_append(&member->memberships, &membership->of_member);
	member->n_memberships++;
}

static void leave(struct lp_multicast *multicast, const struct message *message, const struct address *address)
{
	struct lp_multicast_group *group = find(multicast, address);
	struct lp_multicast_membership *membership = group ? find_membership(message->member, group) : NULL;
	if (membership && !membership->shared && membership->station == message->station)
		end_membership(multicast, membership);
}

/* A host wants a group, or does not want it any more. */
static void record(struct lp_multicast *multicast, const struct message *message, size_t offset, bool wants)
{
	size_t len = address_len(message->version);
	if (message->len < len || offset > message->len - len || message->member->everything)
		return;
	struct address address = make_address(message->version, message->data + offset);
	if (!is_snooped(&address))
		return;
	if (wants)
		join(multicast, message, &address);
	else
		leave(multicast, message, &address);
}

/* The group records of IGMPv3 and MLDv2, which differ only in the length of addresses: type, auxiliary words, number of
   sources, group, sources, auxiliary data. */
static void read_records(struct lp_multicast *multicast, const struct message *message)
{
	if (message->len < RECORDS_OFFSET)
		return;
	size_t address = address_len(message->version), at = RECORDS_OFFSET;
	for (unsigned n = lp_be16_get(message->data + 6); n > 0 && message->len - at >= 4 + address; n--) {
		const uint8_t *head = message->data + at;
		unsigned n_sources = lp_be16_get(head + 2);
		size_t len = 4 + address + n_sources * address + head[1] * 4U;
		bool includes = head[0] == IS_INCLUDE || head[0] == TO_INCLUDE || head[0] == ALLOW_SOURCES;
		if (len > message->len - at)
			return;
		if (head[0] == IS_EXCLUDE || head[0] == TO_EXCLUDE || (includes && n_sources > 0))
			record(multicast, message, at + 4, true);
		else if (head[0] == TO_INCLUDE)
			record(multicast, message, at + 4, false);
		at += len;
	}
}

static void note_query(struct lp_multicast *multicast, enum lp_multicast_version version)
{
	struct lp_multicast_querier *querier = &multicast->querier[version];
	if (!querier->seen || multicast->now_ns - querier->last_ns > LP_MULTICAST_AGE_NS)
		querier->since_ns = multicast->now_ns;
	querier->seen = true;
	querier->last_ns = multicast->now_ns;
}

/* Evaluates a message of IGMP or MLD. True: it is a report or a leave, which only routers need. */
static bool read_message(struct lp_multicast *multicast, const struct message *message, bool gateway)
{
	uint8_t type = message->len > 0 ? message->data[0] : 0;
	bool mld = message->version == LP_MULTICAST_IPV6;
	if (type == (mld ? MLD_QUERY : IGMP_QUERY)) {
		if (gateway)
			note_query(multicast, message->version);
		return false;
	}
	bool joins = mld ? type == MLD_V1_REPORT : type == IGMP_V1_REPORT || type == IGMP_V2_REPORT;
	bool leaves = type == (mld ? MLD_V1_DONE : IGMP_V2_LEAVE);
	bool records = type == (mld ? MLD_V2_REPORT : IGMP_V3_REPORT);
	if (!gateway && (joins || leaves))
		record(multicast, message, mld ? 8 : 4, joins);
	else if (!gateway && records)
		read_records(multicast, message);
	return joins || leaves || records;
}

void lp_multicast_init(struct lp_multicast *multicast, const uint8_t hash_key[LP_SIPHASH_KEY])
{
	*multicast = (struct lp_multicast){0};
	memcpy(multicast->hash_key, hash_key, sizeof multicast->hash_key);
	lp_list_init(&multicast->empty);
	lp_list_init(&multicast->everything);
}

void lp_multicast_done(struct lp_multicast *multicast)
{
	while (multicast->n_empty > 0)
		forget_group(multicast, LP_LIST_ELEMENT(multicast->empty.next, struct lp_multicast_group, node));
	assert(multicast->n_groups == 0 && lp_list_is_empty(&multicast->everything));
	free(multicast->chains);
	multicast->chains = NULL;
}

void lp_multicast_member_init(struct lp_multicast_member *member)
{
	*member = (struct lp_multicast_member){0};
	lp_list_init(&member->memberships);
}

void lp_multicast_member_remove(struct lp_multicast *multicast, struct lp_multicast_member *member)
{
	end_all(multicast, member);
	if (member->everything)
		lp_list_remove(&member->node);
	member->everything = false;
}

/* The group of |address| if it is known. Its expired memberships are ended; an unused group is forgotten. */
static struct lp_multicast_group *current_group(struct lp_multicast *multicast, const struct address *address)
{
	struct lp_multicast_group *group = find(multicast, address);
	if (!group)
		return NULL;
	if (!lp_list_is_empty(&group->memberships)) {
		expire(multicast, group);
		return group;
	}
	if (multicast->now_ns - group->used_ns > LP_MULTICAST_AGE_NS) {
		forget_group(multicast, group);
		return NULL;
	}
	group->used_ns = multicast->now_ns;
	return group;
}

/* True if the frame has no tags and is IP to the MAC of an IP group (RFC 1112 §6.4, RFC 2464 §7). */
static bool is_ip_group(const struct lp_view *view, enum lp_multicast_version *ret_version)
{
	const uint8_t *dst = view->ether.dst.octet;
	if (view->fault != LP_ETHER_OK || view->ether.n_tags > 0 || view->ether.llc != LP_LLC_NONE)
		return false;
	if (view->ether.type == LP_ETHER_TYPE_IPV4 && dst[0] == 0x01 && dst[1] == 0x00 && dst[2] == 0x5e)
		*ret_version = LP_MULTICAST_IPV4;
	else if (view->ether.type == LP_ETHER_TYPE_IPV6 && dst[0] == 0x33 && dst[1] == 0x33)
		*ret_version = LP_MULTICAST_IPV6;
	else
		return false;
	return true;
}

enum lp_multicast_to lp_multicast_forward(struct lp_multicast *multicast, struct lp_multicast_member *from,
	bool gateway, struct lp_view *view, uint64_t now_ns, struct lp_multicast_group **ret_group)
{
	enum lp_multicast_version version;
	multicast->now_ns = now_ns;
	if (!is_ip_group(view, &version))
		return LP_MULTICAST_TO_ALL;
	const struct lp_ip *ip = lp_view_ip(view);
	if (!ip)
		return LP_MULTICAST_TO_ALL;
	if (ip->upper == LP_IP_UPPER_FOUND && ip->fragment_offset == 0 && !ip->more_fragments &&
		ip->protocol == (version == LP_MULTICAST_IPV6 ? LP_IP_ICMPV6 : LP_IP_IGMP)) {
		struct message message = {.member = from,
			.station = view->src,
			.version = version,
			.data = lp_view_upper(view),
			.len = ip->upper_len};
		/* A query for one group is sent to the group: it goes to all, because hosts must not miss it. */
		bool report = read_message(multicast, &message, gateway);
		return report ? LP_MULTICAST_TO_GATEWAY : LP_MULTICAST_TO_ALL;
	}
	struct address address = make_address(version, view->packet + (version == LP_MULTICAST_IPV6 ? 24 : 16));
	struct lp_multicast_group *group = is_snooped(&address) ? current_group(multicast, &address) : NULL;
	if (!group)
		return LP_MULTICAST_TO_ALL;
	*ret_group = group;
	return LP_MULTICAST_TO_GROUP;
}

struct lp_node *lp_multicast_memberships(struct lp_multicast_group *group)
{
	return &group->memberships;
}
