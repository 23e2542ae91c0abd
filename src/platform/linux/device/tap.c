#include "platform/device/tap.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/linux/device/interface.h"
#include "platform/linux/device/tap_device.h"
#include "platform/linux/device/vnet.h"
#include "platform/linux/net/broadcast_routes.h"
#include "platform/posix/loop/fd_watch.h"
#include "platform/posix/loop/loop_uv.h"
#include "platform/posix/system/os_error.h"

/* Read from one queue before the next queue or device is served: one super-frame, or a batch of small frames. Behind
   four bulk flows a ping then waits for four super-frames: 4 ms for the round trip through a loop that needs 5 ns per
   byte. With a single queue it was 8 to 14 ms. */
#define BATCH_FRAMES 64
#define BATCH_BYTES ((size_t)32 * 1024)

/* Length of each queue in the kernel, in frames, super-frames and small ones alike. At 100,000 small frames per second
   1000 frames are 10 ms, about the longest wait of a real-time program on a busy virtual machine (500 lost one frame in
   a hundred there). The kernel drops more than that. A bulk flow's own window limits its share of the queue. */
#define QUEUE_FRAMES 1000

struct queue {
	struct lp_tap *tap;
	int fd;
	bool watched; /* for readability */
	bool paused;  /* by lp_tap_pause() */
	struct lp_fd_watch watch;
};

struct lp_tap {
	struct lp_loop *loop;
	struct lp_tap_device device;
	struct lp_mac mac;
	bool up; /* lp_tap_up() was called */
	bool broadcast_routes;
	struct lp_addr address; /* to set when the interface comes up; family 0: none */
	uint8_t prefix_bits;
	bool ended; /* closed, or the error was reported: no callbacks any more */
	lp_tap_recv_fn recv;
	lp_tap_error_fn error;
	void *ctx;
	unsigned n_attached;   /* queues attached to the loop */
	struct queue *reading; /* the queue whose batch is being delivered; NULL: none */
	struct queue queues[LP_TAP_QUEUES_MAX];
	struct lp_frame frames[BATCH_FRAMES];
	/* Consecutive frames; the last may start just below the limit and be a super-frame. */
	_Alignas(64) uint8_t arena[BATCH_BYTES + LP_VNET_BYTES + LP_SUPER_FRAME_MAX + 64];
};

/* Starts to watch the queues that are not watched. */
static void watch_all(struct lp_tap *tap)
{
	for (unsigned i = 0; i < tap->n_attached; i++) {
		if (!tap->queues[i].watched)
			lp_fd_watch_start(&tap->queues[i].watch);
		tap->queues[i].watched = true;
	}
}

/* Reports to the owner, once, that the interface is gone. */
static void report_gone(struct lp_tap *tap, int err)
{
	const char *name = tap->device.name;
	struct lp_failure failure = {0};
	for (unsigned i = 0; i < tap->n_attached; i++)
		lp_fd_watch_stop(&tap->queues[i].watch);
	tap->ended = true;
	if (err == EBADFD || if_nametoindex(name) == 0)
		lp_fail(&failure, LP_ENOTFOUND, "%s: another program removed the TAP interface", name);
	else
		lp_fail(&failure, lp_os_error(err), "%s: reading from the TAP interface: %s", name, strerror(err));
	tap->error(tap->ctx, &failure);
}

/* Reads one batch from a queue. Returns the number of frames; sets |*err| to an errno if the interface is unusable. */
static size_t read_batch(struct lp_tap *tap, const struct queue *queue, int *err)
{
	size_t n = 0, used = 0;
	while (n < BATCH_FRAMES && used < BATCH_BYTES) {
		uint8_t *at = tap->arena + used;
		ssize_t len = read(queue->fd, at, LP_VNET_BYTES + LP_SUPER_FRAME_MAX);
		if (len < 0) {
			/* EIO: the interface is down; reading works again when it is up. */
			if (errno != EAGAIN && errno != EINTR && errno != EIO && errno != EINVAL)
				*err = errno;
			break;
		}
		if (lp_vnet_read(at, (size_t)len, &tap->frames[n]) < 0)
			continue;
		n++;
		used += ((size_t)len + 63) & ~(size_t)63;
	}
	lp_loop_received(tap->loop, n, used);
	return n;
}

static void on_readable(void *ctx, bool broken)
{
	struct queue *queue = ctx;
	struct lp_tap *tap = queue->tap;
	int err = broken ? EBADFD : 0;
	if (tap->ended)
		return;
	if (!err && queue->paused) {
		/* A paused queue stays watched until frames arrive, which saves system calls for short pauses. */
		lp_fd_watch_stop(&queue->watch);
		queue->watched = false;
		return;
	}
	if (!err) {
		size_t n = read_batch(tap, queue, &err);
		tap->reading = queue;
		if (n)
			tap->recv(tap->ctx, tap->frames, n);
		tap->reading = NULL;
	}
	if (err && !tap->ended)
		report_gone(tap, err);
}

static void on_released(void *ctx)
{
	struct queue *queue = ctx;
	struct lp_tap *tap = queue->tap;
	if (--tap->n_attached == 0)
		free(tap);
}

/* Releases everything; the memory is freed when the loop has released the last queue. */
static void release(struct lp_tap *tap)
{
	tap->ended = true;
	for (unsigned i = 0; i < tap->n_attached; i++)
		lp_fd_watch_close(&tap->queues[i].watch, on_released);
	lp_tap_device_close(&tap->device);
	if (tap->n_attached == 0)
		free(tap);
}

static int attach(struct lp_tap *tap, struct lp_loop *loop)
{
	for (unsigned i = 0; i < tap->device.n_queues; i++) {
		struct queue *queue = &tap->queues[i];
		queue->tap = tap;
		queue->fd = tap->device.fds[i];
		int result = lp_fd_watch_init(&queue->watch, lp_loop_uv(loop), queue->fd, on_readable, queue);
		if (result < 0)
			return result;
		tap->n_attached++;
	}
	return 0;
}

int lp_tap_open(struct lp_loop *loop, const struct lp_tap_config *config, lp_tap_recv_fn recv, lp_tap_error_fn error,
	void *ctx, struct lp_failure *failure, struct lp_tap **ret_tap)
{
	const char *name = config->name ? config->name : "lan%d";
	struct lp_tap *tap = calloc(1, sizeof *tap);
	if (!tap)
		return lp_fail(failure, LP_ENOMEM, "%s: out of memory", name);
	tap->loop = loop;
	tap->recv = recv;
	tap->error = error;
	tap->ctx = ctx;
	tap->mac = config->mac;
	tap->broadcast_routes = config->broadcast_routes;
	tap->address = config->address;
	tap->prefix_bits = config->prefix_bits;
	int result = lp_tap_device_open(name, config->offload, failure, &tap->device);
	if (result < 0)
		goto fail;
	if (!lp_mac_is_zero(&config->mac)) {
		result = lp_interface_set_mac(tap->device.name, &config->mac);
		if (result < 0) {
			char text[LP_MAC_TEXT_MAX];
			lp_fail(failure, result, "%s: setting the MAC address %s: %s", tap->device.name,
				lp_mac_format(&config->mac, text), lp_error_text(result));
			goto fail;
		}
	}
	lp_interface_set_queue(tap->device.name, QUEUE_FRAMES);
	/* The kernel would create a qdisc for each of the 256 queues that a TAP may have: 6 to 18 MB for nothing, since
	   a TAP accepts every frame immediately. A failure is harmless. */
	(void)lp_interface_set_fifo(tap->device.name);
	result = attach(tap, loop);
	if (result < 0) {
		lp_fail(failure, result, "%s: %s", tap->device.name, lp_error_text(result));
		goto fail;
	}
	*ret_tap = tap;
	return 0;
fail:
	release(tap);
	return result;
}

int lp_tap_up(struct lp_tap *tap, unsigned mtu, struct lp_failure *failure)
{
	const char *name = tap->device.name;
	int result = lp_interface_set_mtu(name, mtu);
	if (result < 0)
		return lp_fail(failure, result, "%s: setting the MTU %u: %s", name, mtu, lp_error_text(result));
	/* The player's other addresses must not answer on the party's LAN. The tunnel works without this. */
	(void)lp_interface_set_ipv4(name);
	result = lp_interface_up(name);
	if (result < 0)
		return lp_fail(failure, result, "%s: bringing the interface up: %s", name, lp_error_text(result));
	if (tap->address.family)
		result = lp_interface_add_address(name, &tap->address, tap->prefix_bits);
	if (result < 0) {
		char text[LP_ADDR_TEXT_MAX];
		return lp_fail(failure, result, "%s: setting the address %s: %s", name,
			lp_addr_format(&tap->address, text), lp_error_text(result));
	}
	/* Frames pass without them too, and the device watch reports where broadcasts go. */
	if (tap->broadcast_routes)
		(void)lp_broadcast_routes_add(name);
	tap->up = true;
	if (!tap->ended)
		watch_all(tap);
	return 0;
}

int lp_tap_set_mtu(struct lp_tap *tap, unsigned mtu, struct lp_failure *failure)
{
	const char *name = tap->device.name;
	struct lp_interface now;
	int result = lp_interface_get(name, &now);
	/* The user may have set it already. */
	if (result == 0 && now.mtu != mtu)
		result = lp_interface_set_mtu(name, mtu);
	return result < 0 ? lp_fail(failure, result, "%s: setting the MTU %u: %s", name, mtu, lp_error_text(result))
			  : 0;
}

void lp_tap_replug(struct lp_tap *tap)
{
	(void)tap;
}

void lp_tap_pause(struct lp_tap *tap)
{
	for (unsigned i = 0; i < tap->n_attached; i++)
		if (!tap->reading || tap->reading == &tap->queues[i])
			tap->queues[i].paused = true;
}

void lp_tap_resume(struct lp_tap *tap)
{
	for (unsigned i = 0; i < tap->n_attached; i++)
		tap->queues[i].paused = false;
	if (tap->up && !tap->ended)
		watch_all(tap);
}

size_t lp_tap_send(struct lp_tap *tap, const struct lp_frame *frames, size_t n_frames)
{
	return lp_vnet_send(tap->device.fds[0], frames, n_frames);
}

void lp_tap_close(struct lp_tap *tap)
{
	if (tap)
		release(tap);
}

const char *lp_tap_name(const struct lp_tap *tap)
{
	return tap->device.name;
}

const char *lp_tap_id(const struct lp_tap *tap)
{
	return tap->device.name;
}

const struct lp_mac *lp_tap_mac(const struct lp_tap *tap)
{
	return &tap->mac;
}

bool lp_tap_details(const struct lp_tap *tap, struct lp_tap_details *ret_details)
{
	(void)tap;
	(void)ret_details;
	return false;
}

bool lp_tap_takes(const struct lp_tap *tap, enum lp_gso gso)
{
	switch (gso) {
	case LP_GSO_NONE:
		return true;
	case LP_GSO_TCP4:
	case LP_GSO_TCP6:
		return tap->device.takes_tcp;
	case LP_GSO_UDP:
		return tap->device.takes_udp;
	}
	return false;
}
