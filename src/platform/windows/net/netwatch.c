#include "platform/net/netwatch.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/siphash.h"
#include "base/units.h"
#include "platform/loop/loop.h"
#include "platform/windows/loop/wait.h"
#include "platform/windows/net/ip_helper.h"
#include "platform/windows/net/sockaddr.h"
#include "platform/windows/system/resume.h"

/* From the first notification of a change to the call: its other notifications have arrived by then. */
#define SETTLE_NS (20 * LP_MS)
/* The tables are also polled: some systems accept the registration but send no notifications, and changes while the
   computer falls asleep may be lost. */
#define LOOK_NS (2 * LP_SEC)

struct lp_netwatch {
	struct lp_loop *loop;
	struct lp_timer *timer;
	bool settling; /* the timer is for the call, not for the next poll */
	HANDLE event;
	struct lp_wait wait;
	HANDLE addresses, routes; /* the registrations; NULL: none */
	struct lp_resume resume;  /* after a sleep the owner tries again at once, too */
	uint64_t digest;          /* of the tables at the last poll */
	lp_netwatch_fn changed;
	void *ctx;
};

/* Called by Windows on another thread: an address changed. */
static void WINAPI on_address(void *event, MIB_UNICASTIPADDRESS_ROW *row, MIB_NOTIFICATION_TYPE type)
{
	(void)row;
	(void)type;
	SetEvent(event);
}

/* Called by Windows on another thread: a route changed. */
static void WINAPI on_route(void *event, MIB_IPFORWARD_ROW2 *row, MIB_NOTIFICATION_TYPE type)
{
	(void)row;
	(void)type;
	SetEvent(event);
}

/* Something changed; the notification follows when it has settled. */
static void settle(struct lp_netwatch *netwatch)
{
	if (netwatch->settling)
		return;
	netwatch->settling = true;
	lp_timer_set(netwatch->timer, lp_loop_now_ns(netwatch->loop) + SETTLE_NS);
}

static void on_notice(void *ctx)
{
	settle(ctx);
}

/* The identity of an address or a route, without padding. */
struct row {
	struct lp_addr addr, next_hop;
	uint64_t luid;
	uint32_t metric;
	uint32_t prefix_bits;
};

/* The hash of a row; rows are added, so their order does not matter. */
static uint64_t digest_row(const SOCKADDR_INET *addr, const NET_LUID *luid, const MIB_IPFORWARD_ROW2 *route)
{
	static const uint8_t key[LP_SIPHASH_KEY] = "lanparty netwatc";
	struct row row;
	memset(&row, 0, sizeof row);
	lp_sockaddr_get((const union lp_sockaddr *)(const void *)addr, &row.addr);
	row.luid = luid->Value;
	if (route) {
		lp_sockaddr_get((const union lp_sockaddr *)(const void *)&route->NextHop, &row.next_hop);
		row.metric = route->Metric;
		row.prefix_bits = 1U + route->DestinationPrefix.PrefixLength;
	}
	return lp_siphash(key, &row, sizeof row);
}

/* A hash of all addresses and routes. */
static uint64_t digest_tables(void)
{
	uint64_t digest = 0;
	MIB_UNICASTIPADDRESS_TABLE *addresses;
	if (GetUnicastIpAddressTable(AF_UNSPEC, &addresses) == NO_ERROR) {
		for (ULONG i = 0; i < addresses->NumEntries; i++)
			digest += digest_row(&addresses->Table[i].Address, &addresses->Table[i].InterfaceLuid, NULL);
		FreeMibTable(addresses);
	}
	MIB_IPFORWARD_TABLE2 *routes;
	if (GetIpForwardTable2(AF_UNSPEC, &routes) == NO_ERROR) {
		for (ULONG i = 0; i < routes->NumEntries; i++)
			digest += digest_row(&routes->Table[i].DestinationPrefix.Prefix,
				&routes->Table[i].InterfaceLuid, &routes->Table[i]);
		FreeMibTable(routes);
	}
	return digest;
}

/* A change has settled, or a poll is due. */
static void on_timer(void *ctx, uint64_t now_ns)
{
	struct lp_netwatch *netwatch = ctx;
	uint64_t digest = digest_tables();
	bool tell = netwatch->settling || digest != netwatch->digest;
	netwatch->settling = false;
	netwatch->digest = digest;
	lp_timer_set(netwatch->timer, now_ns + LOOK_NS);
	if (tell)
		netwatch->changed(netwatch->ctx);
}

int lp_netwatch_new(struct lp_loop *loop, lp_netwatch_fn changed, void *ctx, struct lp_netwatch **ret_netwatch)
{
	struct lp_netwatch *netwatch = malloc(sizeof *netwatch);
	if (!netwatch)
		return LP_ENOMEM;
	*netwatch = (struct lp_netwatch){.loop = loop, .changed = changed, .ctx = ctx};
	int result = lp_timer_new(loop, on_timer, netwatch, &netwatch->timer);
	if (result < 0)
		goto fail;
	netwatch->event = CreateEventW(NULL, FALSE, FALSE, NULL);
	result = netwatch->event ? lp_wait_add(&netwatch->wait, loop, netwatch->event, on_notice, netwatch) : LP_ENOMEM;
	if (result < 0)
		goto fail;
	/* Without notifications, polling remains. */
	NotifyUnicastIpAddressChange(AF_UNSPEC, on_address, netwatch->event, FALSE, &netwatch->addresses);
	NotifyRouteChange2(AF_UNSPEC, on_route, netwatch->event, FALSE, &netwatch->routes);
	lp_resume_init(&netwatch->resume, netwatch->event);
	netwatch->digest = digest_tables();
	lp_timer_set(netwatch->timer, lp_loop_now_ns(loop) + LOOK_NS);
	*ret_netwatch = netwatch;
	return 0;
fail:
	lp_netwatch_free(netwatch);
	return result;
}

void lp_netwatch_free(struct lp_netwatch *netwatch)
{
	if (!netwatch)
		return;
	/* Each waits for a callback that is running. */
	lp_resume_done(&netwatch->resume);
	if (netwatch->addresses)
		CancelMibChangeNotify2(netwatch->addresses);
	if (netwatch->routes)
		CancelMibChangeNotify2(netwatch->routes);
	lp_wait_remove(&netwatch->wait);
	if (netwatch->event)
		CloseHandle(netwatch->event);
	lp_timer_free(netwatch->timer);
	free(netwatch);
}

void lp_netwatch_avoid(struct lp_netwatch *netwatch, const char *device)
{
	(void)netwatch;
	(void)device; /* a pinned route keeps the tunnel off its own adapter: client/windows/route_guard.h */
}

int lp_netwatch_source(
	struct lp_netwatch *netwatch, const struct lp_addr *remote, struct lp_addr *ret_local, uint32_t *ret_interface)
{
	union lp_sockaddr sa;
	int len = lp_sockaddr_set(remote, false, &sa);
	SOCKET s = socket(sa.sa.sa_family, SOCK_DGRAM, IPPROTO_UDP);
	int result = LP_EUNREACH;
	(void)netwatch;
	if (s == INVALID_SOCKET)
		return LP_EUNREACH;
	/* connect() sends nothing: the system chooses the route, and with it the source address. */
	if (connect(s, &sa.sa, len) == 0) {
		len = sizeof sa;
		if (getsockname(s, &sa.sa, &len) == 0) {
			lp_sockaddr_get(&sa, ret_local);
			ret_local->port = 0;
			*ret_interface = 0;
			result = 0;
		}
	}
	closesocket(s);
	return result;
}
