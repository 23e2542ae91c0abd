#include "platform/linux/interface.h"

#include <errno.h>
#include <limits.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "platform/linux/os_error.h"

/* Puts the name into a request. LP_EINVAL if it is too long for one. */
static int name_request(struct ifreq *ifr, const char *name)
{
	size_t len = strlen(name);

	*ifr = (struct ifreq){0};
	if (len == 0 || len >= sizeof ifr->ifr_name)
		return LP_EINVAL;
	memcpy(ifr->ifr_name, name, len);
	return 0;
}

/* One ioctl on an interface, with a socket of its own. 0 or LP_E*. */
static int request(unsigned long number, struct ifreq *ifr)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int r = 0;

	if (fd < 0)
		return lp_os_error(errno);
	if (ioctl(fd, number, ifr) < 0)
		r = lp_os_error(errno);
	close(fd);
	return r;
}

/* True if the interface has such an entry in sysfs. */
static bool has_entry(const char *name, const char *entry)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "/sys/class/net/%s/%s", name, entry);
	return access(path, F_OK) == 0;
}

/* Finds the bridge that the interface is a port of. */
static void find_bridge(const char *name, char bridge[IFNAMSIZ])
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *last;
	ssize_t n;

	bridge[0] = '\0';
	snprintf(path, sizeof path, "/sys/class/net/%s/brport/bridge", name);
	n = readlink(path, target, sizeof target - 1);
	if (n <= 0)
		return;
	target[n] = '\0';
	last = strrchr(target, '/');
	last = last ? last + 1 : target;
	if (strlen(last) < IFNAMSIZ)
		memcpy(bridge, last, strlen(last) + 1);
}

int lp_interface_get(const char *name, struct lp_interface *ret_interface)
{
	struct lp_interface interface = {0};
	struct ifreq ifr;
	int r = name_request(&ifr, name);

	if (r < 0)
		return LP_ENOTFOUND;
	interface.index = if_nametoindex(name);
	if (!interface.index)
		return LP_ENOTFOUND;
	r = request(SIOCGIFFLAGS, &ifr);
	if (r < 0)
		return r;
	interface.up = ifr.ifr_flags & IFF_UP;
	r = request(SIOCGIFMTU, &ifr);
	if (r < 0)
		return r;
	interface.mtu = (unsigned)ifr.ifr_mtu;
	r = request(SIOCGIFHWADDR, &ifr);
	if (r < 0)
		return r;
	interface.ethernet = ifr.ifr_hwaddr.sa_family == ARPHRD_ETHER;
	memcpy(interface.mac.octet, ifr.ifr_hwaddr.sa_data, sizeof interface.mac.octet);
	interface.wireless = has_entry(name, "wireless") || has_entry(name, "phy80211");
	find_bridge(name, interface.bridge);
	*ret_interface = interface;
	return 0;
}

int lp_interface_set_mac(const char *name, const struct lp_mac *mac)
{
	struct ifreq ifr;
	int r = name_request(&ifr, name);

	if (r < 0)
		return r;
	ifr.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(ifr.ifr_hwaddr.sa_data, mac->octet, sizeof mac->octet);
	return request(SIOCSIFHWADDR, &ifr);
}

int lp_interface_set_mtu(const char *name, unsigned mtu)
{
	struct ifreq ifr;
	int r = name_request(&ifr, name);

	if (r < 0)
		return r;
	ifr.ifr_mtu = (int)mtu;
	return request(SIOCSIFMTU, &ifr);
}

int lp_interface_set_queue(const char *name, unsigned frames)
{
	struct ifreq ifr;
	int r = name_request(&ifr, name);

	if (r < 0)
		return r;
	ifr.ifr_qlen = (int)frames;
	return request(SIOCSIFTXQLEN, &ifr);
}

int lp_interface_up(const char *name)
{
	struct ifreq ifr;
	int r = name_request(&ifr, name);

	if (r == 0)
		r = request(SIOCGIFFLAGS, &ifr);
	if (r < 0)
		return r;
	ifr.ifr_flags |= IFF_UP;
	return request(SIOCSIFFLAGS, &ifr);
}
