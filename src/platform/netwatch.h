/* The host's own network: tells when addresses, routes or links change, and by which address a host is reached now. */
#ifndef LP_PLATFORM_NETWATCH_H
#define LP_PLATFORM_NETWATCH_H

struct lp_addr;
struct lp_loop;
struct lp_netwatch;

/* Something changed. Changes that come together (an interface going takes its addresses and routes along) are told
   once, within 50 ms. May free the netwatch. */
typedef void (*lp_netwatch_fn)(void *ctx);

int lp_netwatch_new(struct lp_loop *loop, lp_netwatch_fn changed, void *ctx, struct lp_netwatch **ret_netwatch);
/* NULL is fine. */
void lp_netwatch_free(struct lp_netwatch *netwatch);
/* The address (port 0) that a packet to |remote| would leave from now. 0; LP_EUNREACH without a route, or where the
   interface that it leads to has no address for it. */
int lp_netwatch_source(struct lp_netwatch *netwatch, const struct lp_addr *remote, struct lp_addr *ret_local);

#endif
