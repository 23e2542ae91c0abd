/* Looks at a member's network device again and again, and tells what others did to it, the cable, its MTU, its MAC,
   and what stands in its way. Each is told once a change. Pure. */
#ifndef LP_REPORT_DEVICE_WATCH_H
#define LP_REPORT_DEVICE_WATCH_H

#include <stdbool.h>

#include "base/mac.h"
#include "ctrl/message.h"

struct lp_log;

/* The device at the moment. */
struct lp_device_facts {
	bool enabled;      /* nobody has set it down */
	bool link;         /* there is a cable, and something at its other end */
	unsigned mtu;      /* IP bytes; 0: not known */
	struct lp_mac mac; /* all zero: not known */
	bool has_address;  /* one that somebody gave it */
	bool lan;          /* the LAN is reachable, and so is a DHCP server there */
	/* Other interfaces of a client's computer; NULL or empty: none. */
	const char *network_rival;   /* is in the same network */
	const char *broadcast_rival; /* gets the broadcasts of games */
};

/* After so many looks without an address that is told. */
#define LP_DEVICE_PATIENCE 30

enum lp_device_trouble {
	LP_DEVICE_FINE,
	LP_DEVICE_DISABLED,
	LP_DEVICE_NO_LINK,
};

struct lp_device_watch {
	enum lp_role role;
	const char *name; /* borrowed as long as the watch is used */
	struct lp_mac mac;
	const struct lp_log *log; /* borrowed likewise */
	enum lp_device_trouble trouble;
	unsigned first_mtu; /* by which a gateway goes; 0: not known yet */
	unsigned told_mtu, told_room_mtu;
	bool other_mac, told_network, told_broadcast;
	unsigned n_without_address; /* looks in a row at a client's device on a reachable LAN */
};

/* |mac| is the member's, |role| decides what matters: a client has made its device itself. */
void lp_device_watch_init(struct lp_device_watch *watch, enum lp_role role, const char *name, const struct lp_mac *mac,
	const struct lp_log *log);
/* Takes in how things are, once a second; |room_mtu| is 0 while that is not known. */
void lp_device_watch_look(struct lp_device_watch *watch, const struct lp_device_facts *facts, unsigned room_mtu);
/* Why the device carries no frames, as "is down"; NULL: it does. */
const char *lp_device_watch_trouble(const struct lp_device_watch *watch);

#endif
