/* Invites at the relay: decides whether a hello may enter a room of the directory.

   A room of the directory has keys: it admits only members that prove one of its invites (invite/keys.h). Any other
   room is plain: it admits everyone who knows its code, if the operator allows plain rooms. What follows from the
   invite is checked in this order: the proof, a ban of the member, the expiry by the relay's clock, a lock of the room,
   revocation and number of uses. The room itself (room/admission.h) then decides about MAC, gateway and limits.

   Where the operator allows plain rooms, a gateway creates a room with keys by sending the host's admission key in its
   hello. A source creates few of them, and when there are too many, one that was not used for long gives way.

   Guessing is slowed down by source, an IPv4 address or an IPv6 /48: wrong proofs, and plain rooms that a member opens.
   While a room receives many wrong proofs, from any number of sources, each one costs its source the whole burst;
   members with a right one are not slowed. The buckets are in tables of fixed size that sources, and rooms, share by a
   keyed hash. */
#ifndef LP_RELAY_INVITES_H
#define LP_RELAY_INVITES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ratelimit.h"
#include "base/siphash.h"
#include "invite/keys.h"

struct lp_addr;
struct lp_directory;
struct lp_hello;
struct lp_log;
struct lp_reject;
struct lp_rooms;

/* Which rooms members may enter. */
enum lp_rooms_policy {
	LP_ROOMS_OPEN,   /* any plain room, and rooms with keys */
	LP_ROOMS_LISTED, /* rooms of the directory alone, plain ones and those with keys */
	LP_ROOMS_KEYED,  /* rooms with keys alone */
};

/* Wrong proofs, and plain rooms opened, per second and at one time from one source. */
#define LP_INVITES_WRONG_PER_S 1U
#define LP_INVITES_WRONG_BURST 16U
/* Wrong proofs for one room, of all sources, above which each costs the burst. */
#define LP_INVITES_ROOM_PER_S 1U
#define LP_INVITES_ROOM_BURST 64U
#define LP_INVITES_OPENED_PER_S 1U
#define LP_INVITES_OPENED_BURST 128U
/* Rooms with keys that gateways create: at one time and per hour from one source, in all, and the time after which an
   unused one gives way. A join is noted once a day. */
#define LP_INVITES_MADE_BURST 4U
#define LP_INVITES_MADE_EVERY_S 3600U
#define LP_INVITES_MADE_MAX 10000U
#define LP_INVITES_UNUSED_S (30 * INT64_C(86400))
#define LP_INVITES_NOTE_S INT64_C(86400)
#define LP_INVITES_BUCKETS 1024U

struct lp_invites {
	struct lp_directory *directory; /* NULL: no room has keys; borrowed */
	const struct lp_rooms *rooms;   /* borrowed */
	enum lp_rooms_policy policy;
	struct lp_ratelimit wrong_limit, room_limit, opened_limit, made_limit;
	struct lp_bucket wrong[LP_INVITES_BUCKETS], rooms_wrong[LP_INVITES_BUCKETS], opened[LP_INVITES_BUCKETS];
	struct lp_bucket made[LP_INVITES_BUCKETS];
	uint8_t hash_key[LP_SIPHASH_KEY];
	const struct lp_log *log; /* borrowed */
	uint64_t n_wrong;         /* hellos whose proof was wrong or absent */
	uint64_t n_slowed;        /* hellos that were refused unread, because their source had sent too many of those */
};

/* What the connection knows of a member before its hello. */
struct lp_newcomer {
	const struct lp_addr *remote;
	const uint8_t *key;      /* LP_MEMBER_KEY_BYTES; NULL: it showed none */
	const uint8_t *exporter; /* LP_EXPORTER_BYTES; NULL: there is none */
};

void lp_invites_init(struct lp_invites *invites, struct lp_directory *directory, const struct lp_rooms *rooms,
	enum lp_rooms_policy policy, const uint8_t hash_key[LP_SIPHASH_KEY], const struct lp_log *log);
/* 0: the room may admit the member, |ret_keyed| is true if it did so by an invite. LP_EPERM with |ret_reject|
   filled in otherwise. Counts a use of the invite. A hello with a malformed code is left to the room. */
int lp_invites_check(struct lp_invites *invites, const struct lp_hello *hello, const struct lp_newcomer *newcomer,
	int64_t now_unix_s, uint64_t now_ns, bool *ret_keyed, struct lp_reject *ret_reject);

#endif
