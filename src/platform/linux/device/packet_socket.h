/* The kernel side of a packet socket: several sockets that share the frames of one interface by flow.

   Frames wait in a socket in FIFO order, so with one socket a game's frame would wait behind everything that a file
   copy has queued. A fanout group distributes flows over sockets by the kernel's own hash. Reading the sockets in turn
   is fair queueing at no cost. Frames of one flow keep their order.

   An adapter that is removed and plugged in again is a new interface to the kernel. A program that has given up its
   rights cannot open a socket for it, and a socket in a group cannot be bound again. So there is a spare socket, which
   is bound to nothing until then, and is used alone from then on. */
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
	int spare;                      /* bound to the interface by lp_packet_sockets_move(); -1: none */
	bool host;                      /* frames that this host sends are captured too */
};

/* Opens the sockets on an interface in promiscuous mode. |host|: see lp_capture_filter(). |name| is for the failure's
 * text. */
int lp_packet_sockets_open(const char *name, unsigned ifindex, bool host, struct lp_failure *failure,
	struct lp_packet_sockets *ret_sockets);
/* Captures the interface |ifindex| instead of one that was removed, with one socket, which has the first descriptor and
   drops everything until lp_packet_sockets_exclude(). The caller must not poll the descriptors during the call. */
int lp_packet_sockets_move(struct lp_packet_sockets *sockets, unsigned ifindex);
void lp_packet_sockets_close(struct lp_packet_sockets *sockets);
/* Excludes a tunnel's packets; may be called again. |remote| NULL: no tunnel. */
int lp_packet_sockets_exclude(
	const struct lp_packet_sockets *sockets, const struct lp_addr *local, const struct lp_addr *remote);
/* Frames lost since the last call because a receive buffer was full. */
uint64_t lp_packet_sockets_overflows(const struct lp_packet_sockets *sockets);

#endif
