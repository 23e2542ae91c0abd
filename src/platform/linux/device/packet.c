#include "platform/device/packet.h"

#include <assert.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "platform/linux/device/host_link.h"
#include "platform/linux/device/interface.h"
#include "platform/linux/device/packet_socket.h"
#include "platform/linux/device/vnet.h"
#include "platform/linux/net/recv_batch.h"
#include "platform/loop/loop.h"
#include "platform/posix/loop/fd_watch.h"
#include "platform/posix/loop/loop_uv.h"
#include "proto/ether.h"
#include "proto/vlan.h"

/* Bytes read from one socket before the next socket or device is served: one super-frame, or a batch of small frames.
 */
#define BATCH_BYTES ((size_t)32 * 1024)
/* Frames per sendmmsg(). */
#define SEND_MAX 64
/* How often an interface that is down is checked: the kernel does not report when such an interface is removed. */
#define LOOK_NS LP_SEC

/* One of the sockets that share the interface's frames. */
struct source {
	struct lp_packet *packet;
	int fd;
	size_t average_bytes; /* of its frames */
	struct lp_fd_watch watch;
};

struct lp_packet {
	struct lp_loop *loop;
	struct lp_packet_sockets sockets;
	struct lp_host_link host;
	char name[IFNAMSIZ];
	unsigned index;        /* of the interface; another one may take over the name */
	struct lp_timer *look; /* checks the interface while it is down or away */
	bool looking;          /* the timer is set */
	bool ended;            /* closed, or the error was reported: no callbacks any more */
	bool takes_udp;        /* UDP super-frames */
	bool excludes;         /* the tunnel between the two addresses below */
	struct lp_addr excluded_local, excluded_remote;
	struct lp_packet_info info;
	struct lp_packet_counters counters;
	lp_packet_recv_fn recv;
	lp_packet_error_fn error;
	lp_packet_back_fn back; /* or NULL */
	void *ctx;
	unsigned n_attached; /* sources attached to the loop */
	struct source sources[LP_PACKET_SOCKETS_MAX];
	struct lp_frame frames[LP_RECV_BATCH_MAX];
	struct lp_recv_batch batch;
	struct mmsghdr send_hdrs[SEND_MAX];
	struct iovec send_iov[SEND_MAX][3];
	uint8_t send_vnet[SEND_MAX][LP_VNET_BYTES];
};

/* Pads frames to the minimum length with zeros, so that no memory contents leak. */
static const uint8_t padding[ETH_ZLEN];

/* Opens the link to the host. If that fails, the packet socket works without it. */
static void open_host_link(struct lp_packet *packet)
{
	struct lp_failure failure = {0};
	packet->info.host = lp_host_link_open(packet->index, &failure, &packet->host) == 0;
	if (!packet->info.host)
		snprintf(packet->info.host_failure, sizeof packet->info.host_failure, "%.*s",
			(int)sizeof packet->info.host_failure - 1, failure.text);
}

static void stop_watches(struct lp_packet *packet)
{
	for (unsigned i = 0; i < packet->n_attached; i++)
		lp_fd_watch_stop(&packet->sources[i].watch);
}

/* Reports to the owner, once, that the interface cannot be used any more. */
static void report_lost(struct lp_packet *packet, int code, const char *why)
{
	struct lp_failure failure = {0};
	stop_watches(packet);
	packet->ended = true;
	lp_timer_set(packet->look, LP_NEVER);
	lp_fail(&failure, code, "%s: %s", packet->name, why);
	packet->error(packet->ctx, &failure);
}

/* The interface was removed, and one with its name is there: the same adapter, or one that the user wants in its place.
   Its MAC does not matter to the member, which keeps the first one. */
static void take_again(struct lp_packet *packet, const struct lp_interface *now)
{
	stop_watches(packet);
	packet->index = now->index;
	int result = lp_packet_sockets_move(&packet->sockets, now->index);
	if (result == 0)
		result = lp_packet_sockets_exclude(&packet->sockets, packet->excludes ? &packet->excluded_local : NULL,
			packet->excludes ? &packet->excluded_remote : NULL);
	if (result < 0) {
		report_lost(packet, result, "the interface was removed and is back, but cannot be captured again");
		return;
	}
	lp_host_link_move(&packet->host, now->index);
	lp_fd_watch_start(&packet->sources[0].watch);
	if (packet->back)
		packet->back(packet->ctx);
}

/* Checks the interface. If it is only down, its sockets work again when it is up. */
static void look(struct lp_packet *packet, uint64_t now_ns)
{
	struct lp_interface now;
	bool there = lp_interface_get(packet->name, &now) == 0;
	packet->looking = !there || !now.up;
	lp_timer_set(packet->look, packet->looking ? now_ns + LOOK_NS : LP_NEVER);
	if (there && now.index != packet->index)
		take_again(packet, &now);
}

/* The kernel reports "down" once per socket. Starts polling; the owner is notified from the event loop. */
static void expect_down(struct lp_packet *packet)
{
	if (!packet->ended && !packet->looking)
		lp_timer_set(packet->look, 0);
	packet->looking = true;
}

static void on_look(void *ctx, uint64_t now_ns)
{
	look(ctx, now_ns);
}

/* Converts one message of the batch to a frame. False if the frame can't be carried. */
static bool read_frame(struct lp_recv_batch *batch, int i, struct lp_frame *ret_frame)
{
	uint8_t *data = batch->iov[i].iov_base;
	struct msghdr *hdr = &batch->msgs[i].msg_hdr;
	struct lp_frame frame;
	if (hdr->msg_flags & MSG_TRUNC || lp_vnet_read(data, batch->msgs[i].msg_len, &frame) < 0)
		return false;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(hdr); c; c = CMSG_NXTHDR(hdr, c)) {
		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
			continue;
		struct tpacket_auxdata aux;
		memcpy(&aux, CMSG_DATA(c), sizeof aux);
		/* The bit decides: a tag with priority 0 and VLAN 0 is a tag too. It overwrites the end of the vnet
		   header. */
		_Static_assert(LP_ETHER_TAG <= LP_VNET_BYTES, "room for the tag");
		if (aux.tp_status & TP_STATUS_VLAN_VALID) {
			uint16_t tpid = aux.tp_status & TP_STATUS_VLAN_TPID_VALID ? aux.tp_vlan_tpid : ETH_P_8021Q;
			frame.data = lp_vlan_push(data + LP_VNET_BYTES, tpid, aux.tp_vlan_tci, &frame.offload);
			frame.len += LP_ETHER_TAG;
		}
	}
	if (frame.len > LP_SUPER_FRAME_MAX)
		return false;
	struct sockaddr_ll from;
	_Static_assert(sizeof from <= sizeof batch->names[0], "room for the address of a packet socket");
	memcpy(&from, &batch->names[i], sizeof from);
	frame.from_host = from.sll_pkttype == PACKET_OUTGOING;
	*ret_frame = frame;
	return true;
}

/* Reads one batch and passes it on. If more frames wait, the loop calls again after the other sockets. */
static void on_readable(void *ctx, bool broken)
{
	struct source *source = ctx;
	struct lp_packet *packet = source->packet;
	size_t n_frames = 0, n_bytes = 0;
	if (packet->ended)
		return;
	int n = lp_recv_batch_read(&packet->batch, source->fd, BATCH_BYTES, &source->average_bytes);
	for (int i = 0; i < n; i++)
		if (read_frame(&packet->batch, i, &packet->frames[n_frames]))
			n_bytes += packet->frames[n_frames++].len;
		else
			packet->counters.unusable++;
	lp_loop_received(packet->loop, n_frames, n_bytes);
	if (n_frames)
		packet->recv(packet->ctx, packet->frames, n_frames);
	/* EINVAL: a frame with an offload that the vnet header can't describe. It is lost; the next ones are not. */
	if (n == -EINVAL)
		packet->counters.unusable++;
	else if (n < 0 && !packet->ended)
		expect_down(packet);
	/* recvmmsg() cleared the error. */
	if (broken && !packet->ended)
		lp_fd_watch_start(&source->watch);
}

static void on_released(void *ctx)
{
	struct source *source = ctx;
	struct lp_packet *packet = source->packet;
	if (--packet->n_attached == 0) {
		lp_recv_batch_done(&packet->batch);
		free(packet);
	}
}

/* Releases everything; the memory is freed when the loop has released the last socket. */
static void release(struct lp_packet *packet)
{
	packet->ended = true;
	lp_timer_free(packet->look);
	packet->look = NULL;
	for (unsigned i = 0; i < packet->n_attached; i++)
		lp_fd_watch_close(&packet->sources[i].watch, on_released);
	lp_packet_sockets_close(&packet->sockets);
	lp_host_link_close(&packet->host);
	if (packet->n_attached == 0) {
		lp_recv_batch_done(&packet->batch);
		free(packet);
	}
}

static int attach(struct lp_packet *packet, struct lp_loop *loop)
{
	for (unsigned i = 0; i < packet->sockets.n; i++) {
		struct source *source = &packet->sources[i];
		source->packet = packet;
		source->fd = packet->sockets.fds[i];
		int result = lp_fd_watch_init(&source->watch, lp_loop_uv(loop), source->fd, on_readable, source);
		if (result < 0)
			return result;
		packet->n_attached++;
		lp_fd_watch_start(&source->watch);
	}
	return 0;
}

static int check_interface(const char *name, struct lp_interface *ret_interface, struct lp_failure *failure)
{
	int result = lp_interface_get(name, ret_interface);
	if (result == LP_ENOTFOUND)
		return lp_fail(failure, result, "%s: no such interface. 'ip link' lists them", name);
	if (result < 0)
		return lp_fail(failure, result, "%s: %s", name, lp_error_text(result));
	if (!ret_interface->ethernet)
		return lp_fail(failure, LP_EINVAL,
			"%s: not an Ethernet interface. Choose the one that the LAN's cable is plugged into", name);
	if (!ret_interface->up)
		return lp_fail(
			failure, LP_EUNREACH, "%s: the interface is down. Run 'sudo ip link set %s up'", name, name);
	return 0;
}

/* True if the kernel accepts UDP super-frames (6.2 and later). The only other test is to send one, and lose it. */
static bool kernel_sends_udp(void)
{
	int major = 0, minor = 0;
	struct utsname name;
	return uname(&name) == 0 && sscanf(name.release, "%d.%d", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 2));
}

/* Initialises the parts of the send headers that are the same for each frame. */
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
	int result = check_interface(name, &interface, failure);
	if (result < 0)
		return result;
	struct lp_packet *packet;
	packet = calloc(1, sizeof *packet);
	if (!packet)
		return lp_fail(failure, LP_ENOMEM, "%s: out of memory", name);
	memcpy(packet->name, name, strlen(name));
	packet->index = interface.index;
	packet->takes_udp = kernel_sends_udp();
	packet->info = (struct lp_packet_info){
		.mac = interface.mac, .mtu = interface.mtu, .wireless = interface.wireless};
	memcpy(packet->info.bridge, interface.bridge, sizeof interface.bridge);
	packet->loop = loop;
	packet->recv = recv;
	packet->error = error;
	packet->back = config->back;
	packet->ctx = ctx;
	packet->host = (struct lp_host_link){.tap = -1, .link = -1};
	init_send(packet);
	if (config->host)
		open_host_link(packet);
	result = lp_packet_sockets_open(name, interface.index, packet->info.host, failure, &packet->sockets);
	if (result < 0)
		goto fail;
	result = lp_recv_batch_init(&packet->batch);
	if (result == 0)
		result = lp_timer_new(loop, on_look, packet, &packet->look);
	if (result == 0)
		result = attach(packet, loop);
	if (result < 0) {
		lp_fail(failure, result, "%s: %s", name, lp_error_text(result));
		goto fail;
	}
	*ret_packet = packet;
	return 0;
fail:
	release(packet);
	return result;
}

int lp_packet_exclude_tunnel(struct lp_packet *packet, const struct lp_addr *local, const struct lp_addr *remote)
{
	if (!remote->family || (local->family && local->family != remote->family))
		return LP_EINVAL;
	packet->excludes = true;
	packet->excluded_local = *local;
	packet->excluded_remote = *remote;
	return lp_packet_sockets_exclude(&packet->sockets, local, remote);
}

/* Prepares frame |i| of a send batch. */
static void prepare(struct lp_packet *packet, unsigned i, const struct lp_frame *frame)
{
	struct iovec *iov = packet->send_iov[i];
	lp_vnet_write(&frame->offload, packet->send_vnet[i]);
	/* The kernel does not write to it. */
	iov[1] = (struct iovec){(void *)(uintptr_t)frame->data, frame->len};
	packet->send_hdrs[i].msg_hdr.msg_iovlen = 2;
	if (frame->len < ETH_ZLEN) {
		iov[2] = (struct iovec){(void *)(uintptr_t)padding, ETH_ZLEN - frame->len};
		packet->send_hdrs[i].msg_hdr.msg_iovlen = 3;
	}
}

/* Sends the |n| prepared |frames|. Returns how many the kernel accepted. */
static size_t transmit(struct lp_packet *packet, const struct lp_frame *frames, unsigned n)
{
	unsigned done = 0;
	size_t taken = 0;
	while (done < n) {
		int result = sendmmsg(packet->sockets.fds[0], packet->send_hdrs + done, n - done, MSG_DONTWAIT);
		if (result > 0) {
			done += (unsigned)result;
			taken += (unsigned)result;
			continue;
		}
		if (errno == EINTR)
			continue;
		/* No buffer space, or no interface: the rest would fail too. */
		if (errno == EAGAIN || errno == ENETDOWN || errno == ENXIO) {
			if (errno != EAGAIN)
				expect_down(packet);
			break;
		}
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

size_t lp_packet_send_host(struct lp_packet *packet, const struct lp_frame *frames, size_t n_frames)
{
	return packet->info.host ? lp_host_link_send(&packet->host, frames, n_frames) : 0;
}

void lp_packet_info(const struct lp_packet *packet, struct lp_packet_info *ret_info)
{
	*ret_info = packet->info;
}

void lp_packet_counters(struct lp_packet *packet, struct lp_packet_counters *ret_counters)
{
	packet->counters.overflows += lp_packet_sockets_overflows(&packet->sockets);
	*ret_counters = packet->counters;
}

bool lp_packet_takes(const struct lp_packet *packet, enum lp_gso gso)
{
	/* The kernel segments what the device can't. */
	return gso != LP_GSO_UDP || packet->takes_udp;
}

void lp_packet_close(struct lp_packet *packet)
{
	if (packet)
		release(packet);
}
