/* A packet socket on a wired interface: every frame of the LAN, in and out (Linux AF_PACKET). */
#ifndef LP_PLATFORM_DEVICE_PACKET_H
#define LP_PLATFORM_DEVICE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mac.h"
#include "proto/offload.h"

struct lp_failure;
struct lp_loop;
struct lp_packet;

/* A batch of frames from the wire; VLAN tags that the kernel stripped are back in their place. Super-frames and
   partial checksums are described by |offload|. The bytes are valid until the call returns. */
typedef void (*lp_packet_recv_fn)(void *ctx, const struct lp_frame *frames, size_t n_frames);
/* The interface is gone; |failure| says so. One that is down only carries nothing until it is up again. */
typedef void (*lp_packet_error_fn)(void *ctx, const struct lp_failure *failure);

struct lp_packet_config {
	const char *interface;
};

struct lp_packet_info {
	struct lp_mac mac; /* of the interface */
	unsigned mtu;      /* of the interface, IP bytes */
	bool wireless;     /* a Wi-Fi station: foreign source MACs will not pass */
	/* The bridge that the interface is a port of, or "": frames between the bridge's other ports and the host are
	   not seen here, and the bridge should be captured instead. */
	char bridge[16];
};

struct lp_packet_counters {
	uint64_t overflows; /* frames that came while the receive buffer was full: the program was too slow */
	uint64_t unusable;  /* frames with an offload that nobody can describe, or longer than any frame may be */
};

/* Opens the socket, promiscuous by membership (the kernel undoes it at close). Frames that the host itself sends
   out of this interface are not delivered. */
int lp_packet_open(struct lp_loop *loop, const struct lp_packet_config *config, lp_packet_recv_fn recv,
	lp_packet_error_fn error, void *ctx, struct lp_failure *failure, struct lp_packet **ret_packet);
/* Leaves out, in the kernel, the tunnel's own UDP packets between |local| port and |remote|: without this a tunnel
   over the captured interface would carry itself. May be called again when the path changes. */
int lp_packet_exclude_tunnel(struct lp_packet *packet, const struct lp_addr *local, const struct lp_addr *remote);
/* Puts frames on the wire. Returns how many the kernel took; the rest is lost. */
size_t lp_packet_send(struct lp_packet *packet, const struct lp_frame *frames, size_t n_frames);
void lp_packet_info(const struct lp_packet *packet, struct lp_packet_info *ret_info);
/* Counted since the socket was opened. */
void lp_packet_counters(struct lp_packet *packet, struct lp_packet_counters *ret_counters);
/* True if lp_packet_send() takes super-frames of this kind. */
bool lp_packet_takes(const struct lp_packet *packet, enum lp_gso gso);
void lp_packet_close(struct lp_packet *packet);

#endif
