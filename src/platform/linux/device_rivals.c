#include "platform/device_rivals.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The discard port (RFC 863); nothing is sent. */
#define ANY_PORT 9

/* An IPv4 address in the host's order; 0 for anything else. */
static uint32_t ipv4(const struct sockaddr *address)
{
	if (!address || address->sa_family != AF_INET)
		return 0;
	return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr);
}

/* The bits of a prefix. */
static unsigned prefix_bits(const struct ifaddrs *entry)
{
	return (unsigned)__builtin_popcount(ipv4(entry->ifa_netmask));
}

/* The address from which a game's broadcast would leave; 0: it would not, or not by IPv4. */
static uint32_t broadcast_source(void)
{
	const struct sockaddr_in everybody = {
		.sin_family = AF_INET, .sin_port = htons(ANY_PORT), .sin_addr.s_addr = htonl(INADDR_BROADCAST)};
	struct sockaddr_in source = {0};
	socklen_t len = sizeof source;
	const int on = 1;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint32_t address = 0;

	if (fd < 0)
		return 0;
	if (setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) == 0 &&
	    connect(fd, (const struct sockaddr *)&everybody, sizeof everybody) == 0 &&
	    getsockname(fd, (struct sockaddr *)&source, &len) == 0)
		address = ntohl(source.sin_addr.s_addr);
	close(fd);
	return address;
}

/* Looks for an interface, other than that of |ours|, with an address in the same network. */
static void find_network(const struct ifaddrs *all, const struct ifaddrs *ours, char name[LP_RIVAL_NAME_MAX])
{
	for (const struct ifaddrs *at = all; at; at = at->ifa_next)
		if (ipv4(at->ifa_addr) != 0 && (at->ifa_flags & IFF_UP) && strcmp(at->ifa_name, ours->ifa_name) != 0 &&
		    lp_device_networks_meet(ipv4(ours->ifa_addr), prefix_bits(ours), ipv4(at->ifa_addr),
		                            prefix_bits(at)))
			snprintf(name, LP_RIVAL_NAME_MAX, "%s", at->ifa_name);
}

/* Looks by which interface broadcasts leave. */
static void find_broadcast(const struct ifaddrs *all, const char *device, char name[LP_RIVAL_NAME_MAX])
{
	uint32_t source = broadcast_source();
	bool by_device = false;

	for (const struct ifaddrs *at = all; at && source != 0; at = at->ifa_next) {
		if (ipv4(at->ifa_addr) != source)
			continue;
		by_device = by_device || strcmp(at->ifa_name, device) == 0;
		snprintf(name, LP_RIVAL_NAME_MAX, "%s", at->ifa_name);
	}
	if (by_device)
		name[0] = '\0';
}

void lp_device_rivals(const char *name, struct lp_device_rivals *ret_rivals)
{
	struct ifaddrs *all;
	bool has_address = false;

	*ret_rivals = (struct lp_device_rivals){0};
	if (getifaddrs(&all) < 0)
		return;
	for (const struct ifaddrs *at = all; at; at = at->ifa_next) {
		if (strcmp(at->ifa_name, name) != 0 || !(at->ifa_flags & IFF_UP) || ipv4(at->ifa_addr) == 0)
			continue;
		has_address = true;
		find_network(all, at, ret_rivals->network);
	}
	if (has_address)
		find_broadcast(all, name, ret_rivals->broadcast);
	freeifaddrs(all);
}
