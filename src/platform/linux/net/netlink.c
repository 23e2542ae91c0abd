#include "platform/linux/net/netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "platform/posix/system/os_error.h"

/* A dump is read at most this often. */
#define DUMP_TRIES 4
/* The longest part of a dump that the kernel makes. */
#define REPLY_BYTES 32768

struct nlmsghdr *lp_netlink_begin(struct lp_netlink_request *request, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(request->data);
	header->nlmsg_type = type;
	/* A dump ends with NLMSG_DONE, anything else with its acknowledgement. */
	header->nlmsg_flags = NLM_F_REQUEST | flags | ((flags & NLM_F_DUMP) == NLM_F_DUMP ? 0 : NLM_F_ACK);
	header->nlmsg_seq = 1;
	return header;
}

/* Reads the whole reply. 0 or the errno. */
static int receive(struct mnl_socket *socket, mnl_cb_t reply, void *ctx)
{
	_Alignas(struct nlmsghdr) uint8_t data[REPLY_BYTES];
	int more = MNL_CB_OK;
	while (more > MNL_CB_STOP) {
		ssize_t len = mnl_socket_recvfrom(socket, data, sizeof data);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return errno;
		more = mnl_cb_run(data, (size_t)len, 1, mnl_socket_get_portid(socket), reply, ctx);
	}
	return more < 0 ? errno : 0;
}

/* Sends the request and reads the reply. 0 or the errno; EINTR: the dump changed. */
static int call_once(const struct nlmsghdr *request, mnl_cb_t reply, void *ctx)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!socket)
		return errno;
	int err = 0;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
		mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		err = errno;
	if (!err)
		err = receive(socket, reply, ctx);
	mnl_socket_close(socket);
	return err;
}

int lp_netlink_call(struct nlmsghdr *request, mnl_cb_t reply, void *ctx)
{
	int err = EINTR;
	for (unsigned i = 0; i < DUMP_TRIES && err == EINTR; i++)
		err = call_once(request, reply, ctx);
	return err ? lp_os_error(err) : 0;
}

/* Bytes of an address of a family, 4 or 6. */
static size_t ip_bytes(uint8_t family)
{
	return family == 6 ? 16 : 4;
}

/* |attr| if it is complete in front of |end|. */
static const struct nlattr *complete(const struct nlattr *attr, const char *end)
{
	return mnl_attr_ok(attr, (int)(end - (const char *)attr)) ? attr : NULL;
}

const struct nlattr *lp_netlink_next(const struct nlmsghdr *message, size_t struct_bytes, const struct nlattr *attr)
{
	attr = attr ? mnl_attr_next(attr) : mnl_nlmsg_get_payload_offset(message, struct_bytes);
	return complete(attr, mnl_nlmsg_get_payload_tail(message));
}

const struct nlattr *lp_netlink_next_nested(const struct nlattr *nest, const struct nlattr *attr)
{
	const char *start = mnl_attr_get_payload(nest);
	attr = attr ? mnl_attr_next(attr) : mnl_attr_get_payload(nest);
	return complete(attr, start + mnl_attr_get_payload_len(nest));
}

void lp_netlink_put_ip(struct nlmsghdr *request, uint16_t type, const struct lp_addr *addr)
{
	mnl_attr_put(request, type, ip_bytes(addr->family), addr->ip);
}

void lp_netlink_get_ip(const struct nlattr *attr, struct lp_addr *addr)
{
	if (mnl_attr_get_payload_len(attr) == ip_bytes(addr->family))
		memcpy(addr->ip, mnl_attr_get_payload(attr), ip_bytes(addr->family));
}

uint32_t lp_netlink_get_u32(const struct nlattr *attr)
{
	return mnl_attr_validate(attr, MNL_TYPE_U32) < 0 ? 0 : mnl_attr_get_u32(attr);
}

uint8_t lp_netlink_family(uint8_t family)
{
	return family == 6 ? AF_INET6 : AF_INET;
}

uint8_t lp_netlink_ip_version(uint8_t family)
{
	return family == AF_INET ? 4 : family == AF_INET6 ? 6 : 0;
}
