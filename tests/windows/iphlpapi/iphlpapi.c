/* IP Helper for tests under Wine: tests/windows/netctl.py implements functions that Wine lacks in the test's namespace,
   all others are forwarded to a copy of Wine's own DLL (listed in iphlpapi.def). Never installed, never for real
   Windows. */
#include <winsock2.h>
#include <ws2tcpip.h>
/* This DLL defines functions that the headers would import. */
#define _IPHLPAPI_H_NOIMPORT_
#include <iphlpapi.h>
#include <netioapi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The copy of Wine's DLL. */
#define WINE_DLL "iphlpbi.dll"
#define TIMEOUT_MS 5000
#define ROUTES_MAX 64

/* The copy, which is beside this DLL, where the program does not look. */
static HMODULE wine_dll(void)
{
	char path[MAX_PATH];
	HMODULE self = GetModuleHandleA("iphlpapi.dll");
	char *end = GetModuleFileNameA(self, path, sizeof path - sizeof WINE_DLL) ? strrchr(path, '\\') : NULL;
	if (!end)
		return NULL;
	strcpy(end + 1, WINE_DLL);
	return LoadLibraryA(path);
}

/* A function of the copy. */
#define WINE(name) ((__typeof__(&name))(void *)GetProcAddress(wine_dll(), #name))

/* Sends a request to the helper; the reply begins with Windows' error code, which is returned. */
static DWORD ask(const char *question, char *answer, int size)
{
	struct sockaddr_in helper = {.sin_family = AF_INET};
	const char *port = getenv("LP_TEST_NETCTL_PORT");
	const DWORD timeout = TIMEOUT_MS;
	WSADATA data;
	SOCKET s;
	int n;

	WSAStartup(MAKEWORD(2, 2), &data);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	helper.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	helper.sin_port = htons((unsigned short)atoi(port ? port : "0"));
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (const char *)&timeout, sizeof timeout);
	sendto(s, question, (int)strlen(question), 0, (struct sockaddr *)&helper, sizeof helper);
	n = recv(s, answer, size - 1, 0);
	closesocket(s);
	if (n < 0)
		return ERROR_NOT_SUPPORTED;
	answer[n] = '\0';
	return (DWORD)atoi(answer);
}

/* The index of a LUID, or else the given index. */
static NET_IFINDEX index_of(const NET_LUID *luid, NET_IFINDEX index)
{
	NET_IFINDEX found;

	if (luid && luid->Value && WINE(ConvertInterfaceLuidToIndex)(luid, &found) == NO_ERROR)
		return found;
	return index;
}

/* An address as text. */
static void format(const SOCKADDR_INET *addr, char text[64])
{
	const void *ip = addr->si_family == AF_INET6 ? (const void *)&addr->Ipv6.sin6_addr
						     : (const void *)&addr->Ipv4.sin_addr;

	inet_ntop(addr->si_family == AF_INET6 ? AF_INET6 : AF_INET, (void *)(ULONG_PTR)ip, text, 64);
}

/* Adds or removes a route. */
static DWORD change_route(const char *verb, const MIB_IPFORWARD_ROW2 *row)
{
	char question[256], answer[64], destination[64], next_hop[64];

	if (row->DestinationPrefix.Prefix.si_family != row->NextHop.si_family || row->ValidLifetime != 0xffffffff)
		return ERROR_INVALID_PARAMETER;
	format(&row->DestinationPrefix.Prefix, destination);
	format(&row->NextHop, next_hop);
	snprintf(question, sizeof question, "route %s %s/%d %s %lu %lu", verb, destination,
		row->DestinationPrefix.PrefixLength, next_hop, index_of(&row->InterfaceLuid, row->InterfaceIndex),
		row->Metric);
	return ask(question, answer, sizeof answer);
}

NETIO_STATUS NETIOAPI_API_ CreateIpForwardEntry2(const MIB_IPFORWARD_ROW2 *row)
{
	return change_route("add", row);
}

NETIO_STATUS NETIOAPI_API_ DeleteIpForwardEntry2(const MIB_IPFORWARD_ROW2 *row)
{
	return change_route("del", row);
}

VOID NETIOAPI_API_ InitializeIpForwardEntry(PMIB_IPFORWARD_ROW2 row)
{
	memset(row, 0, sizeof *row);
	row->ValidLifetime = row->PreferredLifetime = 0xffffffff;
	row->Metric = 0xffffffff;
	row->Protocol = MIB_IPPROTO_NETMGMT;
	row->Loopback = row->AutoconfigureAddress = row->Publish = row->Immortal = TRUE;
}

VOID NETIOAPI_API_ InitializeIpInterfaceEntry(PMIB_IPINTERFACE_ROW row)
{
	memset(row, 0xff, sizeof *row);
	row->Family = AF_UNSPEC;
	row->InterfaceLuid.Value = 0;
	row->InterfaceIndex = 0;
}

NETIO_STATUS NETIOAPI_API_ GetIpInterfaceEntry(PMIB_IPINTERFACE_ROW row)
{
	NET_IFINDEX index = index_of(&row->InterfaceLuid, row->InterfaceIndex);
	ADDRESS_FAMILY family = row->Family;
	char question[64], answer[128];
	int mtu, metric, automatic, no_default, up;
	DWORD error;

	if (family != AF_INET && family != AF_INET6)
		return ERROR_INVALID_PARAMETER;
	snprintf(question, sizeof question, "get %lu %d", index, family == AF_INET6 ? 6 : 4);
	error = ask(question, answer, sizeof answer);
	if (error)
		return error;
	if (sscanf(answer, "0 %d %d %d %d %d", &mtu, &metric, &automatic, &no_default, &up) != 5)
		return ERROR_GEN_FAILURE;
	memset(row, 0, sizeof *row);
	row->Family = family;
	row->InterfaceIndex = index;
	WINE(ConvertInterfaceIndexToLuid)(index, &row->InterfaceLuid);
	row->NlMtu = (ULONG)mtu;
	row->Metric = (ULONG)metric;
	row->UseAutomaticMetric = automatic != 0;
	row->DisableDefaultRoutes = no_default != 0;
	row->Connected = up != 0;
	row->SitePrefixLength = 64;
	return NO_ERROR;
}

NETIO_STATUS NETIOAPI_API_ SetIpInterfaceEntry(PMIB_IPINTERFACE_ROW row)
{
	char question[128], answer[64];

	if (row->Family != AF_INET && row->Family != AF_INET6)
		return ERROR_INVALID_PARAMETER;
	/* The real function too refuses the result of Get for IPv4. */
	if (row->Family == AF_INET && row->SitePrefixLength > 32)
		return ERROR_INVALID_PARAMETER;
	snprintf(question, sizeof question, "set %lu %d %lu %lu %d %d",
		index_of(&row->InterfaceLuid, row->InterfaceIndex), row->Family == AF_INET6 ? 6 : 4, row->NlMtu,
		row->Metric, row->UseAutomaticMetric != 0, row->DisableDefaultRoutes != 0);
	return ask(question, answer, sizeof answer);
}

/* Parses a line of the helper's list of routes. */
static int read_route(const char *line, PMIB_IPFORWARD_ROW2 row)
{
	char prefix[64], next_hop[64];
	unsigned bits;
	unsigned long index, metric;

	if (sscanf(line, "%63s %u %63s %lu %lu", prefix, &bits, next_hop, &index, &metric) != 5)
		return 0;
	memset(row, 0, sizeof *row);
	row->DestinationPrefix.Prefix.si_family = row->NextHop.si_family = AF_INET6;
	row->DestinationPrefix.PrefixLength = (UINT8)bits;
	row->InterfaceIndex = index;
	row->Metric = metric;
	WINE(ConvertInterfaceIndexToLuid)(index, &row->InterfaceLuid);
	return inet_pton(AF_INET6, prefix, &row->DestinationPrefix.Prefix.Ipv6.sin6_addr) == 1 &&
	       inet_pton(AF_INET6, next_hop, &row->NextHop.Ipv6.sin6_addr) == 1;
}

/* Wine has no IPv6 routes. */
static NETIO_STATUS ipv6_table(PMIB_IPFORWARD_TABLE2 *ret_table)
{
	/* FreeMibTable() frees from this heap. */
	PMIB_IPFORWARD_TABLE2 table = HeapAlloc(
		GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof *table + ROUTES_MAX * sizeof table->Table[0]);
	char answer[8192];
	const char *line;
	DWORD error = ask("routes6", answer, sizeof answer);

	if (!table || error) {
		HeapFree(GetProcessHeap(), 0, table);
		return error ? error : ERROR_NOT_ENOUGH_MEMORY;
	}
	for (line = strchr(answer, '\n'); line && table->NumEntries < ROUTES_MAX; line = strchr(line + 1, '\n'))
		table->NumEntries += (ULONG)read_route(line + 1, &table->Table[table->NumEntries]);
	*ret_table = table;
	return NO_ERROR;
}

NETIO_STATUS NETIOAPI_API_ GetIpForwardTable2(ADDRESS_FAMILY family, PMIB_IPFORWARD_TABLE2 *ret_table)
{
	return family == AF_INET6 ? ipv6_table(ret_table) : WINE(GetIpForwardTable2)(family, ret_table);
}

/* True if the prefix covers the address. */
static int covers(const IP_ADDRESS_PREFIX *prefix, const SOCKADDR_INET *addr)
{
	const unsigned char *a = addr->si_family == AF_INET6 ? addr->Ipv6.sin6_addr.s6_addr
							     : (const unsigned char *)&addr->Ipv4.sin_addr;
	const unsigned char *p = addr->si_family == AF_INET6 ? prefix->Prefix.Ipv6.sin6_addr.s6_addr
							     : (const unsigned char *)&prefix->Prefix.Ipv4.sin_addr;

	for (int bit = 0; bit < prefix->PrefixLength; bit++)
		if ((a[bit / 8] ^ p[bit / 8]) & 0x80 >> bit % 8)
			return 0;
	return 1;
}

/* The first address of an interface. */
static void first_address(NET_IFINDEX index, ADDRESS_FAMILY family, SOCKADDR_INET *addr)
{
	PMIB_UNICASTIPADDRESS_TABLE table;

	memset(addr, 0, sizeof *addr);
	addr->si_family = family;
	if (WINE(GetUnicastIpAddressTable)(family, &table) != NO_ERROR)
		return;
	for (ULONG i = 0; i < table->NumEntries; i++) {
		if (table->Table[i].InterfaceIndex != index)
			continue;
		*addr = table->Table[i].Address;
		break;
	}
	WINE(FreeMibTable)(table);
}

NETIO_STATUS NETIOAPI_API_ GetBestRoute2(NET_LUID *luid, NET_IFINDEX index, const SOCKADDR_INET *source,
	const SOCKADDR_INET *destination, ULONG options, PMIB_IPFORWARD_ROW2 best_route, SOCKADDR_INET *best_source)
{
	NET_IFINDEX wanted = index_of(luid, index);
	const MIB_IPFORWARD_ROW2 *best = NULL;
	PMIB_IPFORWARD_TABLE2 table;
	DWORD error = GetIpForwardTable2(destination->si_family, &table);

	(void)source;
	(void)options;
	if (error)
		return error;
	for (ULONG i = 0; i < table->NumEntries; i++) {
		const MIB_IPFORWARD_ROW2 *row = &table->Table[i];

		if ((wanted && row->InterfaceIndex != wanted) || !covers(&row->DestinationPrefix, destination))
			continue;
		if (!best || row->DestinationPrefix.PrefixLength > best->DestinationPrefix.PrefixLength ||
			(row->DestinationPrefix.PrefixLength == best->DestinationPrefix.PrefixLength &&
				row->Metric < best->Metric))
			best = row;
	}
	if (best) {
		*best_route = *best;
		first_address(best->InterfaceIndex, destination->si_family, best_source);
	}
	WINE(FreeMibTable)(table);
	return best ? NO_ERROR : ERROR_NETWORK_UNREACHABLE;
}

/* To Wine an interface without a carrier is up. */
NETIO_STATUS NETIOAPI_API_ GetIfEntry2(PMIB_IF_ROW2 row)
{
	char question[64], answer[128];
	int mtu, metric, automatic, no_default, up;
	DWORD error = WINE(GetIfEntry2)(row);
	if (error)
		return error;
	snprintf(question, sizeof question, "get %lu 4", row->InterfaceIndex);
	if (ask(question, answer, sizeof answer) == NO_ERROR &&
		sscanf(answer, "0 %d %d %d %d %d", &mtu, &metric, &automatic, &no_default, &up) == 5 && !up)
		row->OperStatus = IfOperStatusDown;
	return NO_ERROR;
}

/* Counts a call at the helper. */
static void count(const char *name)
{
	char question[64], answer[64];
	snprintf(question, sizeof question, "count %s", name);
	ask(question, answer, sizeof answer);
}

/* The expensive enumeration. */
ULONG NETIOAPI_API_ GetAdaptersAddresses(
	ULONG family, ULONG flags, PVOID reserved, PIP_ADAPTER_ADDRESSES addresses, PULONG size)
{
	count("GetAdaptersAddresses");
	return WINE(GetAdaptersAddresses)(family, flags, reserved, addresses, size);
}

DWORD NETIOAPI_API_ IpReleaseAddress(PIP_ADAPTER_INDEX_MAP adapter)
{
	(void)adapter;
	count("IpReleaseAddress");
	return NO_ERROR;
}

DWORD NETIOAPI_API_ IpRenewAddress(PIP_ADAPTER_INDEX_MAP adapter)
{
	(void)adapter;
	count("IpRenewAddress");
	return NO_ERROR;
}
