/* The error queue of a UDP socket: ICMP errors about datagrams that it sent (ip(7), IP_RECVERR). */
#ifndef LP_PLATFORM_LINUX_NET_UDP_ERRORS_H
#define LP_PLATFORM_LINUX_NET_UDP_ERRORS_H

#include "platform/net/udp.h"

/* Empties the queue, and calls |fn| (NULL: none) for each error that says that a host or port is out of reach. */
void lp_udp_errors_read(int fd, lp_udp_unreachable_fn *fn, void *ctx);

#endif
