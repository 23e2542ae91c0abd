/* The direct route between two members: which addresses of the peer are probed, and which one is used.

   Model. Each end has candidates: addresses that the peer has offered, and addresses from which authentic probes came
   (its NAT may use another mapping towards us than towards the relay). Both ends probe all candidates of each other at
   the same time, from the tunnel's socket, which opens the mappings of their NATs (RFC 8445 calls these checks). A
   reply proves that datagrams pass in both directions. Of the candidates that reply, the one with the shortest round
   trip is the route, if it is not much slower than the relay's route; it changes only for one that is better by a fifth
   or by 2 ms.

   The route is probed as long as it is used, in short intervals while frames are sent. If nothing comes back for
   LP_ROUTE_DEAD_NS and two round trips it is dead, and packets go through the relay again; it is taken again after a
   time that doubles with each failure.

   A probe is LP_ROUTE_MESSAGE_BYTES long, and so is its reply. Both are authenticated by a key of the link, so no
   one else can add a candidate or send a reply. What a replayed probe causes is a few probes to its source.

   Invariants: the number of candidates has a maximum, and so has the number of probes per second to addresses that have
   not replied, whatever the peer offers and however often: it cannot make this member flood others. An address without
   a reply is never the route. Pure: addresses, messages and now_ns go in, addresses to probe come out. It knows no link
   and no socket. */
#ifndef LP_ROUTE_ROUTE_H
#define LP_ROUTE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/link_prefix.h"
#include "base/ratelimit.h"
#include "base/siphash.h"
#include "base/units.h"

#define LP_ROUTE_MESSAGE_BYTES 29
#define LP_ROUTE_OFFERED_MAX 6
#define LP_ROUTE_CANDIDATES_MAX 10
/* Nothing came back for this time, and two round trips, while frames are sent. */
#define LP_ROUTE_DEAD_NS (180 * LP_MS)
/* The same while no frames are sent. */
#define LP_ROUTE_STALE_NS (2500 * LP_MS)
/* Between probes of the route while frames are sent, and while they are not. */
#define LP_ROUTE_BUSY_NS (40 * LP_MS)
#define LP_ROUTE_IDLE_NS LP_SEC
/* Probes of candidates that have not replied: per second, and at one time. */
#define LP_ROUTE_PUNCHES_PER_S 20
#define LP_ROUTE_PUNCHES_BURST 60
/* After a failure, doubled with each. */
#define LP_ROUTE_HOLD_FIRST_NS LP_SEC
#define LP_ROUTE_HOLD_LAST_NS (64 * LP_SEC)

enum lp_route_kind {
	LP_ROUTE_PROBE = 1,
	LP_ROUTE_REPLY = 2,
};

struct lp_route_message {
	enum lp_route_kind kind;
	uint8_t to[LP_LINK_PREFIX_BYTES], from[LP_LINK_PREFIX_BYTES]; /* prefixes of receiver and sender */
	uint64_t stamp;                                               /* of the probe's sender, returned by the reply */
};

/* An address of the peer. */
struct lp_route_candidate {
	struct lp_addr addr;
	bool offered;          /* by the peer; false: a probe came from there */
	uint64_t next_ns;      /* when to probe it */
	unsigned n_unanswered; /* probes since the last reply */
	unsigned n_replies;    /* since the route was last dead */
	uint64_t replied_ns;   /* the last reply; 0: none */
	uint64_t stamp;        /* of that reply */
	uint64_t added_ns;
	uint64_t rtt_ns; /* smoothed; 0: unknown */
};

struct lp_route {
	struct lp_route_candidate candidates[LP_ROUTE_CANDIDATES_MAX];
	size_t n_candidates;
	bool chosen; /* |current| is the route */
	size_t current;
	uint64_t alive_ns;      /* the last sign of life of the route */
	uint64_t chosen_ns;     /* when it was chosen */
	uint64_t used_ns;       /* the last frame */
	uint64_t used_since_ns; /* frames are sent without a pause since then */
	uint64_t hold_until_ns, hold_ns;
	struct lp_ratelimit punch_limit;
	struct lp_bucket punches; /* probes of candidates that have not replied */
	uint64_t looked_ns;       /* the last lp_route_choose(); 0: none */
};

/* True for a datagram that may be a probe or a reply; it is not a QUIC packet. */
static inline bool lp_route_is_message(const uint8_t *data, size_t len)
{
	return len == LP_ROUTE_MESSAGE_BYTES && (data[0] == LP_ROUTE_PROBE || data[0] == LP_ROUTE_REPLY);
}

void lp_route_write(const struct lp_route_message *message, const uint8_t key[LP_SIPHASH_KEY],
	uint8_t ret_data[LP_ROUTE_MESSAGE_BYTES]);
/* Reads a message without authenticating it: its prefixes say whose key verifies it. */
void lp_route_read(const uint8_t data[LP_ROUTE_MESSAGE_BYTES], struct lp_route_message *ret_message);
bool lp_route_verify(const uint8_t data[LP_ROUTE_MESSAGE_BYTES], const uint8_t key[LP_SIPHASH_KEY]);

void lp_route_init(struct lp_route *route);
/* Takes over the addresses that the peer offers; addresses that cannot be a host's are left out. */
void lp_route_offer(struct lp_route *route, const struct lp_addr *addrs, size_t n_addrs, uint64_t now_ns);
/* A frame was sent on the link. */
void lp_route_used(struct lp_route *route, uint64_t now_ns);
/* An authentic probe came from |from|; the caller replies to it. */
void lp_route_probed(struct lp_route *route, const struct lp_addr *from, uint64_t now_ns);
/* An authentic reply came from |from|. It counts only if the probe was sent to that address (RFC 8445 §7.2.5.2.1): a
   NAT that maps each remote address alike would otherwise seem to work and then go dark. */
void lp_route_replied(struct lp_route *route, const struct lp_addr *from, uint64_t stamp, uint64_t now_ns);
/* A packet of the link came from the route's address. */
static inline void lp_route_alive(struct lp_route *route, uint64_t now_ns)
{
	route->alive_ns = now_ns;
}
/* The route does not work, though it looks so. */
void lp_route_fail(struct lp_route *route, uint64_t now_ns);
/* The address to probe now, and the probe's stamp; NULL: none. Call it until it returns NULL. */
const struct lp_addr *lp_route_next_probe(struct lp_route *route, uint64_t now_ns, uint64_t *ret_stamp);
/* Chooses the route. |forwarded_ns|: round trip through the relay; 0: unknown. True if the choice changed. */
bool lp_route_choose(struct lp_route *route, uint64_t forwarded_ns, uint64_t now_ns);
/* The route's address; NULL: packets go through the relay. */
static inline const struct lp_addr *lp_route_current(const struct lp_route *route)
{
	return route->chosen ? &route->candidates[route->current].addr : NULL;
}
/* True while frames are sent: the route must be checked often. */
bool lp_route_is_busy(const struct lp_route *route, uint64_t now_ns);

#endif
