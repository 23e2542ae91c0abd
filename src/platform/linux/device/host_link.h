/* The way from a packet socket to this computer's own IP stack.

   A frame that a packet socket sends leaves by the wire; the host's own stack never receives it, so remote players
   could not reach a server on the gateway's own machine. The host link is a TAP that nothing but us uses. Frames that
   are written to it enter the kernel as its ingress, where an eBPF program redirects them to the ingress of the LAN
   interface: to the stack, or to the bridge that the interface is a port of, they came in by the cable. What the host
   sends to remote players is captured by the packet socket as PACKET_OUTGOING.

   Packet sockets on the LAN interface receive the redirected frames too. The program marks them, and the capture filter
   drops what has the mark (LP_HOST_LINK_MARK).

   The program reads the interface's index from memory that it shares with us, so that the link can be moved to an
   adapter that was plugged in again, when the rights to load another program are dropped.

   Everything ends with the TAP's descriptor, also when the program is killed. */
#ifndef LP_PLATFORM_LINUX_DEVICE_HOST_LINK_H
#define LP_PLATFORM_LINUX_DEVICE_HOST_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "proto/offload.h"

struct lp_failure;

/* In skb->mark of a redirected frame. High bits, since most users of marks take low ones. */
#define LP_HOST_LINK_MARK 0x1a000000U

struct lp_host_link {
	int tap;          /* -1: closed */
	int link;         /* of the program (kernel 6.6 and later); -1: it is a traffic-control filter */
	uint32_t *target; /* index of the interface, shared with the program; NULL: closed */
};

/* Opens the link to the host behind the interface |ifindex|. LP_EPERM: the rights or the kernel do not allow it;
   LP_ENOTFOUND: no TAP interfaces; LP_EUNSUPPORTED; the reason is in |failure|. */
int lp_host_link_open(unsigned ifindex, struct lp_failure *failure, struct lp_host_link *ret_link);
/* Hands frames to the host. Returns how many the kernel took. */
size_t lp_host_link_send(const struct lp_host_link *link, const struct lp_frame *frames, size_t n_frames);
/* Leads to the interface |ifindex| from now on. Needs no rights. Harmless on a closed link. */
void lp_host_link_move(const struct lp_host_link *link, unsigned ifindex);
/* Harmless on a closed link. */
void lp_host_link_close(struct lp_host_link *link);

#endif
