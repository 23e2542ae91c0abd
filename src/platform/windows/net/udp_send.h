/* The sending half of a UDP socket: each message with WSASendMsg(), runs in one piece where the system segments. */
#ifndef LP_PLATFORM_WINDOWS_NET_UDP_SEND_H
#define LP_PLATFORM_WINDOWS_NET_UDP_SEND_H

#include <stdbool.h>
#include <stddef.h>

#include "platform/windows/net/udp_extra.h"

struct lp_udp_msg;

struct lp_udp_sender {
	SOCKET socket;
	bool mapped;     /* IPv4 addresses go out as mapped ones */
	bool takes_runs; /* UDP_SEND_MSG_SIZE */
	bool takes_ecn;  /* ECN as a control message */
	LPFN_WSASENDMSG send_msg;
};

/* Finds out what the system can do. 0, or LP_EUNSUPPORTED. */
int lp_udp_sender_init(struct lp_udp_sender *sender, SOCKET socket, bool mapped);
/* Sends all; returns the number of datagrams lost. */
size_t lp_udp_sender_send(struct lp_udp_sender *sender, const struct lp_udp_msg *msgs, size_t n_msgs);

#endif
