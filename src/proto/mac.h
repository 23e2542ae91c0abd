/* What a MAC address means (IEEE 802-2014 §8). Its value, lp_mac_format() and lp_mac_parse() are in base/mac.h. */
#ifndef LP_PROTO_MAC_H
#define LP_PROTO_MAC_H

#include <stdbool.h>

#include "base/mac.h"

/* True for group addresses, broadcast among them. */
static inline bool lp_mac_is_multicast(const struct lp_mac *mac)
{
	return mac->octet[0] & 1;
}

/* True for FF-FF-FF-FF-FF-FF. */
bool lp_mac_is_broadcast(const struct lp_mac *mac);

/* True for 00-00-00-00-00-00. */
bool lp_mac_is_zero(const struct lp_mac *mac);

/* True if a client may have it: unicast, locally administered, not zero. */
bool lp_mac_is_client(const struct lp_mac *mac);

#endif
