/* How many streams a relay's TCP port takes, and from whom: the counts behind the limits that server.h names.

   Workers share the counts, so a source has one limit, however its streams are spread. A lock protects them. It is
   taken when a stream begins, is open, or ends, never with a packet. */
#ifndef LP_CARRIER_TLS_STREAM_LIMITS_H
#define LP_CARRIER_TLS_STREAM_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lock.h"
#include "base/siphash.h"

struct lp_addr;
struct lp_addr_limit;
struct lp_stream_limits;

struct lp_stream_limits_config {
	size_t max_streams;
	size_t max_streams_per_source;    /* 0: no limit */
	size_t max_handshakes_per_source; /* in progress, or begun within a second */
	const uint8_t *key;               /* LP_SIPHASH_KEY bytes; copied */
	struct lp_lock lock;
};

/* LP_ENOMEM. */
int lp_stream_limits_new(const struct lp_stream_limits_config *config, struct lp_stream_limits **ret_limits);
/* All streams must have left. NULL is fine. */
void lp_stream_limits_free(struct lp_stream_limits *limits);
/* Counts a new stream, whose client is not known yet. False: there are as many as there may be. */
bool lp_stream_limits_reserve(struct lp_stream_limits *limits);
/* Counts a reserved stream for its client, which begins a handshake. NULL: a limit refuses it, or no memory. */
struct lp_addr_limit *lp_stream_limits_admit(
	struct lp_stream_limits *limits, const struct lp_addr *remote, uint64_t now_ns);
/* The handshake is over, which |source| began. */
void lp_stream_limits_settle(struct lp_stream_limits *limits, struct lp_addr_limit *source);
/* A reserved stream has ended. |source|: what lp_stream_limits_admit() returned; NULL: it was not admitted.
   |half_open|: its handshake was not over. */
void lp_stream_limits_leave(struct lp_stream_limits *limits, struct lp_addr_limit *source, bool half_open);

#endif
