/* The parts of an endpoint, for endpoint.c and accept.c. */
#ifndef LP_QUIC_ENDPOINT_STATE_H
#define LP_QUIC_ENDPOINT_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/ratelimit.h"
#include "quic/env.h"

struct lp_quic_endpoint {
	struct lp_quic_env env; /* what its connections share */
	struct lp_ratelimit reset_limit;
	struct lp_bucket resets; /* stateless resets that are sent */
};

/* Prepares the rate limit of stateless resets. */
void lp_accept_init(struct lp_quic_endpoint *endpoint);
/* Handles a datagram that belongs to no connection: begins one, replies, or drops it. */
void lp_accept_unmatched(struct lp_quic_endpoint *endpoint, struct lp_carrier *carrier, const struct lp_udp_msg *msg,
	const uint8_t *data, size_t len);

#endif
