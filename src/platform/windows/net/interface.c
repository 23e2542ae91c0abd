#include "platform/windows/net/interface.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "platform/net/route_change.h"
#include "platform/net/route_conflicts.h"
#include "platform/windows/net/ip_helper.h"
#include "platform/windows/net/sockaddr.h"
#include "platform/windows/system/wide.h"

/* How much an address says: 2 for IPv4, 1 for IPv6 beyond the link, 0 for anything else. */
static int rank(const SOCKADDR_INET *address)
{
	if (address->si_family == AF_INET)
		return 2;
	return address->si_family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&address->Ipv6.sin6_addr);
}

/* Picks the address of an interface that people want to see. */
static void pick_address(const MIB_UNICASTIPADDRESS_TABLE *table, uint64_t luid, struct lp_addr *address)
{
	int best = 0;
	for (ULONG i = 0; i < table->NumEntries; i++) {
		const MIB_UNICASTIPADDRESS_ROW *row = &table->Table[i];
		/* An address that is still checked for duplicates, or is one, is not used. */
		if (row->InterfaceLuid.Value != luid ||
			(row->DadState != IpDadStatePreferred && row->DadState != IpDadStateDeprecated))
			continue;
		if (rank(&row->Address) > best) {
			best = rank(&row->Address);
			lp_sockaddr_get((const union lp_sockaddr *)(const void *)&row->Address, address);
		}
	}
}

int lp_interface_of_guid(const char *guid, struct lp_interface *ret_interface)
{
	struct lp_route_interface id;
	MIB_UNICASTIPADDRESS_TABLE *table;
	MIB_IF_ROW2 row = {0};
	int result = lp_route_interface(guid, NULL, &id);
	if (result < 0)
		return result;
	row.InterfaceLuid.Value = id.luid;
	if (GetIfEntry2(&row) != NO_ERROR)
		return LP_ENOTFOUND;
	*ret_interface = (struct lp_interface){
		.index = id.index,
		.luid = id.luid,
		.up = row.OperStatus == IfOperStatusUp,
		.mtu = row.Mtu,
	};
	if (row.PhysicalAddressLength == sizeof ret_interface->mac.octet)
		memcpy(ret_interface->mac.octet, row.PhysicalAddress, sizeof ret_interface->mac.octet);
	if (GetUnicastIpAddressTable(AF_UNSPEC, &table) == NO_ERROR) {
		pick_address(table, id.luid, &ret_interface->address);
		FreeMibTable(table);
	}
	return 0;
}

/* An IPv4 address in the host's order. */
static uint32_t ipv4(const MIB_UNICASTIPADDRESS_ROW *row)
{
	return ntohl(row->Address.Ipv4.sin_addr.s_addr);
}

/* True if the interface is up; its name in |name|, as the user sees it. */
static bool read_name(const NET_LUID *luid, char *name, size_t size)
{
	MIB_IF_ROW2 row = {.InterfaceLuid = *luid};
	if (GetIfEntry2(&row) != NO_ERROR || row.OperStatus != IfOperStatusUp)
		return false;
	if (lp_utf8(row.Alias, name, size) < 0)
		snprintf(name, size, "another adapter");
	return true;
}

void lp_interface_find_conflict(const char *guid, char *name, size_t size)
{
	struct lp_route_interface id;
	MIB_UNICASTIPADDRESS_TABLE *table;
	bool found = false;
	name[0] = '\0';
	if (lp_route_interface(guid, NULL, &id) < 0 || GetUnicastIpAddressTable(AF_INET, &table) != NO_ERROR)
		return;
	for (ULONG i = 0; i < table->NumEntries && !found; i++) {
		const MIB_UNICASTIPADDRESS_ROW *ours = &table->Table[i];
		if (ours->InterfaceLuid.Value != id.luid)
			continue;
		for (ULONG j = 0; j < table->NumEntries && !found; j++) {
			const MIB_UNICASTIPADDRESS_ROW *other = &table->Table[j];
			found = other->InterfaceLuid.Value != id.luid &&
				lp_route_networks_overlap(
					ipv4(ours), ours->OnLinkPrefixLength, ipv4(other), other->OnLinkPrefixLength) &&
				read_name(&other->InterfaceLuid, name, size);
		}
	}
	FreeMibTable(table);
}

unsigned lp_interface_mtu_towards(const struct lp_addr *remote)
{
	union lp_sockaddr sa;
	DWORD index;
	lp_sockaddr_set(remote, false, &sa);
	if (GetBestInterfaceEx(&sa.sa, &index) != NO_ERROR)
		return 0;
	MIB_IF_ROW2 row = {.InterfaceIndex = index};
	return GetIfEntry2(&row) == NO_ERROR ? row.Mtu : 0;
}

unsigned lp_interface_largest_mtu(void)
{
	MIB_IF_TABLE2 *table;
	unsigned mtu = 0;
	if (GetIfTable2(&table) != NO_ERROR)
		return 0;
	for (ULONG i = 0; i < table->NumEntries; i++) {
		const MIB_IF_ROW2 *row = &table->Table[i];
		if (row->OperStatus == IfOperStatusUp && row->Type != IF_TYPE_SOFTWARE_LOOPBACK &&
			row->Mtu != UINT32_MAX && row->Mtu > mtu)
			mtu = row->Mtu;
	}
	FreeMibTable(table);
	return mtu;
}
