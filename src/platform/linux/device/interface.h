/* A network interface's settings. */
#ifndef LP_PLATFORM_LINUX_DEVICE_INTERFACE_H
#define LP_PLATFORM_LINUX_DEVICE_INTERFACE_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/mac.h"

struct lp_addr;

struct lp_interface {
	unsigned index;
	unsigned mtu; /* IP bytes */
	bool up;      /* administratively */
	bool running; /* and it has a carrier */
	bool loopback;
	bool ethernet;
	bool wireless;
	char bridge[IFNAMSIZ]; /* the bridge that it is a port of, or "" */
	struct lp_mac mac;
};

/* 0, LP_ENOTFOUND, LP_EIO. */
int lp_interface_get(const char *name, struct lp_interface *ret_interface);
/* IP bytes; 0 if no interface has that index. */
unsigned lp_interface_mtu(unsigned index);
/* Of the interfaces that are up; loopback counts only if there is no other. 0 if there is none. */
unsigned lp_interface_largest_mtu(void);
/* True if the interface of that index is the loopback. */
bool lp_interface_is_loopback(unsigned index);

/* The setters return 0, LP_ENOTFOUND, LP_EPERM, … */
int lp_interface_set_mac(const char *name, const struct lp_mac *mac);
int lp_interface_set_mtu(const char *name, unsigned mtu);
/* The number of frames that the kernel queues for the interface. */
int lp_interface_set_queue(const char *name, unsigned frames);
/* Replaces the qdiscs of the device's queues by one plain FIFO. */
int lp_interface_set_fifo(const char *name);
int lp_interface_up(const char *name);
/* Makes the interface reply to ARP requests for its own addresses only, and send requests from these alone (arp_ignore
   1, arp_announce 2). By default Linux replies for any address of the computer on any interface. Keeps the other
   addresses when the first of a network is removed (promote_secondaries): dhcpcd sets that itself, but fails where
   /proc/sys is read-only. */
int lp_interface_set_ipv4(const char *name);
/* Adds an IP address with its network. 0 also if the interface has it already. */
int lp_interface_add_address(const char *name, const struct lp_addr *address, uint8_t prefix_bits);

#endif
