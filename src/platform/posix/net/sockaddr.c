#include "platform/posix/net/sockaddr.h"

#include <string.h>

#include "base/addr.h"

/* The first 12 bytes of a mapped address. */
static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

socklen_t lp_sockaddr_set(const struct lp_addr *addr, bool mapped, union lp_sockaddr *ret_sa)
{
	if (addr->family == 6 || mapped) {
		struct sockaddr_in6 *v6 = &ret_sa->v6;
		*v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(addr->port)};
		if (addr->family == 6) {
			memcpy(v6->sin6_addr.s6_addr, addr->ip, 16);
			v6->sin6_scope_id = addr->scope_id;
		} else if (addr->family == 4) {
			memcpy(v6->sin6_addr.s6_addr, mapped_prefix, 12);
			memcpy(v6->sin6_addr.s6_addr + 12, addr->ip, 4);
		}
		return sizeof *v6;
	}
	ret_sa->v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(addr->port)};
	memcpy(&ret_sa->v4.sin_addr, addr->ip, 4);
	return sizeof ret_sa->v4;
}

void lp_sockaddr_get(const union lp_sockaddr *sa, struct lp_addr *ret_addr)
{
	struct lp_addr addr = {0};
	if (sa->sa.sa_family == AF_INET) {
		addr.family = 4;
		addr.port = ntohs(sa->v4.sin_port);
		memcpy(addr.ip, &sa->v4.sin_addr, 4);
	} else if (sa->sa.sa_family == AF_INET6) {
		const uint8_t *ip = sa->v6.sin6_addr.s6_addr;
		addr.port = ntohs(sa->v6.sin6_port);
		if (memcmp(ip, mapped_prefix, 12) == 0) {
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
