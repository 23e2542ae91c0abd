/* The virtual Ethernet adapter of the player's system: a Linux TAP, or TAP-Windows6.

   Linux: the program creates the interface, and the kernel removes it when the program ends. Windows: the adapter
   belongs to the system; the program opens it, and it can disappear and come back during a session. */
#ifndef LP_PLATFORM_DEVICE_TAP_H
#define LP_PLATFORM_DEVICE_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/mac.h"
#include "proto/offload.h"

struct lp_failure;
struct lp_loop;
struct lp_tap;

/* A batch of frames that the system sent. A frame may be a super-frame or lack its checksum (see |offload|). The bytes
   are valid until the call returns. */
typedef void (*lp_tap_recv_fn)(void *ctx, const struct lp_frame *frames, size_t n_frames);
/* The adapter is gone or broken; |failure| says why. The owner closes the TAP. */
typedef void (*lp_tap_error_fn)(void *ctx, const struct lp_failure *failure);

struct lp_tap_config {
	const char *name; /* interface name; on Windows an adapter's name or GUID, NULL for the first */
	struct lp_mac mac;
	bool offload; /* use super-frames and checksum offload if available */
	/* Linux: route the broadcasts and multicast of programs that choose no interface through this one. */
	bool broadcast_routes;
	/* Linux: a fixed address, set when the interface comes up; family 0: none. */
	struct lp_addr address;
	uint8_t prefix_bits;
	/* Windows: the MAC setting of an adapter that is not the client's own is about to be changed; |before| may be
	   empty. False: it must not be. NULL: it may always be. */
	bool (*mac_changes)(void *ctx, const char *guid, const char *before, const char *after);
	/* The adapter disappeared during the session (|reason| says why), or is back, before it carries frames again.
	   NULL: not wanted. Never called on Linux. */
	void (*state)(void *ctx, bool up, const char *reason);
};

/* Details of an adapter that belongs to the system, for reports. */
struct lp_tap_details {
	const char *guid;
	uint32_t index;             /* of its interface; 0: none at the moment */
	uint64_t luid;              /* 0: none at the moment */
	char driver[32];            /* the driver's version */
	struct lp_mac mac;          /* as the driver reports it */
	unsigned driver_mtu;        /* as the driver reports it; the interface's MTU is what counts */
	const char *driver_problem; /* a known defect of that version, as a sentence with what to do; NULL: none */
	bool reboot_needed;         /* the MAC that was asked for is used only after the system restarts */
};

/* Creates the interface or opens the adapter, down, with its MAC set (see lp_tap_mac()). 0; LP_EPERM, LP_ENOTFOUND,
   LP_EEXISTS, …; |failure| says what to do. */
int lp_tap_open(struct lp_loop *loop, const struct lp_tap_config *config, lp_tap_recv_fn recv, lp_tap_error_fn error,
	void *ctx, struct lp_failure *failure, struct lp_tap **ret_tap);
/* Sets the IP MTU, brings the interface up and starts reading. */
int lp_tap_up(struct lp_tap *tap, unsigned mtu, struct lp_failure *failure);
/* Sets the IP MTU of an interface that is up. 0, also if it has that MTU already; LP_EPERM if privileges were dropped.
 */
int lp_tap_set_mtu(struct lp_tap *tap, unsigned mtu, struct lp_failure *failure);
/* Disconnects the cable and connects it again a moment later, which makes Windows ask for an address again; |state| is
   called when it is back. Does nothing on other systems, and if the TAP is not up. */
void lp_tap_replug(struct lp_tap *tap);
/* Stops and resumes reading: backpressure for the system's own queue. Inside the receive callback, and if the system
   has a queue per flow, only the queue of the current batch stops; frames of other flows need not wait. Windows has one
   queue for all flows and goes on. */
void lp_tap_pause(struct lp_tap *tap);
void lp_tap_resume(struct lp_tap *tap);
/* Passes frames to the system. Returns how many it accepted; the rest is lost. */
size_t lp_tap_send(struct lp_tap *tap, const struct lp_frame *frames, size_t n_frames);
/* Removes the interface or closes the adapter. NULL is fine. */
void lp_tap_close(struct lp_tap *tap);
const char *lp_tap_name(const struct lp_tap *tap);
/* The identifier for system calls: on Windows the GUID with braces, otherwise the name. */
const char *lp_tap_id(const struct lp_tap *tap);
/* The actual MAC: the configured one, unless a Windows driver rejected it. */
const struct lp_mac *lp_tap_mac(const struct lp_tap *tap);
/* False if the program created the interface (Linux): there are no details. */
bool lp_tap_details(const struct lp_tap *tap, struct lp_tap_details *ret_details);
/* True if lp_tap_send() accepts super-frames of this kind. */
bool lp_tap_takes(const struct lp_tap *tap, enum lp_gso gso);

#endif
