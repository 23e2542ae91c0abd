/* Counts connections and half-open handshakes by source: an IPv4 address or IPv6 /64. Handshakes from unproven
   addresses are counted apart, because the address may be forged. conn_limits.h explains the limits. */
#ifndef LP_QUIC_DEMUX_ADDR_LIMITS_H
#define LP_QUIC_DEMUX_ADDR_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ratelimit.h"
#include "base/siphash.h"

struct lp_addr;

/* A source, or the IPv6 /48 (site) that contains it. It exists while it has a connection. */
struct lp_addr_limit {
	struct lp_addr_limit *next; /* in the bucket */
	struct lp_addr_limit *site; /* the /48; NULL for IPv4, and for itself */
	uint8_t prefix[9];          /* its kind, then the address or the part of it that counts */
	size_t n_conns;             /* including the two below */
	size_t n_handshakes;        /* half-open, address proven by a Retry */
	size_t n_unproven;          /* half-open, address unproven */
};

/* Token buckets that all addresses share by keyed hash. */
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
/* Every connection must have left. */
void lp_addr_limits_done(struct lp_addr_limits *sources);
/* The source of |addr|, or NULL if it has no connection. */
const struct lp_addr_limit *lp_addr_limits_find(const struct lp_addr_limits *sources, const struct lp_addr *addr);
/* The site of |addr|, or NULL; NULL for IPv4. */
const struct lp_addr_limit *lp_addr_limits_find_site(const struct lp_addr_limits *sources, const struct lp_addr *addr);
/* The token bucket for proven handshakes from |addr|; with IPv6 that of its site. */
struct lp_bucket *lp_addr_limits_bucket(struct lp_addr_limits *sources, const struct lp_addr *addr);
/* Counts a new half-open handshake. Returns the source, or NULL without memory. */
struct lp_addr_limit *lp_addr_limits_enter(struct lp_addr_limits *sources, const struct lp_addr *addr, bool proven);
/* The handshake is complete, or has failed. */
void lp_addr_limits_settle(struct lp_addr_limit *source, bool proven);
/* The connection has ended. lp_addr_limits_settle() must have been called. */
void lp_addr_limits_leave(struct lp_addr_limits *sources, struct lp_addr_limit *source);

#endif
