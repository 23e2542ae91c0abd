#include "platform/windows/net/route_table.h"

#include <stdbool.h>
#include <string.h>

#include "platform/net/route.h"
#include "platform/windows/net/sockaddr.h"

void lp_route_inet(const struct lp_addr *addr, SOCKADDR_INET *ret_inet)
{
	memset(ret_inet, 0, sizeof *ret_inet);
	union lp_sockaddr sa;
	memset(&sa, 0, sizeof sa);
	lp_sockaddr_set(addr, false, &sa);
	if (addr->family == 6)
		ret_inet->Ipv6 = sa.v6;
	else
		ret_inet->Ipv4 = sa.v4;
}

void lp_route_of_row(const MIB_IPFORWARD_ROW2 *row, struct lp_route *ret_route)
{
	struct lp_route route = {
		.interface = {.luid = row->InterfaceLuid.Value, .index = row->InterfaceIndex},
		.metric = row->Metric,
		.prefix_bits = row->DestinationPrefix.PrefixLength,
		.loopback = row->Loopback || row->InterfaceLuid.Info.IfType == IF_TYPE_SOFTWARE_LOOPBACK,
	};
	lp_sockaddr_get((const union lp_sockaddr *)(const void *)&row->DestinationPrefix.Prefix, &route.destination);
	lp_sockaddr_get((const union lp_sockaddr *)(const void *)&row->NextHop, &route.next_hop);
	route.destination.port = route.next_hop.port = 0;
	/* Some rows of on-link routes have no address family in the next hop. */
	route.next_hop.family = route.destination.family;
	*ret_route = route;
}

/* True if the address matches the prefix. */
static bool covers(const struct lp_route *route, const struct lp_addr *addr)
{
	unsigned whole = route->prefix_bits / 8, rest = route->prefix_bits % 8;
	if (route->destination.family != addr->family || memcmp(route->destination.ip, addr->ip, whole) != 0)
		return false;
	return rest == 0 || (route->destination.ip[whole] ^ addr->ip[whole]) >> (8 - rest) == 0;
}

/* True if both are the same route; the metric may differ. */
static bool is_same(const struct lp_route *a, const struct lp_route *b)
{
	return a->interface.luid == b->interface.luid && a->prefix_bits == b->prefix_bits &&
	       lp_addr_equal(&a->destination, &b->destination) && lp_addr_equal(&a->next_hop, &b->next_hop);
}

/* True if the interface is usable; then adds the interface's metric to |metric|. */
static bool is_usable(const MIB_IPFORWARD_ROW2 *row, uint64_t *metric)
{
	MIB_IPINTERFACE_ROW interface;
	InitializeIpInterfaceEntry(&interface);
	interface.Family = row->DestinationPrefix.Prefix.si_family;
	interface.InterfaceLuid = row->InterfaceLuid;
	if (GetIpInterfaceEntry(&interface) != NO_ERROR || !interface.Connected)
		return false;
	if (interface.DisableDefaultRoutes && row->DestinationPrefix.PrefixLength == 0)
		return false;
	*metric += interface.Metric;
	return true;
}

DWORD lp_route_table_best(const struct lp_route_query *query, MIB_IPFORWARD_ROW2 *ret_row, SOCKADDR_INET *ret_source)
{
	MIB_IPFORWARD_ROW2 best = {0}, ignored;
	uint64_t best_metric = 0;
	bool found = false;
	MIB_IPFORWARD_TABLE2 *table;
	DWORD error = GetIpForwardTable2(query->remote.family == 6 ? AF_INET6 : AF_INET, &table);
	if (error)
		return error;
	for (ULONG i = 0; i < table->NumEntries; i++) {
		const MIB_IPFORWARD_ROW2 *row = &table->Table[i];
		uint64_t metric = row->Metric;
		struct lp_route route;
		lp_route_of_row(row, &route);
		if (!covers(&route, &query->remote) || route.interface.luid == query->except_luid ||
			(query->except && is_same(&route, query->except)) || !is_usable(row, &metric))
			continue;
		/* The longest prefix, then the lowest sum of both metrics, as the system chooses. */
		if (found &&
			(route.prefix_bits < best.DestinationPrefix.PrefixLength ||
				(route.prefix_bits == best.DestinationPrefix.PrefixLength && metric >= best_metric)))
			continue;
		best = *row;
		best_metric = metric;
		found = true;
	}
	FreeMibTable(table);
	if (!found)
		return ERROR_NETWORK_UNREACHABLE;
	SOCKADDR_INET remote;
	lp_route_inet(&query->remote, &remote);
	error = GetBestRoute2(&best.InterfaceLuid, 0, NULL, &remote, 0, &ignored, ret_source);
	if (!error)
		*ret_row = best;
	return error;
}
