/* The DHCP client that the system itself runs on the TAP (Windows). Where the program runs its own (net/dhcp.h), these
   do nothing. */
#ifndef LP_PLATFORM_NET_SYSTEM_DHCP_H
#define LP_PLATFORM_NET_SYSTEM_DHCP_H

#include <stdbool.h>

/* Releases the lease of an interface (lp_tap_id()) and asks for a new one, on a thread of its own: it may take a
   minute, and what comes of it is not reported. 0; LP_EUNSUPPORTED; LP_ENOTFOUND, LP_ENOMEM. */
int lp_system_dhcp_restart(const char *device_id);
/* Releases the lease, in the same way: a DHCP message to the server leaves by the TAP soon. The interface has no
   address then until its cable is connected again. */
int lp_system_dhcp_release(const char *device_id);
/* True if somebody has set the interface's IPv4 address, so that the system does not ask for one. */
bool lp_system_dhcp_is_off(const char *device_id);

#endif
