#include "platform/windows/net/udp_send.h"

#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/udp_msg.h"
#include "platform/windows/net/sockaddr.h"

/* Limit of one run: the length of an IP packet. */
#define RUN_MAX_BYTES 65000

/* Room for a source address, ECN and a segment length. */
#define CONTROL_BYTES 128

struct outgoing {
	WSAMSG msg;
	WSABUF buf;
	union lp_sockaddr name;
	_Alignas(WSACMSGHDR) uint8_t control[CONTROL_BYTES];
};

int lp_udp_sender_init(struct lp_udp_sender *sender, SOCKET socket, bool mapped)
{
	GUID id = WSAID_WSASENDMSG;
	DWORD value;
	int len = sizeof value;
	*sender = (struct lp_udp_sender){.socket = socket, .mapped = mapped, .takes_ecn = true, .takes_source = true};
	DWORD n;
	if (WSAIoctl(socket, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &sender->send_msg,
		    sizeof sender->send_msg, &n, NULL, NULL) != 0)
		return LP_EUNSUPPORTED;
	/* Windows 10 2004 and later. */
	sender->takes_runs = getsockopt(socket, IPPROTO_UDP, UDP_SEND_MSG_SIZE, (char *)&value, &len) == 0;
	return 0;
}

/* Appends a control message; the buffer has room for all that are used. */
static void add_control(struct outgoing *out, int level, int type, const void *data, size_t len)
{
	WSACMSGHDR *c = (WSACMSGHDR *)(void *)(out->control + out->msg.Control.len);
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = WSA_CMSG_LEN(len);
	memcpy(WSA_CMSG_DATA(c), data, len);
	out->msg.Control.len += (ULONG)WSA_CMSG_SPACE(len);
}

/* Adds the source address of the message. */
static void add_source(struct outgoing *out, const struct lp_addr *local)
{
	if (local->family == 4) {
		IN_PKTINFO info = {0};
		memcpy(&info.ipi_addr, local->ip, 4);
		add_control(out, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
	} else if (local->family == 6) {
		IN6_PKTINFO info = {.ipi6_ifindex = local->scope_id};
		memcpy(&info.ipi6_addr, local->ip, 16);
		add_control(out, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
	}
}

/* Sends |len| bytes of |msg| at |offset|, as one datagram or as a run. 0 or the error. */
static int transmit(struct lp_udp_sender *sender, const struct lp_udp_msg *msg, size_t offset, size_t len, bool run)
{
	struct outgoing out;
	/* The system does not write to it. */
	out.buf = (WSABUF){.buf = (char *)(uintptr_t)(msg->data + offset), .len = (ULONG)len};
	out.msg = (WSAMSG){.name = &out.name.sa, .lpBuffers = &out.buf, .dwBufferCount = 1};
	out.msg.namelen = lp_sockaddr_set(&msg->remote, sender->mapped, &out.name);
	out.msg.Control.buf = (char *)out.control;
	if (sender->takes_source)
		add_source(&out, &msg->local);
	if (msg->ecn && sender->takes_ecn) {
		int ecn = msg->ecn;
		if (msg->remote.family == 6)
			add_control(&out, IPPROTO_IPV6, IPV6_ECN, &ecn, sizeof ecn);
		else
			add_control(&out, IPPROTO_IP, IP_ECN, &ecn, sizeof ecn);
	}
	if (run) {
		DWORD segment_bytes = msg->segment_bytes;
		add_control(&out, IPPROTO_UDP, UDP_SEND_MSG_SIZE, &segment_bytes, sizeof segment_bytes);
	}
	if (out.msg.Control.len == 0)
		out.msg.Control.buf = NULL;
	DWORD n;
	return sender->send_msg(sender->socket, &out.msg, 0, &n, NULL, NULL) == 0 ? 0 : WSAGetLastError();
}

/* Sends a datagram again, without a control message that the system perhaps rejects. If that succeeds, the message is
   not used any more. 0 or the error. */
static int retry_without(
	struct lp_udp_sender *sender, bool *takes, const struct lp_udp_msg *msg, size_t offset, size_t len, int error)
{
	if (!*takes)
		return error;
	*takes = false;
	int again = transmit(sender, msg, offset, len, false);
	*takes = again != 0;
	return again;
}

/* Sends one datagram. Returns the number lost: 0 or 1. */
static size_t send_one(struct lp_udp_sender *sender, const struct lp_udp_msg *msg, size_t offset, size_t len)
{
	int error = transmit(sender, msg, offset, len, false);
	if ((error == WSAEINVAL || error == WSAEOPNOTSUPP) && msg->ecn)
		error = retry_without(sender, &sender->takes_ecn, msg, offset, len, error);
	if ((error == WSAEINVAL || error == WSAEOPNOTSUPP) && msg->local.family)
		error = retry_without(sender, &sender->takes_source, msg, offset, len, error);
	/* A datagram longer than the interface's MTU is a PMTUD probe with its result, not a loss. */
	return error != 0 && error != WSAEMSGSIZE;
}

/* Sends a run. Returns the number of datagrams lost. */
static size_t send_run(struct lp_udp_sender *sender, const struct lp_udp_msg *msg)
{
	size_t segment_bytes = msg->segment_bytes;
	size_t most = RUN_MAX_BYTES / segment_bytes * segment_bytes;
	size_t offset = 0, lost = 0;
	while (offset < msg->len) {
		size_t left = msg->len - offset;
		size_t len = left < most ? left : most;
		if (sender->takes_runs && len > segment_bytes) {
			int error = transmit(sender, msg, offset, len, true);
			if (error == 0 || error == WSAEWOULDBLOCK) {
				lost += error ? (len + segment_bytes - 1) / segment_bytes : 0;
				offset += len;
				continue;
			}
			/* Rejected as a run: send the first datagram alone. */
		}
		len = left < segment_bytes ? left : segment_bytes;
		lost += send_one(sender, msg, offset, len);
		offset += len;
	}
	return lost;
}

size_t lp_udp_sender_send(struct lp_udp_sender *sender, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	size_t lost = 0;
	for (size_t i = 0; i < n_msgs; i++) {
		if (msgs[i].segment_bytes && msgs[i].segment_bytes <= RUN_MAX_BYTES)
			lost += send_run(sender, &msgs[i]);
		else
			lost += send_one(sender, &msgs[i], 0, msgs[i].len);
	}
	return lost;
}
