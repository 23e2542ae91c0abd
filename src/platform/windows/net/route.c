#include "platform/net/route_change.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/windows/net/ip_helper.h"
#include "platform/windows/net/route_table.h"
#include "platform/windows/net/sockaddr.h"
#include "platform/windows/system/os_error.h"

static int address_failure(struct lp_failure *failure, DWORD error, const char *doing, const struct lp_addr *addr)
{
	char address[LP_ADDR_TEXT_MAX], text[LP_OS_ERROR_TEXT_MAX];
	return lp_fail(failure, lp_os_error(error), "%s %s: %s%s", doing, lp_addr_format(addr, address),
		lp_os_error_text(error, text),
		error == ERROR_ACCESS_DENIED ? ". Start the program as administrator" : "");
}

static int interface_failure(struct lp_failure *failure, DWORD error, const char *doing, uint32_t index, uint8_t family)
{
	/* An interface without IP has no row at all. */
	if (error == ERROR_FILE_NOT_FOUND)
		error = ERROR_NOT_FOUND;
	char text[LP_OS_ERROR_TEXT_MAX];
	return lp_fail(failure, lp_os_error(error), "interface %u: cannot %s its IPv%u settings: %s%s", (unsigned)index,
		doing, family, lp_os_error_text(error, text),
		error == ERROR_ACCESS_DENIED ? ". Start the program as administrator" : "");
}

int lp_route_best(const struct lp_route_query *query, struct lp_failure *failure, struct lp_route *ret_route)
{
	if (!query->remote.family)
		return lp_fail(failure, LP_EINVAL, "no address to look up a route to");
	SOCKADDR_INET remote;
	lp_route_inet(&query->remote, &remote);
	DWORD error;
	MIB_IPFORWARD_ROW2 row;
	SOCKADDR_INET source;
	/* Uses the system's own answer if nothing is excluded. */
	if (!query->except_luid && !query->except)
		error = GetBestRoute2(NULL, 0, NULL, &remote, 0, &row, &source);
	else
		error = lp_route_table_best(query, &row, &source);
	if (error == ERROR_NOT_FOUND || error == ERROR_FILE_NOT_FOUND)
		error = ERROR_NETWORK_UNREACHABLE;
	if (error)
		return address_failure(failure, error, "no route to", &query->remote);
	lp_route_of_row(&row, ret_route);
	lp_sockaddr_get((const union lp_sockaddr *)(const void *)&source, &ret_route->source);
	ret_route->source.port = 0;
	return 0;
}

int lp_route_interface(const char *name, struct lp_failure *failure, struct lp_route_interface *ret_interface)
{
	unsigned d[11];
	if (sscanf(name, "{%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x}", &d[0], &d[1], &d[2], &d[3], &d[4], &d[5], &d[6],
		    &d[7], &d[8], &d[9], &d[10]) != 11)
		return lp_fail(failure, LP_EINVAL, "%s: not the GUID of a network adapter", name);
	GUID guid = (GUID){d[0], (unsigned short)d[1], (unsigned short)d[2], {0}};
	for (int i = 0; i < 8; i++)
		guid.Data4[i] = (unsigned char)d[3 + i];
	NET_LUID luid;
	DWORD error = ConvertInterfaceGuidToLuid(&guid, &luid);
	NET_IFINDEX index;
	if (!error)
		error = ConvertInterfaceLuidToIndex(&luid, &index);
	char text[LP_OS_ERROR_TEXT_MAX];
	if (error)
		return lp_fail(failure, LP_ENOTFOUND, "%s: not a network interface of this computer at the moment: %s",
			name, lp_os_error_text(error, text));
	*ret_interface = (struct lp_route_interface){.luid = luid.Value, .index = index};
	return 0;
}

int lp_route_addresses(struct lp_route_address *addresses, size_t max, struct lp_failure *failure)
{
	size_t n = 0;
	MIB_UNICASTIPADDRESS_TABLE *table;
	DWORD error = GetUnicastIpAddressTable(AF_UNSPEC, &table);
	char text[LP_OS_ERROR_TEXT_MAX];
	if (error)
		return lp_fail(failure, lp_os_error(error), "cannot read the computer's addresses: %s",
			lp_os_error_text(error, text));
	for (ULONG i = 0; i < table->NumEntries && n < max; i++) {
		const MIB_UNICASTIPADDRESS_ROW *row = &table->Table[i];
		addresses[n] = (struct lp_route_address){
			.interface = {.luid = row->InterfaceLuid.Value, .index = row->InterfaceIndex},
			.prefix_bits = row->OnLinkPrefixLength,
			.tentative = row->DadState != IpDadStatePreferred && row->DadState != IpDadStateDeprecated,
		};
		lp_sockaddr_get((const union lp_sockaddr *)(const void *)&row->Address, &addresses[n].address);
		addresses[n].address.port = 0;
		n++;
	}
	FreeMibTable(table);
	return (int)n;
}

/* The table row of a route. */
static void to_row(const struct lp_route *route, MIB_IPFORWARD_ROW2 *row)
{
	/* Sets Protocol and both lifetimes: a permanent route of a network manager. */
	InitializeIpForwardEntry(row);
	row->InterfaceLuid.Value = route->interface.luid;
	lp_route_inet(&route->destination, &row->DestinationPrefix.Prefix);
	row->DestinationPrefix.PrefixLength = route->prefix_bits;
	lp_route_inet(&route->next_hop, &row->NextHop);
	/* The next hop needs a family even if it is unspecified (on-link). */
	row->NextHop.si_family = row->DestinationPrefix.Prefix.si_family;
	row->Metric = route->metric;
}

int lp_route_add(const struct lp_route *route, struct lp_failure *failure)
{
	MIB_IPFORWARD_ROW2 row;
	to_row(route, &row);
	DWORD error = CreateIpForwardEntry2(&row);
	return error ? address_failure(failure, error, "cannot add a route to", &route->destination) : 0;
}

int lp_route_remove(const struct lp_route *route, struct lp_failure *failure)
{
	MIB_IPFORWARD_ROW2 row;
	to_row(route, &row);
	DWORD error = DeleteIpForwardEntry2(&row);
	if (error == ERROR_FILE_NOT_FOUND)
		error = ERROR_NOT_FOUND;
	return error ? address_failure(failure, error, "cannot remove the route to", &route->destination) : 0;
}

/* Reads the row of an interface. 0 or the error. */
static DWORD read_row(const struct lp_route_interface *interface, uint8_t family, MIB_IPINTERFACE_ROW *row)
{
	InitializeIpInterfaceEntry(row);
	row->Family = family == 6 ? AF_INET6 : AF_INET;
	row->InterfaceLuid.Value = interface->luid;
	return GetIpInterfaceEntry(row);
}

int lp_route_settings(const struct lp_route_interface *interface, uint8_t family, struct lp_failure *failure,
	struct lp_route_settings *ret_settings)
{
	MIB_IPINTERFACE_ROW row;
	DWORD error = read_row(interface, family, &row);
	if (error)
		return interface_failure(failure, error, "read", interface->index, family);
	*ret_settings = (struct lp_route_settings){
		.mtu = row.NlMtu,
		.metric = row.Metric,
		.automatic_metric = row.UseAutomaticMetric,
		.no_default_routes = row.DisableDefaultRoutes,
	};
	return 0;
}

int lp_route_set(const struct lp_route_interface *interface, uint8_t family, const struct lp_route_settings *settings,
	struct lp_failure *failure)
{
	MIB_IPINTERFACE_ROW row;
	DWORD error = read_row(interface, family, &row);
	if (error)
		return interface_failure(failure, error, "read", interface->index, family);
	/* The value that was read for IPv4 would be rejected: it is 64, and the maximum is 32. */
	if (family == 4)
		row.SitePrefixLength = 0;
	row.NlMtu = settings->mtu;
	row.Metric = settings->metric;
	row.UseAutomaticMetric = settings->automatic_metric;
	row.DisableDefaultRoutes = settings->no_default_routes;
	error = SetIpInterfaceEntry(&row);
	return error ? interface_failure(failure, error, "change", interface->index, family) : 0;
}
