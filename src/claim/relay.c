/* Sessions of relays: ours, which is renewed, and others, which are watched and ended. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "claim/state.h"

void lp_claim_own_open(struct lp_claims *claims, uint64_t now_ns)
{
	struct lp_claim_own *own = &claims->own;
	own->n_ids++;
	own->id = lp_siphash(claims->config.seed, &own->n_ids, sizeof own->n_ids);
	own->state = LP_CLAIM_OPENING;
	own->revision = own->serve_until_ns = 0;
	own->doubt = false;
	own->slot.op_id = 0;
	lp_claim_due(claims, &own->slot, now_ns);
}

bool lp_claim_own_serves(const struct lp_claims *claims, uint64_t now_ns)
{
	return claims->own.state == LP_CLAIM_OPEN && now_ns < claims->own.serve_until_ns;
}

static void own_key(char key[LP_CLAIM_KEY_MAX + 1], uint64_t id)
{
	snprintf(key, LP_CLAIM_KEY_MAX + 1, "relay.%016llx", (unsigned long long)id);
}

bool lp_claim_own_prepare(struct lp_claims *claims, uint64_t now_ns, struct lp_claim_op *op)
{
	(void)now_ns;
	struct lp_claim_own *own = &claims->own;
	if (own->state == LP_CLAIM_CLOSED) {
		lp_claim_due(claims, &own->slot, LP_NEVER);
		return false;
	}
	own_key(op->key, own->id);
	if (own->doubt)
		return true;
	struct lp_claim_record record = {
		.kind = own->state == LP_CLAIM_CLOSING ? LP_CLAIM_DEAD : LP_CLAIM_ALIVE,
		.relay = own->id,
		.place_len = claims->config.place_len,
	};
	memcpy(record.place, claims->config.place, record.place_len);
	lp_claim_write(op, &record, own->revision);
	return true;
}

void lp_claim_own_unknown(struct lp_claims *claims)
{
	claims->own.doubt = true;
}

/* A write was accepted. */
static void own_written(struct lp_claims *claims, uint64_t revision, uint64_t now_ns)
{
	struct lp_claim_own *own = &claims->own;
	bool served = lp_claim_own_serves(claims, now_ns);
	own->revision = revision;
	if (own->state == LP_CLAIM_CLOSING) {
		own->state = LP_CLAIM_CLOSED;
		lp_claim_due(claims, &own->slot, LP_NEVER);
		return;
	}
	own->state = LP_CLAIM_OPEN;
	/* Others count from when they see the renewal, which is later than this. */
	own->serve_until_ns = own->slot.sent_ns + claims->config.serve_ns;
	lp_claim_due(claims, &own->slot, own->slot.sent_ns + claims->config.renew_ns);
	if (!served)
		lp_claim_rooms_wake(claims, now_ns);
}

/* What the store has of the session. */
static void own_read(
	struct lp_claims *claims, int result, uint64_t revision, const struct lp_claim_record *record, uint64_t now_ns)
{
	struct lp_claim_own *own = &claims->own;
	bool alive = record && record->kind == LP_CLAIM_ALIVE && record->relay == own->id;
	if (alive || (result == LP_ENOTFOUND && own->state == LP_CLAIM_OPENING)) {
		own->revision = alive ? revision : 0;
		own->doubt = false;
		lp_claim_due(claims, &own->slot, now_ns);
	} else if (own->state == LP_CLAIM_CLOSING) {
		own->state = LP_CLAIM_CLOSED;
		lp_claim_due(claims, &own->slot, LP_NEVER);
	} else {
		lp_claim_own_open(claims, now_ns);
		lp_claim_rooms_lose(claims, now_ns);
	}
}

void lp_claim_own_reply(
	struct lp_claims *claims, int result, uint64_t revision, const struct lp_claim_record *record, uint64_t now_ns)
{
	struct lp_claim_own *own = &claims->own;
	if (result != 0 && result != LP_EEXISTS && result != LP_ENOTFOUND) {
		own->doubt = true;
		lp_claim_due(claims, &own->slot, now_ns + claims->config.reply_ns);
	} else if (!own->slot.writing) {
		own_read(claims, result, revision, record, now_ns);
	} else if (result == 0) {
		own_written(claims, revision, now_ns);
	} else {
		own->doubt = true;
		lp_claim_due(claims, &own->slot, now_ns);
	}
}

struct lp_claim_relay *lp_claim_relay_watch(struct lp_claims *claims, uint64_t id, uint64_t now_ns)
{
	struct lp_claim_relay *unused = NULL;
	for (size_t i = 0; i < claims->config.max_relays; i++) {
		struct lp_claim_relay *relay = &claims->relays[i];
		if (relay->n_rooms && relay->id == id) {
			relay->n_rooms++;
			return relay;
		}
		if (!relay->n_rooms && !unused)
			unused = relay;
	}
	if (!unused)
		return NULL;
	*unused = (struct lp_claim_relay){.slot.index = unused->slot.index, .id = id, .n_rooms = 1};
	lp_claim_due(claims, &unused->slot, now_ns);
	return unused;
}

void lp_claim_relay_unwatch(struct lp_claims *claims, struct lp_claim_relay *relay)
{
	if (--relay->n_rooms)
		return;
	lp_heap_remove(&claims->timers, &relay->slot.timer);
	relay->slot.op_id = 0;
}

bool lp_claim_relay_prepare(
	struct lp_claims *claims, struct lp_claim_relay *relay, uint64_t now_ns, struct lp_claim_op *op)
{
	if (relay->dead) {
		lp_claim_due(claims, &relay->slot, LP_NEVER);
		return false;
	}
	own_key(op->key, relay->id);
	if (relay->seen && !relay->doubt && now_ns - relay->changed_ns >= claims->config.lease_ns) {
		struct lp_claim_record record = {.kind = LP_CLAIM_DEAD, .relay = relay->id};
		lp_claim_write(op, &record, relay->revision);
	}
	return true;
}

void lp_claim_relay_unknown(struct lp_claim_relay *relay)
{
	relay->doubt = true;
}

static void relay_ended(struct lp_claims *claims, struct lp_claim_relay *relay, uint64_t now_ns)
{
	relay->dead = true;
	lp_claim_due(claims, &relay->slot, LP_NEVER);
	lp_claim_rooms_inherit(claims, relay, now_ns);
}

/* A read has succeeded; |record| NULL: the key does not exist, or its value is not understood. */
static void relay_read(struct lp_claims *claims, struct lp_claim_relay *relay, uint64_t revision,
	const struct lp_claim_record *record, uint64_t now_ns)
{
	if (record && record->kind == LP_CLAIM_DEAD) {
		relay_ended(claims, relay, now_ns);
		return;
	}
	if (!relay->seen || relay->revision != revision) {
		relay->seen = true;
		relay->revision = revision;
		relay->changed_ns = now_ns;
	}
	relay->doubt = false;
	uint64_t end_ns = relay->changed_ns + claims->config.lease_ns, poll_ns = now_ns + claims->config.poll_ns;
	lp_claim_due(claims, &relay->slot, end_ns < poll_ns ? end_ns : poll_ns);
}

void lp_claim_relay_reply(struct lp_claims *claims, struct lp_claim_relay *relay, int result, uint64_t revision,
	const struct lp_claim_record *record, uint64_t now_ns)
{
	if (relay->slot.writing && result == 0) {
		relay_ended(claims, relay, now_ns);
	} else if (relay->slot.writing) {
		relay->doubt = true;
		lp_claim_due(claims, &relay->slot, now_ns + (result == LP_EEXISTS ? 0 : claims->config.reply_ns));
	} else if (result == LP_ENOTFOUND) {
		relay_read(claims, relay, 0, NULL, now_ns);
	} else if (result == 0 && record) {
		relay_read(claims, relay, revision, record, now_ns);
	} else {
		/* Unknown, or of a later version, which is left alone. */
		relay->doubt = true;
		lp_claim_due(claims, &relay->slot, now_ns + claims->config.poll_ns);
	}
}
