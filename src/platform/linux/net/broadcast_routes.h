/* Where broadcasts and multicast of programs go that choose no interface: most games'. */
#ifndef LP_PLATFORM_LINUX_NET_BROADCAST_ROUTES_H
#define LP_PLATFORM_LINUX_NET_BROADCAST_ROUTES_H

/* Leads IPv4 broadcasts to 255.255.255.255 and multicast to an interface that is up; the kernel would take the default
   route. The routes end with the interface, or when it is set down. Routes of somebody else's stay, and then ours are
   not made. 0, or the first failure. */
int lp_broadcast_routes_add(const char *interface);

#endif
