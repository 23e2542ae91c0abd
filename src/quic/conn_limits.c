#include "quic/conn_limits.h"

#include <assert.h>

#include "base/error.h"
#include "quic/conn.h"

#define SITE_SOURCES 4 /* an IPv6 /48 may have as many connections as this many addresses */
#define UNPROVEN_SECONDS 10

int lp_conn_limits_init(struct lp_conn_limits *limits, const struct lp_quic_config *config)
{
	*limits = (struct lp_conn_limits){0};
	lp_ratelimit_init(&limits->unproven_limit, config->max_handshakes, config->max_handshakes * UNPROVEN_SECONDS);
	lp_ratelimit_init(&limits->proven_limit, config->max_handshakes_per_source, config->max_handshakes_per_source);
	return lp_addr_limits_init(&limits->sources, config->secret + LP_SIPHASH_KEY);
}

void lp_conn_limits_done(struct lp_conn_limits *limits)
{
	assert(limits->n_conns == 0 && limits->n_live == 0 && limits->n_accepted_live == 0 &&
		limits->n_accepted_ended == 0 && limits->n_handshakes == 0);
	lp_addr_limits_done(&limits->sources);
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

bool lp_conn_limits_refuse(struct lp_quic_env *env, const struct lp_addr *remote, bool proven, const char **ret_reply)
{
	const struct lp_quic_config *config = &env->config;
	struct lp_conn_limits *limits = &env->limits;
	const struct lp_addr_limit *source = lp_addr_limits_find(&limits->sources, remote);
	*ret_reply = NULL;
	if (config->max_conns && limits->n_accepted_live >= config->max_conns) {
		lp_conn_limits_note_refusal(env, remote, "as many as there may be in all");
		*ret_reply = "the relay is full";
		return true;
	}
	if (!fits(config, source, lp_addr_limits_find_site(&limits->sources, remote), 1)) {
		lp_conn_limits_note_refusal(env, remote, "too many from one address");
		*ret_reply = "too many connections from your address";
		return true;
	}
	if (!proven || config->max_handshakes_per_source == 0)
		return false;
	if (source && source->n_handshakes >= config->max_handshakes_per_source) {
		lp_conn_limits_note_refusal(env, remote, "too many handshakes under way from one address");
		return true;
	}
	struct lp_bucket *bucket = lp_addr_limits_bucket(&limits->sources, remote);
	if (!lp_bucket_take(bucket, &limits->proven_limit, 1, env->now_ns)) {
		lp_conn_limits_note_refusal(env, remote, "too many handshakes in a short time from one address");
		return true;
	}
	return false;
}

bool lp_conn_limits_needs_retry(struct lp_quic_env *env, const struct lp_addr *remote)
{
	const struct lp_quic_config *config = &env->config;
	struct lp_conn_limits *limits = &env->limits;
	const struct lp_addr_limit *source = lp_addr_limits_find(&limits->sources, remote);
	if (limits->n_handshakes >= config->max_handshakes)
		return true;
	if (config->max_handshakes_per_source && source && source->n_unproven >= config->max_handshakes_per_source)
		return true;
	return !lp_bucket_take(&limits->unproven, &limits->unproven_limit, UNPROVEN_SECONDS, env->now_ns);
}

int lp_conn_limits_add(struct lp_quic_conn *conn)
{
	struct lp_conn_limits *limits = &conn->env->limits;
	if (conn->server) {
		conn->source = lp_addr_limits_enter(&limits->sources, &conn->remote, conn->proven);
		if (!conn->source)
			return LP_ENOMEM;
		limits->n_accepted_live++;
		limits->n_handshakes++;
	}
	conn->counted = conn->half_open = true;
	limits->n_conns++;
	limits->n_live++;
	return 0;
}

/* The connection leaves the half-open ones: it is established or has ended. */
static void settle(struct lp_quic_conn *conn)
{
	if (!conn->server)
		return;
	conn->env->limits.n_handshakes--;
	lp_addr_limits_settle(conn->source, conn->proven);
}

bool lp_conn_limits_establish(struct lp_quic_conn *conn)
{
	if (!conn->half_open)
		return true;
	conn->half_open = false;
	settle(conn);
	if (!conn->source || fits(&conn->env->config, conn->source, conn->source->site, 0))
		return true;
	lp_conn_limits_note_refusal(conn->env, &conn->remote, "too many from one address");
	return false;
}

void lp_conn_limits_end(struct lp_quic_conn *conn)
{
	struct lp_conn_limits *limits = &conn->env->limits;
	if (!conn->counted)
		return;
	conn->counted = false;
	limits->n_live--;
	if (conn->half_open)
		settle(conn); /* |half_open| stays set: it must not drain */
	if (!conn->server)
		return;
	limits->n_accepted_live--;
	limits->n_accepted_ended++;
	lp_addr_limits_leave(&limits->sources, conn->source);
	conn->source = NULL;
}

void lp_conn_limits_remove(struct lp_quic_conn *conn)
{
	struct lp_conn_limits *limits = &conn->env->limits;
	lp_conn_limits_end(conn);
	limits->n_conns--;
	if (conn->server)
		limits->n_accepted_ended--;
}

bool lp_conn_limits_may_drain(const struct lp_quic_conn *conn)
{
	const struct lp_quic_env *env = conn->env;
	size_t max = env->config.max_conns;
	return !conn->server || (!conn->half_open && (max == 0 || env->limits.n_accepted_ended <= max));
}
