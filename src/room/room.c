#include "room/room.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/siphash.h"
#include "base/utf8.h"
#include "base/wipe.h"
#include "proto/budget.h"
#include "room/admission.h"
#include "room/state.h"
#include "room/table.h"

#define ROOM_PEERS_MIN 4U
#define SOURCE_JOIN_TOKENS (uint32_t)(LP_ROOM_SOURCE_JOIN_NS / LP_SEC)

void lp_rooms_config_init(struct lp_rooms_config *config)
{
	*config = (struct lp_rooms_config){
		.max_rooms = LP_ROOM_ROOMS,
		.max_rooms_per_source = LP_ROOM_ROOMS_PER_SOURCE,
		.max_peers = LP_ROOM_PEERS,
		.max_peers_per_room = LP_ROOM_PEERS_PER_ROOM,
		.max_macs_per_gateway = LP_ROOM_MACS_PER_GATEWAY,
		.max_stations = LP_ROOM_STATIONS,
		.room_mtu = LP_ROOM_MTU,
		.min_datagram_budget = LP_BUDGET_MIN,
		.mac_age_ns = LP_ROOM_MAC_AGE_NS,
		.malformed_limit = LP_ROOM_MALFORMED_LIMIT,
		.filters = lp_filters_default(),
		.joins = {.per_s = LP_ROOM_JOINS_PER_S, .burst = LP_ROOM_JOINS_BURST},
	};
	lp_limits_init(&config->limits);
	for (enum lp_output i = 0; i < LP_OUTPUT_COUNT; i++)
		config->outputs[i] = lp_output_row(i)->rate;
}

void lp_rooms_totals_init(struct lp_rooms_totals *totals, const uint8_t *hash_key, const struct lp_lock *lock)
{
	memset(totals, 0, sizeof *totals);
	lp_list_init(&totals->plain_rooms);
	memcpy(totals->hash_key, hash_key, sizeof totals->hash_key);
	if (lock)
		totals->lock = *lock;
}

int lp_rooms_new(const struct lp_rooms_config *config, struct lp_rooms **ret_rooms)
{
	if (config->max_rooms == 0 || config->room_mtu == 0 || config->max_peers == 0 ||
		config->max_peers_per_room == 0 || config->max_peers_per_room > LP_ROOM_TARGETS_MAX)
		return LP_ERANGE;
	struct lp_rooms *rooms = calloc(1, sizeof *rooms);
	if (!rooms)
		return LP_ENOMEM;
	rooms->config = *config;
	rooms->totals = config->totals ? config->totals : &rooms->own_totals;
	lp_rooms_totals_init(&rooms->own_totals, config->hash_key, NULL);
	lp_list_init(&rooms->list);
	lp_meter_limits_init(&rooms->meter_limits[0], &config->limits, LP_ROLE_CLIENT);
	lp_meter_limits_init(&rooms->meter_limits[1], &config->limits, LP_ROLE_GATEWAY);
	lp_ratelimit_init(
		&rooms->joins, config->joins.per_s, config->joins.burst ? config->joins.burst : config->joins.per_s);
	/* Four tokens an attempt, because a limit regains whole tokens per second. */
	if (config->source_joins)
		lp_ratelimit_init(&rooms->source_joins, 1, config->source_joins * SOURCE_JOIN_TOKENS);
	lp_output_init(&rooms->output, config->outputs);
	lp_filters_init(&rooms->filters, config->filters, config->room_mtu);
	rooms->targets = calloc(config->max_peers_per_room, sizeof(struct lp_peer *));
	if (!rooms->targets || lp_rooms_table_init(rooms) < 0 || lp_transit_init(rooms) < 0) {
		lp_rooms_free(rooms);
		return LP_ENOMEM;
	}
	*ret_rooms = rooms;
	return 0;
}

void lp_rooms_free(struct lp_rooms *rooms)
{
	if (!rooms)
		return;
	assert(rooms->n_peers == 0 && rooms->n_rooms == 0 && lp_list_is_empty(&rooms->list));
	free(rooms->targets);
	lp_transit_done(rooms);
	lp_rooms_table_done(rooms);
	free(rooms);
}

/* Makes an empty room. NULL: out of memory. */
static struct lp_room *make_room(struct lp_rooms *rooms, const char *code, const struct lp_join *join)
{
	struct lp_room *room = calloc(1, sizeof *room);
	if (!room)
		return NULL;
	if (lp_mac_table_init(&room->macs, rooms->config.hash_key, rooms->config.max_macs_per_gateway) < 0) {
		free(room);
		return NULL;
	}
	room->rooms = rooms;
	lp_multicast_init(&room->multicast, rooms->config.hash_key);
	lp_addresses_init(&room->addresses, rooms->config.hash_key, rooms->config.max_macs_per_gateway);
	memcpy(room->code, code, sizeof room->code);
	room->source = join->source;
	room->by_key = join->by_key;
	rooms->config.events->random(rooms->config.ctx, room->probe, sizeof room->probe);
	room->mtu = rooms->config.room_mtu;
	lp_rooms_table_add(rooms, room);
	lp_list_insert(&rooms->list, &room->node);
	rooms->n_rooms++;
	atomic_fetch_add(&rooms->totals->n_rooms, 1);
	lp_lock_take(&rooms->totals->lock);
	if (!room->by_key)
		lp_list_insert(&rooms->totals->plain_rooms, &room->plain_node);
	lp_lock_release(&rooms->totals->lock);
	return room;
}

/* Frees a room without peers. */
static void drop_room(struct lp_room *room)
{
	struct lp_rooms *rooms = room->rooms;
	assert(room->n_peers == 0 && !room->gateway);
	lp_rooms_table_remove(rooms, room);
	lp_list_remove(&room->node);
	rooms->n_rooms--;
	atomic_fetch_sub(&rooms->totals->n_rooms, 1);
	lp_lock_take(&rooms->totals->lock);
	if (!room->by_key)
		lp_list_remove(&room->plain_node);
	lp_lock_release(&rooms->totals->lock);
	lp_mac_table_done(&room->macs);
	lp_multicast_done(&room->multicast);
	lp_addresses_done(&room->addresses);
	free(room->peers);
	free(room);
}

/* The next free peer id. Ids are assigned in a cycle, so that an id is not reused soon. */
static uint16_t next_id(struct lp_room *room)
{
	uint8_t used[(UINT16_MAX + 1) / 8] = {0};
	uint16_t id = room->last_id;
	for (size_t i = 0; i < room->n_peers; i++)
		used[room->peers[i]->id / 8] |= (uint8_t)(1U << room->peers[i]->id % 8);
	do
		id++;
	while (id == 0 || (used[id / 8] >> id % 8 & 1)); /* there are far fewer peers than ids */
	room->last_id = id;
	return id;
}

/* Makes space for another peer in the array. */
static int reserve_peer(struct lp_room *room)
{
	if (room->n_peers < room->size_peers)
		return 0;
	size_t size = room->size_peers ? room->size_peers * 2 : ROOM_PEERS_MIN;
	struct lp_peer **peers = realloc(room->peers, size * sizeof(struct lp_peer *));
	if (!peers)
		return LP_ENOMEM;
	room->peers = peers;
	room->size_peers = size;
	return 0;
}

/* True for C0 and C1 controls and DEL. */
static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/* Copies a member's name and replaces control characters by '?': a control takes six bytes in JSON, and the names of
   all peers must fit a new member's control stream, even if they were made as long as possible. */
static void copy_name(const char *name, char ret_name[LP_NAME_MAX + 1])
{
	size_t len = strnlen(name, LP_NAME_MAX);
	uint32_t code;
	memset(ret_name, 0, LP_NAME_MAX + 1);
	memcpy(ret_name, name, len);
	for (size_t at = 0, n; at < len; at += n) {
		n = lp_utf8_next(name + at, len - at, &code);
		if (n == 0 || is_control(code))
			memset(ret_name + at, '?', n = n ? n : 1);
	}
}

static uint64_t hash_source(const struct lp_rooms *rooms, uint64_t source)
{
	return lp_siphash(rooms->config.hash_key, &source, sizeof source);
}

/* Sets how many MACs a member may send from. */
static void set_stations(struct lp_peer *peer, const struct lp_hello *hello)
{
	unsigned max = peer->room->rooms->config.max_stations;
	peer->max_stations = hello->stations < max ? hello->stations : max;
	if (peer->max_stations == 0 || peer->role != LP_ROLE_CLIENT)
		peer->max_stations = 1;
}

/* Adds a new peer to |room|. NULL: out of memory. */
static struct lp_peer *add_peer(struct lp_room *room, const struct lp_join *join, uint64_t now_ns)
{
	const struct lp_hello *hello = join->hello;
	struct lp_rooms *rooms = room->rooms;
	struct lp_peer *peer = calloc(1, sizeof *peer);
	uint64_t key = lp_mac_key(hello->mac.octet);
	if (!peer || reserve_peer(room) < 0 || lp_mac_table_put(&room->macs, key, peer, LP_NEVER, now_ns) < 0) {
		free(peer);
		return NULL;
	}
	peer->room = room;
	peer->user = join->user;
	peer->key = key;
	peer->id = next_id(room);
	peer->role = hello->role;
	peer->mac = hello->mac;
	copy_name(hello->name, peer->name);
	set_stations(peer, hello);
	peer->by_key = join->by_key;
	peer->source_hash = hash_source(rooms, join->source);
	peer->has_public_key = join->key != NULL;
	if (join->key)
		memcpy(peer->public_key, join->key, sizeof peer->public_key);
	rooms->config.events->random(rooms->config.ctx, peer->token, sizeof peer->token);
	lp_multicast_member_init(&peer->multicast);
	lp_address_owner_init(&peer->addresses);
	lp_meter_init(&peer->meter, &rooms->meter_limits[peer->role == LP_ROLE_GATEWAY]);
	peer->index = room->n_peers;
	room->peers[room->n_peers++] = peer;
	rooms->n_peers++;
	atomic_fetch_add(&rooms->totals->n_peers, 1);
	if (peer->role == LP_ROLE_GATEWAY)
		room->gateway = peer;
	return peer;
}

/* Removes the computers behind a client. */
static void forget_stations(struct lp_peer *peer)
{
	for (size_t i = 0; i + 1 < LP_STATIONS_MAX; i++) {
		if (peer->stations.keys[i])
			lp_room_forget_station(peer, peer->stations.keys[i]);
	}
}

/* Announces the room's peers to |peer| and, if |announce|, |peer| to them. */
static void introduce(struct lp_peer *peer, bool announce)
{
	struct lp_room *room = peer->room;
	const struct lp_rooms_config *config = &room->rooms->config;
	for (size_t i = 0; i < room->n_peers; i++) {
		if (room->peers[i] != peer)
			config->events->peer_joined(config->ctx, peer, room->peers[i]);
	}
	for (size_t i = 0; announce && i < room->n_peers; i++) {
		if (room->peers[i] != peer)
			config->events->peer_joined(config->ctx, room->peers[i], peer);
	}
}

/* Takes an attempt from the limit of |source|. False: there is none. */
static bool take_attempt(struct lp_rooms *rooms, uint64_t source, uint64_t now_ns)
{
	struct lp_rooms_totals *totals = rooms->totals;
	uint64_t hash = lp_siphash(totals->hash_key, &source, sizeof source);
	struct lp_bucket *first = &totals->joins[hash % LP_ROOM_SOURCE_BUCKETS];
	struct lp_bucket *second = &totals->joins[hash / LP_ROOM_SOURCE_BUCKETS % LP_ROOM_SOURCE_BUCKETS];
	lp_lock_take(&totals->lock);
	bool a = lp_bucket_take(first, &rooms->source_joins, SOURCE_JOIN_TOKENS, now_ns);
	bool b = first == second ? a : lp_bucket_take(second, &rooms->source_joins, SOURCE_JOIN_TOKENS, now_ns);
	lp_lock_release(&totals->lock);
	return a || b;
}

/* Takes an attempt from the limit of |source|; rejects if there is none. It comes before the room's limit, so that one
   source can use up only a part of that. */
static bool may_try(struct lp_rooms *rooms, uint64_t source, uint64_t now_ns, struct lp_reject *reject)
{
	if (take_attempt(rooms, source, now_ns))
		return true;
	rooms->joins_limited++;
	lp_admission_refuse(reject, LP_REJECT_ROOM_FULL,
		"too many members are joining from this address. Try again in a few seconds.");
	return false;
}

/* Takes a token of the room's limit on joins; rejects if there is none. Each join costs a message to every other member
   and an entry in the MAC tables of the LAN's switches. */
static bool may_join(struct lp_room *room, uint64_t now_ns, struct lp_reject *reject)
{
	if (lp_bucket_take(&room->joins, &room->rooms->joins, 1, now_ns))
		return true;
	room->rooms->joins_limited++;
	lp_admission_refuse(reject, LP_REJECT_ROOM_FULL,
		"too many members are joining room %s. Try again in a few seconds.", room->code);
	return false;
}

/* Gives the membership of |peer| to a new connection of the same member. True if its name changed. */
static bool resume(struct lp_peer *peer, const struct lp_join *join, uint64_t now_ns)
{
	char name[LP_NAME_MAX + 1];
	copy_name(join->hello->name, name);
	bool renamed = strcmp(peer->name, name) != 0 &&
		       lp_bucket_take(&peer->room->joins, &peer->room->rooms->joins, 1, now_ns);
	if (renamed)
		memcpy(peer->name, name, sizeof peer->name);
	peer->user = join->user;
	set_stations(peer, join->hello);
	if (peer->max_stations == 1)
		forget_stations(peer);
	peer->malformed = 0;
	peer->malformed_since_ns = now_ns;
	return renamed;
}

/* Adds a new member to |room|, which is made if it is NULL. */
static int admit(struct lp_rooms *rooms, struct lp_room *room, const char *code, struct lp_join *join, uint64_t now_ns)
{
	if (!may_try(rooms, join->source, now_ns, &join->reject))
		return LP_EFULL;
	if (!room)
		room = make_room(rooms, code, join); /* its limit permits at least one join */
	if (room && !may_join(room, now_ns, &join->reject))
		return LP_EFULL;
	join->peer = room ? add_peer(room, join, now_ns) : NULL;
	if (join->peer)
		return 0;
	if (room && room->n_peers == 0)
		drop_room(room);
	lp_admission_refuse(&join->reject, LP_REJECT_RELAY_FULL, "the relay is out of memory");
	return LP_ENOMEM;
}

int lp_rooms_join(struct lp_rooms *rooms, struct lp_join *join, uint64_t now_ns)
{
	struct lp_admission admission;
	bool announce = true;
	join->peer = NULL;
	join->replaced = NULL;
	int result = lp_admission_judge(rooms, join, now_ns, &admission, &join->reject);
	if (result < 0)
		return result;
	if (admission.resumes) {
		join->peer = admission.resumes;
		join->replaced = join->peer->user;
		announce = resume(join->peer, join, now_ns);
	} else if ((result = admit(rooms, admission.room, admission.code, join, now_ns)) < 0) {
		return result;
	}
	if (join->link_address)
		lp_transit_add(join->peer, join->link_address);
	else
		lp_transit_remove(join->peer);
	rooms->config.events->welcome(rooms->config.ctx, join->peer);
	introduce(join->peer, announce);
	return 0;
}

const char *lp_rooms_spare(const struct lp_rooms *rooms)
{
	if (atomic_load(&rooms->totals->n_rooms) < rooms->config.max_rooms)
		return NULL;
	for (struct lp_node *node = rooms->list.prev; node != &rooms->list; node = node->prev) {
		const struct lp_room *room = LP_LIST_ELEMENT(node, struct lp_room, node);
		if (!room->gateway && !room->by_key)
			return room->code;
	}
	return NULL;
}

void lp_rooms_leave(struct lp_rooms *rooms, struct lp_peer *peer, enum lp_reason reason)
{
	struct lp_room *room = peer->room;
	struct lp_peer *last = room->peers[room->n_peers - 1];
	room->peers[peer->index] = last;
	last->index = peer->index;
	room->n_peers--;
	rooms->n_peers--;
	atomic_fetch_sub(&rooms->totals->n_peers, 1);
	lp_multicast_member_remove(&room->multicast, &peer->multicast);
	lp_transit_remove(peer);
	lp_addresses_remove(&room->addresses, &peer->addresses);
	if (room->gateway == peer) {
		room->gateway = NULL;
		lp_list_remove(&room->node);
		lp_list_insert(&rooms->list, &room->node);
		lp_mac_table_remove_owner(&room->macs, peer);
	} else {
		forget_stations(peer);
		lp_mac_table_remove(&room->macs, peer->key);
	}
	for (size_t i = 0; i < room->n_peers; i++)
		rooms->config.events->peer_left(rooms->config.ctx, room->peers[i], peer, reason);
	if (room->n_peers == 0)
		drop_room(room);
	lp_wipe(peer->token, sizeof peer->token);
	free(peer);
}
