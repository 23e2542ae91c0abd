/* A TAP interface as the kernel provides it: its name, its offloads, and its queues.

   The kernel queues frames for the program in a FIFO ring that is counted in frames of any length, so with one ring a
   game's frame would wait behind everything that a file copy has queued. The interface therefore has many queues with a
   ring each, and a BPF program of five instructions distributes flows over them. Reading the queues in turn is fair
   queueing at no cost. Frames of one flow keep their order. */
#ifndef LP_PLATFORM_LINUX_DEVICE_TAP_DEVICE_H
#define LP_PLATFORM_LINUX_DEVICE_TAP_DEVICE_H

#include <net/if.h>
#include <stdbool.h>

struct lp_failure;

/* One queue for frames without a flow, the others by hash. With four bulk flows, one in eight other flows shares a
   queue with one of them. */
#define LP_TAP_QUEUES_MAX 32

struct lp_tap_device {
	char name[IFNAMSIZ];
	bool takes_tcp; /* TCP super-frames */
	bool takes_udp; /* UDP super-frames */
	unsigned n_queues;
	int fds[LP_TAP_QUEUES_MAX];
};

/* Creates the interface, which lives until its descriptors are closed. |name| may be a pattern such as "lan%d". */
int lp_tap_device_open(const char *name, bool offload, struct lp_failure *failure, struct lp_tap_device *ret_device);
void lp_tap_device_close(struct lp_tap_device *device);

#endif
