#include "platform/linux/device/interface.h"

#include <limits.h>
#include <linux/ip.h>
#include <linux/pkt_sched.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "platform/linux/net/netlink.h"

/* An interface as a message describes it. */
struct link {
	struct lp_interface interface;
	unsigned master;  /* the interface that it belongs to; 0: none */
	bool bridge_port; /* its master is a bridge */
};

static bool is_bridge_port(const struct nlattr *link_info)
{
	for (const struct nlattr *attr = NULL; (attr = lp_netlink_next_nested(link_info, attr));)
		if (mnl_attr_get_type(attr) == IFLA_INFO_SLAVE_KIND && mnl_attr_get_payload_len(attr) >= 6)
			return memcmp(mnl_attr_get_payload(attr), "bridge", 6) == 0;
	return false;
}

static struct link parse_link(const struct nlmsghdr *message)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct link link = {.interface = {
				    .index = (unsigned)info->ifi_index,
				    .up = info->ifi_flags & IFF_UP,
				    .running = (info->ifi_flags & IFF_UP) && (info->ifi_flags & IFF_RUNNING),
				    .loopback = info->ifi_flags & IFF_LOOPBACK,
				    .ethernet = info->ifi_type == ARPHRD_ETHER,
			    }};
	for (const struct nlattr *attr = NULL; (attr = lp_netlink_next(message, sizeof *info, attr));) {
		switch (mnl_attr_get_type(attr)) {
		case IFLA_MTU:
			link.interface.mtu = lp_netlink_get_u32(attr);
			break;
		case IFLA_MASTER:
			link.master = lp_netlink_get_u32(attr);
			break;
		case IFLA_ADDRESS:
			if (mnl_attr_get_payload_len(attr) == sizeof link.interface.mac.octet)
				memcpy(link.interface.mac.octet, mnl_attr_get_payload(attr),
					sizeof link.interface.mac.octet);
			break;
		case IFLA_LINKINFO:
			link.bridge_port = is_bridge_port(attr);
			break;
		}
	}
	return link;
}

static int on_link(const struct nlmsghdr *message, void *ctx)
{
	struct link *link = ctx;
	if (message->nlmsg_type == RTM_NEWLINK)
		*link = parse_link(message);
	return MNL_CB_OK;
}

/* Starts a request about the interface of an index; 0: about all. */
static struct nlmsghdr *begin(
	struct lp_netlink_request *request, uint16_t type, unsigned index, struct ifinfomsg **ret_info)
{
	struct nlmsghdr *header = lp_netlink_begin(request, type, index ? 0 : NLM_F_DUMP);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(header, sizeof *info);
	info->ifi_index = (int)index;
	*ret_info = info;
	return header;
}

static int get_link(unsigned index, struct link *ret_link)
{
	if (!index)
		return LP_ENOTFOUND;
	struct lp_netlink_request request;
	struct ifinfomsg *info;
	struct link link = {0};
	int result = lp_netlink_call(begin(&request, RTM_GETLINK, index, &info), on_link, &link);
	if (result == 0 && !link.interface.index)
		return LP_EIO;
	if (result == 0)
		*ret_link = link;
	return result;
}

/* True if the interface has such an entry in sysfs. */
static bool has_entry(const char *name, const char *entry)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "/sys/class/net/%s/%s", name, entry);
	return access(path, F_OK) == 0;
}

int lp_interface_get(const char *name, struct lp_interface *ret_interface)
{
	struct link link;
	int result = get_link(if_nametoindex(name), &link);
	if (result < 0)
		return result;
	link.interface.wireless = has_entry(name, "wireless") || has_entry(name, "phy80211");
	if (link.bridge_port)
		if_indextoname(link.master, link.interface.bridge);
	*ret_interface = link.interface;
	return 0;
}

unsigned lp_interface_mtu(unsigned index)
{
	struct link link;
	return get_link(index, &link) == 0 ? link.interface.mtu : 0;
}

bool lp_interface_is_loopback(unsigned index)
{
	struct link link;
	return get_link(index, &link) == 0 && link.interface.loopback;
}

struct largest {
	unsigned mtu, loopback_mtu;
};

static int on_each_link(const struct nlmsghdr *message, void *ctx)
{
	struct largest *largest = ctx;
	if (message->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	struct lp_interface interface = parse_link(message).interface;
	if (interface.up && interface.loopback)
		largest->loopback_mtu = interface.mtu;
	else if (interface.up && interface.mtu > largest->mtu)
		largest->mtu = interface.mtu;
	return MNL_CB_OK;
}

unsigned lp_interface_largest_mtu(void)
{
	struct lp_netlink_request request;
	struct ifinfomsg *info;
	struct largest largest = {0};
	(void)lp_netlink_call(begin(&request, RTM_GETLINK, 0, &info), on_each_link, &largest);
	return largest.mtu ? largest.mtu : largest.loopback_mtu;
}

/* Starts a change of an interface; NULL if there is none of that name. */
static struct nlmsghdr *begin_change(struct lp_netlink_request *request, const char *name, struct ifinfomsg **ret_info)
{
	unsigned index = if_nametoindex(name);
	return index ? begin(request, RTM_SETLINK, index, ret_info) : NULL;
}

/* Changes one attribute of an interface. */
static int set_attribute(const char *name, uint16_t type, const void *data, size_t len)
{
	struct lp_netlink_request request;
	struct ifinfomsg *info;
	struct nlmsghdr *header = begin_change(&request, name, &info);
	if (!header)
		return LP_ENOTFOUND;
	mnl_attr_put(header, type, len, data);
	return lp_netlink_call(header, NULL, NULL);
}

int lp_interface_set_mac(const char *name, const struct lp_mac *mac)
{
	return set_attribute(name, IFLA_ADDRESS, mac->octet, sizeof mac->octet);
}

int lp_interface_set_mtu(const char *name, unsigned mtu)
{
	return set_attribute(name, IFLA_MTU, &(uint32_t){mtu}, sizeof(uint32_t));
}

int lp_interface_set_queue(const char *name, unsigned frames)
{
	return set_attribute(name, IFLA_TXQLEN, &(uint32_t){frames}, sizeof(uint32_t));
}

int lp_interface_set_fifo(const char *name)
{
	struct lp_netlink_request request;
	struct nlmsghdr *header = lp_netlink_begin(&request, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE);
	struct tcmsg *message = mnl_nlmsg_put_extra_header(header, sizeof *message);
	message->tcm_ifindex = (int)if_nametoindex(name);
	message->tcm_parent = TC_H_ROOT;
	mnl_attr_put_strz(header, TCA_KIND, "pfifo");
	return lp_netlink_call(header, NULL, NULL);
}

int lp_interface_up(const char *name)
{
	struct lp_netlink_request request;
	struct ifinfomsg *info;
	struct nlmsghdr *header = begin_change(&request, name, &info);
	if (!header)
		return LP_ENOTFOUND;
	info->ifi_flags = info->ifi_change = IFF_UP;
	return lp_netlink_call(header, NULL, NULL);
}

int lp_interface_set_ipv4(const char *name)
{
	struct lp_netlink_request request;
	struct ifinfomsg *info;
	struct nlmsghdr *header = begin_change(&request, name, &info);
	if (!header)
		return LP_ENOTFOUND;
	struct nlattr *families = mnl_attr_nest_start(header, IFLA_AF_SPEC);
	struct nlattr *inet = mnl_attr_nest_start(header, AF_INET);
	struct nlattr *settings = mnl_attr_nest_start(header, IFLA_INET_CONF);
	mnl_attr_put_u32(header, IPV4_DEVCONF_ARP_IGNORE, 1);
	mnl_attr_put_u32(header, IPV4_DEVCONF_ARP_ANNOUNCE, 2);
	mnl_attr_put_u32(header, IPV4_DEVCONF_PROMOTE_SECONDARIES, 1);
	mnl_attr_nest_end(header, settings);
	mnl_attr_nest_end(header, inet);
	mnl_attr_nest_end(header, families);
	return lp_netlink_call(header, NULL, NULL);
}

int lp_interface_add_address(const char *name, const struct lp_addr *address, uint8_t prefix_bits)
{
	unsigned index = if_nametoindex(name);
	if (!index)
		return LP_ENOTFOUND;
	struct lp_netlink_request request;
	struct nlmsghdr *header = lp_netlink_begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
	struct ifaddrmsg *message = mnl_nlmsg_put_extra_header(header, sizeof *message);
	message->ifa_family = lp_netlink_family(address->family);
	message->ifa_prefixlen = prefix_bits;
	message->ifa_index = index;
	lp_netlink_put_ip(header, IFA_LOCAL, address);
	lp_netlink_put_ip(header, IFA_ADDRESS, address);
	if (address->family == 4 && prefix_bits < 31) {
		struct lp_addr broadcast = *address;
		for (unsigned bit = prefix_bits; bit < 32; bit++)
			broadcast.ip[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
		lp_netlink_put_ip(header, IFA_BROADCAST, &broadcast);
	}
	return lp_netlink_call(header, NULL, NULL);
}
