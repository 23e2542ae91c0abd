#include "platform/net/udp.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/linux/device/interface.h"
#include "platform/linux/net/recv_batch.h"
#include "platform/linux/net/route_lookup.h"
#include "platform/linux/net/udp_errors.h"
#include "platform/linux/net/udp_send.h"
#include "platform/linux/net/udp_share.h"
#include "platform/posix/loop/fd_watch.h"
#include "platform/posix/loop/loop_uv.h"
#include "platform/posix/net/sockaddr.h"
#include "platform/posix/system/os_error.h"

/* Socket buffers, as the kernel accounts memory (the option takes half of that). 2 MiB hold 1.3 MB of single full-size
   datagrams, 2 MB of datagrams in runs, or 2500 small ones: 7 to 10 ms at 1.5 Gbit/s. A larger buffer loses no less and
   only queues longer (16 MB held 60 to 80 ms); a smaller one loses whole flights while the program waits for a
   processor. For sending, 1 MiB is 8 ms of a 1 Gbit/s link; below that the interface's own queue management works. */
#define RECEIVE_BUFFER_BYTES (2 << 20)
#define SEND_BUFFER_BYTES (1 << 20)

/* Bytes read before the loop's other devices are served: about 90 full-size datagrams, enough for few ACKs and full
   runs. */
#define BATCH_BYTES ((size_t)128 * 1024)

struct lp_udp {
	struct lp_loop *loop;
	int fd;
	bool mapped; /* an IPv6 socket that also carries IPv4 */
	struct lp_addr local;
	lp_udp_recv_fn recv;
	void *ctx;
	lp_udp_unreachable_fn *unreachable; /* or NULL */
	void *unreachable_ctx;
	struct lp_fd_watch watch;
	struct lp_udp_msg msgs[LP_RECV_BATCH_MAX];
	size_t average_bytes; /* of a message */
	struct lp_recv_batch batch;
	struct lp_udp_sender sender;
};

/* Sets an integer option. The caller ignores the result if the option is optional. */
static bool set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

/* Sets a socket buffer size beyond the system's limit if permitted, otherwise up to the limit. */
static void set_buffer(int fd, int force_name, int name, int bytes)
{
	if (!set_option(fd, SOL_SOCKET, force_name, bytes / 2))
		set_option(fd, SOL_SOCKET, name, bytes / 2);
}

/* Reads a datagram's ancillary data: run length, ECN, destination address. */
static void read_control(struct msghdr *hdr, struct lp_udp_msg *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(hdr); c; c = CMSG_NXTHDR(hdr, c)) {
		const uint8_t *data = CMSG_DATA(c);
		if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
			int segment_bytes;
			memcpy(&segment_bytes, data, sizeof segment_bytes);
			if (segment_bytes > 0 && (size_t)segment_bytes < msg->len)
				msg->segment_bytes = (uint16_t)segment_bytes;
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
			msg->ecn = data[0] & 3;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS) {
			int traffic_class; /* an int, unlike IP_TOS */
			memcpy(&traffic_class, data, sizeof traffic_class);
			msg->ecn = traffic_class & 3;
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;
			memcpy(&info, data, sizeof info);
			msg->local.family = 4;
			memcpy(msg->local.ip, &info.ipi_addr, 4);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO && msg->remote.family == 6) {
			struct in6_pktinfo info;
			memcpy(&info, data, sizeof info);
			msg->local.family = 6;
			memcpy(msg->local.ip, &info.ipi6_addr, 16);
			if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
				msg->local.scope_id = info.ipi6_ifindex;
		}
	}
}

/* Reads one batch and passes it on. If more datagrams wait, the loop calls again after the other devices. */
static void on_readable(void *ctx, bool broken)
{
	struct lp_udp *udp = ctx;
	size_t n_packets = 0, n_bytes = 0;
	if (broken) {
		/* A pending socket error, for example from an ICMP message. Reading clears it. */
		int err;
		socklen_t len = sizeof err;
		getsockopt(udp->fd, SOL_SOCKET, SO_ERROR, &err, &len);
		lp_fd_watch_start(&udp->watch);
		lp_udp_errors_read(udp->fd, udp->unreachable, udp->unreachable_ctx);
		return;
	}
	int n = lp_recv_batch_read(&udp->batch, udp->fd, BATCH_BYTES, &udp->average_bytes);
	if (n <= 0)
		return;
	for (int i = 0; i < n; i++) {
		struct lp_udp_msg *msg = &udp->msgs[i];
		*msg = (struct lp_udp_msg){.data = udp->batch.iov[i].iov_base, .len = udp->batch.msgs[i].msg_len};
		lp_sockaddr_get(&udp->batch.names[i], &msg->remote);
		read_control(&udp->batch.msgs[i].msg_hdr, msg);
		msg->local.port = udp->local.port;
		n_bytes += msg->len;
		n_packets += msg->segment_bytes ? msg->len / msg->segment_bytes : 1;
	}
	lp_loop_received(udp->loop, n_packets, n_bytes);
	udp->recv(udp->ctx, udp->msgs, (size_t)n);
}

/* Sets the options for IPv4 (|ip|) and IPv6; a dual-stack socket needs both. False if a required option is rejected. */
static bool set_family_options(int fd, bool ip, bool ipv6)
{
	bool ok = true;
	/* PROBE: never fragment, and ignore ICMP, because QUIC does its own PMTUD (RFC 9000 §14). */
	if (ip) {
		ok = ok && set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
		ok = ok && set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
		set_option(fd, IPPROTO_IP, IP_RECVTOS, 1);
	}
	if (ipv6) {
		ok = ok && set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
		ok = ok && set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
		set_option(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
		set_option(fd, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
	}
	return ok;
}

/* Opens a socket for |family|; 0: dual-stack, or IPv4 on a system without IPv6. The descriptor or LP_E*. */
static int make_socket(uint8_t family, bool *ret_mapped)
{
	bool both = family == 0;
	bool ipv6 = family != 4;
	int fd = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 && both && errno == EAFNOSUPPORT) {
		both = ipv6 = false;
		fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	}
	if (fd < 0)
		return lp_os_error(errno);
	if (ipv6 && !set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, !both)) {
		close(fd);
		return LP_EUNSUPPORTED;
	}
	if (!set_family_options(fd, !ipv6 || both, ipv6)) {
		close(fd);
		return LP_EUNSUPPORTED;
	}
	set_option(fd, SOL_UDP, UDP_GRO, 1);
	set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
	set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, SEND_BUFFER_BYTES);
	*ret_mapped = both;
	return fd;
}

static int bind_failure(struct lp_failure *failure, int err, const struct lp_addr *local)
{
	char where[LP_ADDR_TEXT_MAX + 2] = "";
	int code = lp_os_error(err);
	if (local->family) {
		lp_addr_format(local, where);
		strcat(where, ": ");
	}
	switch (err) {
	case EADDRINUSE:
		return lp_fail(failure, code,
			"%sUDP port %u is in use by another program. Choose another port, or stop that program "
			"('ss -ulpn' names it)",
			where, local->port);
	case EACCES:
		return lp_fail(failure, code,
			"%sno permission for UDP port %u. Ports below 1024 need root or CAP_NET_BIND_SERVICE", where,
			local->port);
	case EADDRNOTAVAIL:
		return lp_fail(failure, code, "%snot an address of this machine. 'ip address' lists them", where);
	default:
		return lp_fail(failure, code, "%sUDP port %u: %s", where, local->port, strerror(err));
	}
}

/* Binds, and reads back the bound address. */
static int bind_socket(
	struct lp_udp *udp, const struct lp_addr *local, const struct lp_udp_share *share, struct lp_failure *failure)
{
	union lp_sockaddr sa;
	socklen_t len = lp_sockaddr_set(local, udp->mapped, &sa);
	int err = lp_udp_share_bind(udp->fd, &sa.sa, len, share);
	if (err)
		return bind_failure(failure, err, local);
	len = sizeof sa;
	if (getsockname(udp->fd, &sa.sa, &len) < 0)
		return lp_fail(failure, LP_EIO, "UDP socket: %s", strerror(errno));
	lp_sockaddr_get(&sa, &udp->local);
	if (local->family == 0)
		udp->local = (struct lp_addr){.port = udp->local.port};
	return 0;
}

int lp_udp_open(struct lp_loop *loop, const struct lp_addr *local, lp_udp_recv_fn recv, void *ctx,
	struct lp_failure *failure, struct lp_udp **ret_udp)
{
	return lp_udp_open_shared(loop, local, &(struct lp_udp_share){.n = 1}, recv, ctx, failure, ret_udp);
}

int lp_udp_open_shared(struct lp_loop *loop, const struct lp_addr *local, const struct lp_udp_share *share,
	lp_udp_recv_fn recv, void *ctx, struct lp_failure *failure, struct lp_udp **ret_udp)
{
	struct lp_udp *udp = malloc(sizeof *udp);
	if (!udp)
		return lp_fail(failure, LP_ENOMEM, "UDP socket: out of memory");
	*udp = (struct lp_udp){.loop = loop, .recv = recv, .ctx = ctx};
	udp->fd = make_socket(local->family, &udp->mapped);
	int result;
	if (udp->fd < 0) {
		result = lp_fail(failure, udp->fd, "UDP socket: %s", lp_error_text(udp->fd));
		free(udp);
		return result;
	}
	result = bind_socket(udp, local, share, failure);
	if (result == 0) {
		result = lp_recv_batch_init(&udp->batch);
		if (result == 0)
			result = lp_fd_watch_init(&udp->watch, lp_loop_uv(loop), udp->fd, on_readable, udp);
		if (result < 0)
			lp_fail(failure, result, "UDP socket: %s", lp_error_text(result));
	}
	if (result < 0) {
		lp_recv_batch_done(&udp->batch);
		close(udp->fd);
		free(udp);
		return result;
	}
	lp_udp_sender_init(&udp->sender, udp->fd, udp->mapped);
	lp_fd_watch_start(&udp->watch);
	*ret_udp = udp;
	return 0;
}

static void on_released(void *ctx)
{
	struct lp_udp *udp = ctx;
	lp_recv_batch_done(&udp->batch);
	free(udp);
}

void lp_udp_close(struct lp_udp *udp)
{
	if (!udp)
		return;
	lp_fd_watch_close(&udp->watch, on_released);
	close(udp->fd);
}

size_t lp_udp_send(struct lp_udp *udp, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	return lp_udp_sender_send(&udp->sender, msgs, n_msgs);
}

void lp_udp_local(const struct lp_udp *udp, struct lp_addr *ret_local)
{
	*ret_local = udp->local;
}

uint64_t lp_udp_overflows(const struct lp_udp *udp)
{
	uint32_t info[SK_MEMINFO_VARS];
	socklen_t len = sizeof info;
	if (getsockopt(udp->fd, SOL_SOCKET, SO_MEMINFO, info, &len) < 0 ||
		len < (SK_MEMINFO_DROPS + 1) * sizeof info[0])
		return 0;
	return info[SK_MEMINFO_DROPS];
}

void lp_udp_disable_offload(struct lp_udp *udp)
{
	set_option(udp->fd, SOL_UDP, UDP_GRO, 0);
	udp->sender.gso_off = true;
}

const char *lp_udp_notice(struct lp_udp *udp)
{
	(void)udp;
	return NULL;
}

void lp_udp_watch_unreachable(struct lp_udp *udp, lp_udp_unreachable_fn *fn, void *ctx)
{
	udp->unreachable = fn;
	udp->unreachable_ctx = ctx;
	set_option(udp->fd, IPPROTO_IP, IP_RECVERR, fn != NULL);
	set_option(udp->fd, IPPROTO_IPV6, IPV6_RECVERR, fn != NULL);
}

void lp_udp_set_interface(struct lp_udp *udp, uint8_t family, uint32_t interface)
{
	uint32_t index = htonl(interface);
	if (family == 4)
		setsockopt(udp->fd, IPPROTO_IP, IP_UNICAST_IF, &index, sizeof index);
	else
		setsockopt(udp->fd, IPPROTO_IPV6, IPV6_UNICAST_IF, &index, sizeof index);
}

size_t lp_udp_path_payload(struct lp_udp *udp, const struct lp_addr *remote)
{
	size_t header_bytes = remote && remote->family == 6 ? 40 + 8 : 20 + 8;
	struct lp_route_lookup route = {0};
	(void)udp;
	if (!remote)
		route.mtu = lp_interface_largest_mtu();
	else if (lp_route_lookup(remote, 0, &route) < 0)
		return 0;
	return route.mtu > header_bytes ? route.mtu - header_bytes : 0;
}
