/* The sending half of a UDP socket: WSASendMsg(), with segmentation by the system if available. */
#ifndef LP_PLATFORM_WINDOWS_NET_UDP_SEND_H
#define LP_PLATFORM_WINDOWS_NET_UDP_SEND_H

#include <stdbool.h>
#include <stddef.h>

#include "platform/windows/net/udp_extra.h"

struct lp_udp_msg;

struct lp_udp_sender {
	SOCKET socket;
	bool mapped;       /* dual-stack socket: IPv4 addresses are mapped */
	bool takes_runs;   /* UDP_SEND_MSG_SIZE works */
	bool takes_ecn;    /* ECN works as a control message */
	bool takes_source; /* so does the source address */
	LPFN_WSASENDMSG send_msg;
};

/* Detects the system's features. 0, or LP_EUNSUPPORTED. */
int lp_udp_sender_init(struct lp_udp_sender *sender, SOCKET socket, bool mapped);
/* Sends all messages. Returns the number of datagrams lost. */
size_t lp_udp_sender_send(struct lp_udp_sender *sender, const struct lp_udp_msg *msgs, size_t n_msgs);

#endif
