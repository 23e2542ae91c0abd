/* Watches the host's network: notifies when addresses, routes or links change, and determines the source address
   towards a host. */
#ifndef LP_PLATFORM_NET_NETWATCH_H
#define LP_PLATFORM_NET_NETWATCH_H

#include <stdint.h>

struct lp_addr;
struct lp_loop;
struct lp_netwatch;

/* Something changed, or the computer woke up (Windows). Changes within 50 ms cause one call (a removed interface takes
   its addresses and routes with it). May free the netwatch. */
typedef void (*lp_netwatch_fn)(void *ctx);

int lp_netwatch_new(struct lp_loop *loop, lp_netwatch_fn changed, void *ctx, struct lp_netwatch **ret_netwatch);
/* NULL is fine. */
void lp_netwatch_free(struct lp_netwatch *netwatch);
/* Ignores routes through this interface (borrowed name): the tunnel's own adapter, whose network may have brought a
   default route that is better than the one that carries the tunnel. */
void lp_netwatch_avoid(struct lp_netwatch *netwatch, const char *device);
/* The source address (port 0) that a packet to |remote| would have now, and the index of its interface for
   lp_udp_set_interface() (0: unknown, and the system's choice is right). 0, or LP_EUNREACH without a route. */
int lp_netwatch_source(
	struct lp_netwatch *netwatch, const struct lp_addr *remote, struct lp_addr *ret_local, uint32_t *ret_interface);

#endif
