/* Several sockets on one UDP port: SO_REUSEPORT with a program that chooses the socket of a datagram. */
#ifndef LP_PLATFORM_LINUX_NET_UDP_SHARE_H
#define LP_PLATFORM_LINUX_NET_UDP_SHARE_H

#include <sys/socket.h>

struct lp_udp_share;

/* Binds a socket as its |share| of the port. 0 or an errno; EADDRINUSE also if another program shares its port, which
   SO_REUSEPORT alone would permit. */
int lp_udp_share_bind(int fd, const struct sockaddr *addr, socklen_t len, const struct lp_udp_share *share);

#endif
