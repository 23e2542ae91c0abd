/* What the system knows of its network interfaces. */
#ifndef LP_PLATFORM_WINDOWS_NET_INTERFACE_H
#define LP_PLATFORM_WINDOWS_NET_INTERFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mac.h"

struct lp_interface {
	uint32_t index;
	uint64_t luid;
	bool up;
	unsigned mtu;           /* IP bytes */
	struct lp_addr address; /* the first IPv4 address, otherwise the first global IPv6 one; family 0: none */
	struct lp_mac mac;
};

/* The interface of a network adapter, by its GUID with braces. 0; LP_ENOTFOUND. */
int lp_interface_of_guid(const char *guid, struct lp_interface *ret_interface);
/* The name, as the user sees it, of another interface that has an address in an IPv4 network of the adapter's; cut to
   |size| bytes, empty if there is none. */
void lp_interface_find_conflict(const char *guid, char *name, size_t size);
/* The MTU of the interface towards |remote|, IP bytes; 0 without a route. */
unsigned lp_interface_mtu_towards(const struct lp_addr *remote);
/* The largest MTU of the interfaces that are up, loopback left out; 0 if there is none. */
unsigned lp_interface_largest_mtu(void);

#endif
