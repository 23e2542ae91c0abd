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

/* From the first notice of a change to the call: the others of the same change have come by then. */
#define SETTLE_NS (20 * LP_MS)
/* The tables are looked at as well: some systems take a request for notices and send none, and what happens while a
   computer falls asleep may be told to nobody. */
#define LOOK_NS (2 * LP_SEC)

struct lp_netwatch {
	struct lp_loop *loop;
	struct lp_timer *timer;
	bool settling; /* the timer is for the call, not for the next look */
	HANDLE event;
	struct lp_wait wait;
	HANDLE addresses, routes; /* the requests for notices, NULL if there are none */
	uint64_t digest;          /* of the tables at the last look */
	lp_netwatch_fn changed;
	void *ctx;
};

/* Windows' callback, on a thread of its own: an address changed. */
static void WINAPI on_address(void *event, MIB_UNICASTIPADDRESS_ROW *row, MIB_NOTIFICATION_TYPE type)
{
	(void)row;
	(void)type;
	SetEvent(event);
}

/* The same for a route. */
static void WINAPI on_route(void *event, MIB_IPFORWARD_ROW2 *row, MIB_NOTIFICATION_TYPE type)
{
	(void)row;
	(void)type;
	SetEvent(event);
}

/* Something changed: it is told when it has settled. */
static void settle(struct lp_netwatch *netwatch)
{
	if (netwatch->settling)
		return;
	netwatch->settling = true;
	lp_timer_set(netwatch->timer, lp_loop_now_ns(netwatch->loop) + SETTLE_NS);
}

/* A notice came. */
static void on_notice(void *ctx)
{
	settle(ctx);
}

/* What an address or a route is, without anything that is there by chance. */
struct row {
	struct lp_addr addr, next_hop;
	uint64_t luid;
	uint32_t metric;
	uint32_t prefix_bits;
};

/* The row's number; rows are added up, so their order does not count. */
static uint64_t digest_row(const SOCKADDR_INET *addr, const NET_LUID *luid, const MIB_IPFORWARD_ROW2 *route)
{
	static const uint8_t key[LP_SIPHASH_KEY] = "softlan netwatc";
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

/* A number that is another one when an address or a route is another one. */
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

/* The change has settled, or it is time for a look. */
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
	/* Without them there is still the look every few seconds. */
	NotifyUnicastIpAddressChange(AF_UNSPEC, on_address, netwatch->event, FALSE, &netwatch->addresses);
	NotifyRouteChange2(AF_UNSPEC, on_route, netwatch->event, FALSE, &netwatch->routes);
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
	/* Waits for a callback that is under way. */
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
	/* Nothing is sent: the system chooses the way, and with it the address. */
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
