/* Rooms: the relay's model of who is in which broadcast domain, and where a frame goes.

   A room exists from its first member to its last. It has clients and at most one gateway, and it is a learning switch
   with two kinds of ports: behind a client is exactly one MAC, the one of its hello; behind the gateway are all
   stations of its LAN, learned from their frames and forgotten when they have sent nothing for mac_age_ns. A group
   frame is flooded to all other members, or sent to those that joined the group (multicast.h). A unicast frame goes to
   the owner of its destination; an unknown destination can only be behind the gateway, so the frame goes there, within
   a limit. A frame never returns to the member that sent it.

   A membership (peer id, MAC, name) survives the connection that it was made on: the resume token in `welcome` proves
   that a later connection belongs to the same member, or the member's key, if an invite admitted it. Peer ids are
   unique in a room and are not reused soon.

   The LAN's side wins: a frame from the gateway whose source is a client's MAC is from a station on the LAN, because a
   gateway sends no frames that came from the room. The frame is dropped, and the client must be disconnected; if it
   comes back with that MAC, the station owns it. The same holds for IP addresses (filter/addresses.h): a client's ARP
   and neighbour discovery for an address of another member or of the LAN is dropped.

   Invariants: each MAC has one owner per room; a room has at most one gateway; a `welcome` precedes all other events of
   a member; every count that members can raise has a maximum in the config. What a member may send is decided by
   filter/.

   lp_rooms does no I/O and has no clock: a hello or a frame and now_ns go in; a verdict, and calls of lp_room_events,
   come out. It knows members by an opaque user pointer, not connections. One thread owns an lp_rooms.
   lp_rooms_forward() allocates memory only when a MAC is learned and the table grows, when an IP address is learned,
   and when a member joins a multicast group. */
#ifndef LP_ROOM_ROOM_H
#define LP_ROOM_ROOM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/lock.h"
#include "base/ratelimit.h"
#include "base/units.h"
#include "ctrl/message.h"
#include "filter/filter.h"
#include "filter/limit.h"
#include "obs/drop.h"
#include "room/output.h"

struct lp_addr;
struct lp_room;
struct lp_peer;  /* a member of a room */
struct lp_rooms; /* all rooms of a relay */

/* The largest max_peers_per_room: the `peer_joined` messages for a new member must fit its control stream's buffer. */
#define LP_ROOM_TARGETS_MAX 1024
#define LP_KEY_BYTES (LP_KEY_HEX / 2)
/* Defaults. */
#define LP_ROOM_ROOMS 1000
#define LP_ROOM_ROOMS_PER_SOURCE 16
#define LP_ROOM_PEERS 4096
#define LP_ROOM_PEERS_PER_ROOM 256
#define LP_ROOM_MTU 1500
#define LP_ROOM_MACS_PER_GATEWAY 4096
#define LP_ROOM_STATIONS 8
#define LP_ROOM_MAC_AGE_NS (300 * LP_SEC)
/* The window in which malformed DATAGRAMs are counted. */
#define LP_ROOM_MALFORMED_WINDOW_NS (10 * LP_SEC)
#define LP_ROOM_MALFORMED_LIMIT 100
/* The shortest interval between events about a full table of MACs, and about a limit on output. */
#define LP_ROOM_OVERFLOW_NS (60 * LP_SEC)
/* The shortest interval between events about a member's claims of addresses. */
#define LP_ROOM_THEFT_NS (60 * LP_SEC)
/* A source that has used up source_joins regains one in this time. */
#define LP_ROOM_SOURCE_JOIN_NS (4 * LP_SEC)
/* New members of a room. The burst lets all members of a full room join again after a restart of the relay. */
#define LP_ROOM_JOINS_PER_S 4
#define LP_ROOM_JOINS_BURST 256

struct lp_room_events {
	/* |peer| was admitted: send its `welcome` (lp_peer_welcome()). Comes before any event about its room. */
	void (*welcome)(void *ctx, struct lp_peer *peer);
	/* Send |to| a `peer_joined` about |about|, or a `peer_left` with |reason|. */
	void (*peer_joined)(void *ctx, struct lp_peer *to, const struct lp_peer *about);
	void (*peer_left)(void *ctx, struct lp_peer *to, const struct lp_peer *about, enum lp_reason reason);
	/* The following four may be NULL. There are more stations on the LAN of |gateway| than max_macs_per_gateway:
	   |n_forgotten| of the oldest were forgotten since the last call. Called at most once in LP_ROOM_OVERFLOW_NS
	   for each room. */
	void (*overflowed)(void *ctx, const struct lp_peer *gateway, uint64_t n_forgotten);
	/* |peer| claimed |address|, which belongs to |owner|, or to a station on the LAN if that is NULL. Its frame was
	   dropped. Called at most once in LP_ROOM_THEFT_NS for each member. */
	void (*address_refused)(
		void *ctx, const struct lp_peer *peer, const struct lp_addr *address, const struct lp_peer *owner);
	/* |peer| lost |address| to |owner|, to which the LAN's DHCP server leased it, or to a station on the LAN if
	   that is NULL. */
	void (*address_moved)(
		void *ctx, const struct lp_peer *peer, const struct lp_addr *address, const struct lp_peer *owner);
	/* Frames of |from| are dropped, because the limit |output| is reached. Called at most once in
	   LP_ROOM_OVERFLOW_NS for each room. */
	void (*output_limited)(void *ctx, const struct lp_peer *from, enum lp_output output);
	/* |member| joined more than LP_MULTICAST_GROUPS_PER_MEMBER groups, and receives all from now on. May be NULL.
	 */
	void (*groups_overflowed)(void *ctx, const struct lp_peer *member);
	/* Fills |data| with random bytes, for resume tokens. */
	void (*random)(void *ctx, uint8_t *data, size_t len);
};

/* lp_rooms_config_init() sets the defaults of all fields but |hash_key|, |events| and |ctx|. */
/* Buckets of sources. A source has two of them, and is limited only if both are empty, so that another source in one of
   them does not matter. */
#define LP_ROOM_SOURCE_BUCKETS 2048U

/* What the limits on rooms, members and sources count: of one struct lp_rooms, or of those of all workers. It changes
   when a member comes or goes, never with a frame. */
struct lp_rooms_totals {
	atomic_size_t n_rooms, n_peers;
	/* Under the lock: */
	struct lp_lock lock;
	struct lp_node plain_rooms; /* those that no invite opened */
	struct lp_bucket joins[LP_ROOM_SOURCE_BUCKETS];
	uint8_t hash_key[16]; /* of the sources in |joins| */
};

struct lp_rooms_config {
	size_t max_rooms, max_peers;
	size_t max_rooms_per_source;  /* plain rooms that members at one source opened; 0: no limit */
	size_t max_peers_per_room;    /* at most LP_ROOM_TARGETS_MAX */
	size_t max_macs_per_gateway;  /* MACs learned behind a gateway; beyond it, the oldest are forgotten */
	unsigned max_stations;        /* MACs that a client may send from, its own included, if it asks for more than
					 one; at most LP_STATIONS_MAX */
	uint16_t room_mtu;            /* IP bytes */
	uint32_t min_datagram_budget; /* a member with less is rejected (mtu_too_small), as is one with less than four
					 fragments of the largest frame need */
	uint64_t mac_age_ns;          /* a learned MAC is forgotten after this time without a frame from it */
	uint32_t malformed_limit;     /* see lp_peer_malformed() */
	uint32_t filters;             /* that are on: bit set of enum lp_filter */
	struct lp_limits limits;      /* of each member's frames */
	struct lp_rate outputs[LP_OUTPUT_COUNT]; /* kbit; of what is sent for members */
	struct lp_rate joins;                    /* new members of each room; per_s 0: no limit */
	uint32_t source_joins; /* attempts of one source to become a new member of any room, as a burst; 0: no limit */
	uint8_t hash_key[16];  /* random; keys the hash tables */
	uint8_t worker;        /* first byte of the prefixes of peer links (room/transit.h) */
	struct lp_rooms_totals *totals; /* shared with the rooms of other workers; borrowed; NULL: of these alone */
	const struct lp_room_events *events; /* borrowed; they must not call lp_rooms_join() or lp_rooms_leave() */
	void *ctx;
};

/* A request to join and its result. */
struct lp_join {
	const struct lp_hello *hello;
	void *user;         /* of the new peer: the relay's connection */
	const uint8_t *key; /* LP_KEY_BYTES: the SHA-256 of the member's public key; NULL: it showed none */
	bool by_key;        /* the member proved an invite: its membership is resumed by its key, not by a token */
	uint64_t source;    /* where it comes from: equal for addresses that count as one source */
	const struct lp_addr *link_address; /* the member gets peer links, and comes from there; NULL: it gets none */
	/* Set by lp_rooms_join(): */
	struct lp_peer *peer;    /* NULL: rejected */
	void *replaced;          /* NULL: not resumed */
	struct lp_reject reject; /* why it was rejected */
};

/* What to do with a frame. */
struct lp_verdict {
	enum lp_drop drop;         /* LP_DROP_NONE: forward to the targets */
	struct lp_peer **targets;  /* valid until the next call for the same lp_rooms */
	struct lp_peer *displaced; /* NULL, or a client whose MAC a station on the gateway's LAN uses: the caller must
				      disconnect it */
	size_t n_targets;          /* may be 0 without a drop: no other member is in the room */
};

/* Counts nothing. |hash_key|: random, 16 bytes. |lock| is borrowed as long as |totals|; NULL: one thread uses it. */
void lp_rooms_totals_init(struct lp_rooms_totals *totals, const uint8_t *hash_key, const struct lp_lock *lock);
void lp_rooms_config_init(struct lp_rooms_config *config);
/* |config| is copied. 0, LP_ERANGE (a limit is 0 or too large) or LP_ENOMEM. */
int lp_rooms_new(const struct lp_rooms_config *config, struct lp_rooms **ret_rooms);
/* All peers must have left. NULL is permitted. */
void lp_rooms_free(struct lp_rooms *rooms);

/* Admits a member: on success |join->peer| is set, and the events `welcome` and `peer_joined` were called for it and
   its room. If the hello's resume token proves that it is a member that is still in the room, it takes over that
   membership with its peer id: the other members see nothing, and |join->replaced| is the user that had it before. A
   resumed member is not counted by the limit on joins, but a changed name is, because the others must receive it; over
   the limit the old name is kept. 0; or LP_EPERM, LP_EFULL or LP_ENOMEM with |join->reject| filled in. */
int lp_rooms_join(struct lp_rooms *rooms, struct lp_join *join, uint64_t now_ns);
/* Removes and frees |peer|, with its MACs. Calls the event `peer_left` for each of the others. */
void lp_rooms_leave(struct lp_rooms *rooms, struct lp_peer *peer, enum lp_reason reason);
/* Filters a frame, learns its source, applies the rate limits, and decides where it goes. |ret_verdict| is always
   filled in. */
void lp_rooms_forward(struct lp_rooms *rooms, struct lp_peer *from, const uint8_t *frame, size_t len, uint64_t now_ns,
	struct lp_verdict *ret_verdict);

/* If there are as many rooms as there may be: the code of the plain room that has been without a gateway for longest,
   which the caller can empty to make space for a room with one. NULL: there is space, or no such room. */
const char *lp_rooms_spare(const struct lp_rooms *rooms);

void *lp_peer_user(const struct lp_peer *peer);
uint16_t lp_peer_id(const struct lp_peer *peer);
enum lp_role lp_peer_role(const struct lp_peer *peer);
const struct lp_mac *lp_peer_mac(const struct lp_peer *peer);
const char *lp_peer_name(const struct lp_peer *peer);
const char *lp_peer_room(const struct lp_peer *peer);
/* The SHA-256 of its public key, LP_KEY_BYTES; NULL: it showed none. */
const uint8_t *lp_peer_key(const struct lp_peer *peer);
/* True if it was admitted by an invite. */
bool lp_peer_by_key(const struct lp_peer *peer);
/* Lets a client reply to ARP and neighbour solicitations for addresses of others, as proxies do, until it leaves. */
void lp_peer_set_proxy(struct lp_peer *peer, bool proxy);
/* The members of the room of |peer|, itself included, in no particular order; NULL from their number on. */
struct lp_peer *lp_peer_neighbour(const struct lp_peer *peer, size_t index);
/* The gateway of the room of |peer|, or NULL. */
struct lp_peer *lp_peer_gateway(const struct lp_peer *peer);
/* The content of `welcome` for |peer|, except unfragmented_mtu and stats_interval_s. |ret_welcome| contains the resume
   token, a secret. */
void lp_peer_welcome(const struct lp_peer *peer, struct lp_welcome *ret_welcome);
/* Counts a malformed DATAGRAM from |peer|, which its link has counted as a drop. True if there were more than
   malformed_limit of them within LP_ROOM_MALFORMED_WINDOW_NS: the caller must disconnect the member. */
bool lp_peer_malformed(struct lp_peer *peer, uint64_t now_ns);
/* Dropped frames from |peer| by reason: an array of LP_DROP_COUNT. */
const uint64_t *lp_peer_drops(const struct lp_peer *peer);
/* Members that were rejected by the limits on joins. */
uint64_t lp_rooms_joins_limited(const struct lp_rooms *rooms);
size_t lp_rooms_peer_count(const struct lp_rooms *rooms);
size_t lp_rooms_room_count(const struct lp_rooms *rooms);
/* The member of room |code| that has the key |key| and was admitted by an invite; with |key| NULL any of its members.
   NULL: there is none. */
struct lp_peer *lp_rooms_find_key(const struct lp_rooms *rooms, const char *code, const uint8_t *key);
/* The member of room |code| with this id, or NULL. */
struct lp_peer *lp_rooms_find_id(const struct lp_rooms *rooms, const char *code, uint16_t id);
/* Calls |fn| for every peer of every room, room by room. */
void lp_rooms_each(const struct lp_rooms *rooms, void (*fn)(void *ctx, struct lp_peer *peer), void *ctx);

#endif
