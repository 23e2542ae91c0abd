/* Routes for the broadcasts and multicast of programs that choose no interface, as most games do. */
#ifndef LP_PLATFORM_LINUX_NET_BROADCAST_ROUTES_H
#define LP_PLATFORM_LINUX_NET_BROADCAST_ROUTES_H

/* Routes 255.255.255.255 and IPv4 multicast to an interface that is up; otherwise the kernel uses the default route.
   The kernel removes the routes when the interface goes down, but not when it loses its last address. Existing routes
   of other programs are kept, and ours are then not added. 0, or the first error: LP_EEXISTS, LP_EPERM, … */
int lp_broadcast_routes_add(const char *interface);

#endif
