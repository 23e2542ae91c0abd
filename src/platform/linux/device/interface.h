/* A network interface's settings, by its name. */
#ifndef LP_PLATFORM_LINUX_DEVICE_INTERFACE_H
#define LP_PLATFORM_LINUX_DEVICE_INTERFACE_H

#include <net/if.h>
#include <stdbool.h>

#include "base/mac.h"

struct lp_interface {
	unsigned index;
	unsigned mtu;
	bool up;
	bool ethernet;
	bool wireless;
	char bridge[IFNAMSIZ]; /* the bridge that it is a port of, or "" */
	struct lp_mac mac;
};

/* 0, LP_ENOTFOUND, LP_EIO. */
int lp_interface_get(const char *name, struct lp_interface *ret_interface);
/* IP bytes; 0 if there is no interface of that index. */
unsigned lp_interface_mtu(unsigned index);
/* Of the interfaces that are up; loopback counts only when there is no other. */
unsigned lp_interface_largest_mtu(void);
int lp_interface_set_mac(const char *name, const struct lp_mac *mac);
int lp_interface_set_mtu(const char *name, unsigned mtu);
/* Frames that may wait in the kernel for the interface. */
int lp_interface_set_queue(const char *name, unsigned frames);
/* One plain queue in place of what the system puts in front of each of the device's queues. */
int lp_interface_set_fifo(const char *name);
int lp_interface_up(const char *name);

#endif
