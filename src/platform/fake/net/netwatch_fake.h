/* Notifications of a simulated host's address changes. */
#ifndef LP_PLATFORM_FAKE_NET_NETWATCH_FAKE_H
#define LP_PLATFORM_FAKE_NET_NETWATCH_FAKE_H

struct lp_host;

/* The host's addresses changed. */
void lp_netwatch_changed(struct lp_host *host);

#endif
