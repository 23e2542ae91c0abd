/* One question to rtnetlink, and its answer. */
#ifndef LP_PLATFORM_LINUX_NET_NETLINK_H
#define LP_PLATFORM_LINUX_NET_NETLINK_H

#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* A request: a header, the family's own struct, attributes. */
struct lp_netlink_request {
	struct nlmsghdr header;
	uint8_t body[128];
};

struct lp_netlink_reply {
	_Alignas(struct nlmsghdr) uint8_t data[16384];
};

/* Begins a request of a type with the struct that belongs to it. */
void lp_netlink_begin(struct lp_netlink_request *request, uint16_t type, const void *message, size_t len);
/* Appends an attribute; the request has room for it. */
void lp_netlink_add(struct lp_netlink_request *request, uint16_t type, const void *data, size_t len);
/* Asks, with a socket of its own. 0 if the answer is one message of |type|, which is then in |ret_reply|;
   LP_EUNREACH for a destination without a route, LP_E* for other refusals. */
int lp_netlink_ask(const struct lp_netlink_request *request, uint16_t type, struct lp_netlink_reply *ret_reply);
/* Asks for a change: 0 when the kernel has made it. */
int lp_netlink_change(struct lp_netlink_request *request);
/* The value of the attribute of a type in an answer whose own struct is |message_len| bytes; data NULL: none. */
struct lp_bytes lp_netlink_find(const struct lp_netlink_reply *reply, size_t message_len, uint16_t type);
/* The same within the value of an attribute that holds others. */
struct lp_bytes lp_netlink_find_in(struct lp_bytes attrs, uint16_t type);

#endif
