#include "platform/linux/device/interface.h"

#include <errno.h>
#include <limits.h>
#include <linux/pkt_sched.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "platform/linux/net/netlink.h"
#include "platform/posix/system/os_error.h"

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
static void find_bridge(unsigned index, char bridge[IFNAMSIZ])
{
	const struct ifinfomsg message = {.ifi_index = (int)index};
	struct lp_netlink_request request;
	struct lp_netlink_reply reply;
	struct lp_bytes kind, master;
	unsigned master_index;

	bridge[0] = '\0';
	lp_netlink_begin(&request, RTM_GETLINK, &message, sizeof message);
	if (lp_netlink_ask(&request, RTM_NEWLINK, &reply) < 0)
		return;
	master = lp_netlink_find(&reply, sizeof message, IFLA_MASTER);
	kind = lp_netlink_find_in(lp_netlink_find(&reply, sizeof message, IFLA_LINKINFO), IFLA_INFO_SLAVE_KIND);
	if (master.len != sizeof master_index || !kind.data)
		return;
	memcpy(&master_index, master.data, sizeof master_index);
	if (kind.len >= 6 && memcmp(kind.data, "bridge", 6) == 0)
		if_indextoname(master_index, bridge);
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
	find_bridge(interface.index, interface.bridge);
	*ret_interface = interface;
	return 0;
}

unsigned lp_interface_mtu(unsigned index)
{
	struct ifreq ifr = {0};

	if (!if_indextoname(index, ifr.ifr_name) || request(SIOCGIFMTU, &ifr) < 0 || ifr.ifr_mtu < 0)
		return 0;
	return (unsigned)ifr.ifr_mtu;
}

unsigned lp_interface_largest_mtu(void)
{
	struct if_nameindex *list = if_nameindex();
	unsigned largest = 0, loopback = 0;

	for (const struct if_nameindex *i = list; i && i->if_index; i++) {
		struct ifreq ifr;
		unsigned mtu = lp_interface_mtu(i->if_index);

		if (name_request(&ifr, i->if_name) < 0 || request(SIOCGIFFLAGS, &ifr) < 0 || !(ifr.ifr_flags & IFF_UP))
			continue;
		if (ifr.ifr_flags & IFF_LOOPBACK)
			loopback = mtu;
		else if (mtu > largest)
			largest = mtu;
	}
	if (list)
		if_freenameindex(list);
	return largest ? largest : loopback;
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

int lp_interface_set_fifo(const char *name)
{
	static const char kind[] = "pfifo";
	const struct tcmsg message = {.tcm_ifindex = (int)if_nametoindex(name), .tcm_parent = TC_H_ROOT};
	struct lp_netlink_request request;

	lp_netlink_begin(&request, RTM_NEWQDISC, &message, sizeof message);
	lp_netlink_add(&request, TCA_KIND, kind, sizeof kind);
	request.header.nlmsg_flags |= NLM_F_CREATE | NLM_F_REPLACE;
	return lp_netlink_change(&request);
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
