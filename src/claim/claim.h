/* Claims: which relay of a cluster owns which room.

   Model. The relays share a store of keys and values in which every change of a key gets a new, greater revision, and
   a write states the revision that it replaces (0: the key does not exist) and is refused if there is another one:
   compare and swap. NATS JetStream's key-value buckets do that, and so do etcd and others. Two kinds of keys:

   - relay.ID, the session of a relay. ID is new with each session. The relay renews it by writing it again, a few times
   per lease. When another relay has seen the same revision for a whole lease, and wants a room of that relay, it
   replaces this revision by "dead". That is final: the next renewal is refused, and the relay starts over with another
   ID.
   - room.CODE, the owner of a room. A free room, and a room whose owner's session is dead, is taken by replacing the
   revision that was read. An owner gives a room away by writing "free" or the next owner's ID.

   So the store carries a few writes per relay and second, and one per change of a room's owner, however many rooms
   there are.

   Safety: at most one relay serves a room at a time. A relay serves a room only
   - until |serve_ns| after it sent the last renewal that was accepted, by its own clock, and
   - if it wrote itself into the room and this was accepted, and it has not sent a write since that gives the room away.
   The next owner wrote after the session's end was accepted, so no renewal was accepted in the lease before, and
   |serve_ns| is less than |lease_ns|. What is read is only a hint, because a replica may be behind; what counts are
   accepted writes. An outcome that is unknown is a write that may still arrive: it is refused then, or harmless.

   This rests on four assumptions: the store is linearizable for writes; it keeps what it has accepted; clocks of relays
   run at the same rate within (lease_ns - serve_ns) / lease_ns, also while a machine is suspended (CLOCK_BOOTTIME),
   while no clock has to be right; and the relay asks lp_claims_serves() after it has read the clock and before it
   sends. The store's own expiry of old keys is not part of it, and only removes unused keys: the store must keep
   a key for longer than |refresh_ns|.

   Liveness: the rooms of a relay that dies are served by a relay where a member asks for them, at most about a lease
   and two |poll_ns| after the first one asked. While the store cannot be reached no room is served after |serve_ns|,
   because no relay can know whether it alone is cut off; rooms whose owner did not change go on afterwards.

   Pure: bytes and now_ns go in, operations for the store and one deadline come out. How it is driven: after each call
   that changes something, and at the deadline, take all operations by lp_claims_next() and pass each result to
   lp_claims_reply(). Operations can be lost, delayed and reordered. Not on the data path, except lp_claims_serves(). */
#ifndef LP_CLAIM_CLAIM_H
#define LP_CLAIM_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/siphash.h"
#include "claim/record.h"
#include "ctrl/message.h"

struct lp_claims;

#define LP_CLAIM_KEY_MAX (5 + LP_ROOM_CODE_MAX)

/* What a relay may do with a room. */
enum lp_claim_answer {
	LP_CLAIM_SERVE,    /* it is ours */
	LP_CLAIM_REDIRECT, /* another relay has it */
	LP_CLAIM_WAIT,     /* not known yet, or the store does not answer */
};

struct lp_claims_config {
	uint8_t seed[LP_SIPHASH_KEY]; /* random; session IDs are made from it, and the table's hash */
	uint8_t place[LP_CLAIM_PLACE_MAX];
	size_t place_len;    /* where members reach this relay; opaque here */
	size_t max_rooms;    /* that are claimed or looked for at a time */
	size_t max_relays;   /* other relays that are watched at a time */
	uint64_t lease_ns;   /* others wait that long before they end a session; the same for all relays */
	uint64_t serve_ns;   /* less than |lease_ns| */
	uint64_t renew_ns;   /* from one renewal to the next */
	uint64_t reply_ns;   /* an operation without a reply has an unknown outcome then */
	uint64_t poll_ns;    /* between two reads of another relay's session or room */
	uint64_t wanted_ns;  /* a room of another relay is watched that long after it was asked for */
	uint64_t refresh_ns; /* our rooms are written again that often, for stores that forget old keys */
	/* The answer for a room has changed. May call lp_claims_want() and lp_claims_serves() only. NULL: not called.
	 */
	void (*changed)(void *ctx, const char *code, enum lp_claim_answer answer);
	void *ctx;
};

/* An operation on the store. */
struct lp_claim_op {
	uint64_t id;
	bool write; /* false: read */
	char key[LP_CLAIM_KEY_MAX + 1];
	uint64_t revision; /* a write replaces this one; 0: the key must not exist */
	uint8_t value[LP_CLAIM_RECORD_MAX];
	size_t value_len;
};

/* Sets all defaults: a lease of 3 s. The caller sets |seed| and |place|. */
void lp_claims_config_init(struct lp_claims_config *config);
/* LP_EINVAL: durations that contradict each other, or a place that is too long. LP_ENOMEM. */
int lp_claims_new(const struct lp_claims_config *config, uint64_t now_ns, struct lp_claims **ret_claims);
/* NULL is fine. Leaves the store as it is: to others this is a crash. */
void lp_claims_free(struct lp_claims *claims);

/* A member asks for a room (a valid code, upper case), or the owner keeps it. Claims it if it can be had.
   LP_CLAIM_REDIRECT: |ret_place| is the owner's, with |ret_place_len| bytes (both may be NULL). LP_EFULL. */
int lp_claims_want(struct lp_claims *claims, const char *code, uint64_t now_ns, uint8_t ret_place[LP_CLAIM_PLACE_MAX],
	size_t *ret_place_len);
/* True if this relay may forward a frame in the room now. */
bool lp_claims_serves(const struct lp_claims *claims, const char *code, uint64_t now_ns);
/* The time from which no room is served unless a renewal is accepted before; 0: none is. */
uint64_t lp_claims_serve_until(const struct lp_claims *claims);
/* The room is empty. It is not served from now on, and free once the store has accepted that. */
void lp_claims_release(struct lp_claims *claims, const char *code, uint64_t now_ns);
/* Gives a room that is ours to the relay with the session |relay|, which members reach at |place|. It is not served
   from now on. LP_ENOTFOUND: it is not ours. LP_EINVAL: |place| is too long. */
int lp_claims_move(struct lp_claims *claims, const char *code, uint64_t relay, const uint8_t *place, size_t place_len,
	uint64_t now_ns);
/* Ends the session: no room is served from now on, and other relays may take all of them when the store has accepted
   it. This is final. */
void lp_claims_close(struct lp_claims *claims, uint64_t now_ns);
/* True after lp_claims_close() when the store has accepted it. */
bool lp_claims_is_closed(const struct lp_claims *claims);
/* The ID of the current session. */
uint64_t lp_claims_id(const struct lp_claims *claims);

/* The next operation that is due; false: none. Call it until it returns false. */
bool lp_claims_next(struct lp_claims *claims, uint64_t now_ns, struct lp_claim_op *ret_op);
/* The result of an operation. Of a read: 0 with revision and value, or LP_ENOTFOUND. Of a write: 0 with the new
   revision, or LP_EEXISTS: refused. Any other error: the outcome is unknown. Late replies are ignored. */
void lp_claims_reply(struct lp_claims *claims, uint64_t id, int result, uint64_t revision, const uint8_t *value,
	size_t value_len, uint64_t now_ns);
/* When to call lp_claims_next() at the latest. */
uint64_t lp_claims_deadline(const struct lp_claims *claims);

#endif
