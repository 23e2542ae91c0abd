/* struct lp_addr to the socket interface's addresses and back. */
#ifndef LP_PLATFORM_WINDOWS_NET_SOCKADDR_H
#define LP_PLATFORM_WINDOWS_NET_SOCKADDR_H

#include <stdbool.h>
#include <ws2tcpip.h>

struct lp_addr;

union lp_sockaddr {
	struct sockaddr sa;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Fills in |ret_sa| and returns its length. |mapped|: for a socket of both families, where an IPv4 address is
   written as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2). Family 0 becomes the unspecified address (mapped: IPv6's). */
int lp_sockaddr_set(const struct lp_addr *addr, bool mapped, union lp_sockaddr *ret_sa);
/* A mapped address becomes family 4, anything but IPv4 and IPv6 family 0. */
void lp_sockaddr_get(const union lp_sockaddr *sa, struct lp_addr *ret_addr);

#endif
