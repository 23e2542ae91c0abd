#include "quic/conn_limits.h"

#include <assert.h>
#include <stdlib.h>

#include "base/error.h"
#include "quic/conn.h"
#include "quic/secrets.h"

#define SITE_SOURCES 4 /* an IPv6 /48 may have as many connections as this many addresses */
#define UNPROVEN_SECONDS 10

int lp_quic_limits_new(
	const struct lp_quic_config *config, const struct lp_lock *lock, struct lp_quic_limits **ret_limits)
{
	struct lp_quic_limits *limits = calloc(1, sizeof *limits);
	if (!limits)
		return LP_ENOMEM;
	if (lock)
		limits->lock = *lock;
	lp_ratelimit_init(&limits->unproven_limit, config->max_handshakes, config->max_handshakes * UNPROVEN_SECONDS);
	lp_ratelimit_init(&limits->proven_limit, config->max_handshakes_per_source, config->max_handshakes_per_source);
	struct lp_quic_secrets secrets;
	int result = lp_quic_secrets_derive(config->secret, &secrets);
	if (result == 0)
		result = lp_addr_limits_init(&limits->sources, secrets.sources);
	if (result < 0)
		free(limits);
	else
		*ret_limits = limits;
	return result;
}

void lp_quic_limits_free(struct lp_quic_limits *limits)
{
	if (!limits)
		return;
	assert(limits->n_live == 0 && limits->n_ended == 0 && limits->n_handshakes == 0);
	lp_addr_limits_done(&limits->sources);
	free(limits);
}

int lp_conn_limits_init(struct lp_conn_limits *limits, const struct lp_quic_config *config)
{
	*limits = (struct lp_conn_limits){.accepted = config->limits, .shared = config->limits != NULL};
	return limits->shared ? 0 : lp_quic_limits_new(config, NULL, &limits->accepted);
}

void lp_conn_limits_done(struct lp_conn_limits *limits)
{
	assert(limits->n_conns == 0 && limits->n_live == 0);
	if (!limits->shared)
		lp_quic_limits_free(limits->accepted);
}

void lp_conn_limits_note_refusal(struct lp_quic_env *env, const struct lp_addr *remote, const char *reason)
{
	env->counters.conns_refused++;
	env->limits.refusal = (struct lp_quic_refusal){.remote = *remote, .reason = reason};
}

/* True if |n_more| connections fit into the limit of a source and of its site; either may be NULL. Unproven handshakes
   do not count: another host may have begun them. */
static bool fits(const struct lp_quic_config *config, const struct lp_addr_limit *source,
	const struct lp_addr_limit *site, size_t n_more)
{
	size_t max = config->max_conns_per_source;
	return max == 0 || ((!source || source->n_conns - source->n_unproven + n_more <= max) &&
				   (!site || site->n_conns - site->n_unproven + n_more <= max * SITE_SOURCES));
}

/* Why a client from |remote| is refused, or NULL; |ret_reply| is the text to send to it, or NULL for silence. */
static const char *refusal_of(
	const struct lp_quic_env *env, const struct lp_addr *remote, bool proven, const char **ret_reply)
{
	const struct lp_quic_config *config = &env->config;
	struct lp_quic_limits *limits = env->limits.accepted;
	const struct lp_addr_limit *source = lp_addr_limits_find(&limits->sources, remote);
	*ret_reply = NULL;
	if (config->max_conns && limits->n_live >= config->max_conns) {
		*ret_reply = "the relay is full";
		return "as many as there may be in all";
	}
	if (!fits(config, source, lp_addr_limits_find_site(&limits->sources, remote), 1)) {
		*ret_reply = "too many connections from your address";
		return "too many from one address";
	}
	if (!proven || config->max_handshakes_per_source == 0)
		return NULL;
	if (source && source->n_handshakes >= config->max_handshakes_per_source)
		return "too many handshakes under way from one address";
	struct lp_bucket *bucket = lp_addr_limits_bucket(&limits->sources, remote);
	if (!lp_bucket_take(bucket, &limits->proven_limit, 1, env->now_ns))
		return "too many handshakes in a short time from one address";
	return NULL;
}

bool lp_conn_limits_refuse(struct lp_quic_env *env, const struct lp_addr *remote, bool proven, const char **ret_reply)
{
	lp_lock_take(&env->limits.accepted->lock);
	const char *reason = refusal_of(env, remote, proven, ret_reply);
	lp_lock_release(&env->limits.accepted->lock);
	if (reason)
		lp_conn_limits_note_refusal(env, remote, reason);
	return reason != NULL;
}

bool lp_conn_limits_needs_retry(struct lp_quic_env *env, const struct lp_addr *remote)
{
	const struct lp_quic_config *config = &env->config;
	struct lp_quic_limits *limits = env->limits.accepted;
	lp_lock_take(&limits->lock);
	const struct lp_addr_limit *source = lp_addr_limits_find(&limits->sources, remote);
	bool busy = limits->n_handshakes >= config->max_handshakes ||
		    (config->max_handshakes_per_source && source &&
			    source->n_unproven >= config->max_handshakes_per_source);
	bool needs = busy || !lp_bucket_take(&limits->unproven, &limits->unproven_limit, UNPROVEN_SECONDS, env->now_ns);
	lp_lock_release(&limits->lock);
	return needs;
}

/* Counts an accepted connection. 0 or LP_ENOMEM. */
static int add_accepted(struct lp_quic_limits *limits, struct lp_quic_conn *conn)
{
	lp_lock_take(&limits->lock);
	conn->source = lp_addr_limits_enter(&limits->sources, &conn->remote, conn->proven);
	if (conn->source) {
		limits->n_live++;
		limits->n_handshakes++;
	}
	lp_lock_release(&limits->lock);
	return conn->source ? 0 : LP_ENOMEM;
}

int lp_conn_limits_add(struct lp_quic_conn *conn)
{
	struct lp_conn_limits *limits = &conn->env->limits;
	int result = conn->server ? add_accepted(limits->accepted, conn) : 0;
	if (result < 0)
		return result;
	conn->counted = conn->half_open = true;
	limits->n_conns++;
	limits->n_live++;
	return 0;
}

/* An accepted connection leaves the half-open ones: it is established or has ended. The caller has the lock. */
static void settle(struct lp_quic_conn *conn)
{
	conn->env->limits.accepted->n_handshakes--;
	lp_addr_limits_settle(conn->source, conn->proven);
}

bool lp_conn_limits_establish(struct lp_quic_conn *conn)
{
	struct lp_quic_limits *limits = conn->env->limits.accepted;
	if (!conn->half_open)
		return true;
	conn->half_open = false;
	if (!conn->server)
		return true;
	lp_lock_take(&limits->lock);
	settle(conn);
	bool fit = fits(&conn->env->config, conn->source, conn->source->site, 0);
	lp_lock_release(&limits->lock);
	if (!fit)
		lp_conn_limits_note_refusal(conn->env, &conn->remote, "too many from one address");
	return fit;
}

void lp_conn_limits_end(struct lp_quic_conn *conn)
{
	struct lp_quic_limits *limits = conn->env->limits.accepted;
	if (!conn->counted)
		return;
	conn->counted = false;
	conn->env->limits.n_live--;
	if (!conn->server)
		return;
	conn->env->counters.handshakes_failed += conn->half_open;
	lp_lock_take(&limits->lock);
	if (conn->half_open)
		settle(conn); /* |half_open| stays set: it must not drain */
	limits->n_live--;
	limits->n_ended++;
	lp_addr_limits_leave(&limits->sources, conn->source);
	lp_lock_release(&limits->lock);
	conn->source = NULL;
}

void lp_conn_limits_remove(struct lp_quic_conn *conn)
{
	struct lp_quic_limits *limits = conn->env->limits.accepted;
	lp_conn_limits_end(conn);
	conn->env->limits.n_conns--;
	if (!conn->server)
		return;
	lp_lock_take(&limits->lock);
	limits->n_ended--;
	lp_lock_release(&limits->lock);
}

bool lp_conn_limits_may_drain(const struct lp_quic_conn *conn)
{
	const struct lp_quic_limits *limits = conn->env->limits.accepted;
	size_t max = conn->env->config.max_conns;
	if (!conn->server)
		return true;
	lp_lock_take(&limits->lock);
	bool fit = max == 0 || limits->n_ended <= max;
	lp_lock_release(&limits->lock);
	return !conn->half_open && fit;
}
