#include "proto/mac.h"

bool lp_mac_is_broadcast(const struct lp_mac *mac)
{
	static const struct lp_mac broadcast = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
	return lp_mac_equal(mac, &broadcast);
}

bool lp_mac_is_zero(const struct lp_mac *mac)
{
	static const struct lp_mac zero;
	return lp_mac_equal(mac, &zero);
}

bool lp_mac_is_client(const struct lp_mac *mac)
{
	/* IEEE 802-2014 §8.2.2: bit 0 is group, bit 1 locally administered; an address with bit 1 is never zero. */
	return (mac->octet[0] & 3) == 2;
}
