/* A packet socket on a wired interface (Linux AF_PACKET): captures the LAN's frames and sends frames of its own. */
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

/* A batch of received frames, with the VLAN tags that the kernel had stripped. |offload| describes super-frames and
   partial checksums. The bytes are valid until the call returns. */
typedef void (*lp_packet_recv_fn)(void *ctx, const struct lp_frame *frames, size_t n_frames);
/* The interface was removed, and one with its name cannot be captured. An interface that is down or unplugged is not an
   error: frames arrive again when it is up. */
typedef void (*lp_packet_error_fn)(void *ctx, const struct lp_failure *failure);
/* The interface was removed and is captured again: a USB adapter was plugged in again. lp_packet_info() may be new. */
typedef void (*lp_packet_back_fn)(void *ctx);

struct lp_packet_config {
	const char *interface;
	lp_packet_back_fn back; /* may be NULL */
	bool host; /* include this computer's own stack: deliver what it sends, and make lp_packet_send_host() work */
};

struct lp_packet_info {
	struct lp_mac mac; /* of the interface */
	unsigned mtu;      /* of the interface, IP bytes */
	bool wireless;     /* a Wi-Fi station, which drops frames with foreign source MACs */
	/* The bridge that the interface is a port of, or "". Frames between the bridge's other ports and the host are
	   not visible here, so the bridge should be captured instead. */
	char bridge[16];
	bool host;              /* lp_packet_send_host() works */
	char host_failure[200]; /* why it does not although it was requested, for people */
};

struct lp_packet_counters {
	uint64_t overflows; /* frames lost because the receive buffer was full: the program was too slow */
	uint64_t unusable;  /* frames that are too long, or whose offload can't be described */
};

/* Opens the socket in promiscuous mode; closing it ends that. Frames that the host itself sends through the interface
   are delivered only with |config->host|. */
int lp_packet_open(struct lp_loop *loop, const struct lp_packet_config *config, lp_packet_recv_fn recv,
	lp_packet_error_fn error, void *ctx, struct lp_failure *failure, struct lp_packet **ret_packet);
/* Excludes the tunnel's own UDP packets from and to |local| in the kernel; otherwise a tunnel over the captured
   interface would carry itself. If only the port of |local| is known (family 0): those between it and |remote|. Call it
   again when the path changes. 0, LP_EINVAL, … */
int lp_packet_exclude_tunnel(struct lp_packet *packet, const struct lp_addr *local, const struct lp_addr *remote);
/* Sends frames. Returns how many the kernel accepted; the rest is lost. */
size_t lp_packet_send(struct lp_packet *packet, const struct lp_frame *frames, size_t n_frames);
/* Hands frames to this computer's own stack as if the interface had received them: they reach its IP addresses, or the
   bridge that the interface is a port of. Returns how many the kernel accepted; 0 without |info.host|. */
size_t lp_packet_send_host(struct lp_packet *packet, const struct lp_frame *frames, size_t n_frames);
void lp_packet_info(const struct lp_packet *packet, struct lp_packet_info *ret_info);
/* Counts since the socket was opened. */
void lp_packet_counters(struct lp_packet *packet, struct lp_packet_counters *ret_counters);
/* True if lp_packet_send() accepts super-frames of this kind. */
bool lp_packet_takes(const struct lp_packet *packet, enum lp_gso gso);
void lp_packet_close(struct lp_packet *packet);

#endif
