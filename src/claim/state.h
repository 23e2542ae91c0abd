/* The state of claim.h, shared by its two files: sessions of relays (relay.c) and rooms (claim.c). */
#ifndef LP_CLAIM_STATE_H
#define LP_CLAIM_STATE_H

#include "base/heap.h"
#include "claim/claim.h"

/* One key of the store. It has at most one operation under way. */
struct lp_claim_slot {
	struct lp_heap_node timer; /* the next operation, or the end of waiting for the reply */
	uint32_t index;            /* 0: our session; then the other relays; then the rooms */
	uint64_t op_id;            /* 0: none is under way */
	uint64_t sent_ns;
	bool writing;
};

enum lp_claim_session {
	LP_CLAIM_OPENING, /* no renewal of this ID has been accepted */
	LP_CLAIM_OPEN,
	LP_CLAIM_CLOSING,
	LP_CLAIM_CLOSED,
};

struct lp_claim_own {
	struct lp_claim_slot slot;
	enum lp_claim_session state;
	uint64_t id, n_ids;
	uint64_t revision;       /* the last one that is known to be ours; 0: none */
	uint64_t serve_until_ns; /* 0: never accepted */
	bool doubt;              /* |revision| may be old: read first */
};

/* Another relay; watched while rooms of it are wanted here. */
struct lp_claim_relay {
	struct lp_claim_slot slot;
	uint64_t id;
	size_t n_rooms; /* 0: the element is unused */
	uint64_t revision, changed_ns;
	bool seen;  /* |revision| has been read; 0: there was no such key */
	bool doubt; /* read before the next write */
	bool dead;  /* the store has accepted the end of the session */
};

enum lp_claim_room_state {
	LP_CLAIM_UNUSED,
	LP_CLAIM_ASK,     /* read it */
	LP_CLAIM_TAKE,    /* replace |revision| by us */
	LP_CLAIM_HELD,    /* |revision| is ours */
	LP_CLAIM_GIVE,    /* replace |revision|, which is ours, by |record| */
	LP_CLAIM_FOREIGN, /* |relay| has it, as |record| says */
};

struct lp_claim_room {
	struct lp_claim_slot slot;
	struct lp_claim_room *next; /* in the bucket, or of the unused ones */
	char code[LP_ROOM_CODE_MAX + 1];
	enum lp_claim_room_state state;
	bool giving; /* |record| must replace us, which may have happened already */
	uint64_t revision;
	uint64_t wanted_until_ns; /* LP_NEVER: it was ours and was not released */
	struct lp_claim_relay *relay;
	struct lp_claim_record record;
};

struct lp_claims {
	struct lp_claims_config config;
	struct lp_heap timers;
	uint64_t n_ops;
	struct lp_claim_own own;
	struct lp_claim_relay *relays; /* config.max_relays */
	struct lp_claim_room *rooms;   /* config.max_rooms */
	struct lp_claim_room *unused, **buckets;
	size_t n_buckets;
};

/* relay.c. A slot's functions: |prepare| fills in the operation that is due, or sets the timer and returns false; after
   |unknown| the operation that was under way may or may not have happened, or yet happen. */
void lp_claim_own_open(struct lp_claims *claims, uint64_t now_ns);
bool lp_claim_own_serves(const struct lp_claims *claims, uint64_t now_ns);
bool lp_claim_own_prepare(struct lp_claims *claims, uint64_t now_ns, struct lp_claim_op *op);
void lp_claim_own_unknown(struct lp_claims *claims);
void lp_claim_own_reply(
	struct lp_claims *claims, int result, uint64_t revision, const struct lp_claim_record *record, uint64_t now_ns);

/* Watches a relay for one more room; NULL: there are |max_relays|. */
struct lp_claim_relay *lp_claim_relay_watch(struct lp_claims *claims, uint64_t id, uint64_t now_ns);
void lp_claim_relay_unwatch(struct lp_claims *claims, struct lp_claim_relay *relay);
bool lp_claim_relay_prepare(
	struct lp_claims *claims, struct lp_claim_relay *relay, uint64_t now_ns, struct lp_claim_op *op);
void lp_claim_relay_unknown(struct lp_claim_relay *relay);
void lp_claim_relay_reply(struct lp_claims *claims, struct lp_claim_relay *relay, int result, uint64_t revision,
	const struct lp_claim_record *record, uint64_t now_ns);

/* claim.c. */
void lp_claim_due(struct lp_claims *claims, struct lp_claim_slot *slot, uint64_t at_ns);
/* Fills in a write of |record| over |revision|. */
void lp_claim_write(struct lp_claim_op *op, const struct lp_claim_record *record, uint64_t revision);
/* Our session has begun: rooms that wait for it are taken. */
void lp_claim_rooms_wake(struct lp_claims *claims, uint64_t now_ns);
/* Our session has ended, so we own no room. */
void lp_claim_rooms_lose(struct lp_claims *claims, uint64_t now_ns);
/* The session of |relay| has ended, and its rooms are taken. */
void lp_claim_rooms_inherit(struct lp_claims *claims, const struct lp_claim_relay *relay, uint64_t now_ns);

#endif
