#include "platform/net/route.h"

#include <linux/rtnetlink.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/linux/net/route_lookup.h"

/* The address, or the unspecified one of the family if it is absent. */
static struct lp_addr or_unspecified(const struct lp_addr *addr, uint8_t family)
{
	return addr->family ? *addr : (struct lp_addr){.family = family};
}

int lp_route_best(const struct lp_route_query *query, struct lp_failure *failure, struct lp_route *ret_route)
{
	const struct lp_addr *remote = &query->remote;
	if (!remote->family)
		return lp_fail(failure, LP_EINVAL, "no address to look up a route to");
	char text[LP_ADDR_TEXT_MAX];
	struct lp_route_reply packet, entry;
	if (lp_route_query(remote, remote->scope_id, false, &packet) < 0 ||
		lp_route_query(remote, remote->scope_id, true, &entry) < 0)
		return lp_fail(failure, LP_EUNREACH, "no route to %s", lp_addr_format(remote, text));
	struct lp_route route = {
		.destination = or_unspecified(&entry.destination, remote->family),
		.next_hop = or_unspecified(&packet.next_hop, remote->family),
		.source = or_unspecified(&packet.source, remote->family),
		.interface = {.luid = packet.ifindex, .index = packet.ifindex},
		.metric = entry.metric,
		.prefix_bits = entry.prefix_bits,
		.loopback = packet.type == RTN_LOCAL,
	};
	/* The kernel can't report which route it would take without this one, and no caller on Linux needs that. */
	if ((query->except_luid && route.interface.luid == query->except_luid) ||
		(query->except && query->except->prefix_bits == route.prefix_bits &&
			lp_addr_equal(&query->except->destination, &route.destination)))
		return lp_fail(failure, LP_EUNSUPPORTED,
			"%s: this system can't tell which route it would use without the current one",
			lp_addr_format(remote, text));
	*ret_route = route;
	return 0;
}
