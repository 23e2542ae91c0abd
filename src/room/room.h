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
#define LP_ROOM_MTU 1500
#define LP_ROOM_MACS_PER_GATEWAY 4096
#define LP_ROOM_MAC_AGE_NS (300 * LP_SEC)
/* Malformed DATAGRAMs within this time count together. */
#define LP_ROOM_MALFORMED_WINDOW_NS (10 * LP_SEC)
#define LP_ROOM_MALFORMED_LIMIT 100
/* Newcomers of a room: a full one comes back at once after the relay was restarted. */
#define LP_ROOM_JOINS_PER_S 4
#define LP_ROOM_JOINS_BURST 256

struct lp_rooms_config {
	size_t max_rooms, max_peers;
	size_t max_peers_per_room;    /* at most LP_ROOM_TARGETS_MAX */
	size_t max_macs_per_gateway;  /* besides its own; 0: LP_ROOM_MACS_PER_GATEWAY */
	uint16_t room_mtu;            /* IP bytes; 0: LP_ROOM_MTU */
	uint32_t min_datagram_budget; /* below this: mtu_too_small; never less than what four fragments of the largest
					 frame need */
	uint64_t mac_age_ns;          /* learned MACs of the gateway are forgotten after this silence; 0:
					 LP_ROOM_MAC_AGE_NS */
	uint32_t malformed_limit;     /* see lp_peer_malformed(); 0: LP_ROOM_MALFORMED_LIMIT */
	uint8_t hash_key[16];         /* keys the tables */
	/* Tells |to| that |about| joined or left (then with |reason|). It must not call lp_rooms_join() or _leave(). */
	void (*notify)(void *ctx, struct lp_peer *to, const struct lp_peer *about, bool joined, enum lp_reason reason);
	void (*random)(void *ctx, uint8_t *data, size_t len);
	void *ctx;
	uint32_t filters_on, filters_off; /* bit sets of enum lp_filter: changes against the defaults; off wins */
	const struct lp_limits *limits;   /* copied; NULL: the defaults */
	struct lp_rate joins;             /* newcomers that each room takes; per_s 0: no limit */
};

/* What to do with a frame. */
struct lp_verdict {
	enum lp_drop drop;        /* LP_DROP_NONE: forward to the targets */
	struct lp_peer **targets; /* valid until the next call on the same lp_rooms */
	size_t n_targets;         /* may be 0 without a drop: nobody else is there */
};

int lp_rooms_new(const struct lp_rooms_config *config, struct lp_rooms **ret_rooms);
void lp_rooms_free(struct lp_rooms *rooms); /* every peer must have left */

/* Admits a member. |user| is the relay's connection. On success |welcome| was called with the config's ctx (then the
   caller sends its `welcome`), after that the new peer was told of everybody who is there, and they of it (by notify).
   A hello whose resume token proves that it is a member who is still there takes over that place: the same peer id,
   nobody sees it leave, |*ret_replaced| is the user that had it until now, otherwise NULL. It is no newcomer for the
   limit on joins, but a new name is, of which the others must hear: it keeps the old one when there were too many.
   0; LP_EPERM, LP_EFULL or LP_ENOMEM with |ret_reject| filled in (and nothing else). */
int lp_rooms_join(struct lp_rooms *rooms, const struct lp_hello *hello, void *user, uint64_t now_ns,
	void (*welcome)(void *ctx, struct lp_peer *peer), struct lp_peer **ret_peer, struct lp_reject *ret_reject,
	void **ret_replaced);
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
