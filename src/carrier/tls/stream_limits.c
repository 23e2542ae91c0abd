#include "carrier/tls/stream_limits.h"

#include <assert.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/ratelimit.h"
#include "quic/demux/addr_limits.h"

/* Handshakes that may begin per second, and at one time: their signatures must leave time for frames. */
#define HANDSHAKES_PER_S 100
#define HANDSHAKES_BURST 200

struct lp_stream_limits {
	struct lp_stream_limits_config config;
	struct lp_addr_limits sources;
	struct lp_ratelimit handshakes, source_handshakes;
	struct lp_bucket started;
	size_t n_streams;
};

int lp_stream_limits_new(const struct lp_stream_limits_config *config, struct lp_stream_limits **ret_limits)
{
	struct lp_stream_limits *limits = calloc(1, sizeof *limits);
	if (!limits)
		return LP_ENOMEM;
	limits->config = *config;
	lp_ratelimit_init(&limits->handshakes, HANDSHAKES_PER_S, HANDSHAKES_BURST);
	lp_ratelimit_init(
		&limits->source_handshakes, config->max_handshakes_per_source, config->max_handshakes_per_source);
	int result = lp_addr_limits_init(&limits->sources, config->key);
	if (result < 0) {
		free(limits);
		return result;
	}
	*ret_limits = limits;
	return 0;
}

void lp_stream_limits_free(struct lp_stream_limits *limits)
{
	if (!limits)
		return;
	assert(limits->n_streams == 0);
	lp_addr_limits_done(&limits->sources);
	free(limits);
}

bool lp_stream_limits_reserve(struct lp_stream_limits *limits)
{
	lp_lock_take(&limits->config.lock);
	bool fits = limits->n_streams < limits->config.max_streams;
	limits->n_streams += fits;
	lp_lock_release(&limits->config.lock);
	return fits;
}

/* lp_stream_limits_admit() under the lock. */
static struct lp_addr_limit *admit(struct lp_stream_limits *limits, const struct lp_addr *remote, uint64_t now_ns)
{
	const struct lp_stream_limits_config *config = &limits->config;
	const struct lp_addr_limit *source = lp_addr_limits_find(&limits->sources, remote);
	if ((source && config->max_streams_per_source && source->n_conns >= config->max_streams_per_source) ||
		(source && source->n_handshakes >= config->max_handshakes_per_source) ||
		!lp_bucket_take(
			lp_addr_limits_bucket(&limits->sources, remote), &limits->source_handshakes, 1, now_ns) ||
		!lp_bucket_take(&limits->started, &limits->handshakes, 1, now_ns))
		return NULL;
	return lp_addr_limits_enter(&limits->sources, remote, true);
}

struct lp_addr_limit *lp_stream_limits_admit(
	struct lp_stream_limits *limits, const struct lp_addr *remote, uint64_t now_ns)
{
	lp_lock_take(&limits->config.lock);
	struct lp_addr_limit *source = admit(limits, remote, now_ns);
	lp_lock_release(&limits->config.lock);
	return source;
}

void lp_stream_limits_settle(struct lp_stream_limits *limits, struct lp_addr_limit *source)
{
	lp_lock_take(&limits->config.lock);
	lp_addr_limits_settle(source, true);
	lp_lock_release(&limits->config.lock);
}

void lp_stream_limits_leave(struct lp_stream_limits *limits, struct lp_addr_limit *source, bool half_open)
{
	lp_lock_take(&limits->config.lock);
	if (source && half_open)
		lp_addr_limits_settle(source, true);
	if (source)
		lp_addr_limits_leave(&limits->sources, source);
	limits->n_streams--;
	lp_lock_release(&limits->config.lock);
}
