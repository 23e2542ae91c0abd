/* The relay's addresses, and the race of attempts to connect to them (RFC 8305): the addresses are tried in order, each
   ATTEMPT_DELAY_NS after the one before or as soon as one fails, and the first complete handshake wins. An attempt
   belongs to a carrier, so a race may mix carriers. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "member/state.h"
#include "obs/event.h"
#include "platform/loop/loop.h"
#include "platform/net/netwatch.h"
#include "platform/net/udp.h"
#include "quic/endpoint.h"

/* Connection Attempt Delay (RFC 8305 §5). */
#define ATTEMPT_DELAY_NS (250 * LP_MS)
/* Time for one attempt, which lets an attempt to a relay that is away end before QUIC's retransmissions get rare. It
   must be long enough for the path: a handshake takes two round trips, or three if the relay's certificates are long,
   and a lost packet costs as much again. So it grows with the round trip of the last connection, if there was one, and
   with the time since it was lost, because the path may be a slower one now. */
#define ATTEMPT_MIN_NS (2 * LP_SEC)
#define ATTEMPT_FIRST_NS (8 * LP_SEC)
#define ATTEMPT_MAX_NS (30 * LP_SEC)
#define ATTEMPT_ROUND_TRIPS 6
/* An attempt ends this long after an ICMP error. Anyone on the path can forge one, and a handshake that still succeeds
   disproves it. */
#define UNREACHABLE_GRACE_NS (500 * LP_MS)

static uint64_t attempt_timeout_ns(const struct lp_member *member)
{
	uint64_t attempt_ns = !member->from_memory && !member->ever_joined ? ATTEMPT_FIRST_NS : ATTEMPT_MIN_NS;
	uint64_t outage_ns = member->now_ns - member->lost_ns;
	if (attempt_ns < ATTEMPT_ROUND_TRIPS * member->last_rtt_ns)
		attempt_ns = ATTEMPT_ROUND_TRIPS * member->last_rtt_ns;
	attempt_ns += outage_ns / 2;
	return attempt_ns < ATTEMPT_MAX_NS ? attempt_ns : ATTEMPT_MAX_NS;
}

/* Sets |reason| to why an attempt got no reply. A reply of the relay, or an ICMP error, says more than silence. */
static void set_no_reply(struct lp_member *member, const struct lp_attempt *attempt)
{
	const char *host = lp_member_relay(member)->host;
	char addr[LP_ADDR_TEXT_MAX];
	if (attempt->over_tls) {
		if (member->tls_failure.code == 0)
			lp_fail(&member->tls_failure, LP_ETIMEOUT, "no answer in the TLS stream");
		return;
	}
	if (member->reason.code && (member->reason.code != LP_EUNREACH || attempt->unreachable == LP_UNREACHABLE_NONE))
		return;
	lp_addr_format(&attempt->remote, addr);
	switch (attempt->unreachable) {
	case LP_UNREACHABLE_NONE:
		lp_fail(&member->reason, LP_EUNREACH,
			"no answer from %s (%s). Check that the relay runs, and that no firewall blocks UDP port %u",
			host, addr, attempt->remote.port);
		break;
	case LP_UNREACHABLE_PORT:
		lp_fail(&member->reason, LP_EUNREACH,
			"%s (%s) refused: nothing listens on this UDP port. Check the port, and that the relay runs",
			host, addr);
		break;
	case LP_UNREACHABLE_FILTERED:
		lp_fail(&member->reason, LP_EUNREACH,
			"%s (%s) refused: a firewall on the way blocks it. Open UDP port %u there, or use another "
			"network",
			host, addr, attempt->remote.port);
		break;
	case LP_UNREACHABLE_HOST:
		lp_fail(&member->reason, LP_EUNREACH,
			"%s (%s) is unreachable: a router on the way has no route to it. Check the address, and that "
			"the relay's computer runs",
			host, addr);
		break;
	}
}

void lp_member_notify_path(const struct lp_member *member)
{
	const struct lp_addr *remote = member->over_tls ? lp_member_tls_peer(member) : &member->remote;
	if (member->config.events->path)
		member->config.events->path(member->config.ctx, &member->local, remote);
}

/* A free slot for an attempt, and the number of those under way. NULL: all are taken. */
static struct lp_attempt *free_attempt(struct lp_member *member, unsigned *ret_n_active)
{
	struct lp_attempt *free_slot = NULL;
	*ret_n_active = 0;
	for (size_t i = 0; i < LP_MEMBER_ADDRS_MAX; i++) {
		if (member->attempts[i].conn)
			++*ret_n_active;
		else
			free_slot = &member->attempts[i];
	}
	return free_slot;
}

/* The attempt with this connection. NULL: there is none. */
static struct lp_attempt *find_attempt(struct lp_member *member, const struct lp_quic_conn *conn)
{
	for (size_t i = 0; conn && i < LP_MEMBER_ADDRS_MAX; i++) {
		if (member->attempts[i].conn == conn)
			return &member->attempts[i];
	}
	return NULL;
}

static void drop_attempt(struct lp_attempt *attempt)
{
	struct lp_quic_conn *conn = attempt->conn;
	attempt->conn = NULL; /* before the call: `closed` of a dropped connection is ignored */
	if (conn)
		lp_quic_abandon(conn);
}

/* True if an attempt of this family uses another interface: a socket sends each family by one interface at a time. */
static bool interface_in_use(const struct lp_member *member, uint8_t family, uint32_t interface)
{
	for (size_t i = 0; i < LP_MEMBER_ADDRS_MAX; i++) {
		const struct lp_attempt *other = &member->attempts[i];
		if (other->conn && !other->over_tls && other->remote.family == family && other->interface != interface)
			return true;
	}
	return false;
}

/* Starts an attempt over UDP. 0; LP_EUNREACH: there is no route; LP_EAGAIN: not before another attempt has ended; what
   lp_quic_connect() returned. */
static int start_attempt(struct lp_member *member, const struct lp_addr *remote)
{
	unsigned n_active;
	struct lp_attempt *attempt = free_attempt(member, &n_active);
	struct lp_quic_target target = {
		.carrier = &member->udp.carrier,
		.remote = *remote,
		.server_name = lp_member_relay(member)->server_name,
		.first_dcid = {.bytes = {member->steer}, .len = 1},
	};
	struct lp_addr bound;
	uint32_t interface;
	if (member->config.transport == LP_TRANSPORT_TLS || remote->port == 0)
		return LP_EUNREACH;
	int result = lp_netwatch_source(member->netwatch, remote, &target.local, &interface);
	if (result < 0)
		return LP_EUNREACH;
	if (!attempt || interface_in_use(member, remote->family, interface))
		return LP_EAGAIN;
	lp_udp_local(member->udp.socket, &bound);
	target.local.port = bound.port;
	lp_udp_set_interface(member->udp.socket, remote->family, interface);
	*attempt = (struct lp_attempt){.local = target.local, .remote = *remote, .interface = interface};
	attempt->deadline_ns = member->now_ns + attempt_timeout_ns(member);
	result = lp_quic_connect(member->endpoint, &target, member->now_ns, &attempt->conn);
	if (result < 0) {
		attempt->conn = NULL;
		return result;
	}
	member->had_route = true;
	member->local = target.local;
	member->remote = *remote;
	lp_event_connecting(member->log, lp_member_relay(member)->host, remote);
	lp_member_notify_path(member);
	return 0;
}

int lp_member_race_over_tls(struct lp_member *member)
{
	unsigned n_active;
	struct lp_attempt *attempt = free_attempt(member, &n_active);
	const struct lp_quic_target target = {
		.carrier = &member->tls.carrier,
		.local = member->tls.local,
		.remote = member->tls.remote,
		.server_name = lp_member_relay(member)->server_name,
		.first_dcid = {.bytes = {member->steer}, .len = 1},
	};
	if (!attempt)
		return LP_EFULL;
	*attempt = (struct lp_attempt){.over_tls = true, .remote = member->tls.remote};
	attempt->deadline_ns = member->now_ns + attempt_timeout_ns(member);
	lp_carrier_tls_tcp_local(&member->tls, &attempt->local);
	int result = lp_quic_connect(member->endpoint, &target, member->now_ns, &attempt->conn);
	if (result < 0)
		attempt->conn = NULL;
	return result;
}

/* Starts the attempts that are due. */
static void start_due(struct lp_member *member)
{
	while (member->next_addr < member->n_addrs && member->next_start_ns <= member->now_ns) {
		int result = start_attempt(member, &member->addrs[member->next_addr]);
		if (result == LP_EAGAIN) {
			member->next_start_ns = LP_NEVER;
			return;
		}
		member->next_addr++;
		if (result == 0)
			member->next_start_ns = member->now_ns + ATTEMPT_DELAY_NS;
	}
}

/* Orders the addresses so that the families alternate (RFC 8305 §4). */
static void interleave(struct lp_member *member, const struct lp_addr *addrs, size_t n_addrs)
{
	size_t next[2] = {0, 0};
	uint8_t first = n_addrs > 0 ? addrs[0].family : 0;
	member->n_addrs = 0;
	for (bool other = false; member->n_addrs < LP_MEMBER_ADDRS_MAX; other = !other) {
		size_t *at = &next[other];
		while (*at < n_addrs && (addrs[*at].family != first) != other)
			++*at;
		if (*at < n_addrs)
			member->addrs[member->n_addrs++] = addrs[(*at)++];
		else if (next[0] >= n_addrs && next[1] >= n_addrs)
			return;
	}
}

static void on_unreachable(void *ctx, const struct lp_addr *remote, enum lp_unreachable why)
{
	struct lp_member *member = ctx;
	uint64_t end_ns = lp_loop_now_ns(member->loop) + UNREACHABLE_GRACE_NS;
	for (size_t i = 0; i < LP_MEMBER_ADDRS_MAX; i++) {
		struct lp_attempt *attempt = &member->attempts[i];
		if (!attempt->conn || attempt->over_tls || (remote->family && !lp_addr_equal(&attempt->remote, remote)))
			continue;
		attempt->unreachable = why;
		if (attempt->deadline_ns > end_ns)
			attempt->deadline_ns = end_ns;
		if (member->deadline_ns > end_ns)
			member->deadline_ns = end_ns;
	}
	lp_timer_set(member->timer, member->deadline_ns);
}

void lp_member_race_begin(struct lp_member *member, const struct lp_addr *addrs, size_t n_addrs)
{
	interleave(member, addrs, n_addrs);
	if (n_addrs == 0 && lp_member_proxy_resolves(member, &member->addrs[0]))
		member->n_addrs = 1;
	lp_member_tls_schedule(member);
	member->next_addr = 0;
	member->next_start_ns = 0;
	member->had_route = false;
	lp_udp_watch_unreachable(member->udp.socket, on_unreachable, member);
}

/* Sets |reason| to why the race is lost, if the attempts over UDP have not, and adds why TCP did not help. */
static void set_lost(struct lp_member *member)
{
	const char *host = lp_member_relay(member)->host;
	const struct lp_failure *tls = &member->tls_failure;
	char before[sizeof member->reason.text];
	bool alone = member->config.transport == LP_TRANSPORT_TLS;
	if (alone && tls->code) {
		lp_fail(&member->reason, tls->code == LP_ECERT ? LP_ECERT : LP_EUNREACH, "%s: over TCP: %s", host,
			tls->text);
		member->may_retry = tls->code != LP_ECERT;
		return;
	}
	if (member->n_addrs > 0 && !member->had_route)
		lp_fail(&member->reason, LP_EUNREACH, "this computer has no route to %s. Check its network connection",
			host);
	snprintf(before, sizeof before, "%s", member->reason.text);
	if (tls->code && member->reason.code == LP_EUNREACH)
		lp_fail(&member->reason, LP_EUNREACH, "%.220s. Over TCP: %.220s", before, tls->text);
}

/* True if the attempt is over: it has run out of time, or its stream has ended. */
static bool is_over(const struct lp_member *member, const struct lp_attempt *attempt)
{
	return attempt->conn &&
	       (member->now_ns >= attempt->deadline_ns || (attempt->over_tls && !lp_carrier_tls_is_open(&member->tls)));
}

int lp_member_race(struct lp_member *member, uint64_t *ret_deadline_ns)
{
	unsigned n_active;
	uint64_t tls_deadline_ns;
	for (size_t i = 0; i < LP_MEMBER_ADDRS_MAX; i++) {
		struct lp_attempt *attempt = &member->attempts[i];
		if (!is_over(member, attempt))
			continue;
		set_no_reply(member, attempt);
		drop_attempt(attempt);
		member->next_start_ns = 0; /* the next one need not wait */
	}
	start_due(member);
	free_attempt(member, &n_active);
	if (!lp_member_tls_race(member, n_active == 0, &tls_deadline_ns) && n_active == 0) {
		set_lost(member);
		return LP_EUNREACH;
	}
	*ret_deadline_ns = member->next_addr < member->n_addrs ? member->next_start_ns : LP_NEVER;
	*ret_deadline_ns = lp_earlier(*ret_deadline_ns, tls_deadline_ns);
	for (size_t i = 0; i < LP_MEMBER_ADDRS_MAX; i++) {
		if (member->attempts[i].conn)
			*ret_deadline_ns = lp_earlier(*ret_deadline_ns, member->attempts[i].deadline_ns);
	}
	return 0;
}

bool lp_member_race_won(struct lp_member *member, struct lp_quic_conn *conn)
{
	struct lp_attempt *attempt = find_attempt(member, conn);
	if (!attempt)
		return false;
	member->conn = conn;
	member->udp_blocked = false;
	member->local = attempt->local;
	member->remote = attempt->remote;
	attempt->conn = NULL;
	if (attempt->over_tls)
		lp_member_tls_won(member);
	else
		lp_udp_set_interface(member->udp.socket, attempt->remote.family, attempt->interface);
	lp_member_race_end(member);
	member->reason.code = 0;
	member->may_retry = true;
	member->migration_pending = false;
	lp_member_notify_path(member);
	return true;
}

bool lp_member_race_closed(struct lp_member *member, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	struct lp_attempt *attempt = find_attempt(member, conn);
	if (!attempt)
		return false;
	attempt->conn = NULL;
	member->next_start_ns = 0;
	if (member->from_memory)
		member->good_addr.family = 0; /* it may be another server's now */
	lp_member_judge_close(member, why);
	set_no_reply(member, attempt);
	return true;
}

void lp_member_race_end(struct lp_member *member)
{
	for (size_t i = 0; i < LP_MEMBER_ADDRS_MAX; i++)
		drop_attempt(&member->attempts[i]);
	if (!member->over_tls)
		lp_member_tls_drop(member);
	lp_udp_watch_unreachable(member->udp.socket, NULL, NULL);
}
