/* The kernel side of a packet socket: several sockets that share the frames of one interface by flow.

   Frames wait in a socket in FIFO order, so with one socket a game's frame would wait behind everything that a file
   copy has queued. A fanout group distributes flows over sockets by the kernel's own hash. Reading the sockets in turn
   is fair queueing at no cost. Frames of one flow keep their order. */
#ifndef LP_PLATFORM_LINUX_DEVICE_PACKET_SOCKET_H
#define LP_PLATFORM_LINUX_DEVICE_PACKET_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

struct lp_addr;
struct lp_failure;

/* With four bulk flows, one in four other flows shares a socket with one of them. */
#define LP_PACKET_SOCKETS_MAX 16

struct lp_packet_sockets {
	unsigned n;
	int fds[LP_PACKET_SOCKETS_MAX]; /* the first also sends */
	bool host;                      /* frames that this host sends are captured too */
};

/* Opens the sockets on an interface in promiscuous mode. |host|: see lp_capture_filter(). |name| is for the failure's
 * text. */
int lp_packet_sockets_open(const char *name, unsigned ifindex, bool host, struct lp_failure *failure,
	struct lp_packet_sockets *ret_sockets);
void lp_packet_sockets_close(struct lp_packet_sockets *sockets);
/* Excludes a tunnel's packets; may be called again. |remote| NULL: no tunnel. */
int lp_packet_sockets_exclude(
	const struct lp_packet_sockets *sockets, const struct lp_addr *local, const struct lp_addr *remote);
/* Frames lost since the last call because a receive buffer was full. */
uint64_t lp_packet_sockets_overflows(const struct lp_packet_sockets *sockets);

#endif
