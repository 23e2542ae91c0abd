/* How many connections and half-open handshakes each source has: an IPv4 address, or an IPv6 /64. */
#ifndef LP_QUIC_SOURCES_H
#define LP_QUIC_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/siphash.h"

struct lp_addr;

/* One source. It exists while it has a connection. */
struct lp_source {
	struct lp_source *next; /* in the bucket */
	uint8_t prefix[9];      /* 4 or 6, then the address or its first half */
	size_t n_conns;         /* handshakes included */
	size_t n_handshakes;
};

struct lp_sources {
	struct lp_source **buckets;
	size_t n_buckets; /* a power of two */
	size_t n_sources;
	uint8_t key[LP_SIPHASH_KEY];
};

/* 0 or LP_ENOMEM. */
int lp_sources_init(struct lp_sources *sources, const uint8_t key[LP_SIPHASH_KEY]);
/* All sources must have been left. */
void lp_sources_done(struct lp_sources *sources);
/* The source of |addr| if it is known, or NULL. */
const struct lp_source *lp_sources_find(const struct lp_sources *sources, const struct lp_addr *addr);
/* A half-open handshake begins. The source, or NULL without memory. */
struct lp_source *lp_sources_enter(struct lp_sources *sources, const struct lp_addr *addr);
/* The handshake is complete. */
void lp_sources_establish(struct lp_source *source);
/* The connection is gone; |established| if lp_sources_establish() was called for it. */
void lp_sources_leave(struct lp_sources *sources, struct lp_source *source, bool established);

#endif
