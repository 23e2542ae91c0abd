/* A virtual Ethernet adapter that the player's system sees: Linux TAP, or TAP-Windows6. */
#ifndef LP_PLATFORM_DEVICE_TAP_H
#define LP_PLATFORM_DEVICE_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mac.h"
#include "proto/offload.h"

struct lp_failure;
struct lp_loop;
struct lp_tap;

/* A batch of frames that the system sent. The bytes are valid until the call returns. A frame may be a super-frame
   or lack its checksum (its |offload| says so). */
typedef void (*lp_tap_recv_fn)(void *ctx, const struct lp_frame *frames, size_t n_frames);
/* The adapter is gone or broken; |failure| says why. The TAP is to be closed. */
typedef void (*lp_tap_error_fn)(void *ctx, const struct lp_failure *failure);

struct lp_tap_config {
	const char *name; /* interface name; on Windows an adapter's name or GUID, NULL for the first */
	struct lp_mac mac;
	bool offload; /* super-frames and checksum offload where the system has them */
	/* Linux: broadcasts and multicast of programs that choose no interface leave by this one. */
	bool broadcast_routes;
	/* The adapter went away in mid-session (|reason| says why), or is back, before it carries frames again. NULL:
	   nobody asks. Where the owner makes the adapter itself this does not happen. */
	void (*state)(void *ctx, bool up, const char *reason);
};

/* What an adapter of the system's own is, for people. */
struct lp_tap_details {
	const char *guid;
	uint32_t index;      /* of its interface; 0: it has none now */
	uint64_t luid;       /* 0: the same */
	char driver[32];     /* its driver's version */
	struct lp_mac mac;   /* as the driver says */
	unsigned driver_mtu; /* the same; what counts is what the interface is set to */
};

/* Makes the interface, or opens the adapter; down, and with its MAC set (see lp_tap_mac()). */
int lp_tap_open(struct lp_loop *loop, const struct lp_tap_config *config, lp_tap_recv_fn recv, lp_tap_error_fn error,
	void *ctx, struct lp_failure *failure, struct lp_tap **ret_tap);
/* Sets the IP MTU and brings the interface up; reading begins. */
int lp_tap_up(struct lp_tap *tap, unsigned mtu, struct lp_failure *failure);
/* Sets the IP MTU of an interface that is up. One that has this MTU already is fine; otherwise LP_EPERM where the right
   to set it was given up. */
int lp_tap_set_mtu(struct lp_tap *tap, unsigned mtu, struct lp_failure *failure);
/* Stops and starts reading: backpressure for the system's own queue. From inside of the receive callback, and where the
   system has a queue for each flow, only the queue that the batch came from stops: others' frames need not wait. */
void lp_tap_pause(struct lp_tap *tap);
void lp_tap_resume(struct lp_tap *tap);
/* Hands frames to the system. Returns how many it took; the rest is lost. */
size_t lp_tap_send(struct lp_tap *tap, const struct lp_frame *frames, size_t n_frames);
/* Removes the interface. NULL is fine. */
void lp_tap_close(struct lp_tap *tap);
const char *lp_tap_name(const struct lp_tap *tap);
/* What the system calls it where names are not enough: on Windows its GUID with braces, otherwise its name. */
const char *lp_tap_id(const struct lp_tap *tap);
/* The MAC that it has: the wanted one, unless an adapter of the system's refused that. */
const struct lp_mac *lp_tap_mac(const struct lp_tap *tap);
/* False where the interface is of our own making: there is nothing more to it than its name. */
bool lp_tap_details(const struct lp_tap *tap, struct lp_tap_details *ret_details);
/* True if lp_tap_send() takes super-frames of this kind. */
bool lp_tap_takes(const struct lp_tap *tap, enum lp_gso gso);

#endif
