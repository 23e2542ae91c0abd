/* The system's DHCP client. */
#ifndef LP_PLATFORM_NET_DHCP_H
#define LP_PLATFORM_NET_DHCP_H

/* Makes the system's DHCP client release the lease that it has on an interface (lp_tap_id()) and ask for a new one, on
   a thread of its own: it may take a minute, and what comes of it is not reported. 0; LP_EUNSUPPORTED where programs
   cannot ask for that; LP_ENOTFOUND, LP_ENOMEM. */
int lp_dhcp_restart(const char *device_id);

#endif
