#include "platform/net/netwatch.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/units.h"
#include "platform/linux/net/route_lookup.h"
#include "platform/loop/loop.h"
#include "platform/posix/loop/fd_watch.h"
#include "platform/posix/loop/loop_uv.h"
#include "platform/posix/net/sockaddr.h"
#include "platform/posix/system/os_error.h"

/* From the first message of a change to the call: the others of the same change have come by then. */
#define SETTLE_NS (20 * LP_MS)

struct lp_netwatch {
	int fd;
	struct lp_loop *loop;
	struct lp_timer *timer;
	bool settling;     /* the timer is running */
	const char *avoid; /* an interface's name; NULL: none */
	lp_netwatch_fn changed;
	void *ctx;
	struct lp_fd_watch watch;
};

/* The kernel told something; what, does not matter. */
static void on_message(void *ctx, bool broken)
{
	struct lp_netwatch *netwatch = ctx;
	uint8_t data[8192];

	if (broken)
		lp_fd_watch_start(&netwatch->watch);
	/* ENOBUFS means that messages were lost: a change as well. */
	while (recv(netwatch->fd, data, sizeof data, MSG_DONTWAIT) > 0 || errno == ENOBUFS || errno == EINTR)
		errno = 0;
	if (netwatch->settling)
		return;
	netwatch->settling = true;
	lp_timer_set(netwatch->timer, lp_loop_now_ns(netwatch->loop) + SETTLE_NS);
}

/* The change has settled. */
static void on_settled(void *ctx, uint64_t now_ns)
{
	struct lp_netwatch *netwatch = ctx;

	(void)now_ns;
	netwatch->settling = false;
	netwatch->changed(netwatch->ctx);
}

int lp_netwatch_new(struct lp_loop *loop, lp_netwatch_fn changed, void *ctx, struct lp_netwatch **ret_netwatch)
{
	struct sockaddr_nl groups = {.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
			     RTMGRP_IPV6_ROUTE};
	struct lp_netwatch *netwatch = malloc(sizeof *netwatch);
	int r;

	if (!netwatch)
		return LP_ENOMEM;
	*netwatch = (struct lp_netwatch){.loop = loop, .changed = changed, .ctx = ctx};
	netwatch->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (netwatch->fd < 0 || bind(netwatch->fd, (struct sockaddr *)&groups, sizeof groups) < 0) {
		r = lp_os_error(errno);
		goto fail;
	}
	r = lp_timer_new(loop, on_settled, netwatch, &netwatch->timer);
	if (r < 0)
		goto fail;
	r = lp_fd_watch_init(&netwatch->watch, lp_loop_uv(loop), netwatch->fd, on_message, netwatch);
	if (r < 0)
		goto fail;
	lp_fd_watch_start(&netwatch->watch);
	*ret_netwatch = netwatch;
	return 0;
fail:
	lp_timer_free(netwatch->timer);
	if (netwatch->fd >= 0)
		close(netwatch->fd);
	free(netwatch);
	return r;
}

/* The loop has let go of the socket. */
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
	close(netwatch->fd);
}

/* True for fe80::/10 (RFC 4291 §2.5.6). */
static bool is_link_local(const struct lp_addr *addr)
{
	return addr->family == 6 && addr->ip[0] == 0xfe && (addr->ip[1] & 0xc0) == 0x80;
}

/* True if the address belongs to the interface by which packets leave, or to the loopback. Where that interface has
   no fitting address the kernel lends one of another, and that is of no use: it may be the tunnel's own. */
static bool source_fits(const struct lp_route_lookup *route)
{
	struct ifaddrs *all;
	bool fits = false;

	if (getifaddrs(&all) < 0)
		return true;
	for (struct ifaddrs *at = all; at && !fits; at = at->ifa_next) {
		union lp_sockaddr sa = {0};
		struct lp_addr addr;

		if (!at->ifa_addr || (at->ifa_addr->sa_family != AF_INET && at->ifa_addr->sa_family != AF_INET6))
			continue;
		memcpy(&sa, at->ifa_addr, at->ifa_addr->sa_family == AF_INET ? sizeof sa.v4 : sizeof sa.v6);
		lp_sockaddr_get(&sa, &addr);
		addr.port = 0;
		fits = lp_addr_equal(&addr, &route->source) &&
		       ((at->ifa_flags & IFF_LOOPBACK) || if_nametoindex(at->ifa_name) == route->ifindex);
	}
	freeifaddrs(all);
	return fits;
}

void lp_netwatch_avoid(struct lp_netwatch *netwatch, const char *device)
{
	netwatch->avoid = device;
}

int lp_netwatch_source(
	struct lp_netwatch *netwatch, const struct lp_addr *remote, struct lp_addr *ret_local, uint32_t *ret_interface)
{
	struct lp_route_lookup route;
	int r = lp_route_lookup(remote, netwatch->avoid ? if_nametoindex(netwatch->avoid) : 0, &route);

	if (r < 0)
		return r;
	if ((is_link_local(&route.source) && !is_link_local(remote)) || !source_fits(&route))
		return LP_EUNREACH;
	*ret_local = route.source;
	*ret_interface = route.ifindex;
	return 0;
}
