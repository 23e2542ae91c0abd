#include "platform/linux/route_lookup.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "platform/linux/os_error.h"

/* A route request with room for two attributes: the destination, and the interface of a link-local one. */
struct request {
	struct nlmsghdr header;
	struct rtmsg route;
	uint8_t attrs[RTA_SPACE(16) + RTA_SPACE(4)];
};

/* Appends an attribute to a request that has room for it. */
static void add_attr(struct request *request, unsigned short type, const void *data, size_t len)
{
	struct rtattr *attr = (struct rtattr *)((uint8_t *)request + request->header.nlmsg_len);

	attr->rta_type = type;
	attr->rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(RTA_DATA(attr), data, len);
	request->header.nlmsg_len += (unsigned)RTA_SPACE(len);
}

/* The MTU of an interface; 0 if there is none of that index. */
static unsigned interface_mtu(unsigned ifindex)
{
	struct ifreq ifr = {0};
	int fd;
	unsigned mtu = 0;

	if (!if_indextoname(ifindex, ifr.ifr_name))
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	if (ioctl(fd, SIOCGIFMTU, &ifr) == 0 && ifr.ifr_mtu > 0)
		mtu = (unsigned)ifr.ifr_mtu;
	close(fd);
	return mtu;
}

/* Asks one question and reads the answer into |reply|. Its length or LP_E*. */
static int ask(const struct request *request, uint8_t *reply, size_t reply_size)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ssize_t n = -1;
	int err;

	if (fd < 0)
		return lp_os_error(errno);
	if (send(fd, request, request->header.nlmsg_len, 0) >= 0)
		n = recv(fd, reply, reply_size, 0);
	err = errno;
	close(fd);
	return n < 0 ? lp_os_error(err) : (int)n;
}

/* Takes source and interface out of the kernel's answer. */
static int parse(const struct nlmsghdr *header, int len, struct lp_route_lookup *ret_route)
{
	struct lp_route_lookup route = {0};
	const struct rtmsg *message = NLMSG_DATA(header);
	int attrs_len;

	if (!NLMSG_OK(header, (unsigned)len))
		return LP_EIO;
	if (header->nlmsg_type != RTM_NEWROUTE || header->nlmsg_len < NLMSG_LENGTH(sizeof *message))
		return LP_EUNREACH;
	if (message->rtm_type != RTN_UNICAST && message->rtm_type != RTN_LOCAL)
		return LP_EUNREACH;
	attrs_len = (int)RTM_PAYLOAD(header);
	for (const struct rtattr *a = RTM_RTA(message); RTA_OK(a, attrs_len); a = RTA_NEXT(a, attrs_len)) {
		size_t n = RTA_PAYLOAD(a);

		if (a->rta_type == RTA_OIF && n == 4) {
			memcpy(&route.ifindex, RTA_DATA(a), 4);
		} else if (a->rta_type == RTA_PREFSRC && (n == 4 || n == 16)) {
			route.source.family = n == 4 ? 4 : 6;
			memcpy(route.source.ip, RTA_DATA(a), n);
		}
	}
	if (!route.ifindex || !route.source.family)
		return LP_EUNREACH;
	if (route.source.family == 6 && route.source.ip[0] == 0xfe && (route.source.ip[1] & 0xc0) == 0x80)
		route.source.scope_id = route.ifindex;
	route.mtu = interface_mtu(route.ifindex);
	*ret_route = route;
	return 0;
}

int lp_route_lookup(const struct lp_addr *remote, struct lp_route_lookup *ret_route)
{
	_Alignas(struct nlmsghdr) uint8_t reply[4096];
	size_t ip_bytes = remote->family == 6 ? 16 : 4;
	struct request request = {
		.header = {.nlmsg_len = offsetof(struct request, attrs),
	                   .nlmsg_type = RTM_GETROUTE,
	                   .nlmsg_flags = NLM_F_REQUEST},
		.route = {.rtm_family = remote->family == 6 ? AF_INET6 : AF_INET,
	                  .rtm_dst_len = (unsigned char)(8 * ip_bytes)},
	};
	int n;

	if (!remote->family)
		return LP_EINVAL;
	add_attr(&request, RTA_DST, remote->ip, ip_bytes);
	if (remote->scope_id)
		add_attr(&request, RTA_OIF, &remote->scope_id, sizeof remote->scope_id);
	n = ask(&request, reply, sizeof reply);
	if (n < 0)
		return n;
	return parse((const struct nlmsghdr *)reply, n, ret_route);
}
