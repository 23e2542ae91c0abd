/* The sending half of a UDP socket: sendmmsg() with UDP_SEGMENT. */
#ifndef LP_PLATFORM_LINUX_NET_UDP_SEND_H
#define LP_PLATFORM_LINUX_NET_UDP_SEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "platform/posix/net/sockaddr.h"

struct lp_udp_msg;

/* Messages per sendmmsg(). */
#define LP_UDP_SEND_MAX 64
/* Room for a source address, ECN and a segment length. */
#define LP_UDP_SEND_CONTROL_BYTES 96

struct lp_udp_sender {
	int fd;
	bool mapped;  /* dual-stack socket: IPv4 addresses are mapped */
	bool gso_off; /* UDP_SEGMENT was rejected: each datagram is sent separately */
	unsigned n;   /* messages prepared */
	struct mmsghdr hdrs[LP_UDP_SEND_MAX];
	struct iovec iov[LP_UDP_SEND_MAX];
	union lp_sockaddr names[LP_UDP_SEND_MAX];
	_Alignas(struct cmsghdr) uint8_t control[LP_UDP_SEND_MAX][LP_UDP_SEND_CONTROL_BYTES];
	uint16_t segment_bytes[LP_UDP_SEND_MAX]; /* of a run, otherwise 0 */
};

void lp_udp_sender_init(struct lp_udp_sender *sender, int fd, bool mapped);
/* Sends all messages. Returns the number of datagrams lost. */
size_t lp_udp_sender_send(struct lp_udp_sender *sender, const struct lp_udp_msg *msgs, size_t n_msgs);

#endif
