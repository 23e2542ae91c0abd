/* rtnetlink requests, with libmnl.

   Each call opens a socket, sends one request and reads the reply to its end: the parts of a dump, and the
   acknowledgement of everything else. Calls are rare (start, roaming, a check every few seconds), so no socket is kept
   for them. */
#ifndef LP_PLATFORM_LINUX_NET_NETLINK_H
#define LP_PLATFORM_LINUX_NET_NETLINK_H

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

/* Room for a request: the header, the struct of its type, a few attributes. */
struct lp_netlink_request {
	_Alignas(struct nlmsghdr) uint8_t data[256];
};

/* Starts a request. NLM_F_DUMP among |flags| asks for all objects. Append the type's struct with
   mnl_nlmsg_put_extra_header() and attributes with mnl_attr_put(). */
struct nlmsghdr *lp_netlink_begin(struct lp_netlink_request *request, uint16_t type, uint16_t flags);
/* Sends the request and calls |reply| (NULL: none is expected) for each message of the reply. A dump that changed while
   it was read is read again: |reply| may see an object twice. 0, or the LP_E* of the kernel's errno. */
int lp_netlink_call(struct nlmsghdr *request, mnl_cb_t reply, void *ctx);

/* The attribute after |attr| of a message whose struct has |struct_bytes|, or of the nested attribute |nest|; the first
   one after NULL. NULL after the last. (libmnl's macros cast away const, which clang refuses.) */
const struct nlattr *lp_netlink_next(const struct nlmsghdr *message, size_t struct_bytes, const struct nlattr *attr);
const struct nlattr *lp_netlink_next_nested(const struct nlattr *nest, const struct nlattr *attr);

/* Appends an IP address. */
void lp_netlink_put_ip(struct nlmsghdr *request, uint16_t type, const struct lp_addr *addr);
/* The IP address of an attribute, into an |addr| that has the family already. Unchanged if the length is wrong. */
void lp_netlink_get_ip(const struct nlattr *attr, struct lp_addr *addr);
/* The number of an attribute; 0 if the length is wrong. */
uint32_t lp_netlink_get_u32(const struct nlattr *attr);
/* AF_INET or AF_INET6 for 4 or 6, and back (0 for others). */
uint8_t lp_netlink_family(uint8_t family);
uint8_t lp_netlink_ip_version(uint8_t family);

#endif
