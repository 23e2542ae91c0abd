#include "platform/linux/net/udp_errors.h"

#include <time.h> /* before linux/errqueue.h, which needs it */

#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/socket.h>

#include "platform/posix/net/sockaddr.h"

/* Errors read in one call, so that a flood of them does not hold up the loop. */
#define ERRORS_MAX 64

static enum lp_unreachable classify_icmp(const struct sock_extended_err *err)
{
	if (err->ee_type != ICMP_DEST_UNREACH)
		return LP_UNREACHABLE_NONE;
	switch (err->ee_code) {
	case ICMP_PORT_UNREACH:
	case ICMP_PROT_UNREACH:
		return LP_UNREACHABLE_PORT;
	case ICMP_NET_ANO:
	case ICMP_HOST_ANO:
	case ICMP_PKT_FILTERED:
		return LP_UNREACHABLE_FILTERED;
	case ICMP_FRAG_NEEDED:
		return LP_UNREACHABLE_NONE;
	default:
		return LP_UNREACHABLE_HOST;
	}
}

static enum lp_unreachable classify_icmp6(const struct sock_extended_err *err)
{
	if (err->ee_type != ICMP6_DST_UNREACH)
		return LP_UNREACHABLE_NONE;
	switch (err->ee_code) {
	case ICMP6_DST_UNREACH_NOPORT:
		return LP_UNREACHABLE_PORT;
	case ICMP6_DST_UNREACH_NOROUTE:
	case ICMP6_DST_UNREACH_BEYONDSCOPE:
	case ICMP6_DST_UNREACH_ADDR:
		return LP_UNREACHABLE_HOST;
	default: /* prohibited, source address policy (RFC 4443), reject route */
		return LP_UNREACHABLE_FILTERED;
	}
}

static enum lp_unreachable classify(struct msghdr *hdr)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(hdr); c; c = CMSG_NXTHDR(hdr, c)) {
		struct sock_extended_err err;
		bool is_error = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
				(c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);
		if (!is_error || c->cmsg_len < CMSG_LEN(sizeof err))
			continue;
		memcpy(&err, CMSG_DATA(c), sizeof err);
		if (err.ee_origin == SO_EE_ORIGIN_ICMP)
			return classify_icmp(&err);
		if (err.ee_origin == SO_EE_ORIGIN_ICMP6)
			return classify_icmp6(&err);
	}
	return LP_UNREACHABLE_NONE;
}

void lp_udp_errors_read(int fd, lp_udp_unreachable_fn *fn, void *ctx)
{
	for (unsigned i = 0; i < ERRORS_MAX; i++) {
		_Alignas(struct cmsghdr) uint8_t control[512];
		union lp_sockaddr name = {0};
		struct msghdr hdr = {.msg_name = &name,
			.msg_namelen = sizeof name,
			.msg_control = control,
			.msg_controllen = sizeof control};
		if (recvmsg(fd, &hdr, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return;
		enum lp_unreachable why = classify(&hdr);
		struct lp_addr remote;
		lp_sockaddr_get(&name, &remote);
		if (fn && why != LP_UNREACHABLE_NONE)
			fn(ctx, &remote, why);
	}
}
