#include "platform/linux/net/udp_send.h"

#include <errno.h>
#include <netinet/udp.h>
#include <string.h>

#include "base/udp_msg.h"

/* Limits of one run: UDP_MAX_SEGMENTS of older kernels, and the length of an IP packet. */
#define RUN_MAX_SEGMENTS 64
#define RUN_MAX_BYTES 65000

void lp_udp_sender_init(struct lp_udp_sender *sender, int fd, bool mapped)
{
	*sender = (struct lp_udp_sender){.fd = fd, .mapped = mapped};
}

/* Appends a control message; the buffer has room for all that are used. */
static void add_control(struct msghdr *hdr, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *c = (struct cmsghdr *)((uint8_t *)hdr->msg_control + hdr->msg_controllen);
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	hdr->msg_controllen += CMSG_SPACE(len);
}

/* Adds the source address of the message. */
static void add_source(struct msghdr *hdr, const struct lp_addr *local)
{
	if (local->family == 4) {
		struct in_pktinfo info = {0};
		memcpy(&info.ipi_spec_dst, local->ip, 4);
		add_control(hdr, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
	} else if (local->family == 6) {
		struct in6_pktinfo info = {.ipi6_ifindex = local->scope_id};
		memcpy(&info.ipi6_addr, local->ip, 16);
		add_control(hdr, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
	}
}

/* Prepares one message: |len| bytes of |msg| at |offset|. */
static void prepare(struct lp_udp_sender *sender, const struct lp_udp_msg *msg, size_t offset, size_t len)
{
	unsigned i = sender->n++;
	struct msghdr *hdr = &sender->hdrs[i].msg_hdr;
	/* The kernel does not write to it. */
	sender->iov[i] = (struct iovec){(void *)(uintptr_t)(msg->data + offset), len};
	sender->segment_bytes[i] = msg->segment_bytes && len > msg->segment_bytes ? msg->segment_bytes : 0;
	*hdr = (struct msghdr){.msg_name = &sender->names[i],
		.msg_namelen = lp_sockaddr_set(&msg->remote, sender->mapped, &sender->names[i]),
		.msg_iov = &sender->iov[i],
		.msg_iovlen = 1,
		.msg_control = sender->control[i]};
	add_source(hdr, &msg->local);
	if (msg->ecn) {
		int tos = msg->ecn;
		if (msg->remote.family == 6)
			add_control(hdr, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof tos);
		else
			add_control(hdr, IPPROTO_IP, IP_TOS, &tos, sizeof tos);
	}
	/* Last, so that a retry without it only shortens the control length. */
	if (sender->segment_bytes[i])
		add_control(hdr, SOL_UDP, UDP_SEGMENT, &sender->segment_bytes[i], sizeof(uint16_t));
}

/* The number of datagrams in a prepared message. */
static size_t datagrams(const struct lp_udp_sender *sender, unsigned i)
{
	size_t segment_bytes = sender->segment_bytes[i];
	return segment_bytes ? (sender->iov[i].iov_len + segment_bytes - 1) / segment_bytes : 1;
}

/* Sends a rejected run one datagram at a time. Returns how many were lost. */
static size_t send_singly(struct lp_udp_sender *sender, unsigned i)
{
	struct msghdr *hdr = &sender->hdrs[i].msg_hdr;
	struct iovec *iov = &sender->iov[i];
	size_t segment_bytes = sender->segment_bytes[i];
	size_t left = iov->iov_len;
	size_t lost = 0;
	hdr->msg_controllen -= CMSG_SPACE(sizeof(uint16_t));
	while (left) {
		iov->iov_len = left < segment_bytes ? left : segment_bytes;
		if (sendmsg(sender->fd, hdr, MSG_DONTWAIT) >= 0) {
			/* A full-size datagram was accepted, so the kernel rejects runs. */
			if (iov->iov_len == segment_bytes)
				sender->gso_off = true;
		} else if (errno != EMSGSIZE) {
			lost++;
		}
		left -= iov->iov_len;
		iov->iov_base = (uint8_t *)iov->iov_base + iov->iov_len;
	}
	return lost;
}

/* Sends the prepared messages. Returns how many datagrams were lost. */
static size_t transmit(struct lp_udp_sender *sender)
{
	unsigned done = 0;
	size_t lost = 0;
	bool again = false;
	while (done < sender->n) {
		int n = sendmmsg(sender->fd, sender->hdrs + done, sender->n - done, MSG_DONTWAIT);
		if (n > 0) {
			done += (unsigned)n;
			again = false;
			continue;
		}
		if (errno == EINTR)
			continue;
		/* The error may be an ICMP error about an earlier datagram, which the call reported and cleared. */
		if (errno != EAGAIN && !again) {
			again = true;
			continue;
		}
		if (errno == EAGAIN) {
			/* The socket buffer is full: the rest would not fit either. */
			for (; done < sender->n; done++)
				lost += datagrams(sender, done);
			break;
		}
		/* A datagram longer than the interface's MTU is a PMTUD probe with its result, not a loss. */
		if (sender->segment_bytes[done] && (errno == EIO || errno == EINVAL || errno == EMSGSIZE))
			lost += send_singly(sender, done);
		else if (errno != EMSGSIZE)
			lost += datagrams(sender, done);
		done++;
		again = false;
	}
	sender->n = 0;
	return lost;
}

/* The number of bytes of a message that fit into one run. */
static size_t run_bytes(const struct lp_udp_sender *sender, const struct lp_udp_msg *msg)
{
	size_t segments = RUN_MAX_BYTES / msg->segment_bytes;
	if (sender->gso_off || segments == 0)
		segments = 1;
	return msg->segment_bytes * (segments < RUN_MAX_SEGMENTS ? segments : RUN_MAX_SEGMENTS);
}

size_t lp_udp_sender_send(struct lp_udp_sender *sender, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	size_t lost = 0;
	for (size_t i = 0; i < n_msgs; i++) {
		const struct lp_udp_msg *msg = &msgs[i];
		size_t offset = 0;
		do {
			size_t left = msg->len - offset;
			size_t len = msg->segment_bytes ? run_bytes(sender, msg) : left;
			if (sender->n == LP_UDP_SEND_MAX)
				lost += transmit(sender);
			prepare(sender, msg, offset, len < left ? len : left);
			offset += len < left ? len : left;
		} while (offset < msg->len);
	}
	return lost + transmit(sender);
}
