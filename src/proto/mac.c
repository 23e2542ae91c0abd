#include "proto/mac.h"

#include <stdio.h>

#include "base/error.h"

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

const char *lp_mac_format(const struct lp_mac *mac, char text[LP_MAC_TEXT_MAX])
{
	const uint8_t *o = mac->octet;
	snprintf(text, LP_MAC_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", o[0], o[1], o[2], o[3], o[4], o[5]);
	return text;
}

/* The value of a hex digit, or -1. */
static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int lp_mac_parse(const char *text, struct lp_mac *ret_mac)
{
	struct lp_mac mac;
	for (int i = 0; i < 6; i++, text += 3) {
		int high = digit(text[0]);
		int low = high < 0 ? -1 : digit(text[1]);
		if (low < 0)
			return LP_EINVAL;
		mac.octet[i] = (uint8_t)(high << 4 | low);
		if (i < 5 ? text[2] != ':' && text[2] != '-' : text[2] != '\0')
			return LP_EINVAL;
	}
	*ret_mac = mac;
	return 0;
}
