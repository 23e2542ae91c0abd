#include "platform/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/linux/interface.h"
#include "platform/linux/os_error.h"
#include "platform/linux/vnet.h"
#include "platform/linux/watch.h"

/* UDP segmentation; younger than the headers of the systems that we build on. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

#define OFFLOAD_TCP (TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN)
#define OFFLOAD_UDP (TUN_F_USO4 | TUN_F_USO6)

/* Frames of one batch: as many as are there up to these limits, then the loop's other devices have their turn. */
#define BATCH_FRAMES 64
#define BATCH_BYTES ((size_t)256 * 1024)

/* Frames that the kernel keeps for us while the program does something else, super-frames as well as small ones.
   At 100,000 small frames a second 500 are 5 ms, about what a busy scheduler lets a program wait; beyond that the
   kernel drops. More would only queue where no queue management looks. */
#define QUEUE_FRAMES 500

struct lp_tap {
	int fd;
	char name[IFNAMSIZ];
	bool up;        /* lp_tap_up() was called */
	bool paused;    /* by lp_tap_pause() */
	bool takes_tcp; /* super-frames of TCP */
	bool takes_udp; /* super-frames of UDP */
	bool closed;
	lp_tap_recv_fn recv;
	lp_tap_error_fn error;
	void *ctx;
	struct lp_watch watch;
	struct lp_frame frames[BATCH_FRAMES];
	/* Frames one behind the other; the last may begin just below the limit and be a super-frame. */
	_Alignas(64) uint8_t arena[BATCH_BYTES + LP_VNET_BYTES + LP_SUPER_FRAME_MAX + 64];
};

/* Tells the owner that the interface is gone. */
static void report_gone(struct lp_tap *tap, int err)
{
	struct lp_failure failure = {0};

	lp_watch_stop(&tap->watch);
	if (err == EBADFD || if_nametoindex(tap->name) == 0)
		lp_fail(&failure, LP_ENOTFOUND, "%s: the TAP interface was removed by somebody else", tap->name);
	else
		lp_fail(&failure, lp_os_error(err), "%s: reading from the TAP interface: %s", tap->name, strerror(err));
	tap->error(tap->ctx, &failure);
}

/* The loop saw frames: one batch is read and handed over. */
static void on_readable(void *ctx, bool broken)
{
	struct lp_tap *tap = ctx;
	size_t n = 0, used = 0;
	int err = broken ? EBADFD : 0;

	while (!err && n < BATCH_FRAMES && used < BATCH_BYTES) {
		uint8_t *at = tap->arena + used;
		ssize_t len = read(tap->fd, at, LP_VNET_BYTES + LP_SUPER_FRAME_MAX);

		if (len < 0) {
			if (errno == EAGAIN)
				break;
			/* EIO: the interface is down; frames come again when it is up. */
			if (errno != EINTR && errno != EIO && errno != EINVAL)
				err = errno;
			break;
		}
		if (len <= LP_VNET_BYTES || lp_vnet_read(at, &tap->frames[n].offload) < 0)
			continue;
		tap->frames[n].data = at + LP_VNET_BYTES;
		tap->frames[n].len = (size_t)len - LP_VNET_BYTES;
		n++;
		used += ((size_t)len + 63) & ~(size_t)63;
	}
	if (n)
		tap->recv(tap->ctx, tap->frames, n);
	if (err && !tap->closed)
		report_gone(tap, err);
}

/* Says why there is no TAP. */
static int open_failure(struct lp_failure *failure, int err, const char *name)
{
	int code = lp_os_error(err);

	switch (err) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return lp_fail(
			failure, LP_ENOTFOUND,
			"/dev/net/tun: this system has no TAP interfaces: load the module ('sudo modprobe tun'), "
			"or, in a container, pass the device in");
	case EPERM:
	case EACCES:
		return lp_fail(failure, LP_EPERM, "%s: making a TAP interface needs CAP_NET_ADMIN: run with sudo",
		               name);
	case EBUSY:
		return lp_fail(failure, LP_EEXISTS,
		               "%s: an interface of this name exists already: choose another name, or remove it "
		               "('sudo ip link delete %s')",
		               name, name);
	case EINVAL:
		return lp_fail(failure, LP_EINVAL, "%s: not a name for an interface", name);
	default:
		return lp_fail(failure, code, "%s: making the TAP interface: %s", name, strerror(err));
	}
}

/* Makes the interface behind |tap->fd|. 0 or the errno. */
static int create(struct lp_tap *tap, const char *name)
{
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	size_t len = strlen(name);
	int header_bytes = LP_VNET_BYTES;

	if (len == 0 || len >= sizeof ifr.ifr_name)
		return EINVAL;
	memcpy(ifr.ifr_name, name, len);
	/* Without this an interface that somebody else keeps would be taken over. */
	ifr.ifr_flags |= (short)IFF_TUN_EXCL;
	if (ioctl(tap->fd, TUNSETIFF, &ifr) < 0)
		return errno;
	memcpy(tap->name, ifr.ifr_name, sizeof tap->name);
	if (ioctl(tap->fd, TUNSETVNETHDRSZ, &header_bytes) < 0)
		return errno;
	return 0;
}

/* Asks for super-frames and frames without checksums, as far as the kernel knows them. */
static void set_offload(struct lp_tap *tap)
{
	if (ioctl(tap->fd, TUNSETOFFLOAD, OFFLOAD_TCP | OFFLOAD_UDP) == 0)
		tap->takes_tcp = tap->takes_udp = true;
	else if (ioctl(tap->fd, TUNSETOFFLOAD, OFFLOAD_TCP) == 0)
		tap->takes_tcp = true;
}

int lp_tap_open(struct lp_loop *loop, const struct lp_tap_config *config, lp_tap_recv_fn recv, lp_tap_error_fn error,
                void *ctx, struct lp_failure *failure, struct lp_tap **ret_tap)
{
	const char *name = config->name ? config->name : "lan%d";
	struct lp_tap *tap = calloc(1, sizeof *tap);
	int err, r;

	if (!tap)
		return lp_fail(failure, LP_ENOMEM, "%s: out of memory", name);
	tap->recv = recv;
	tap->error = error;
	tap->ctx = ctx;
	tap->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	err = tap->fd < 0 ? errno : create(tap, name);
	if (err) {
		r = open_failure(failure, err, name);
		goto fail;
	}
	if (config->offload)
		set_offload(tap);
	if (!lp_mac_is_zero(&config->mac)) {
		r = lp_interface_set_mac(tap->name, &config->mac);
		if (r < 0) {
			char text[LP_MAC_TEXT_MAX];

			lp_fail(failure, r, "%s: setting the MAC address %s: %s", tap->name,
			        lp_mac_format(&config->mac, text), lp_error_text(r));
			goto fail;
		}
	}
	lp_interface_set_queue(tap->name, QUEUE_FRAMES);
	r = lp_watch_init(&tap->watch, loop, tap->fd, on_readable, tap);
	if (r < 0) {
		lp_fail(failure, r, "%s: %s", tap->name, lp_error_text(r));
		goto fail;
	}
	*ret_tap = tap;
	return 0;
fail:
	if (tap->fd >= 0)
		close(tap->fd);
	free(tap);
	return r;
}

int lp_tap_up(struct lp_tap *tap, unsigned mtu, struct lp_failure *failure)
{
	int r = lp_interface_set_mtu(tap->name, mtu);

	if (r < 0)
		return lp_fail(failure, r, "%s: setting the MTU %u: %s", tap->name, mtu, lp_error_text(r));
	r = lp_interface_up(tap->name);
	if (r < 0)
		return lp_fail(failure, r, "%s: bringing the interface up: %s", tap->name, lp_error_text(r));
	tap->up = true;
	if (!tap->paused)
		lp_watch_start(&tap->watch);
	return 0;
}

void lp_tap_set_carrier(struct lp_tap *tap, bool on)
{
	int carrier = on;

	/* A kernel that does not know it (before 5.0) keeps the carrier: the interface stays usable. */
	(void)!ioctl(tap->fd, TUNSETCARRIER, &carrier);
}

void lp_tap_pause(struct lp_tap *tap)
{
	if (tap->paused)
		return;
	tap->paused = true;
	if (tap->up)
		lp_watch_stop(&tap->watch);
}

void lp_tap_resume(struct lp_tap *tap)
{
	if (!tap->paused)
		return;
	tap->paused = false;
	if (tap->up)
		lp_watch_start(&tap->watch);
}

size_t lp_tap_send(struct lp_tap *tap, const struct lp_frame *frames, size_t n_frames)
{
	size_t taken = 0;

	for (size_t i = 0; i < n_frames; i++) {
		uint8_t header[LP_VNET_BYTES];
		struct iovec iov[2] = {{header, sizeof header},
		                       /* The kernel does not write there. */
		                       {(void *)(uintptr_t)frames[i].data, frames[i].len}};
		ssize_t n;

		lp_vnet_write(&frames[i].offload, header);
		do
			n = writev(tap->fd, iov, 2);
		while (n < 0 && errno == EINTR);
		if (n >= 0)
			taken++;
	}
	return taken;
}

/* The loop has let go of the TAP. */
static void on_released(void *ctx)
{
	free(ctx);
}

void lp_tap_close(struct lp_tap *tap)
{
	if (!tap)
		return;
	tap->closed = true;
	lp_watch_close(&tap->watch, on_released);
	close(tap->fd);
}

const char *lp_tap_name(const struct lp_tap *tap)
{
	return tap->name;
}

bool lp_tap_takes(const struct lp_tap *tap, enum lp_gso gso)
{
	switch (gso) {
	case LP_GSO_NONE:
		return true;
	case LP_GSO_TCP4:
	case LP_GSO_TCP6:
		return tap->takes_tcp;
	case LP_GSO_UDP:
		return tap->takes_udp;
	}
	return false;
}
