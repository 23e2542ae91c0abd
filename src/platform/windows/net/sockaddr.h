/* The socket interface's addresses. */
#ifndef LP_PLATFORM_WINDOWS_NET_SOCKADDR_H
#define LP_PLATFORM_WINDOWS_NET_SOCKADDR_H

#include <winsock2.h>

#include <ws2tcpip.h>

#include "platform/net/sockaddr_convert.h"

#endif
