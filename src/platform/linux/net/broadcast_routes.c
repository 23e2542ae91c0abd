#include "platform/linux/net/broadcast_routes.h"

#include <stddef.h>

#include "platform/net/route.h"

/* Limited broadcast (RFC 919 §7), and multicast (RFC 5771 §3). */
static const struct lp_route routes[] = {
	{.destination = {.family = 4, .ip = {255, 255, 255, 255}}, .next_hop = {.family = 4}, .prefix_bits = 32},
	{.destination = {.family = 4, .ip = {224, 0, 0, 0}}, .next_hop = {.family = 4}, .prefix_bits = 4},
};

int lp_broadcast_routes_add(const char *interface)
{
	struct lp_route_interface at;
	int result = lp_route_interface(interface, NULL, &at);

	if (result < 0)
		return result;
	for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
		struct lp_route route = routes[i];
		int r;

		route.interface = at;
		r = lp_route_add(&route, NULL);
		if (result == 0)
			result = r;
	}
	return result;
}
