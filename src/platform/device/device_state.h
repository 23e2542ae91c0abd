/* How a network interface is now, for people: up or down, and which address it has. */
#ifndef LP_PLATFORM_DEVICE_DEVICE_STATE_H
#define LP_PLATFORM_DEVICE_DEVICE_STATE_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/mac.h"

struct lp_device_state {
	bool up;           /* it carries frames */
	bool enabled;      /* nobody has set it down; what it lacks then is a link */
	unsigned mtu;      /* IP bytes; 0: not known */
	struct lp_mac mac; /* all zero: not known */
	char note[64];     /* what else there is to say of it: on Windows its index and LUID; may be empty */
	struct lp_addr
		address; /* the first IPv4 address, otherwise the first global IPv6 one; family 0: none; port 0 */
};

/* 0; LP_ENOTFOUND: there is no such interface. */
int lp_device_state(const char *name, struct lp_device_state *ret_state);

#endif
