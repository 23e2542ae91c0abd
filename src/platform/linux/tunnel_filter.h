/* The packet filter that leaves the tunnel's own packets out of what a packet socket captures. */
#ifndef LP_PLATFORM_LINUX_TUNNEL_FILTER_H
#define LP_PLATFORM_LINUX_TUNNEL_FILTER_H

#include <linux/filter.h>
#include <stddef.h>

struct lp_addr;

#define LP_TUNNEL_FILTER_MAX 64

/* Writes a classic BPF program for a SOCK_RAW packet socket into |code|: it passes every frame but UDP between
   |local| and |remote|, whichever way. |local|'s address may be unknown (family 0): its port counts. Both are of
   |remote|'s family. Returns the number of instructions. */
size_t lp_tunnel_filter(const struct lp_addr *local, const struct lp_addr *remote,
                        struct sock_filter code[LP_TUNNEL_FILTER_MAX]);

#endif
