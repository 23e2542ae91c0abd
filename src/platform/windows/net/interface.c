#include "platform/windows/net/interface.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "platform/net/route_conflicts.h"
#include "platform/windows/net/ip_helper.h"
#include "platform/windows/net/sockaddr.h"
#include "platform/windows/system/wide.h"

/* The list grows between two calls: tried so many times. */
#define TRIES 4
#define FLAGS (GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER)

/* All interfaces; the caller's to free. NULL without memory, or where the system does not tell. */
static IP_ADAPTER_ADDRESSES *read_all(void)
{
	ULONG bytes = 16384;
	for (int i = 0; i < TRIES; i++) {
		IP_ADAPTER_ADDRESSES *all = malloc(bytes);
		if (!all)
			return NULL;
		ULONG error = GetAdaptersAddresses(AF_UNSPEC, FLAGS, NULL, all, &bytes);
		if (error == NO_ERROR)
			return all;
		free(all);
		if (error != ERROR_BUFFER_OVERFLOW)
			return NULL;
	}
	return NULL;
}

/* How much an address says: 2 for IPv4, 1 for IPv6 beyond the link, 0 for anything else. */
static int rank(const SOCKADDR *address)
{
	if (address->sa_family == AF_INET)
		return 2;
	return address->sa_family == AF_INET6 &&
	       !IN6_IS_ADDR_LINKLOCAL(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

/* Picks the address that people want to see. */
static void pick_address(const IP_ADAPTER_ADDRESSES *entry, struct lp_addr *address)
{
	int best = 0;
	for (const IP_ADAPTER_UNICAST_ADDRESS *a = entry->FirstUnicastAddress; a; a = a->Next) {
		const SOCKADDR *sa = a->Address.lpSockaddr;
		/* An address that is still looked for, or that somebody else has, is none. */
		if (a->DadState != IpDadStatePreferred && a->DadState != IpDadStateDeprecated)
			continue;
		if (rank(sa) > best) {
			best = rank(sa);
			lp_sockaddr_get((const union lp_sockaddr *)(const void *)sa, address);
		}
	}
}

int lp_interface_of_guid(const char *guid, struct lp_interface *ret_interface)
{
	IP_ADAPTER_ADDRESSES *all = read_all();
	int result = LP_ENOTFOUND;
	for (const IP_ADAPTER_ADDRESSES *entry = all; entry; entry = entry->Next) {
		if (_stricmp(entry->AdapterName, guid) != 0)
			continue;
		*ret_interface = (struct lp_interface){.index = entry->IfIndex ? entry->IfIndex : entry->Ipv6IfIndex,
			.luid = entry->Luid.Value,
			.up = entry->OperStatus == IfOperStatusUp,
			.mtu = entry->Mtu};
		pick_address(entry, &ret_interface->address);
		if (entry->PhysicalAddressLength == sizeof ret_interface->mac.octet)
			memcpy(ret_interface->mac.octet, entry->PhysicalAddress, sizeof ret_interface->mac.octet);
		result = 0;
		break;
	}
	free(all);
	return result;
}

/* An IPv4 address in the host's order; 0 for anything else. */
static uint32_t ipv4(const IP_ADAPTER_UNICAST_ADDRESS *address)
{
	const SOCKADDR *sa = address->Address.lpSockaddr;
	return sa->sa_family == AF_INET ? ntohl(((const struct sockaddr_in *)(const void *)sa)->sin_addr.s_addr) : 0;
}

/* True if an address of |other| is in a network of |ours|. */
static bool networks_meet(const IP_ADAPTER_ADDRESSES *ours, const IP_ADAPTER_ADDRESSES *other)
{
	for (const IP_ADAPTER_UNICAST_ADDRESS *a = ours->FirstUnicastAddress; a; a = a->Next)
		for (const IP_ADAPTER_UNICAST_ADDRESS *b = other->FirstUnicastAddress; b; b = b->Next)
			if (ipv4(a) != 0 && ipv4(b) != 0 &&
				lp_route_networks_overlap(
					ipv4(a), a->OnLinkPrefixLength, ipv4(b), b->OnLinkPrefixLength))
				return true;
	return false;
}

void lp_interface_find_conflict(const char *guid, char *name, size_t size)
{
	IP_ADAPTER_ADDRESSES *all = read_all();
	const IP_ADAPTER_ADDRESSES *ours = all;
	name[0] = '\0';
	while (ours && _stricmp(ours->AdapterName, guid) != 0)
		ours = ours->Next;
	for (const IP_ADAPTER_ADDRESSES *entry = all; ours && entry; entry = entry->Next)
		if (entry != ours && entry->OperStatus == IfOperStatusUp && networks_meet(ours, entry) &&
			lp_utf8(entry->FriendlyName, name, size) < 0)
			snprintf(name, size, "another adapter");
	free(all);
}

unsigned lp_interface_mtu_towards(const struct lp_addr *remote)
{
	unsigned mtu = 0;
	union lp_sockaddr sa;
	lp_sockaddr_set(remote, false, &sa);
	DWORD index;
	if (GetBestInterfaceEx(&sa.sa, &index) != NO_ERROR)
		return 0;
	IP_ADAPTER_ADDRESSES *all = read_all();
	for (const IP_ADAPTER_ADDRESSES *entry = all; entry; entry = entry->Next)
		if (entry->IfIndex == index || entry->Ipv6IfIndex == index)
			mtu = entry->Mtu;
	free(all);
	return mtu;
}

unsigned lp_interface_largest_mtu(void)
{
	IP_ADAPTER_ADDRESSES *all = read_all();
	unsigned mtu = 0;
	for (const IP_ADAPTER_ADDRESSES *entry = all; entry; entry = entry->Next)
		if (entry->OperStatus == IfOperStatusUp && entry->IfType != IF_TYPE_SOFTWARE_LOOPBACK &&
			entry->Mtu != UINT32_MAX && entry->Mtu > mtu)
			mtu = entry->Mtu;
	free(all);
	return mtu;
}
