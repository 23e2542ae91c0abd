/* The choice between UDP and TCP.

   A stream over TCP joins the race to the relay's addresses (connect.c) TLS_DELAY_NS after its start, or immediately if
   UDP did not get through the last time, or when every attempt over UDP has failed. It tries the addresses in their
   order, one at a time. When a stream is open, a connection over it becomes one more attempt of the race.

   A connection over TCP tries UDP again, soon after it was made, because UDP may only have lost a packet, and then
   every minute. QUIC validates the path before it moves there, so that nothing is lost.

   A stream that was open lingers when it is not needed any more, for packets that are on their way and for the last
   ones, which close the connection.

   The stream's events only note what happened and wake the member's timer, from which member.c decides. */
#include "base/error.h"
#include "base/units.h"
#include "carrier/tls/mapped.h"
#include "member/state.h"
#include "obs/event.h"
#include "platform/loop/loop.h"
#include "platform/net/netwatch.h"
#include "platform/net/resolve.h"
#include "platform/net/udp.h"
#include "quic/endpoint.h"

#define TLS_DELAY_NS LP_SEC
#define UDP_RETRY_FIRST_NS (5 * LP_SEC)
#define UDP_RETRY_NS (60 * LP_SEC)
#define LINGER_NS (3 * LP_SEC)
/* Time for TCP and TLS, or for a proxy, before the next address is tried. */
#define OPEN_NS (5 * LP_SEC)
#define OPEN_ROUND_TRIPS 8

static void wake(struct lp_member *member)
{
	lp_timer_set(member->timer, member->now_ns);
}

/* No stream could be opened: |tls_failure|. The race goes on, with the next address. */
static void on_failure(struct lp_member *member)
{
	bool racing = !member->conn;
	bool more = !member->config.proxy.host[0] && member->tls_addr + 1 < member->n_addrs;
	lp_member_tls_drop(member);
	if (!racing)
		return;
	member->tls_addr++;
	member->tls_start_ns = more ? member->now_ns : LP_NEVER;
	member->deadline_ns = member->now_ns;
	wake(member);
}

/* Opens a stream to the next address, or to the proxy at |proxy|. */
static void open_stream(struct lp_member *member, const struct lp_addr *proxy)
{
	const struct lp_member_relay *relay = lp_member_relay(member);
	struct lp_carrier_tls_target target = {
		.tls = member->config.tls,
		.host = relay->host,
		.port = member->config.tls_port ? member->config.tls_port : relay->port,
		.server_name = relay->server_name,
		.relay = member->addrs[member->tls_addr],
		.connect = proxy ? *proxy : member->addrs[member->tls_addr],
		.proxy = proxy != NULL,
		.login = member->config.proxy.login,
	};
	struct lp_addr local;
	int result = 0;
	if (!proxy)
		target.connect.port = target.port;
	if (lp_netwatch_source(member->netwatch, &target.connect, &local, &target.interface) < 0)
		result = lp_fail(&member->tls_failure, LP_EUNREACH, "this computer has no route there");
	else if ((result = lp_carrier_tls_open(&member->tls, &target)) < 0)
		lp_fail(&member->tls_failure, result, "%s", lp_error_text(result));
	if (result < 0) {
		on_failure(member);
		return;
	}
	member->had_route = true;
	member->tls_close_ns = LP_NEVER; /* what lingered is closed */
	member->tls_open_ns = member->now_ns + OPEN_NS + OPEN_ROUND_TRIPS * member->last_rtt_ns;
	if (member->config.events->path)
		member->config.events->path(member->config.ctx, &local, &target.connect);
}

static void on_proxy_resolved(void *ctx, const struct lp_addr *addrs, size_t n_addrs, const char *reason)
{
	struct lp_member *member = ctx;
	struct lp_addr proxy = n_addrs > 0 ? addrs[0] : (struct lp_addr){0};
	member->now_ns = lp_loop_now_ns(member->loop);
	if (n_addrs == 0)
		lp_fail(&member->tls_failure, LP_EUNREACH, "cannot find the address of the proxy %s: %s",
			member->config.proxy.host, reason);
	lp_resolve_free(member->proxy_resolve);
	member->proxy_resolve = NULL;
	if (n_addrs > 0)
		open_stream(member, &proxy);
	else
		on_failure(member);
	member->deadline_ns = member->now_ns; /* for the new deadlines */
	wake(member);
}

/* The next address is due. */
static void start_stream(struct lp_member *member)
{
	const struct lp_member_proxy *proxy = &member->config.proxy;
	member->tls_start_ns = LP_NEVER;
	if (!proxy->host[0]) {
		open_stream(member, NULL);
	} else if (lp_resolve_start(member->loop, proxy->host, proxy->port, on_proxy_resolved, member,
			   &member->proxy_resolve) < 0) {
		lp_fail(&member->tls_failure, LP_ENOMEM, "out of memory");
		on_failure(member);
	}
}

static void on_stream_opened(void *ctx)
{
	struct lp_member *member = ctx;
	member->now_ns = lp_loop_now_ns(member->loop);
	member->tls_open_ns = LP_NEVER;
	int result = lp_member_race_over_tls(member);
	if (result < 0) {
		lp_fail(&member->tls_failure, result, "%s", lp_error_text(result));
		on_failure(member);
		return;
	}
	member->deadline_ns = member->now_ns; /* the race has one more deadline */
	wake(member);
}

static void on_stream_closed(void *ctx, const struct lp_failure *why)
{
	struct lp_member *member = ctx;
	member->now_ns = lp_loop_now_ns(member->loop);
	if (member->tls_close_ns != LP_NEVER) {
		member->tls_close_ns = LP_NEVER;
		return;
	}
	member->tls_failure = *why;
	if (member->over_tls)
		member->stream_lost = true;
	else
		on_failure(member);
	wake(member);
}

static const struct lp_carrier_tls_events stream_events = {
	.opened = on_stream_opened,
	.closed = on_stream_closed,
};

int lp_member_tls_init(struct lp_member *member, lp_carrier_recv_fn *recv)
{
	return lp_carrier_tls_init(&member->tls, member->loop, recv, &stream_events, member);
}

bool lp_member_proxy_resolves(const struct lp_member *member, struct lp_addr *ret_unknown)
{
	if (member->config.transport == LP_TRANSPORT_UDP || !member->config.proxy.host[0])
		return false;
	*ret_unknown = lp_mapped_addr(4, 0);
	ret_unknown->port = 0;
	return true;
}

void lp_member_tls_schedule(struct lp_member *member)
{
	bool udp_first = member->config.transport == LP_TRANSPORT_AUTO && !member->udp_blocked;
	member->tls_addr = 0;
	member->tls_start_ns = LP_NEVER;
	if (member->config.transport != LP_TRANSPORT_UDP && member->n_addrs > 0)
		member->tls_start_ns = member->now_ns + (udp_first ? TLS_DELAY_NS : 0);
}

bool lp_member_tls_race(struct lp_member *member, bool alone, uint64_t *ret_deadline_ns)
{
	if (member->now_ns >= member->tls_open_ns) {
		lp_fail(&member->tls_failure, LP_ETIMEOUT, "no answer");
		on_failure(member);
	}
	if (alone && member->tls_start_ns != LP_NEVER)
		member->tls_start_ns = member->now_ns;
	while (member->now_ns >= member->tls_start_ns)
		start_stream(member);
	*ret_deadline_ns = lp_earlier(member->tls_start_ns, member->tls_open_ns);
	return *ret_deadline_ns != LP_NEVER || member->proxy_resolve;
}

void lp_member_tls_drop(struct lp_member *member)
{
	member->over_tls = member->stream_lost = false;
	member->tls_start_ns = member->tls_open_ns = member->udp_retry_ns = LP_NEVER;
	lp_resolve_free(member->proxy_resolve);
	member->proxy_resolve = NULL;
	if (!lp_carrier_tls_is_open(&member->tls)) {
		member->tls_close_ns = LP_NEVER;
		lp_carrier_tls_close(&member->tls);
	} else if (member->tls_close_ns == LP_NEVER) {
		member->tls_close_ns = member->now_ns + LINGER_NS;
	}
}

void lp_member_tls_won(struct lp_member *member)
{
	bool automatic = member->config.transport == LP_TRANSPORT_AUTO;
	member->over_tls = true;
	member->udp_blocked = automatic;
	if (automatic && member->remote.port)
		member->udp_retry_ns = member->now_ns + UDP_RETRY_FIRST_NS;
	lp_event_over_tcp(member->log, lp_member_relay(member)->host, automatic ? "UDP does not get through" : "");
}

bool lp_member_back_on_udp(struct lp_member *member)
{
	if (!member->over_tls || lp_quic_carrier(member->conn) != &member->udp.carrier)
		return false;
	member->over_tls = member->udp_blocked = false;
	member->local = member->udp_local;
	member->udp_retry_ns = LP_NEVER;
	member->tls_close_ns = member->now_ns + LINGER_NS;
	lp_event_over_udp(member->log, lp_member_relay(member)->host);
	return true;
}

/* Tries whether UDP gets through; the connection moves there if it does. */
static void retry_udp(struct lp_member *member)
{
	struct lp_addr local, bound;
	uint32_t interface;
	member->udp_retry_ns = member->now_ns + UDP_RETRY_NS;
	if (lp_netwatch_source(member->netwatch, &member->remote, &local, &interface) < 0)
		return;
	lp_udp_local(member->udp.socket, &bound);
	local.port = bound.port;
	lp_udp_set_interface(member->udp.socket, local.family, interface);
	member->udp_local = local;
	/* After a failure it is tried again in a minute, too. */
	(void)lp_quic_migrate_validated(member->conn, &member->udp.carrier, &local, member->now_ns);
}

uint64_t lp_member_tls_deadline(const struct lp_member *member)
{
	if (member->stream_lost)
		return member->now_ns;
	return lp_earlier(member->tls_close_ns, member->udp_retry_ns);
}

bool lp_member_tls_expire(struct lp_member *member)
{
	if (member->stream_lost) {
		member->stream_lost = false;
		lp_fail(&member->reason, LP_EUNREACH, "%s: the connection over TCP ended: %s",
			lp_member_relay(member)->host, member->tls_failure.text);
		return true;
	}
	if (member->now_ns >= member->udp_retry_ns)
		retry_udp(member);
	if (member->now_ns >= member->tls_close_ns) {
		member->tls_close_ns = LP_NEVER;
		lp_carrier_tls_close(&member->tls);
	}
	return false;
}
