/* Two TAPs on a bridge in a new network namespace, to compare with the kernel's handling of frames between them. */
#ifndef LP_TESTS_KERNEL_NET_H
#define LP_TESTS_KERNEL_NET_H

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_bridge.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frame_list.h"

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

struct kernel_net {
	int in, out; /* the two TAPs */
	bool uso;    /* the kernel supports UDP segmentation on TAPs */
};

/* Writes a line to a file of /proc or /sys. */
static inline int kernel_set(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t n = write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -1 : 0;
}

/* Enters new namespaces: as root, or as root of a user namespace. */
static inline int kernel_enter(void)
{
	char map[64];
	unsigned uid = geteuid(), gid = getegid();
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) < 0)
			return -1;
		snprintf(map, sizeof map, "0 %u 1", uid);
		kernel_set("/proc/self/setgroups", "deny");
		if (kernel_set("/proc/self/uid_map", map) < 0)
			return -1;
		snprintf(map, sizeof map, "0 %u 1", gid);
		if (kernel_set("/proc/self/gid_map", map) < 0)
			return -1;
	}
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	kernel_set("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	kernel_set("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
	return 0;
}

/* Opens a TAP; with |napi|, written frames pass through GRO. Returns its file descriptor. */
static inline int kernel_tap(const char *name, bool napi, unsigned offload)
{
	struct ifreq ifr = {.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (napi ? IFF_NAPI : 0))};
	snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", name);
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -1;
	if (ioctl(fd, TUNSETIFF, &ifr) < 0 || ioctl(fd, TUNSETOFFLOAD, (unsigned long)offload) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Brings an interface up; with |bridge|, as a port of it. */
static inline int kernel_up(int control, const char *name, const char *bridge)
{
	struct ifreq ifr = {0};
	snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", name);
	if (bridge) {
		if (ioctl(control, SIOCGIFINDEX, &ifr) < 0)
			return -1;
		int index = ifr.ifr_ifindex;
		ifr = (struct ifreq){.ifr_ifindex = index};
		snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", bridge);
		if (ioctl(control, SIOCBRADDIF, &ifr) < 0)
			return -1;
		snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", name);
	}
	if (ioctl(control, SIOCGIFFLAGS, &ifr) < 0)
		return -1;
	ifr.ifr_flags |= IFF_UP;
	return ioctl(control, SIOCSIFFLAGS, &ifr);
}

/* Makes the two TAPs and the bridge. */
static inline int kernel_net_open(struct kernel_net *net, const char *name, bool napi, unsigned offload)
{
	char in[16], out[16], bridge[16];
	snprintf(in, sizeof in, "%s-in", name);
	snprintf(out, sizeof out, "%s-out", name);
	snprintf(bridge, sizeof bridge, "%s-br", name);
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	net->in = kernel_tap(in, napi, 0);
	net->uso = true;
	net->out = kernel_tap(out, false, offload);
	if (net->out < 0 && errno == EINVAL) {
		net->uso = false;
		net->out = kernel_tap(out, false, offload & ~(unsigned)(TUN_F_USO4 | TUN_F_USO6));
	}
	int err = control < 0 || net->in < 0 || net->out < 0 || ioctl(control, SIOCBRADDBR, bridge) < 0 ||
		  kernel_up(control, bridge, NULL) < 0 || kernel_up(control, in, bridge) < 0 ||
		  kernel_up(control, out, bridge) < 0;
	close(control);
	return err ? -1 : 0;
}

/* Closes the TAPs; the kernel removes them. */
static inline void kernel_net_close(struct kernel_net *net)
{
	close(net->in);
	close(net->out);
}

/* Passes a frame to the kernel. */
static inline int kernel_write(const struct kernel_net *net, const struct lp_frame *frame)
{
	static const uint8_t types[] = {
		VIRTIO_NET_HDR_GSO_NONE, VIRTIO_NET_HDR_GSO_TCPV4, VIRTIO_NET_HDR_GSO_TCPV6, VIRTIO_NET_HDR_GSO_UDP_L4};
	static uint8_t data[sizeof(struct virtio_net_hdr) + LP_SUPER_FRAME_MAX];
	const struct lp_offload *o = &frame->offload;
	struct virtio_net_hdr hdr = {
		.flags = o->needs_csum ? VIRTIO_NET_HDR_F_NEEDS_CSUM : 0,
		.gso_type = (uint8_t)(types[o->gso] | (o->gso_ecn ? VIRTIO_NET_HDR_GSO_ECN : 0)),
		.hdr_len = o->hdr_len,
		.gso_size = o->gso_size,
		.csum_start = o->csum_start,
		.csum_offset = o->csum_offset,
	};
	memcpy(data, &hdr, sizeof hdr);
	memcpy(data + sizeof hdr, frame->data, frame->len);
	return write(net->in, data, sizeof hdr + frame->len) < 0 ? -1 : 0;
}

/* Reads frames from the other TAP: |n_wanted|, and more until none arrives for |quiet_ms|. Frames of other senders are
   left out. */
static inline void kernel_read(const struct kernel_net *net, size_t n_wanted, int quiet_ms, struct frame_list *list)
{
	static uint8_t data[sizeof(struct virtio_net_hdr) + LP_SUPER_FRAME_MAX];
	struct pollfd wait = {.fd = net->out, .events = POLLIN};
	while (poll(&wait, 1, list->n < n_wanted ? 1000 : quiet_ms) > 0) {
		struct virtio_net_hdr hdr;
		ssize_t n = read(net->out, data, sizeof data);
		if (n < (ssize_t)sizeof hdr + 14)
			continue;
		memcpy(&hdr, data, sizeof hdr);
		const struct lp_bytes part = {data + sizeof hdr, (size_t)n - sizeof hdr};
		if (part.data[6] != 0x02 || part.data[11] != 0xaa)
			continue;
		bool csum = hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM;
		uint8_t type = hdr.gso_type & (uint8_t)~VIRTIO_NET_HDR_GSO_ECN;
		struct lp_offload offload = {
			.gso = type == VIRTIO_NET_HDR_GSO_TCPV4    ? LP_GSO_TCP4
			       : type == VIRTIO_NET_HDR_GSO_TCPV6  ? LP_GSO_TCP6
			       : type == VIRTIO_NET_HDR_GSO_UDP_L4 ? LP_GSO_UDP
								   : LP_GSO_NONE,
			.gso_ecn = hdr.gso_type & VIRTIO_NET_HDR_GSO_ECN,
			.needs_csum = csum,
			.gso_size = hdr.gso_size,
			.csum_start = csum ? hdr.csum_start : 0,
			.csum_offset = csum ? hdr.csum_offset : 0,
		};
		frame_list_add(list, &part, 1, &offload);
	}
}

#endif
