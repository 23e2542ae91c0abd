#include "platform/linux/device/packet_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/linux/device/capture_filter.h"
#include "platform/posix/system/os_error.h"

/* Per socket, as the kernel accounts memory; net/udp.c derives the figure. */
#define RECEIVE_BUFFER_BYTES (2 << 20)
#define SEND_BUFFER_BYTES (1 << 20)

static bool set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

/* Attaches a filter that drops everything. */
static bool set_closed(int fd)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = {.len = 1, .filter = &nothing};
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

static bool bind_to(int fd, unsigned ifindex)
{
	struct sockaddr_ll ll = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)ifindex};
	return bind(fd, (struct sockaddr *)&ll, sizeof ll) == 0;
}

static bool set_promiscuous(int fd, unsigned ifindex)
{
	const struct packet_mreq promiscuous = {.mr_ifindex = (int)ifindex, .mr_type = PACKET_MR_PROMISC};
	return setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous) == 0;
}

/* Opens one socket, with a filter that drops everything. |ifindex| 0: bound to nothing. The descriptor, or the negative
   errno. */
static int open_one(unsigned ifindex)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* PACKET_QDISC_BYPASS stays off. It saves 200 of 1500 ns per small frame behind a qdisc, and nothing without
	   one, but it drops frames where the qdisc would wait for the driver, and rejects every super-frame that the
	   device can't segment itself (the kernel needs 600 ns per segment for that). */
	if (set_closed(fd) && set_option(fd, SOL_PACKET, PACKET_VNET_HDR, 1) &&
		set_option(fd, SOL_PACKET, PACKET_AUXDATA, 1)) {
		if (!set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES / 2))
			set_option(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES / 2);
		if (!set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER_BYTES / 2))
			set_option(fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER_BYTES / 2);
		if (ifindex == 0 || bind_to(fd, ifindex))
			return fd;
	}
	int err = errno;
	close(fd);
	return -err;
}

/* Opens the other sockets, in a fanout group with the first that distributes flows by their hash. Without kernel
   support for such groups one socket has to do. A socket receives every frame until it joins the group, so its filter
   stays closed until then. */
static void open_group(struct lp_packet_sockets *sockets, unsigned ifindex)
{
	int group = PACKET_FANOUT_HASH << 16 | PACKET_FANOUT_FLAG_UNIQUEID << 16;
	socklen_t len = sizeof group;
	if (!set_option(sockets->fds[0], SOL_PACKET, PACKET_FANOUT, group) ||
		getsockopt(sockets->fds[0], SOL_PACKET, PACKET_FANOUT, &group, &len) < 0)
		return;
	group = (group & 0xffff) | PACKET_FANOUT_HASH << 16;
	while (sockets->n < LP_PACKET_SOCKETS_MAX) {
		int fd = open_one(ifindex);
		if (fd < 0)
			return;
		if (!set_option(fd, SOL_PACKET, PACKET_FANOUT, group)) {
			close(fd);
			return;
		}
		sockets->fds[sockets->n++] = fd;
	}
}

static int open_failure(struct lp_failure *failure, int err, const char *name)
{
	if (err == EPERM || err == EACCES)
		return lp_fail(failure, LP_EPERM, "%s: capturing frames needs CAP_NET_RAW. Run with sudo", name);
	return lp_fail(failure, lp_os_error(err), "%s: opening a packet socket: %s", name, strerror(err));
}

int lp_packet_sockets_open(const char *name, unsigned ifindex, bool host, struct lp_failure *failure,
	struct lp_packet_sockets *ret_sockets)
{
	struct lp_packet_sockets sockets = {.host = host, .spare = -1};
	int fd = open_one(ifindex);
	if (fd < 0)
		return open_failure(failure, -fd, name);
	sockets.fds[sockets.n++] = fd;
	if (!set_promiscuous(fd, ifindex)) {
		int err = errno;
		close(fd);
		return open_failure(failure, err, name);
	}
	open_group(&sockets, ifindex);
	sockets.spare = open_one(0);
	if (lp_packet_sockets_exclude(&sockets, NULL, NULL) < 0) {
		lp_packet_sockets_close(&sockets);
		return open_failure(failure, EIO, name);
	}
	*ret_sockets = sockets;
	return 0;
}

void lp_packet_sockets_close(struct lp_packet_sockets *sockets)
{
	for (unsigned i = 0; i < sockets->n; i++)
		close(sockets->fds[i]);
	sockets->n = 0;
	if (sockets->spare >= 0)
		close(sockets->spare);
	sockets->spare = -1;
}

int lp_packet_sockets_move(struct lp_packet_sockets *sockets, unsigned ifindex)
{
	if (sockets->spare < 0)
		return LP_EUNSUPPORTED;
	if (!set_closed(sockets->spare) || !bind_to(sockets->spare, ifindex) ||
		!set_promiscuous(sockets->spare, ifindex) || dup3(sockets->spare, sockets->fds[0], O_CLOEXEC) < 0)
		return lp_os_error(errno);
	while (sockets->n > 1)
		close(sockets->fds[--sockets->n]);
	return 0;
}

int lp_packet_sockets_exclude(
	const struct lp_packet_sockets *sockets, const struct lp_addr *local, const struct lp_addr *remote)
{
	struct sock_filter code[LP_CAPTURE_FILTER_MAX];
	struct sock_fprog program = {.filter = code};
	program.len = (unsigned short)lp_capture_filter(local, remote, sockets->host, code);
	/* The kernel replaces a socket's filter atomically. */
	for (unsigned i = 0; i < sockets->n; i++)
		if (setsockopt(sockets->fds[i], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0)
			return lp_os_error(errno);
	return 0;
}

uint64_t lp_packet_sockets_overflows(const struct lp_packet_sockets *sockets)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < sockets->n; i++) {
		struct tpacket_stats stats;
		socklen_t len = sizeof stats;
		/* The kernel resets the counter with each read. */
		if (getsockopt(sockets->fds[i], SOL_PACKET, PACKET_STATISTICS, &stats, &len) == 0)
			sum += stats.tp_drops;
	}
	return sum;
}
