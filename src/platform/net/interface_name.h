/* What people call an interface. */
#ifndef LP_PLATFORM_NET_INTERFACE_NAME_H
#define LP_PLATFORM_NET_INTERFACE_NAME_H

#include <stdbool.h>
#include <stdint.h>

#define LP_INTERFACE_NAME_MAX 64

/* Copies the name of the interface with this index. |ret_tunnel|: it connects to a single other host, as the devices of
   VPNs do. False if there is none. */
bool lp_interface_name(uint32_t index, char ret_name[LP_INTERFACE_NAME_MAX], bool *ret_tunnel);

#endif
