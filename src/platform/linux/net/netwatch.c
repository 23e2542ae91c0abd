#include "platform/net/netwatch.h"

#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/units.h"
#include "platform/linux/device/interface.h"
#include "platform/linux/net/netlink.h"
#include "platform/linux/net/route_lookup.h"
#include "platform/loop/loop.h"
#include "platform/posix/loop/fd_watch.h"
#include "platform/posix/loop/loop_uv.h"
#include "platform/posix/system/os_error.h"

/* From the first message of a change to the notification: its other messages have arrived by then. */
#define SETTLE_NS (20 * LP_MS)

#define GROUPS (RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE)

struct lp_netwatch {
	struct mnl_socket *socket;
	struct lp_loop *loop;
	struct lp_timer *timer;
	bool settling;     /* the timer is running */
	const char *avoid; /* an interface's name; NULL: none */
	lp_netwatch_fn changed;
	void *ctx;
	struct lp_fd_watch watch;
};

/* Something changed; the contents of the messages do not matter. */
static void on_message(void *ctx, bool broken)
{
	struct lp_netwatch *netwatch = ctx;
	if (broken)
		lp_fd_watch_start(&netwatch->watch);
	uint8_t data[8192];
	/* ENOBUFS: messages were lost, which is a change too. ENOSPC: a long message. */
	do
		errno = 0;
	while (mnl_socket_recvfrom(netwatch->socket, data, sizeof data) > 0 || errno == ENOBUFS || errno == ENOSPC ||
		errno == EINTR);
	if (netwatch->settling)
		return;
	netwatch->settling = true;
	lp_timer_set(netwatch->timer, lp_loop_now_ns(netwatch->loop) + SETTLE_NS);
}

static void on_settled(void *ctx, uint64_t now_ns)
{
	struct lp_netwatch *netwatch = ctx;
	(void)now_ns;
	netwatch->settling = false;
	netwatch->changed(netwatch->ctx);
}

int lp_netwatch_new(struct lp_loop *loop, lp_netwatch_fn changed, void *ctx, struct lp_netwatch **ret_netwatch)
{
	struct lp_netwatch *netwatch = malloc(sizeof *netwatch);
	if (!netwatch)
		return LP_ENOMEM;
	*netwatch = (struct lp_netwatch){.loop = loop, .changed = changed, .ctx = ctx};
	int result;
	netwatch->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (!netwatch->socket || mnl_socket_bind(netwatch->socket, GROUPS, MNL_SOCKET_AUTOPID) < 0) {
		result = lp_os_error(errno);
		goto fail;
	}
	result = lp_timer_new(loop, on_settled, netwatch, &netwatch->timer);
	if (result < 0)
		goto fail;
	result = lp_fd_watch_init(
		&netwatch->watch, lp_loop_uv(loop), mnl_socket_get_fd(netwatch->socket), on_message, netwatch);
	if (result < 0)
		goto fail;
	lp_fd_watch_start(&netwatch->watch);
	*ret_netwatch = netwatch;
	return 0;
fail:
	lp_timer_free(netwatch->timer);
	if (netwatch->socket)
		mnl_socket_close(netwatch->socket);
	free(netwatch);
	return result;
}

static void on_released(void *ctx)
{
	free(ctx);
}

void lp_netwatch_free(struct lp_netwatch *netwatch)
{
	if (!netwatch)
		return;
	lp_timer_free(netwatch->timer);
	lp_fd_watch_close(&netwatch->watch, on_released);
	mnl_socket_close(netwatch->socket);
}

/* True for fe80::/10 (RFC 4291 §2.5.6). */
static bool is_link_local(const struct lp_addr *addr)
{
	return addr->family == 6 && addr->ip[0] == 0xfe && (addr->ip[1] & 0xc0) == 0x80;
}

/* The search for an address among those of the host's interfaces. */
struct search {
	struct lp_addr addr;
	unsigned ifindex;
	bool found; /* on the interface |ifindex|, or on the loopback */
};

static int on_address(const struct nlmsghdr *message, void *ctx)
{
	struct search *search = ctx;
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
	if (message->nlmsg_type != RTM_NEWADDR || lp_netlink_ip_version(info->ifa_family) != search->addr.family)
		return MNL_CB_OK;
	/* On a point-to-point link IFA_ADDRESS is the other end's. */
	struct lp_addr address = {.family = search->addr.family}, local = {0};
	for (const struct nlattr *attr = NULL; (attr = lp_netlink_next(message, sizeof *info, attr));) {
		if (mnl_attr_get_type(attr) == IFA_ADDRESS) {
			lp_netlink_get_ip(attr, &address);
		} else if (mnl_attr_get_type(attr) == IFA_LOCAL) {
			local.family = search->addr.family;
			lp_netlink_get_ip(attr, &local);
		}
	}
	if (local.family)
		address = local;
	address.scope_id = search->addr.scope_id;
	if (lp_addr_equal(&address, &search->addr) &&
		(info->ifa_index == search->ifindex || lp_interface_is_loopback(info->ifa_index)))
		search->found = true;
	return MNL_CB_OK;
}

/* True if the source address belongs to the outgoing interface or to the loopback. If that interface has no suitable
   address, the kernel borrows one of another interface, which is useless: it may be the tunnel's own. */
static bool source_fits(const struct lp_route_lookup *route)
{
	struct search search = {.addr = route->source, .ifindex = route->ifindex};
	struct lp_netlink_request request;
	struct nlmsghdr *header = lp_netlink_begin(&request, RTM_GETADDR, NLM_F_DUMP);
	struct ifaddrmsg *info = mnl_nlmsg_put_extra_header(header, sizeof *info);
	info->ifa_family = lp_netlink_family(route->source.family);
	return lp_netlink_call(header, on_address, &search) < 0 || search.found;
}

void lp_netwatch_avoid(struct lp_netwatch *netwatch, const char *device)
{
	netwatch->avoid = device;
}

int lp_netwatch_source(
	struct lp_netwatch *netwatch, const struct lp_addr *remote, struct lp_addr *ret_local, uint32_t *ret_interface)
{
	struct lp_route_lookup route;
	int result = lp_route_lookup(remote, netwatch->avoid ? if_nametoindex(netwatch->avoid) : 0, &route);
	if (result < 0)
		return result;
	if ((is_link_local(&route.source) && !is_link_local(remote)) || !source_fits(&route))
		return LP_EUNREACH;
	*ret_local = route.source;
	*ret_interface = route.ifindex;
	return 0;
}
