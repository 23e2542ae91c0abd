#include "platform/windows/net/udp_extra.h"

#include "platform/net/udp.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/windows/loop/wait.h"
#include "platform/windows/net/interface.h"
#include "platform/windows/net/sockaddr.h"
#include "platform/windows/net/udp_send.h"
#include "platform/windows/system/os_error.h"

/* Socket buffers: a few milliseconds of a fast link; larger ones only queue longer. */
#define RECEIVE_BUFFER_BYTES (2 << 20)
#define SEND_BUFFER_BYTES (1 << 20)

/* Messages per batch, each with room for a coalesced run; only the bytes that are written are ever touched. */
#define BATCH_MAX 64
#define BATCH_BYTES ((size_t)256 * 1024)
/* An odd number of cache lines: neighbours start in different cache sets. */
#define SLOT_BYTES ((size_t)1025 * 64)
#define COALESCED_MAX 65000
/* The longest datagram that peers send on an Ethernet path: the MTU minus IPv4 and UDP headers. */
#define DATAGRAM_MAX (1500 - 28)
#define CONTROL_BYTES 256

struct lp_udp {
	SOCKET socket;
	bool mapped; /* dual-stack */
	struct lp_addr local;
	lp_udp_recv_fn recv;
	void *ctx;
	lp_udp_unreachable_fn *unreachable; /* or NULL */
	void *unreachable_ctx;
	HANDLE event; /* datagrams arrived */
	struct lp_wait wait;
	LPFN_WSARECVMSG recv_msg;
	bool coalesces;     /* the system may deliver several datagrams as one message */
	const char *notice; /* for lp_udp_notice() */
	struct lp_udp_sender sender;
	struct lp_udp_msg msgs[BATCH_MAX];
	uint8_t *arena; /* the slots */
};

/* Sets an integer option. The caller ignores the result if the option is optional. */
static bool set_option(SOCKET s, int level, int name, DWORD value)
{
	return setsockopt(s, level, name, (const char *)&value, sizeof value) == 0;
}

/* Reads the local address of a control message; a dual-stack socket reports IPv4 as a mapped address. */
static void set_local(struct lp_udp_msg *msg, const IN6_PKTINFO *info)
{
	union lp_sockaddr sa = {.v6 = {.sin6_family = AF_INET6, .sin6_addr = info->ipi6_addr}};
	if (IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr))
		sa.v6.sin6_scope_id = info->ipi6_ifindex;
	lp_sockaddr_get(&sa, &msg->local);
}

/* Reads a datagram's ancillary data: run length, ECN, destination address. */
static void read_control(WSAMSG *hdr, struct lp_udp_msg *msg)
{
	for (WSACMSGHDR *c = WSA_CMSG_FIRSTHDR(hdr); c; c = WSA_CMSG_NXTHDR(hdr, c)) {
		const uint8_t *data = WSA_CMSG_DATA(c);
		if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_COALESCED_INFO) {
			DWORD segment_bytes;
			memcpy(&segment_bytes, data, sizeof segment_bytes);
			if (segment_bytes > 0 && segment_bytes < msg->len)
				msg->segment_bytes = (uint16_t)segment_bytes;
		} else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_ECN) ||
			   (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_ECN)) {
			msg->ecn = data[0] & 3;
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			IN_PKTINFO info;
			memcpy(&info, data, sizeof info);
			msg->local.family = 4;
			memcpy(msg->local.ip, &info.ipi_addr, 4);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			IN6_PKTINFO info;
			memcpy(&info, data, sizeof info);
			set_local(msg, &info);
		}
	}
}

/* Some drivers (Windows on ARM with WSL, several USB docks) coalesce datagrams without the control message that gives
   their length. All of them are lost then, which stops a download but not a ping. A message that is longer than any
   datagram reveals it, and coalescing is disabled for this socket. */
static void doubt_coalescing(struct lp_udp *udp, const struct lp_udp_msg *msg)
{
	if (!udp->coalesces || msg->segment_bytes || msg->len <= DATAGRAM_MAX)
		return;
	udp->coalesces = false;
	set_option(udp->socket, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, 0);
	udp->notice = "received several datagrams as one without their size. UDP receive coalescing is now off";
}

/* Reports an ICMP "port unreachable"; Windows may return the address that the datagram was sent to. */
static void report_unreachable(struct lp_udp *udp, const union lp_sockaddr *name)
{
	struct lp_addr remote = {0};
	if (name->sa.sa_family == AF_INET || name->sa.sa_family == AF_INET6)
		lp_sockaddr_get(name, &remote);
	if (udp->unreachable)
		udp->unreachable(udp->unreachable_ctx, &remote, LP_UNREACHABLE_PORT);
}

/* Reads one message into slot |i|. False if none is available. */
static bool read_message(struct lp_udp *udp, size_t i)
{
	for (;;) {
		_Alignas(WSACMSGHDR) uint8_t control[CONTROL_BYTES];
		WSABUF buf = {.buf = (char *)(udp->arena + i * SLOT_BYTES), .len = (ULONG)SLOT_BYTES};
		union lp_sockaddr name = {0};
		WSAMSG hdr = {.name = &name.sa, .namelen = sizeof name, .lpBuffers = &buf, .dwBufferCount = 1};
		hdr.Control = (WSABUF){.buf = (char *)control, .len = sizeof control};
		DWORD n;
		if (udp->recv_msg(udp->socket, &hdr, &n, NULL, NULL) == 0) {
			struct lp_udp_msg *msg = &udp->msgs[i];
			*msg = (struct lp_udp_msg){.data = (uint8_t *)buf.buf, .len = n};
			lp_sockaddr_get(&name, &msg->remote);
			read_control(&hdr, msg);
			doubt_coalescing(udp, msg);
			msg->local.port = udp->local.port;
			return true;
		}
		switch (WSAGetLastError()) {
		case WSAECONNRESET: /* an ICMP "port unreachable" about a datagram sent earlier */
			report_unreachable(udp, &name);
			continue;
		case WSAEMSGSIZE:  /* longer than any datagram of a peer */
		case WSAENETRESET: /* the TTL of a datagram sent earlier expired */
		case WSAEHOSTUNREACH:
		case WSAENETUNREACH:
			continue;
		default:
			return false;
		}
	}
}

/* Reads one batch and passes it on. If more datagrams wait, the reads signal the event again. */
static void on_readable(void *ctx)
{
	struct lp_udp *udp = ctx;
	size_t n = 0, bytes = 0;
	ResetEvent(udp->event);
	while (n < BATCH_MAX && bytes < BATCH_BYTES && read_message(udp, n))
		bytes += udp->msgs[n++].len;
	if (n)
		udp->recv(udp->ctx, udp->msgs, n);
}

/* Sets the options for IPv4 (|ip|) and IPv6; a dual-stack socket needs both. False if a required option is rejected. */
static bool set_family_options(SOCKET s, bool ip, bool ipv6)
{
	bool ok = true;
	/* PROBE, if supported: never fragment, and ignore ICMP, because QUIC does its own PMTUD (RFC 9000 §14). */
	if (ip) {
		ok = ok && (set_option(s, IPPROTO_IP, IP_MTU_DISCOVER, LP_PMTUDISC_PROBE) ||
				   set_option(s, IPPROTO_IP, IP_DONTFRAGMENT, 1));
		ok = ok && set_option(s, IPPROTO_IP, IP_PKTINFO, 1);
		set_option(s, IPPROTO_IP, IP_RECVECN, 1);
	}
	if (ipv6) {
		if (!set_option(s, IPPROTO_IPV6, IPV6_MTU_DISCOVER, LP_PMTUDISC_PROBE))
			set_option(s, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
		ok = ok && set_option(s, IPPROTO_IPV6, IPV6_PKTINFO, 1);
		set_option(s, IPPROTO_IPV6, IPV6_RECVECN, 1);
	}
	return ok;
}

/* Opens a socket for |family|; 0: dual-stack, or IPv4 on a system without IPv6. 0 or LP_E*. */
static int make_socket(struct lp_udp *udp, uint8_t family)
{
	bool both = family == 0, ipv6 = family != 4;
	DWORD off = FALSE, n;
	u_long non_blocking = 1;
	SOCKET s = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	if (s == INVALID_SOCKET && both) {
		both = ipv6 = false;
		s = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	}
	if (s == INVALID_SOCKET)
		return lp_os_error((DWORD)WSAGetLastError());
	udp->socket = s;
	udp->mapped = both;
	if (ioctlsocket(s, FIONBIO, &non_blocking) != 0 || (ipv6 && !set_option(s, IPPROTO_IPV6, IPV6_V6ONLY, !both)) ||
		!set_family_options(s, !ipv6 || both, ipv6))
		return LP_EUNSUPPORTED;
	/* An ICMP "port unreachable" must not make the next receive fail. */
	WSAIoctl(s, SIO_UDP_CONNRESET, &off, sizeof off, NULL, 0, &n, NULL, NULL);
	WSAIoctl(s, SIO_UDP_NETRESET, &off, sizeof off, NULL, 0, &n, NULL, NULL);
	/* No other program may share the port. */
	set_option(s, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1);
	set_option(s, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, COALESCED_MAX);
	udp->coalesces = true;
	set_option(s, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
	set_option(s, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER_BYTES);
	return 0;
}

static int bind_failure(struct lp_failure *failure, DWORD error, const struct lp_addr *local)
{
	char where[LP_ADDR_TEXT_MAX + 16] = "", text[LP_OS_ERROR_TEXT_MAX];
	int code = lp_os_error(error);
	if (local->family)
		lp_addr_format(local, where);
	switch (error) {
	case WSAEADDRINUSE:
		return lp_fail(failure, code,
			"%s UDP port %u is in use by another program. Choose another port, or stop that program", where,
			local->port);
	case WSAEACCES:
		return lp_fail(failure, code,
			"%s: no permission for UDP port %u: another program or the system reserves it", where,
			local->port);
	case WSAEADDRNOTAVAIL:
		return lp_fail(failure, code, "%s: not an address of this computer. 'ipconfig' lists them", where);
	default:
		return lp_fail(failure, code, "%s UDP port %u: %s", where, local->port, lp_os_error_text(error, text));
	}
}

/* Binds, and reads back the bound address. */
static int bind_socket(struct lp_udp *udp, const struct lp_addr *local, struct lp_failure *failure)
{
	union lp_sockaddr sa;
	int len = lp_sockaddr_set(local, udp->mapped, &sa);
	if (bind(udp->socket, &sa.sa, len) != 0)
		return bind_failure(failure, (DWORD)WSAGetLastError(), local);
	len = sizeof sa;
	if (getsockname(udp->socket, &sa.sa, &len) != 0)
		return lp_fail(failure, LP_EIO, "UDP socket: its own address is not known");
	lp_sockaddr_get(&sa, &udp->local);
	if (local->family == 0)
		udp->local = (struct lp_addr){.port = udp->local.port};
	return 0;
}

/* Looks up the receive function, allocates buffers and attaches the socket to the loop. 0 or LP_E*. */
static int start(struct lp_udp *udp, struct lp_loop *loop)
{
	GUID id = WSAID_WSARECVMSG;
	int result = lp_udp_sender_init(&udp->sender, udp->socket, udp->mapped);
	if (result < 0)
		return result;
	DWORD n;
	if (WSAIoctl(udp->socket, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &udp->recv_msg,
		    sizeof udp->recv_msg, &n, NULL, NULL) != 0)
		return LP_EUNSUPPORTED;
	udp->arena = VirtualAlloc(NULL, BATCH_MAX * SLOT_BYTES, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	udp->event = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (!udp->arena || !udp->event)
		return LP_ENOMEM;
	if (WSAEventSelect(udp->socket, udp->event, FD_READ) != 0)
		return lp_os_error((DWORD)WSAGetLastError());
	return lp_wait_add(&udp->wait, loop, udp->event, on_readable, udp);
}

int lp_udp_open(struct lp_loop *loop, const struct lp_addr *local, lp_udp_recv_fn recv, void *ctx,
	struct lp_failure *failure, struct lp_udp **ret_udp)
{
	struct lp_udp *udp = calloc(1, sizeof *udp);
	if (!udp)
		return lp_fail(failure, LP_ENOMEM, "UDP socket: out of memory");
	udp->socket = INVALID_SOCKET;
	udp->recv = recv;
	udp->ctx = ctx;
	int result = make_socket(udp, local->family);
	if (result < 0)
		lp_fail(failure, result, "UDP socket: %s", lp_error_text(result));
	else if ((result = bind_socket(udp, local, failure)) == 0 && (result = start(udp, loop)) < 0)
		lp_fail(failure, result, "UDP socket: %s", lp_error_text(result));
	if (result < 0) {
		lp_udp_close(udp);
		return result;
	}
	*ret_udp = udp;
	return 0;
}

int lp_udp_open_shared(struct lp_loop *loop, const struct lp_addr *local, const struct lp_udp_share *share,
	lp_udp_recv_fn recv, void *ctx, struct lp_failure *failure, struct lp_udp **ret_udp)
{
	if (share->n > 1)
		return lp_fail(failure, LP_EUNSUPPORTED, "UDP socket: Windows cannot share a port by connection");
	return lp_udp_open(loop, local, recv, ctx, failure, ret_udp);
}

void lp_udp_close(struct lp_udp *udp)
{
	if (!udp)
		return;
	lp_wait_remove(&udp->wait);
	if (udp->socket != INVALID_SOCKET)
		closesocket(udp->socket);
	if (udp->event)
		CloseHandle(udp->event);
	if (udp->arena)
		VirtualFree(udp->arena, 0, MEM_RELEASE);
	free(udp);
}

size_t lp_udp_send(struct lp_udp *udp, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	return lp_udp_sender_send(&udp->sender, msgs, n_msgs);
}

uint64_t lp_udp_overflows(const struct lp_udp *udp)
{
	/* Windows counts them for the whole system only. */
	(void)udp;
	return 0;
}

void lp_udp_disable_offload(struct lp_udp *udp)
{
	udp->coalesces = false;
	set_option(udp->socket, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, 0);
	udp->sender.takes_runs = false;
}

const char *lp_udp_notice(struct lp_udp *udp)
{
	const char *notice = udp->notice;
	udp->notice = NULL;
	return notice;
}

void lp_udp_watch_unreachable(struct lp_udp *udp, lp_udp_unreachable_fn *fn, void *ctx)
{
	DWORD on = fn != NULL, n;
	udp->unreachable = fn;
	udp->unreachable_ctx = ctx;
	/* Without it, an ICMP "port unreachable" does not make the next receive fail. */
	WSAIoctl(udp->socket, SIO_UDP_CONNRESET, &on, sizeof on, NULL, 0, &n, NULL, NULL);
}

void lp_udp_set_interface(struct lp_udp *udp, uint8_t family, uint32_t interface)
{
	(void)udp;
	(void)family;
	(void)interface; /* lp_netwatch_source() never returns one on Windows */
}

void lp_udp_local(const struct lp_udp *udp, struct lp_addr *ret_local)
{
	*ret_local = udp->local;
}

size_t lp_udp_path_payload(struct lp_udp *udp, const struct lp_addr *remote)
{
	size_t header_bytes = remote && remote->family == 6 ? 40 + 8 : 20 + 8;
	size_t mtu = remote ? lp_interface_mtu_towards(remote) : lp_interface_largest_mtu();
	(void)udp;
	/* Loopback has no MTU: the length of an IP packet is the limit. */
	if (mtu > 65535)
		mtu = 65535;
	return mtu > header_bytes ? mtu - header_bytes : 0;
}
