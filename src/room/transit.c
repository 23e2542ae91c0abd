#include "room/transit.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/siphash.h"
#include "room/room.h"
#include "room/state.h"

#define CHAINS_MAX 65536U

int lp_transit_init(struct lp_rooms *rooms)
{
	struct lp_transit *transit = &rooms->transit;
	for (transit->n_chains = 1; transit->n_chains < 2 * rooms->config.max_peers && transit->n_chains < CHAINS_MAX;)
		transit->n_chains *= 2;
	transit->by_prefix = calloc(transit->n_chains, sizeof(struct lp_peer *));
	transit->by_address = calloc(transit->n_chains, sizeof(struct lp_peer *));
	return transit->by_prefix && transit->by_address ? 0 : LP_ENOMEM;
}

void lp_transit_done(struct lp_rooms *rooms)
{
	free(rooms->transit.by_prefix);
	free(rooms->transit.by_address);
}

/* Prefixes are random, so their own bytes are the hash. */
static struct lp_peer **prefix_chain(const struct lp_rooms *rooms, const uint8_t *prefix)
{
	uint32_t hash;
	memcpy(&hash, prefix + LP_LINK_PREFIX_BYTES - sizeof hash, sizeof hash);
	return &rooms->transit.by_prefix[hash & (rooms->transit.n_chains - 1)];
}

static struct lp_peer *find_prefix(const struct lp_rooms *rooms, const uint8_t *prefix)
{
	struct lp_peer *peer = *prefix_chain(rooms, prefix);
	while (peer && memcmp(peer->link.prefix, prefix, LP_LINK_PREFIX_BYTES) != 0)
		peer = peer->link.same_prefix_hash;
	return peer;
}

static struct lp_peer **address_chain(const struct lp_rooms *rooms, const struct lp_addr *address)
{
	uint64_t hash = lp_siphash(rooms->config.hash_key, address, sizeof *address);
	return &rooms->transit.by_address[hash & (rooms->transit.n_chains - 1)];
}

static struct lp_peer *find_address(const struct lp_rooms *rooms, const struct lp_addr *address)
{
	struct lp_peer *peer = *address_chain(rooms, address);
	while (peer && !lp_addr_equal(&peer->link.address, address))
		peer = peer->link.same_address_hash;
	return peer;
}

/* Forgets the member's address. */
static void clear_address(struct lp_peer *peer)
{
	if (!peer->link.address.family)
		return;
	struct lp_peer **link = address_chain(peer->room->rooms, &peer->link.address);
	while (*link != peer)
		link = &(*link)->link.same_address_hash;
	*link = peer->link.same_address_hash;
	peer->link.address.family = 0;
}

void lp_peer_set_address(struct lp_peer *peer, const struct lp_addr *address)
{
	struct lp_rooms *rooms = peer->room->rooms;
	if (!peer->link.on || (address && lp_addr_equal(&peer->link.address, address)))
		return;
	clear_address(peer);
	if (!address)
		return;
	struct lp_peer *other = find_address(rooms, address);
	if (other)
		clear_address(other);
	struct lp_peer **chain = address_chain(rooms, address);
	peer->link.address = *address;
	peer->link.same_address_hash = *chain;
	*chain = peer;
}

void lp_transit_add(struct lp_peer *peer, const struct lp_addr *address)
{
	struct lp_rooms *rooms = peer->room->rooms;
	if (!peer->link.on) {
		do {
			peer->link.prefix[0] = rooms->config.worker;
			rooms->config.events->random(
				rooms->config.ctx, peer->link.prefix + 1, LP_LINK_PREFIX_BYTES - 1);
		} while (find_prefix(rooms, peer->link.prefix));
		struct lp_peer **chain = prefix_chain(rooms, peer->link.prefix);
		peer->link.same_prefix_hash = *chain;
		*chain = peer;
		peer->link.on = true;
		rooms->transit.n_members++;
	}
	lp_peer_set_address(peer, address);
}

void lp_transit_remove(struct lp_peer *peer)
{
	struct lp_rooms *rooms = peer->room->rooms;
	if (!peer->link.on)
		return;
	clear_address(peer);
	struct lp_peer **link = prefix_chain(rooms, peer->link.prefix);
	while (*link != peer)
		link = &(*link)->link.same_prefix_hash;
	*link = peer->link.same_prefix_hash;
	peer->link.on = false;
	rooms->transit.n_members--;
}

/* True if the two may have a link: members of one room, and not kept apart by the filter. */
static bool may_link(const struct lp_peer *from, const struct lp_peer *to)
{
	if (!from || from == to || from->room != to->room)
		return false;
	return from->role == LP_ROLE_GATEWAY || to->role == LP_ROLE_GATEWAY ||
	       !lp_filters_apply(&from->room->rooms->filters, from->role, LP_FILTER_ISOLATION);
}

void lp_rooms_transit(struct lp_rooms *rooms, const struct lp_addr *address, const uint8_t *prefix, size_t n_datagrams,
	size_t len, uint64_t now_ns, struct lp_transit_verdict *ret_verdict)
{
	struct lp_transit_verdict verdict = {.to = find_prefix(rooms, prefix)};
	*ret_verdict = verdict;
	if (!verdict.to)
		return;
	struct lp_transit *transit = &rooms->transit;
	verdict.from = find_address(rooms, address);
	if (!may_link(verdict.from, verdict.to) || !verdict.to->link.address.family) {
		verdict.result = LP_TRANSIT_FOREIGN;
		transit->n_foreign += n_datagrams;
	} else if (lp_meter_take(&verdict.from->meter, LP_LIMIT_TOTAL, len, now_ns) != LP_DROP_NONE ||
		   !lp_output_take(&rooms->output, rooms, verdict.from, len, 1, now_ns)) {
		verdict.result = LP_TRANSIT_LIMITED;
		transit->n_limited += n_datagrams;
	} else {
		verdict.result = LP_TRANSIT_PASS;
		verdict.from->link.counters.datagrams_in += n_datagrams;
		verdict.from->link.counters.bytes_in += len;
		verdict.to->link.counters.datagrams_out += n_datagrams;
		verdict.to->link.counters.bytes_out += len;
		transit->n_passed += n_datagrams;
		transit->n_bytes += len;
	}
	*ret_verdict = verdict;
}

bool lp_rooms_has_transit(const struct lp_rooms *rooms)
{
	return rooms->transit.n_members > 0;
}

void lp_rooms_transit_totals(const struct lp_rooms *rooms, struct lp_transit_totals *ret_totals)
{
	const struct lp_transit *transit = &rooms->transit;
	*ret_totals = (struct lp_transit_totals){
		.datagrams = transit->n_passed,
		.bytes = transit->n_bytes,
		.foreign = transit->n_foreign,
		.limited = transit->n_limited,
	};
}

const struct lp_addr *lp_peer_address(const struct lp_peer *peer)
{
	return peer->link.address.family ? &peer->link.address : NULL;
}

const uint8_t *lp_peer_link_prefix(const struct lp_peer *peer)
{
	return peer->link.on ? peer->link.prefix : NULL;
}

const struct lp_transit_counters *lp_peer_transit(const struct lp_peer *peer)
{
	return &peer->link.counters;
}
