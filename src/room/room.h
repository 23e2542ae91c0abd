/* The relay's rooms: who is in, where a frame goes. Pure: one lp_rooms is the state of a relay, owned by one thread. */
#ifndef LP_ROOM_ROOM_H
#define LP_ROOM_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/units.h"
#include "ctrl/message.h"
#include "filter/filter.h"
#include "filter/limit.h"
#include "obs/drop.h"

struct lp_room;  /* made by the first who joins, gone with the last who leaves */
struct lp_peer;  /* a member of a room */
struct lp_rooms; /* all of them */

/* The largest max_peers_per_room: a newcomer hears of all of them at once, within what its control stream may hold. */
#define LP_ROOM_TARGETS_MAX 1024
/* Defaults. */
#define LP_ROOM_ROOMS 1000
#define LP_ROOM_PEERS 4096
#define LP_ROOM_PEERS_PER_ROOM 256
#define LP_ROOM_MTU 1500
#define LP_ROOM_MACS_PER_GATEWAY 4096
#define LP_ROOM_MAC_AGE_NS (300 * LP_SEC)
/* Malformed DATAGRAMs within this time count together. */
#define LP_ROOM_MALFORMED_WINDOW_NS (10 * LP_SEC)
#define LP_ROOM_MALFORMED_LIMIT 100
/* Newcomers of a room: a full one comes back at once after the relay was restarted. */
#define LP_ROOM_JOINS_PER_S 4
#define LP_ROOM_JOINS_BURST 256

struct lp_room_events {
	/* |peer| was admitted: send its `welcome` (lp_peer_welcome()). Comes before any event about its room. */
	void (*welcome)(void *ctx, struct lp_peer *peer);
	/* Send |to| a `peer_joined` about |about|, or a `peer_left` with |reason|. */
	void (*peer_joined)(void *ctx, struct lp_peer *to, const struct lp_peer *about);
	void (*peer_left)(void *ctx, struct lp_peer *to, const struct lp_peer *about, enum lp_reason reason);
	/* Fills |data| with random bytes, for resume tokens. */
	void (*random)(void *ctx, uint8_t *data, size_t len);
};

/* lp_rooms_config_init() sets the defaults of all fields but |hash_key|, |events| and |ctx|. */
struct lp_rooms_config {
	size_t max_rooms, max_peers;
	size_t max_peers_per_room;    /* at most LP_ROOM_TARGETS_MAX */
	size_t max_macs_per_gateway;  /* MACs learned behind a gateway */
	uint16_t room_mtu;            /* IP bytes */
	uint32_t min_datagram_budget; /* a member with less is rejected (mtu_too_small), as is one with less than four
					 fragments of the largest frame need */
	uint64_t mac_age_ns;          /* a learned MAC is forgotten after this time without a frame from it */
	uint32_t malformed_limit;     /* see lp_peer_malformed() */
	uint32_t filters;             /* that are on: bit set of enum lp_filter */
	struct lp_limits limits;      /* of each member's frames */
	struct lp_rate joins;         /* new members of each room; per_s 0: no limit */
	uint8_t hash_key[16];         /* random; keys the hash tables */
	const struct lp_room_events *events; /* borrowed; they must not call lp_rooms_join() or lp_rooms_leave() */
	void *ctx;
};

/* A request to join and its result. */
struct lp_join {
	const struct lp_hello *hello;
	void *user; /* of the new peer: the relay's connection */
	/* Set by lp_rooms_join(): */
	struct lp_peer *peer;    /* NULL: rejected */
	void *replaced;          /* NULL: not resumed */
	struct lp_reject reject; /* why it was rejected */
};

/* What to do with a frame. */
struct lp_verdict {
	enum lp_drop drop;        /* LP_DROP_NONE: forward to the targets */
	struct lp_peer **targets; /* valid until the next call on the same lp_rooms */
	size_t n_targets;         /* may be 0 without a drop: nobody else is there */
};

void lp_rooms_config_init(struct lp_rooms_config *config);
/* |config| is copied. 0, LP_ERANGE (a limit is 0 or too large) or LP_ENOMEM. */
int lp_rooms_new(const struct lp_rooms_config *config, struct lp_rooms **ret_rooms);
void lp_rooms_free(struct lp_rooms *rooms); /* every peer must have left */

/* Admits a member: on success |join->peer| is set, and the events `welcome` and `peer_joined` were called for it and
   its room. If the hello's resume token proves that it is a member that is still in the room, it takes over that
   membership with its peer id: the other members see nothing, and |join->replaced| is the user that had it before. A
   resumed member is not counted by the limit on joins, but a changed name is, because the others must receive it; over
   the limit the old name is kept. 0; or LP_EPERM, LP_EFULL or LP_ENOMEM with |join->reject| filled in. */
int lp_rooms_join(struct lp_rooms *rooms, struct lp_join *join, uint64_t now_ns);
/* Takes the peer out, with its MACs; the others are told. |peer| is freed. */
void lp_rooms_leave(struct lp_rooms *rooms, struct lp_peer *peer, enum lp_reason reason);
/* Learns, filters, limits and decides. |ret_verdict| is always filled in. */
void lp_rooms_forward(struct lp_rooms *rooms, struct lp_peer *from, const uint8_t *frame, size_t len, uint64_t now_ns,
	struct lp_verdict *ret_verdict);

void *lp_peer_user(const struct lp_peer *peer);
uint16_t lp_peer_id(const struct lp_peer *peer);
enum lp_role lp_peer_role(const struct lp_peer *peer);
const struct lp_mac *lp_peer_mac(const struct lp_peer *peer);
const char *lp_peer_name(const struct lp_peer *peer);
const char *lp_peer_room(const struct lp_peer *peer);
/* The gateway of the peer's room, or NULL. */
struct lp_peer *lp_peer_gateway(const struct lp_peer *peer);
/* What `welcome` tells the peer; unfragmented_mtu and stats_interval_s are the caller's to fill in. |ret_welcome| holds
   a secret: the resume token. */
void lp_peer_welcome(const struct lp_peer *peer, struct lp_welcome *ret_welcome);
/* Notes a malformed DATAGRAM of the peer; its link has counted it among the drops. True once there were more than
   malformed_limit of them within LP_ROOM_MALFORMED_WINDOW_NS: the caller disconnects it. */
bool lp_peer_malformed(struct lp_peer *peer, uint64_t now_ns);
/* How many MACs the peer's room has learned behind its gateway. */
size_t lp_peer_room_macs(const struct lp_peer *peer);
/* Drops of this peer's frames by reason, LP_DROP_COUNT of them. */
const uint64_t *lp_peer_drops(const struct lp_peer *peer);
/* Newcomers that were refused because too many had joined the same room. */
uint64_t lp_rooms_joins_limited(const struct lp_rooms *rooms);
size_t lp_rooms_peer_count(const struct lp_rooms *rooms);
size_t lp_rooms_room_count(const struct lp_rooms *rooms);
/* Calls |fn| for every peer of every room, room by room. */
void lp_rooms_each(const struct lp_rooms *rooms, void (*fn)(void *ctx, struct lp_peer *peer), void *ctx);

#endif
