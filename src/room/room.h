/* The relay's rooms: who is in, where a frame goes. Pure: one lp_rooms is the state of a relay, owned by one thread. */
#ifndef LP_ROOM_ROOM_H
#define LP_ROOM_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/message.h"
#include "obs/drop.h"

struct lp_room;  /* made by the first who joins, gone with the last who leaves */
struct lp_peer;  /* a member of a room */
struct lp_rooms; /* all of them */

struct lp_rooms_config {
	size_t max_rooms, max_peers, max_peers_per_room;
	size_t max_macs_per_gateway;
	uint16_t room_mtu;            /* IP bytes */
	uint32_t min_datagram_budget; /* below this: mtu_too_small */
	uint64_t mac_age_ns;          /* learned MACs of the gateway are forgotten after this silence */
	uint8_t hash_key[16];         /* keys the tables */
	/* Tells |to| that |about| joined or left (then with |reason|). */
	void (*notify)(void *ctx, struct lp_peer *to, const struct lp_peer *about, bool joined, enum lp_reason reason);
	void (*random)(void *ctx, uint8_t *data, size_t len);
	void *ctx;
	/* filters and limits: see room/filter.h and room/limit.h */
	uint32_t filters_off;     /* bit set of enum lp_filter */
	struct lp_limits *limits; /* borrowed until lp_rooms_free; NULL: the defaults */
};

#define LP_ROOM_TARGETS_MAX 4096

/* What to do with a frame. */
struct lp_verdict {
	enum lp_drop drop;        /* LP_DROP_NONE: forward to the targets */
	struct lp_peer **targets; /* valid until the next call on the same lp_rooms */
	size_t n_targets;         /* may be 0 without a drop: nobody else is there */
};

int lp_rooms_new(const struct lp_rooms_config *config, struct lp_rooms **ret_rooms);
void lp_rooms_free(struct lp_rooms *rooms); /* every peer must have left */

/* Admits a member. 0; LP_EPERM with |ret_reject| filled in. |user| is the relay's connection. On success the others
   have been told of the new peer and the new peer of the others (by notify), after the caller's own `welcome` if it
   sends that from |welcome|, which is called first. */
int lp_rooms_join(struct lp_rooms *rooms, const struct lp_hello *hello, void *user, uint64_t now_ns,
                  void (*welcome)(void *ctx, struct lp_peer *peer), struct lp_peer **ret_peer,
                  struct lp_reject *ret_reject);
/* Takes the peer out, with its MACs; the others are told. |peer| is freed. */
void lp_rooms_leave(struct lp_rooms *rooms, struct lp_peer *peer, enum lp_reason reason, uint64_t now_ns);
/* Learns, filters, limits and decides. |ret_verdict| is always filled in. */
void lp_rooms_forward(struct lp_rooms *rooms, struct lp_peer *from, const uint8_t *frame, size_t len, uint64_t now_ns,
                      struct lp_verdict *ret_verdict);

void *lp_peer_user(const struct lp_peer *peer);
void lp_peer_set_user(struct lp_peer *peer, void *user);
uint16_t lp_peer_id(const struct lp_peer *peer);
enum lp_role lp_peer_role(const struct lp_peer *peer);
const struct lp_mac *lp_peer_mac(const struct lp_peer *peer);
const char *lp_peer_name(const struct lp_peer *peer);
const char *lp_peer_room(const struct lp_peer *peer);
/* True if the peer's room has a gateway now. */
bool lp_peer_has_gateway(const struct lp_peer *peer);
/* The gateway of the peer's room, or NULL. */
struct lp_peer *lp_peer_gateway(const struct lp_peer *peer);
/* Drops of this peer's frames by reason, LP_DROP_COUNT of them. */
const uint64_t *lp_peer_drops(const struct lp_peer *peer);
size_t lp_rooms_peer_count(const struct lp_rooms *rooms);
size_t lp_rooms_room_count(const struct lp_rooms *rooms);
/* Calls |fn| for every peer of every room, room by room. */
void lp_rooms_each(const struct lp_rooms *rooms, void (*fn)(void *ctx, struct lp_peer *peer), void *ctx);

#endif
