#include "platform/linux/net/netlink.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "platform/posix/system/os_error.h"

void lp_netlink_begin(struct lp_netlink_request *request, uint16_t type, const void *message, size_t len)
{
	*request = (struct lp_netlink_request){
		.header = {.nlmsg_len = (uint32_t)NLMSG_SPACE(len), .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST}};
	memcpy(request->body, message, len);
}

void lp_netlink_add(struct lp_netlink_request *request, uint16_t type, const void *data, size_t len)
{
	struct rtattr *attr = (struct rtattr *)((uint8_t *)request + request->header.nlmsg_len);

	assert(request->header.nlmsg_len + RTA_SPACE(len) <= sizeof *request);
	attr->rta_type = type;
	attr->rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(RTA_DATA(attr), data, len);
	request->header.nlmsg_len += (uint32_t)RTA_SPACE(len);
}

int lp_netlink_ask(const struct lp_netlink_request *request, uint16_t type, struct lp_netlink_reply *ret_reply)
{
	const struct nlmsghdr *header = (const struct nlmsghdr *)ret_reply->data;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ssize_t n = -1;
	int err;

	if (fd < 0)
		return lp_os_error(errno);
	if (send(fd, request, request->header.nlmsg_len, 0) >= 0)
		n = recv(fd, ret_reply->data, sizeof ret_reply->data, 0);
	err = errno;
	close(fd);
	if (n < 0)
		return lp_os_error(err);
	if (!NLMSG_OK(header, (size_t)n))
		return LP_EIO;
	if (header->nlmsg_type == NLMSG_ERROR && header->nlmsg_len >= NLMSG_LENGTH(sizeof(struct nlmsgerr))) {
		struct nlmsgerr error;

		memcpy(&error, ret_reply->data + NLMSG_HDRLEN, sizeof error);
		if (error.error)
			return lp_os_error(-error.error);
	}
	return header->nlmsg_type == type ? 0 : LP_EIO;
}

int lp_netlink_change(struct lp_netlink_request *request)
{
	struct lp_netlink_reply reply;

	/* An error of 0 is the acknowledgement. */
	request->header.nlmsg_flags |= NLM_F_ACK;
	return lp_netlink_ask(request, NLMSG_ERROR, &reply);
}

struct lp_bytes lp_netlink_find_in(struct lp_bytes attrs, uint16_t type)
{
	while (attrs.len >= sizeof(struct rtattr)) {
		struct rtattr attr;
		size_t step;

		memcpy(&attr, attrs.data, sizeof attr);
		if (attr.rta_len < sizeof attr || attr.rta_len > attrs.len)
			break;
		if ((attr.rta_type & NLA_TYPE_MASK) == type)
			return (struct lp_bytes){attrs.data + RTA_LENGTH(0), attr.rta_len - RTA_LENGTH(0)};
		step = RTA_ALIGN(attr.rta_len);
		if (step > attrs.len)
			break;
		attrs.data += step;
		attrs.len -= step;
	}
	return (struct lp_bytes){0};
}

struct lp_bytes lp_netlink_find(const struct lp_netlink_reply *reply, size_t message_len, uint16_t type)
{
	const struct nlmsghdr *header = (const struct nlmsghdr *)reply->data;
	size_t before = NLMSG_SPACE(message_len);

	if (header->nlmsg_len < before)
		return (struct lp_bytes){0};
	return lp_netlink_find_in((struct lp_bytes){reply->data + before, header->nlmsg_len - before}, type);
}
