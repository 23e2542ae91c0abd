/* A TAP interface as the kernel makes it: its name, its offloads, and its queues.

   The kernel keeps frames that wait for the program in a ring, first in first out and counted in frames of any
   length, so in one ring a game's frame waits behind whatever a file copy has put there. The interface therefore
   has many queues with a ring each, and a program of five instructions spreads flows over them: reading them in turn
   is fair queueing that costs nothing. Frames of one flow keep their order. */
#ifndef LP_PLATFORM_LINUX_DEVICE_TAP_DEVICE_H
#define LP_PLATFORM_LINUX_DEVICE_TAP_DEVICE_H

#include <net/if.h>
#include <stdbool.h>

struct lp_failure;

/* One for frames without a flow, the others by hash: with four bulk flows one in eight other flows shares a queue with
   one of them. */
#define LP_TAP_QUEUES_MAX 32

struct lp_tap_device {
	char name[IFNAMSIZ];
	bool takes_tcp; /* super-frames of TCP */
	bool takes_udp; /* super-frames of UDP */
	unsigned n_queues;
	int fds[LP_TAP_QUEUES_MAX];
};

/* Makes the interface; it goes when its descriptors are closed. |name| may be a pattern as "lan%d". */
int lp_tap_device_open(const char *name, bool offload, struct lp_failure *failure, struct lp_tap_device *ret_device);
void lp_tap_device_close(struct lp_tap_device *device);

#endif
