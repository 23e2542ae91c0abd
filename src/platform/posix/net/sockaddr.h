/* The socket interface's addresses. */
#ifndef LP_PLATFORM_POSIX_NET_SOCKADDR_H
#define LP_PLATFORM_POSIX_NET_SOCKADDR_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "platform/net/sockaddr_convert.h"

#endif
