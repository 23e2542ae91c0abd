#include <string.h>

#include "base/hex.h"
#include "room/room.h"
#include "room/state.h"
#include "room/table.h"

void *lp_peer_user(const struct lp_peer *peer)
{
	return peer->user;
}

uint16_t lp_peer_id(const struct lp_peer *peer)
{
	return peer->id;
}

enum lp_role lp_peer_role(const struct lp_peer *peer)
{
	return peer->role;
}

const struct lp_mac *lp_peer_mac(const struct lp_peer *peer)
{
	return &peer->mac;
}

const char *lp_peer_name(const struct lp_peer *peer)
{
	return peer->name;
}

const uint8_t *lp_peer_key(const struct lp_peer *peer)
{
	return peer->has_public_key ? peer->public_key : NULL;
}

bool lp_peer_by_key(const struct lp_peer *peer)
{
	return peer->by_key;
}

void lp_peer_set_proxy(struct lp_peer *peer, bool proxy)
{
	peer->proxy = proxy;
}

const char *lp_peer_room(const struct lp_peer *peer)
{
	return peer->room->code;
}

struct lp_peer *lp_peer_neighbour(const struct lp_peer *peer, size_t index)
{
	return index < peer->room->n_peers ? peer->room->peers[index] : NULL;
}

struct lp_peer *lp_peer_gateway(const struct lp_peer *peer)
{
	return peer->room->gateway;
}

const uint64_t *lp_peer_drops(const struct lp_peer *peer)
{
	return peer->drops;
}

void lp_peer_welcome(const struct lp_peer *peer, struct lp_welcome *ret_welcome)
{
	const struct lp_room *room = peer->room;
	const struct lp_limits *limits = &room->rooms->config.limits;
	const struct lp_rate *rates = peer->role == LP_ROLE_GATEWAY ? limits->gateway : limits->client;
	struct lp_welcome welcome = {
		.peer_id = peer->id,
		.mtu = room->mtu,
		.gateway_present = room->gateway != NULL,
		.limits = {.broadcast_pps = lp_limits_group_pps(limits, peer->role),
			.unknown_pps = rates[LP_LIMIT_UNKNOWN].per_s,
			.total_kbps = rates[LP_LIMIT_TOTAL].per_s,
			.stations = peer->max_stations,
			.peers = (uint32_t)room->rooms->config.max_peers_per_room},
	};
	memcpy(welcome.room, room->code, sizeof welcome.room);
	lp_token_format(peer->token, welcome.resume);
	if (peer->role == LP_ROLE_GATEWAY)
		lp_hex_format(room->probe, sizeof room->probe, welcome.probe);
	if (peer->link.on)
		lp_hex_format(peer->link.prefix, sizeof peer->link.prefix, welcome.link);
	if (peer->link.address.family)
		lp_addr_format(&peer->link.address, welcome.seen);
	*ret_welcome = welcome;
}

void lp_room_forget_station(struct lp_peer *client, uint64_t key)
{
	const struct lp_mac_entry *entry = lp_mac_table_find(&client->room->macs, key, 0); /* permanent */
	lp_stations_remove(&client->stations, key);
	if (entry && entry->owner == client && key != client->key)
		lp_mac_table_remove(&client->room->macs, key);
}

bool lp_peer_malformed(struct lp_peer *peer, uint64_t now_ns)
{
	/* A clock that went backwards starts a new window, too. */
	if (now_ns - peer->malformed_since_ns >= LP_ROOM_MALFORMED_WINDOW_NS) {
		peer->malformed_since_ns = now_ns;
		peer->malformed = 0;
	}
	if (peer->malformed < UINT32_MAX)
		peer->malformed++;
	return peer->malformed > peer->room->rooms->config.malformed_limit;
}

uint64_t lp_rooms_joins_limited(const struct lp_rooms *rooms)
{
	return rooms->joins_limited;
}

size_t lp_rooms_peer_count(const struct lp_rooms *rooms)
{
	return rooms->n_peers;
}

size_t lp_rooms_room_count(const struct lp_rooms *rooms)
{
	return rooms->n_rooms;
}

struct lp_peer *lp_rooms_find_key(const struct lp_rooms *rooms, const char *code, const uint8_t *key)
{
	const struct lp_room *room = lp_rooms_table_find(rooms, code);
	for (size_t i = 0; room && i < room->n_peers; i++) {
		struct lp_peer *peer = room->peers[i];
		if (!key || (peer->by_key && memcmp(peer->public_key, key, LP_KEY_BYTES) == 0))
			return peer;
	}
	return NULL;
}

struct lp_peer *lp_rooms_find_id(const struct lp_rooms *rooms, const char *code, uint16_t id)
{
	const struct lp_room *room = lp_rooms_table_find(rooms, code);
	for (size_t i = 0; room && i < room->n_peers; i++)
		if (room->peers[i]->id == id)
			return room->peers[i];
	return NULL;
}

void lp_rooms_each(const struct lp_rooms *rooms, void (*fn)(void *ctx, struct lp_peer *peer), void *ctx)
{
	LP_LIST_EACH(node, &rooms->list) {
		const struct lp_room *room = LP_LIST_ELEMENT(node, struct lp_room, node);
		for (size_t i = 0; i < room->n_peers; i++)
			fn(ctx, room->peers[i]);
	}
}
