/* Rooms: who owns them. The table, the operations, and the interface. */
#include "claim/claim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "claim/state.h"

#define INDEX_BITS 24

void lp_claims_config_init(struct lp_claims_config *config)
{
	*config = (struct lp_claims_config){
		.max_rooms = 4096,
		.max_relays = 64,
		.lease_ns = 3 * LP_SEC,
		.serve_ns = 2 * LP_SEC,
		.renew_ns = 700 * LP_MS,
		.reply_ns = 400 * LP_MS,
		.poll_ns = 500 * LP_MS,
		.wanted_ns = 10 * LP_SEC,
		.refresh_ns = 3600 * LP_SEC,
	};
}

static struct lp_claim_room **bucket(const struct lp_claims *claims, const char *code)
{
	return &claims->buckets[lp_siphash(claims->config.seed, code, strlen(code)) & (claims->n_buckets - 1)];
}

static struct lp_claim_room *find(const struct lp_claims *claims, const char *code)
{
	struct lp_claim_room *room = *bucket(claims, code);
	while (room && strcmp(room->code, code) != 0)
		room = room->next;
	return room;
}

static void unwatch(struct lp_claims *claims, struct lp_claim_room *room)
{
	if (room->relay)
		lp_claim_relay_unwatch(claims, room->relay);
	room->relay = NULL;
}

static void forget(struct lp_claims *claims, struct lp_claim_room *room)
{
	unwatch(claims, room);
	lp_heap_remove(&claims->timers, &room->slot.timer);
	struct lp_claim_room **at = bucket(claims, room->code);
	while (*at != room)
		at = &(*at)->next;
	*at = room->next;
	room->slot.op_id = 0;
	room->state = LP_CLAIM_UNUSED;
	room->next = claims->unused;
	claims->unused = room;
}

/* The only function that changes the state of a room; the next operation is due at |at_ns|. */
static void enter(struct lp_claims *claims, struct lp_claim_room *room, enum lp_claim_room_state state, uint64_t at_ns)
{
	bool was_held = room->state == LP_CLAIM_HELD, was_foreign = room->state == LP_CLAIM_FOREIGN;
	/* It was not released, so it stays wanted until another relay is known to have it. */
	if (was_held && state != LP_CLAIM_HELD && !room->giving)
		room->wanted_until_ns = LP_NEVER;
	if (state == LP_CLAIM_ASK || state == LP_CLAIM_HELD)
		unwatch(claims, room);
	room->state = state;
	room->slot.op_id = 0;
	lp_claim_due(claims, &room->slot, at_ns);
	if (!claims->config.changed)
		return;
	if (state == LP_CLAIM_HELD && !was_held)
		claims->config.changed(claims->config.ctx, room->code, LP_CLAIM_SERVE);
	else if (state == LP_CLAIM_FOREIGN && !was_foreign)
		claims->config.changed(claims->config.ctx, room->code, LP_CLAIM_REDIRECT);
	else if ((was_held && state != LP_CLAIM_HELD) || (was_foreign && state != LP_CLAIM_FOREIGN))
		claims->config.changed(claims->config.ctx, room->code, LP_CLAIM_WAIT);
}

int lp_claims_new(const struct lp_claims_config *config, uint64_t now_ns, struct lp_claims **ret_claims)
{
	if (config->serve_ns >= config->lease_ns || config->renew_ns + config->reply_ns >= config->serve_ns ||
		!config->reply_ns || !config->poll_ns || config->place_len > LP_CLAIM_PLACE_MAX ||
		!config->max_relays || !config->max_rooms || config->max_rooms + config->max_relays >= 1 << INDEX_BITS)
		return LP_EINVAL;
	struct lp_claims *claims = calloc(1, sizeof *claims);
	if (!claims)
		return LP_ENOMEM;
	claims->config = *config;
	for (claims->n_buckets = 16; claims->n_buckets < config->max_rooms;)
		claims->n_buckets *= 2;
	claims->relays = calloc(config->max_relays, sizeof *claims->relays);
	claims->rooms = calloc(config->max_rooms, sizeof *claims->rooms);
	claims->buckets = calloc(claims->n_buckets, sizeof(struct lp_claim_room *));
	if (!claims->relays || !claims->rooms || !claims->buckets ||
		lp_heap_reserve(&claims->timers, 1 + config->max_relays + config->max_rooms) < 0) {
		lp_claims_free(claims);
		return LP_ENOMEM;
	}
	for (size_t i = 0; i < config->max_relays; i++)
		claims->relays[i].slot.index = (uint32_t)(1 + i);
	for (size_t i = config->max_rooms; i-- > 0;) {
		claims->rooms[i].slot.index = (uint32_t)(1 + config->max_relays + i);
		claims->rooms[i].next = claims->unused;
		claims->unused = &claims->rooms[i];
	}
	lp_claim_own_open(claims, now_ns);
	*ret_claims = claims;
	return 0;
}

void lp_claims_free(struct lp_claims *claims)
{
	if (!claims)
		return;
	while (lp_heap_first(&claims->timers))
		lp_heap_remove(&claims->timers, lp_heap_first(&claims->timers));
	lp_heap_done(&claims->timers);
	free(claims->relays);
	free(claims->rooms);
	free(claims->buckets);
	free(claims);
}

static bool is_closing(const struct lp_claims *claims)
{
	return claims->own.state == LP_CLAIM_CLOSING || claims->own.state == LP_CLAIM_CLOSED;
}

int lp_claims_want(struct lp_claims *claims, const char *code, uint64_t now_ns, uint8_t ret_place[LP_CLAIM_PLACE_MAX],
	size_t *ret_place_len)
{
	if (is_closing(claims))
		return LP_CLAIM_WAIT;
	struct lp_claim_room *room = find(claims, code);
	if (!room) {
		room = claims->unused;
		if (!room)
			return LP_EFULL;
		claims->unused = room->next;
		*room = (struct lp_claim_room){.slot.index = room->slot.index, .next = *bucket(claims, code)};
		snprintf(room->code, sizeof room->code, "%s", code);
		*bucket(claims, code) = room;
		enter(claims, room, LP_CLAIM_ASK, now_ns);
	}
	if (room->wanted_until_ns != LP_NEVER)
		room->wanted_until_ns = now_ns + claims->config.wanted_ns;
	if (lp_claims_serves(claims, code, now_ns))
		return LP_CLAIM_SERVE;
	if (room->state != LP_CLAIM_FOREIGN)
		return LP_CLAIM_WAIT;
	if (ret_place)
		memcpy(ret_place, room->record.place, room->record.place_len);
	if (ret_place_len)
		*ret_place_len = room->record.place_len;
	return LP_CLAIM_REDIRECT;
}

bool lp_claims_serves(const struct lp_claims *claims, const char *code, uint64_t now_ns)
{
	if (!lp_claim_own_serves(claims, now_ns))
		return false;
	const struct lp_claim_room *room = find(claims, code);
	return room && room->state == LP_CLAIM_HELD;
}

uint64_t lp_claims_serve_until(const struct lp_claims *claims)
{
	return claims->own.state == LP_CLAIM_OPEN ? claims->own.serve_until_ns : 0;
}

/* Our room gets another record. */
static void give(
	struct lp_claims *claims, struct lp_claim_room *room, const struct lp_claim_record *record, uint64_t now_ns)
{
	room->record = *record;
	room->giving = true;
	room->wanted_until_ns = 0;
	/* While it is being refreshed, the revision is unknown. */
	enter(claims, room, room->slot.op_id ? LP_CLAIM_ASK : LP_CLAIM_GIVE, now_ns);
}

void lp_claims_release(struct lp_claims *claims, const char *code, uint64_t now_ns)
{
	struct lp_claim_room *room = find(claims, code);
	if (!room)
		return;
	struct lp_claim_record record = {.kind = LP_CLAIM_FREE, .relay = claims->own.id};
	if (room->state == LP_CLAIM_HELD)
		give(claims, room, &record, now_ns);
	else if (room->giving || room->slot.op_id)
		room->wanted_until_ns = 0;
	else
		forget(claims, room);
}

int lp_claims_move(struct lp_claims *claims, const char *code, uint64_t relay, const uint8_t *place, size_t place_len,
	uint64_t now_ns)
{
	if (place_len > LP_CLAIM_PLACE_MAX)
		return LP_EINVAL;
	struct lp_claim_room *room = find(claims, code);
	if (!room || room->state != LP_CLAIM_HELD)
		return LP_ENOTFOUND;
	struct lp_claim_record record = {.kind = LP_CLAIM_OWNED, .relay = relay, .place_len = place_len};
	memcpy(record.place, place, place_len);
	give(claims, room, &record, now_ns);
	return 0;
}

void lp_claims_close(struct lp_claims *claims, uint64_t now_ns)
{
	if (is_closing(claims))
		return;
	for (size_t i = 0; i < claims->config.max_rooms; i++) {
		if (claims->rooms[i].state != LP_CLAIM_UNUSED)
			forget(claims, &claims->rooms[i]);
	}
	struct lp_claim_own *own = &claims->own;
	own->state = LP_CLAIM_CLOSING;
	own->doubt = own->doubt || own->slot.op_id;
	own->slot.op_id = 0;
	lp_claim_due(claims, &own->slot, now_ns);
}

bool lp_claims_is_closed(const struct lp_claims *claims)
{
	return claims->own.state == LP_CLAIM_CLOSED;
}

uint64_t lp_claims_id(const struct lp_claims *claims)
{
	return claims->own.id;
}

void lp_claim_due(struct lp_claims *claims, struct lp_claim_slot *slot, uint64_t at_ns)
{
	lp_heap_set(&claims->timers, &slot->timer, at_ns);
}

void lp_claim_write(struct lp_claim_op *op, const struct lp_claim_record *record, uint64_t revision)
{
	op->write = true;
	op->revision = revision;
	op->value_len = lp_claim_record_write(record, op->value);
}

void lp_claim_rooms_wake(struct lp_claims *claims, uint64_t now_ns)
{
	for (size_t i = 0; i < claims->config.max_rooms; i++) {
		struct lp_claim_room *room = &claims->rooms[i];
		if (room->state == LP_CLAIM_TAKE && !room->slot.op_id)
			lp_claim_due(claims, &room->slot, now_ns);
	}
}

void lp_claim_rooms_lose(struct lp_claims *claims, uint64_t now_ns)
{
	for (size_t i = 0; i < claims->config.max_rooms; i++) {
		struct lp_claim_room *room = &claims->rooms[i];
		if (room->state == LP_CLAIM_UNUSED || room->state == LP_CLAIM_FOREIGN)
			continue;
		room->giving = false;
		enter(claims, room, LP_CLAIM_ASK, now_ns);
	}
}

void lp_claim_rooms_inherit(struct lp_claims *claims, const struct lp_claim_relay *relay, uint64_t now_ns)
{
	for (size_t i = 0; i < claims->config.max_rooms; i++) {
		struct lp_claim_room *room = &claims->rooms[i];
		if (room->state == LP_CLAIM_FOREIGN && room->relay == relay)
			enter(claims, room, LP_CLAIM_TAKE, now_ns);
	}
}

/* The operation of a room that is due; false: none. */
static bool room_prepare(struct lp_claims *claims, struct lp_claim_room *room, uint64_t now_ns, struct lp_claim_op *op)
{
	snprintf(op->key, sizeof op->key, "room.%s", room->code);
	struct lp_claim_record record = {
		.kind = LP_CLAIM_OWNED, .relay = claims->own.id, .place_len = claims->config.place_len};
	memcpy(record.place, claims->config.place, record.place_len);
	if (room->state == LP_CLAIM_GIVE) {
		lp_claim_write(op, &room->record, room->revision);
	} else if (room->state == LP_CLAIM_HELD) {
		lp_claim_write(op, &record, room->revision);
	} else if (!room->giving && now_ns >= room->wanted_until_ns) {
		forget(claims, room);
		return false;
	} else if (room->state == LP_CLAIM_TAKE) {
		if (!lp_claim_own_serves(claims, now_ns)) {
			lp_claim_due(claims, &room->slot, now_ns + claims->config.poll_ns);
			return false;
		}
		lp_claim_write(op, &record, room->revision);
	}
	return true;
}

/* A read has succeeded; |record| NULL: the key does not exist. */
static void room_read(struct lp_claims *claims, struct lp_claim_room *room, uint64_t revision,
	const struct lp_claim_record *record, uint64_t now_ns)
{
	room->revision = revision;
	bool ours = record && record->kind == LP_CLAIM_OWNED && record->relay == claims->own.id;
	if (room->giving && ours) {
		enter(claims, room, LP_CLAIM_GIVE, now_ns);
		return;
	}
	room->giving = false;
	if (!record || ours || record->kind == LP_CLAIM_FREE) {
		enter(claims, room, LP_CLAIM_TAKE, now_ns);
		return;
	}
	if (!room->relay || room->relay->id != record->relay) {
		unwatch(claims, room);
		room->relay = lp_claim_relay_watch(claims, record->relay, now_ns);
	}
	if (!room->relay) {
		enter(claims, room, LP_CLAIM_ASK, now_ns + claims->config.poll_ns);
		return;
	}
	room->record = *record;
	if (room->wanted_until_ns == LP_NEVER)
		room->wanted_until_ns = now_ns + claims->config.wanted_ns;
	bool dead = room->relay->dead;
	enter(claims, room, dead ? LP_CLAIM_TAKE : LP_CLAIM_FOREIGN, dead ? now_ns : now_ns + claims->config.poll_ns);
}

/* A write was accepted. */
static void room_written(struct lp_claims *claims, struct lp_claim_room *room, uint64_t revision, uint64_t now_ns)
{
	room->revision = revision;
	if (room->state == LP_CLAIM_GIVE) {
		room->giving = false;
		enter(claims, room, LP_CLAIM_ASK, now_ns);
		return;
	}
	bool released = room->state == LP_CLAIM_TAKE && room->wanted_until_ns == 0;
	if (released) {
		room->record = (struct lp_claim_record){.kind = LP_CLAIM_FREE, .relay = claims->own.id};
		room->giving = true;
	}
	enter(claims, room, released ? LP_CLAIM_GIVE : LP_CLAIM_HELD,
		released ? now_ns : now_ns + claims->config.refresh_ns);
}

static void room_reply(struct lp_claims *claims, struct lp_claim_room *room, int result, uint64_t revision,
	const struct lp_claim_record *record, uint64_t now_ns)
{
	bool readable = record && (record->kind == LP_CLAIM_OWNED || record->kind == LP_CLAIM_FREE);
	if (room->slot.writing && result == 0)
		room_written(claims, room, revision, now_ns);
	else if (room->slot.writing && result == LP_EEXISTS)
		enter(claims, room, LP_CLAIM_ASK, now_ns + claims->config.poll_ns / 8);
	else if (room->slot.writing)
		enter(claims, room, LP_CLAIM_ASK, now_ns + claims->config.reply_ns);
	else if (result == LP_ENOTFOUND)
		room_read(claims, room, 0, NULL, now_ns);
	else if (result == 0 && readable)
		room_read(claims, room, revision, record, now_ns);
	else
		lp_claim_due(claims, &room->slot, now_ns + claims->config.poll_ns);
}

/* The slot with this index, and the relay or the room that it belongs to; NULL and NULL: our session. NULL: there is
   none. */
static struct lp_claim_slot *find_slot(
	struct lp_claims *claims, size_t index, struct lp_claim_relay **ret_relay, struct lp_claim_room **ret_room)
{
	size_t n_relays = claims->config.max_relays;
	*ret_relay = NULL;
	*ret_room = NULL;
	if (index == 0)
		return &claims->own.slot;
	if (index <= n_relays) {
		*ret_relay = &claims->relays[index - 1];
		return &(*ret_relay)->slot;
	}
	if (index > n_relays + claims->config.max_rooms)
		return NULL;
	*ret_room = &claims->rooms[index - 1 - n_relays];
	return &(*ret_room)->slot;
}

bool lp_claims_next(struct lp_claims *claims, uint64_t now_ns, struct lp_claim_op *ret_op)
{
	while (lp_heap_first_key(&claims->timers) <= now_ns) {
		struct lp_heap_node *node = lp_heap_first(&claims->timers);
		struct lp_claim_slot *slot = LP_HEAP_ELEMENT(node, struct lp_claim_slot, timer);
		struct lp_claim_relay *relay;
		struct lp_claim_room *room;
		find_slot(claims, slot->index, &relay, &room);
		bool unknown = slot->op_id && slot->writing;
		slot->op_id = 0;
		memset(ret_op, 0, sizeof *ret_op);
		bool due;
		if (room) {
			if (unknown)
				enter(claims, room, LP_CLAIM_ASK, now_ns);
			due = room_prepare(claims, room, now_ns, ret_op);
		} else if (relay) {
			if (unknown)
				lp_claim_relay_unknown(relay);
			due = lp_claim_relay_prepare(claims, relay, now_ns, ret_op);
		} else {
			if (unknown)
				lp_claim_own_unknown(claims);
			due = lp_claim_own_prepare(claims, now_ns, ret_op);
		}
		if (!due)
			continue;
		slot->op_id = ret_op->id = ++claims->n_ops << INDEX_BITS | slot->index;
		slot->sent_ns = now_ns;
		slot->writing = ret_op->write;
		lp_claim_due(claims, slot, now_ns + claims->config.reply_ns);
		return true;
	}
	return false;
}

void lp_claims_reply(struct lp_claims *claims, uint64_t id, int result, uint64_t revision, const uint8_t *value,
	size_t value_len, uint64_t now_ns)
{
	struct lp_claim_relay *relay;
	struct lp_claim_room *room;
	struct lp_claim_slot *slot = find_slot(claims, id & ((1 << INDEX_BITS) - 1), &relay, &room);
	if (!id || !slot || slot->op_id != id)
		return;
	slot->op_id = 0;
	struct lp_claim_record record;
	bool readable = result == 0 && !slot->writing && lp_claim_record_read(value, value_len, &record) == 0;
	const struct lp_claim_record *read = readable ? &record : NULL;
	if (room)
		room_reply(claims, room, result, revision, read, now_ns);
	else if (relay)
		lp_claim_relay_reply(claims, relay, result, revision, read, now_ns);
	else
		lp_claim_own_reply(claims, result, revision, read, now_ns);
}

uint64_t lp_claims_deadline(const struct lp_claims *claims)
{
	return lp_heap_first_key(&claims->timers);
}
