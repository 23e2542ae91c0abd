/* How many connections and half-open handshakes each source has, and how fast it begins them: an IPv4 address, or an
   IPv6 /64. What comes from an address that nobody has proved to be theirs is counted apart: it may be forged. */
#ifndef LP_QUIC_DEMUX_ADDR_LIMITS_H
#define LP_QUIC_DEMUX_ADDR_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ratelimit.h"
#include "base/siphash.h"

struct lp_addr;

/* One source. It exists while it has a connection. So does the IPv6 /48 that it is part of: a household or a rented
   server has hundreds of /64 or thousands of them, all of one site. */
struct lp_addr_limit {
	struct lp_addr_limit *next; /* in the bucket */
	struct lp_addr_limit *site; /* the /48; NULL for IPv4, and for itself */
	uint8_t prefix[9];          /* what it is, then the address or as much of it as counts */
	size_t n_conns;             /* the two below included */
	size_t n_handshakes;        /* half-open, the address proved by a Retry */
	size_t n_unproven;          /* half-open, the address anybody's */
};

/* Buckets that all addresses share by hash; the key decides which addresses share one. */
#define LP_ADDR_LIMITS_BUCKETS 1024U

struct lp_addr_limits {
	struct lp_addr_limit **buckets;
	size_t n_buckets; /* a power of two */
	size_t n_sources;
	uint8_t key[LP_SIPHASH_KEY];
	struct lp_bucket handshakes[LP_ADDR_LIMITS_BUCKETS];
};

/* 0 or LP_ENOMEM. */
int lp_addr_limits_init(struct lp_addr_limits *sources, const uint8_t key[LP_SIPHASH_KEY]);
/* All sources must have been left. */
void lp_addr_limits_done(struct lp_addr_limits *sources);
/* The source of |addr| if it is known, or NULL. */
const struct lp_addr_limit *lp_addr_limits_find(const struct lp_addr_limits *sources, const struct lp_addr *addr);
/* The site of |addr| if it is known; NULL also for IPv4. */
const struct lp_addr_limit *lp_addr_limits_find_site(const struct lp_addr_limits *sources, const struct lp_addr *addr);
/* The bucket of the handshakes that begin from |addr|, which is proved; with IPv6 that of its site. */
struct lp_bucket *lp_addr_limits_bucket(struct lp_addr_limits *sources, const struct lp_addr *addr);
/* A half-open handshake begins. The source, or NULL without memory. */
struct lp_addr_limit *lp_addr_limits_enter(struct lp_addr_limits *sources, const struct lp_addr *addr, bool proven);
/* The handshake is complete, or given up. */
void lp_addr_limits_settle(struct lp_addr_limit *source, bool proven);
/* The connection, whose handshake was settled, is gone. */
void lp_addr_limits_leave(struct lp_addr_limits *sources, struct lp_addr_limit *source);

#endif
