#include "platform/packet.h"

#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/linux/interface.h"
#include "platform/linux/os_error.h"
#include "platform/linux/recv_batch.h"
#include "platform/linux/tunnel_filter.h"
#include "platform/linux/vnet.h"
#include "platform/linux/watch.h"
#include "proto/ether.h"
#include "proto/vlan.h"

/* As the kernel accounts it; for the figure see udp.c. */
#define RECEIVE_BUFFER_BYTES (2 << 20)
#define SEND_BUFFER_BYTES (1 << 20)
/* Frames in one sendmmsg(). */
#define SEND_MAX 64

struct lp_packet {
	int fd;
	char name[IFNAMSIZ];
	bool closed;
	bool takes_udp; /* super-frames of UDP */
	struct lp_packet_info info;
	struct lp_packet_counters counters;
	lp_packet_recv_fn recv;
	lp_packet_error_fn error;
	void *ctx;
	struct lp_watch watch;
	struct lp_frame frames[LP_RECV_BATCH_MAX];
	struct lp_recv_batch batch;
	struct mmsghdr send_hdrs[SEND_MAX];
	struct iovec send_iov[SEND_MAX][3];
	uint8_t send_vnet[SEND_MAX][LP_VNET_BYTES];
};

/* What fills a frame up to the shortest length: no bytes of ours leak. */
static const uint8_t padding[ETH_ZLEN];

/* Tells the owner that no more frames will come. */
static void report_gone(struct lp_packet *packet)
{
	struct lp_failure failure = {0};
	struct lp_interface now;

	lp_watch_stop(&packet->watch);
	if (lp_interface_get(packet->name, &now) < 0)
		lp_fail(&failure, LP_ENOTFOUND, "%s: the interface is gone", packet->name);
	else
		lp_fail(&failure, LP_EUNREACH, "%s: the interface %s down", packet->name, now.up ? "was" : "is");
	packet->error(packet->ctx, &failure);
}

/* Makes a frame of one message of the batch. False if it is none that can be carried. */
static bool read_frame(struct lp_recv_batch *batch, int i, struct lp_frame *ret_frame)
{
	uint8_t *data = batch->iov[i].iov_base;
	size_t len = batch->msgs[i].msg_len;
	struct msghdr *hdr = &batch->msgs[i].msg_hdr;
	struct lp_frame frame;

	if (len < LP_VNET_BYTES + ETH_HLEN || hdr->msg_flags & MSG_TRUNC)
		return false;
	if (lp_vnet_read(data, &frame.offload) < 0)
		return false;
	data += LP_VNET_BYTES;
	len -= LP_VNET_BYTES;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(hdr); c; c = CMSG_NXTHDR(hdr, c)) {
		struct tpacket_auxdata aux;

		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof aux);
		/* By the bit: a tag with priority 0 and VLAN 0 is a tag too. It goes where the header was. */
		_Static_assert(LP_ETHER_TAG <= LP_VNET_BYTES, "room for the tag");
		if (aux.tp_status & TP_STATUS_VLAN_VALID) {
			uint16_t tpid = aux.tp_status & TP_STATUS_VLAN_TPID_VALID ? aux.tp_vlan_tpid : ETH_P_8021Q;

			data = lp_vlan_push(data, tpid, aux.tp_vlan_tci, &frame.offload);
			len += LP_ETHER_TAG;
		}
	}
	if (len > LP_SUPER_FRAME_MAX)
		return false;
	frame.data = data;
	frame.len = len;
	*ret_frame = frame;
	return true;
}

/* The loop saw frames: one batch is read and handed over; if more wait, the loop comes back after the others. */
static void on_readable(void *ctx, bool broken)
{
	struct lp_packet *packet = ctx;
	size_t n_frames = 0;
	int n = broken ? -ENETDOWN : lp_recv_batch_read(&packet->batch, packet->fd);

	for (int i = 0; i < n; i++)
		if (read_frame(&packet->batch, i, &packet->frames[n_frames]))
			n_frames++;
		else
			packet->counters.unusable++;
	if (n_frames)
		packet->recv(packet->ctx, packet->frames, n_frames);
	/* EINVAL is a frame with an offload that the header cannot tell of: it is lost, the next ones are not. */
	if (n == -EINVAL)
		packet->counters.unusable++;
	else if (n < 0 && !packet->closed)
		report_gone(packet);
}

/* Sets an integer option. */
static bool set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

/* Sets what the socket is to deliver and how, then binds it. 0 or the errno. */
static int set_up(const struct lp_packet *packet, unsigned ifindex)
{
	struct sockaddr_ll ll = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)ifindex};
	struct packet_mreq promiscuous = {.mr_ifindex = (int)ifindex, .mr_type = PACKET_MR_PROMISC};
	int fd = packet->fd;

	if (!set_option(fd, SOL_PACKET, PACKET_VNET_HDR, 1) || !set_option(fd, SOL_PACKET, PACKET_AUXDATA, 1) ||
	    !set_option(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1))
		return errno;
	/* PACKET_QDISC_BYPASS stays off: it saves 200 of 1500 ns a small frame behind a qdisc and nothing where there
	   is none, but drops where the qdisc would wait for the driver, and refuses every super-frame that the device
	   cannot cut itself (the kernel does that for 600 ns a segment). */
	if (!set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES / 2))
		set_option(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES / 2);
	if (!set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER_BYTES / 2))
		set_option(fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER_BYTES / 2);
	if (bind(fd, (struct sockaddr *)&ll, sizeof ll) < 0)
		return errno;
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous) < 0)
		return errno;
	return 0;
}

/* Looks at the interface before anything is opened. */
static int check_interface(const char *name, struct lp_interface *ret_interface, struct lp_failure *failure)
{
	int r = lp_interface_get(name, ret_interface);

	if (r == LP_ENOTFOUND)
		return lp_fail(failure, r, "%s: there is no such interface ('ip link' lists them)", name);
	if (r < 0)
		return lp_fail(failure, r, "%s: %s", name, lp_error_text(r));
	if (!ret_interface->ethernet)
		return lp_fail(failure, LP_EINVAL, "%s: not an Ethernet interface: choose the one with the LAN's cable",
		               name);
	if (!ret_interface->up)
		return lp_fail(failure, LP_EUNREACH, "%s: the interface is down: 'sudo ip link set %s up'", name, name);
	return 0;
}

/* Says why there is no packet socket. */
static int open_failure(struct lp_failure *failure, int err, const char *name)
{
	if (err == EPERM || err == EACCES)
		return lp_fail(failure, LP_EPERM, "%s: capturing frames needs CAP_NET_RAW: run with sudo", name);
	return lp_fail(failure, lp_os_error(err), "%s: opening a packet socket: %s", name, strerror(err));
}

/* True if the kernel takes UDP super-frames: it has to be 6.2. Only sending one would tell otherwise, and lose it. */
static bool kernel_sends_udp(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	return uname(&name) == 0 && sscanf(name.release, "%d.%d", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 2));
}

/* Prepares the headers for sending, as far as they are the same for each frame. */
static void init_send(struct lp_packet *packet)
{
	for (unsigned i = 0; i < SEND_MAX; i++) {
		packet->send_iov[i][0] = (struct iovec){packet->send_vnet[i], LP_VNET_BYTES};
		packet->send_hdrs[i].msg_hdr.msg_iov = packet->send_iov[i];
	}
}

int lp_packet_open(struct lp_loop *loop, const struct lp_packet_config *config, lp_packet_recv_fn recv,
                   lp_packet_error_fn error, void *ctx, struct lp_failure *failure, struct lp_packet **ret_packet)
{
	const char *name = config->interface;
	struct lp_interface interface;
	struct lp_packet *packet;
	int err, r;

	r = check_interface(name, &interface, failure);
	if (r < 0)
		return r;
	packet = calloc(1, sizeof *packet);
	if (!packet)
		return lp_fail(failure, LP_ENOMEM, "%s: out of memory", name);
	memcpy(packet->name, name, strlen(name));
	packet->takes_udp = kernel_sends_udp();
	packet->info =
		(struct lp_packet_info){.mac = interface.mac, .mtu = interface.mtu, .wireless = interface.wireless};
	memcpy(packet->info.bridge, interface.bridge, sizeof interface.bridge);
	packet->recv = recv;
	packet->error = error;
	packet->ctx = ctx;
	init_send(packet);
	/* Protocol 0: nothing is captured before all is set. */
	packet->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	err = packet->fd < 0 ? errno : set_up(packet, interface.index);
	if (err) {
		r = open_failure(failure, err, name);
		goto fail;
	}
	r = lp_recv_batch_init(&packet->batch);
	if (r == 0)
		r = lp_watch_init(&packet->watch, loop, packet->fd, on_readable, packet);
	if (r < 0) {
		lp_fail(failure, r, "%s: %s", name, lp_error_text(r));
		goto fail;
	}
	lp_watch_start(&packet->watch);
	*ret_packet = packet;
	return 0;
fail:
	lp_recv_batch_done(&packet->batch);
	if (packet->fd >= 0)
		close(packet->fd);
	free(packet);
	return r;
}

int lp_packet_exclude_tunnel(struct lp_packet *packet, const struct lp_addr *local, const struct lp_addr *remote)
{
	struct sock_filter code[LP_TUNNEL_FILTER_MAX];
	struct sock_fprog program = {.filter = code};

	if (!remote->family || (local->family && local->family != remote->family))
		return LP_EINVAL;
	program.len = (unsigned short)lp_tunnel_filter(local, remote, code);
	/* The kernel exchanges filters in one step. */
	if (setsockopt(packet->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0)
		return lp_os_error(errno);
	return 0;
}

/* Prepares frame |i| of a sending batch. */
static void prepare(struct lp_packet *packet, unsigned i, const struct lp_frame *frame)
{
	struct iovec *iov = packet->send_iov[i];

	lp_vnet_write(&frame->offload, packet->send_vnet[i]);
	/* The kernel does not write there. */
	iov[1] = (struct iovec){(void *)(uintptr_t)frame->data, frame->len};
	packet->send_hdrs[i].msg_hdr.msg_iovlen = 2;
	if (frame->len < ETH_ZLEN) {
		iov[2] = (struct iovec){(void *)(uintptr_t)padding, ETH_ZLEN - frame->len};
		packet->send_hdrs[i].msg_hdr.msg_iovlen = 3;
	}
}

/* Hands |n| prepared frames, which are |frames|, to the kernel. Returns how many it took. */
static size_t transmit(struct lp_packet *packet, const struct lp_frame *frames, unsigned n)
{
	unsigned done = 0;
	size_t taken = 0;

	while (done < n) {
		int r = sendmmsg(packet->fd, packet->send_hdrs + done, n - done, MSG_DONTWAIT);

		if (r > 0) {
			done += (unsigned)r;
			taken += (unsigned)r;
			continue;
		}
		if (errno == EINTR)
			continue;
		/* No room, or no interface: the rest has no better chance. */
		if (errno == EAGAIN || errno == ENETDOWN || errno == ENXIO)
			break;
		if (errno == EINVAL && frames[done].offload.gso == LP_GSO_UDP)
			packet->takes_udp = false;
		done++;
	}
	return taken;
}

size_t lp_packet_send(struct lp_packet *packet, const struct lp_frame *frames, size_t n_frames)
{
	size_t taken = 0;

	for (size_t i = 0; i < n_frames; i += SEND_MAX) {
		unsigned n = n_frames - i < SEND_MAX ? (unsigned)(n_frames - i) : SEND_MAX;

		for (unsigned j = 0; j < n; j++)
			prepare(packet, j, &frames[i + j]);
		taken += transmit(packet, frames + i, n);
	}
	return taken;
}

void lp_packet_info(const struct lp_packet *packet, struct lp_packet_info *ret_info)
{
	*ret_info = packet->info;
}

void lp_packet_counters(struct lp_packet *packet, struct lp_packet_counters *ret_counters)
{
	struct tpacket_stats stats;
	socklen_t len = sizeof stats;

	/* The kernel begins at 0 again each time. */
	if (getsockopt(packet->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) == 0)
		packet->counters.overflows += stats.tp_drops;
	*ret_counters = packet->counters;
}

bool lp_packet_takes(const struct lp_packet *packet, enum lp_gso gso)
{
	/* What the device cannot cut the kernel cuts. */
	return gso != LP_GSO_UDP || packet->takes_udp;
}

/* The loop has let go of the socket. */
static void on_released(void *ctx)
{
	struct lp_packet *packet = ctx;

	lp_recv_batch_done(&packet->batch);
	free(packet);
}

void lp_packet_close(struct lp_packet *packet)
{
	if (!packet)
		return;
	packet->closed = true;
	lp_watch_close(&packet->watch, on_released);
	close(packet->fd);
}
