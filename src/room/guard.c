#include "room/guard.h"

#include "filter/claim.h"
#include "room/room.h"
#include "room/state.h"

/* The client that an owner of addresses is; NULL: the LAN. */
static struct lp_peer *peer_of(struct lp_room *room, struct lp_address_owner *owner)
{
	return owner == &room->addresses.lan ? NULL : LP_LIST_ELEMENT(owner, struct lp_peer, addresses);
}

/* Records the claims of a frame from the LAN. */
static void learn(struct lp_room *room, struct lp_view *view, uint64_t now_ns)
{
	const struct lp_rooms_config *config = &room->rooms->config;
	struct lp_claim claims[LP_CLAIMS_MAX];
	size_t n_claims = lp_claims_of_lan(view, claims);
	for (size_t i = 0; i < n_claims; i++) {
		struct lp_mac_entry *entry = lp_mac_table_find(&room->macs, claims[i].station, now_ns);
		struct lp_peer *client = entry ? entry->owner : NULL;
		if (client && client->role == LP_ROLE_GATEWAY)
			client = NULL;
		struct lp_address_owner *loser = lp_addresses_learn(
			&room->addresses, client ? &client->addresses : NULL, &claims[i], now_ns);
		if (loser && config->events->address_moved)
			config->events->address_moved(config->ctx, peer_of(room, loser), &claims[i].address, client);
	}
}

/* Notifies the owner of the rooms that a claim of |from| was refused. */
static void report(struct lp_peer *from, const struct lp_addr *address, struct lp_address_owner *owner, uint64_t now_ns)
{
	const struct lp_rooms_config *config = &from->room->rooms->config;
	if (now_ns < from->theft_event_ns || !config->events->address_refused)
		return;
	from->theft_event_ns = now_ns + LP_ROOM_THEFT_NS;
	config->events->address_refused(config->ctx, from, address, peer_of(from->room, owner));
}

enum lp_drop lp_guard_check(struct lp_peer *from, struct lp_view *view, uint64_t now_ns)
{
	struct lp_claim claim;
	if (from->role == LP_ROLE_GATEWAY) {
		learn(from->room, view, now_ns);
		return LP_DROP_NONE;
	}
	int result = lp_claim_of_client(view, &claim);
	if (result <= 0)
		return result < 0 ? LP_DROP_ADDRESS_THEFT : LP_DROP_NONE;
	if (from->proxy && claim.kind == LP_CLAIM_REPLY)
		return LP_DROP_NONE; /* no address is its own by that */
	struct lp_address_owner *owner = lp_addresses_claim(&from->room->addresses, &from->addresses, &claim, now_ns);
	if (!owner)
		return LP_DROP_NONE;
	report(from, &claim.address, owner, now_ns);
	return LP_DROP_ADDRESS_THEFT;
}
