/* Both ends of simulated TCP connections, for net/tcp.c and net/stream.c. */
#ifndef LP_PLATFORM_FAKE_NET_TCP_FAKE_H
#define LP_PLATFORM_FAKE_NET_TCP_FAKE_H

#include "base/addr.h"
#include "platform/net/stream.h"

struct lp_host;
struct lp_tcp;

/* In the host's list. */
struct lp_stream_listener {
	struct lp_stream_listener *next;
	struct lp_host *host;
	struct lp_addr address;
	lp_stream_accept_fn fn;
	void *ctx;
};

/* The listener of the host for a connection to |address|, or NULL. */
struct lp_stream_listener *lp_fake_listener_find(const struct lp_host *host, const struct lp_addr *address);

#endif
