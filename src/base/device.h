/* A network device as the system describes it: a value that the platform fills in and reports show. */
#ifndef LP_BASE_DEVICE_H
#define LP_BASE_DEVICE_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/mac.h"

struct lp_device_state {
	bool up;           /* carries frames */
	bool enabled;      /* administratively up; if it is not |up|, it has no link */
	unsigned mtu;      /* IP bytes; 0: unknown */
	struct lp_mac mac; /* all zero: unknown */
	char note[64];     /* further facts for people, on Windows its index and LUID; may be empty */
	struct lp_addr
		address; /* its first IPv4 address, otherwise its first global IPv6 address; family 0: none; port 0 */
};

/* What a user can correct with a command or a dialog of the system. */
enum lp_device_problem {
	LP_DEVICE_PROBLEM_DOWN,      /* administratively down */
	LP_DEVICE_PROBLEM_MAC,       /* has another MAC than it should */
	LP_DEVICE_PROBLEM_MTU,       /* has another MTU than it should */
	LP_DEVICE_PROBLEM_ADDRESS,   /* has no IP address */
	LP_DEVICE_PROBLEM_BROADCAST, /* broadcasts leave by another device */
	LP_DEVICE_PROBLEM_NETWORK,   /* another device is in the same network */
};

#endif
