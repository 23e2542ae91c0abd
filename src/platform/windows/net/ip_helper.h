/* Windows' IP Helper, whose headers need others before them and leave a macro behind that is a good name elsewhere. */
#ifndef LP_PLATFORM_WINDOWS_NET_IP_HELPER_H
#define LP_PLATFORM_WINDOWS_NET_IP_HELPER_H

#include <winsock2.h>
#include <ws2tcpip.h>

#include <iphlpapi.h>
#include <netioapi.h>

#undef interface

#endif
