/* UDP features of Windows that the headers of our build systems lack. */
#ifndef LP_PLATFORM_WINDOWS_NET_UDP_EXTRA_H
#define LP_PLATFORM_WINDOWS_NET_UDP_EXTRA_H

#include <winsock2.h>

#include <mswsock.h>
#include <ws2tcpip.h>

/* UDP segmentation and receive coalescing, options and control messages of level IPPROTO_UDP. */
#ifndef UDP_SEND_MSG_SIZE
#define UDP_SEND_MSG_SIZE 2
#endif
#ifndef UDP_RECV_MAX_COALESCED_SIZE
#define UDP_RECV_MAX_COALESCED_SIZE 3
#endif
#ifndef UDP_COALESCED_INFO
#define UDP_COALESCED_INFO 3
#endif

/* The ECN bits: an option to receive them, and a control message. */
#ifndef IP_RECVECN
#define IP_RECVECN 50
#endif
#ifndef IP_ECN
#define IP_ECN 50
#endif
#ifndef IPV6_RECVECN
#define IPV6_RECVECN 50
#endif
#ifndef IPV6_ECN
#define IPV6_ECN 50
#endif

/* Path MTU discovery. */
#ifndef IP_MTU_DISCOVER
#define IP_MTU_DISCOVER 71
#endif
#ifndef IPV6_MTU_DISCOVER
#define IPV6_MTU_DISCOVER 71
#endif
#define LP_PMTUDISC_PROBE 3

#ifndef SIO_UDP_NETRESET
#define SIO_UDP_NETRESET _WSAIOW(IOC_VENDOR, 15)
#endif

#endif
