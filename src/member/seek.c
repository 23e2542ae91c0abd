/* How a member finds its relay: the name, one address after the other, and again when the connection is lost. */
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "link/link.h"
#include "member/state.h"
#include "obs/event.h"
#include "platform/loop/loop.h"
#include "platform/net/netwatch.h"
#include "platform/net/resolve.h"
#include "platform/net/udp.h"
#include "platform/system/random.h"
#include "quic/endpoint.h"
#include "session/session.h"

/* How long one address may take to answer: while there are others, or the relay is known to be good and away for now
   (a fresh attempt finds it sooner than the handshake's growing timeouts do); and when it is the last. */
#define ATTEMPT_NS (2 * LP_SEC)
#define ATTEMPT_LAST_NS (8 * LP_SEC)
/* A relay notices within 30 s that a member is gone. What holds our place for longer is somebody else. */
#define PLACE_HELD_NS (40 * LP_SEC)

/* How long the attempt that begins may take. */
static uint64_t attempt_ns(const struct lp_member *member)
{
	return member->next_addr < member->n_addrs || member->ever_joined ? ATTEMPT_NS : ATTEMPT_LAST_NS;
}

void lp_member_connect_next(struct lp_member *member)
{
	char text[LP_ADDR_TEXT_MAX];
	while (member->next_addr < member->n_addrs) {
		const struct lp_addr *remote = &member->addrs[member->next_addr++];
		struct lp_addr local, bound;
		uint32_t interface;
		if (lp_netwatch_source(member->netwatch, remote, &local, &interface) < 0)
			continue; /* no route */
		lp_udp_local(member->udp, &bound);
		local.port = bound.port;
		lp_udp_set_interface(member->udp, interface);
		if (lp_quic_connect(member->endpoint, &local, remote, member->config.server_name, member->now_ns,
			    &member->conn) < 0)
			continue;
		member->tried = true;
		member->local = local;
		member->remote = *remote;
		member->move_waits = false;
		member->state = LP_MEMBER_CONNECTING;
		member->attempt_deadline_ns = member->now_ns + attempt_ns(member);
		lp_event_connecting(member->log, member->config.relay_host, remote);
		lp_member_tell_path(member);
		return;
	}
	member->may_retry = true;
	if (member->n_addrs > 0 && !member->tried)
		lp_fail(&member->reason, LP_EUNREACH,
			"no way to %s: this computer has no route there: is it connected?", member->config.relay_host);
	else if (member->n_addrs > 0)
		lp_fail(&member->reason, LP_EUNREACH,
			"%s (%s): the relay does not answer: check the address and the UDP port, that the relay runs, "
			"and that no firewall is in between",
			member->config.relay_host, lp_addr_format(&member->remote, text));
	lp_member_lost(member);
}

/* The relay's name is resolved, or not. */
static void on_resolved(void *ctx, const struct lp_addr *addrs, size_t n_addrs, const char *reason)
{
	struct lp_member *member = ctx;
	member->now_ns = lp_loop_now_ns(member->loop);
	member->n_addrs = n_addrs < LP_MEMBER_ADDRS_MAX ? n_addrs : LP_MEMBER_ADDRS_MAX;
	member->next_addr = 0;
	member->tried = false;
	if (member->n_addrs > 0)
		memcpy(member->addrs, addrs, member->n_addrs * sizeof *addrs);
	else
		lp_fail(&member->reason, LP_EUNREACH, "%s: cannot find the relay's address: %s: check --relay",
			member->config.relay_host, reason);
	lp_resolve_free(member->resolve); /* the addresses and the reason were its own */
	member->resolve = NULL;
	lp_member_connect_next(member);
	lp_member_end_pass(member);
}

void lp_member_seek(struct lp_member *member)
{
	member->state = LP_MEMBER_RESOLVING;
	member->reason.code = 0;
	member->may_retry = true;
	if (lp_resolve_start(member->loop, member->config.relay_host, member->config.relay_port, on_resolved, member,
		    &member->resolve) < 0) {
		lp_fail(&member->reason, LP_ENOMEM, "out of memory");
		lp_member_lost(member);
	}
}

void lp_member_drop_connection(struct lp_member *member)
{
	struct lp_quic_conn *conn = member->conn;
	if (member->link) {
		member->counters = *lp_link_counters(member->link);
		lp_link_free(member->link);
		member->link = NULL;
	}
	lp_session_stop(member->session);
	member->conn = NULL;
	member->has_relay_stats = false;
	member->told_lan_down = false;
	if (conn)
		lp_quic_abandon(conn);
}

/* True while the relay refuses us for the sake of a place that may be our own of an earlier run. */
static bool waits_for_place(struct lp_member *member)
{
	if (!member->place_held)
		return false;
	if (member->place_deadline_ns == 0)
		member->place_deadline_ns = member->now_ns + PLACE_HELD_NS;
	return member->now_ns < member->place_deadline_ns;
}

void lp_member_lost(struct lp_member *member)
{
	bool was_joined = member->state == LP_MEMBER_JOINED;
	uint8_t random[8];
	if (member->state == LP_MEMBER_ENDED)
		return;
	lp_member_drop_connection(member);
	if (member->stopping) {
		lp_member_end(member, member->failed ? &member->reason : NULL);
		return;
	}
	if (!member->config.reconnect || !member->may_retry || !(member->ever_joined || waits_for_place(member))) {
		lp_member_end(member, &member->reason);
		return;
	}
	lp_random_fill(random, sizeof random);
	uint64_t delay_ns = lp_backoff_next(&member->backoff, random);
	member->state = LP_MEMBER_WAITING;
	member->retry_ns = delay_ns;
	member->retry_at_ns = member->now_ns + delay_ns;
	lp_event_reconnecting(member->log, member->reason.text, delay_ns);
	if (was_joined && member->config.events->lost)
		member->config.events->lost(member->config.ctx);
}
