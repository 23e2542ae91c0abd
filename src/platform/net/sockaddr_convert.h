/* Conversion between struct lp_addr and the addresses of the socket interface, the same for BSD sockets and Winsock.
   Included by each system's net/sockaddr.h, after the system's own headers. */
#ifndef LP_PLATFORM_NET_SOCKADDR_CONVERT_H
#define LP_PLATFORM_NET_SOCKADDR_CONVERT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/addr.h"

union lp_sockaddr {
	struct sockaddr sa;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* The first 12 bytes of an IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2). */
static inline void lp_sockaddr_mapped_prefix(uint8_t prefix[12])
{
	memset(prefix, 0, 10);
	memset(prefix + 10, 0xff, 2);
}

/* Fills in |ret_sa| and returns its length. |mapped|: for a dual-stack socket, where an IPv4 address is written as
   ::ffff:a.b.c.d. Family 0 becomes the unspecified address (IPv6's if |mapped|). */
static inline socklen_t lp_sockaddr_set(const struct lp_addr *addr, bool mapped, union lp_sockaddr *ret_sa)
{
	if (addr->family != 6 && !mapped) {
		ret_sa->v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(addr->port)};
		memcpy(&ret_sa->v4.sin_addr, addr->ip, 4);
		return sizeof ret_sa->v4;
	}
	ret_sa->v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(addr->port)};
	uint8_t *ip = ret_sa->v6.sin6_addr.s6_addr;
	if (addr->family == 6) {
		memcpy(ip, addr->ip, 16);
		ret_sa->v6.sin6_scope_id = addr->scope_id;
	} else if (addr->family == 4) {
		lp_sockaddr_mapped_prefix(ip);
		memcpy(ip + 12, addr->ip, 4);
	}
	return sizeof ret_sa->v6;
}

/* A mapped address becomes family 4; a family that is neither IPv4 nor IPv6 becomes 0. */
static inline void lp_sockaddr_get(const union lp_sockaddr *sa, struct lp_addr *ret_addr)
{
	struct lp_addr addr = {0};
	if (sa->sa.sa_family == AF_INET) {
		addr.family = 4;
		addr.port = ntohs(sa->v4.sin_port);
		memcpy(addr.ip, &sa->v4.sin_addr, 4);
	} else if (sa->sa.sa_family == AF_INET6) {
		const uint8_t *ip = sa->v6.sin6_addr.s6_addr;
		uint8_t prefix[12];
		lp_sockaddr_mapped_prefix(prefix);
		addr.port = ntohs(sa->v6.sin6_port);
		if (memcmp(ip, prefix, sizeof prefix) == 0) {
			addr.family = 4;
			memcpy(addr.ip, ip + 12, 4);
		} else {
			addr.family = 6;
			memcpy(addr.ip, ip, 16);
			addr.scope_id = sa->v6.sin6_scope_id;
		}
	}
	*ret_addr = addr;
}

#endif
