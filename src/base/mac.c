#include "base/mac.h"

#include <stdio.h>

#include "base/error.h"

const char *lp_mac_format(const struct lp_mac *mac, char text[LP_MAC_TEXT_MAX])
{
	const uint8_t *o = mac->octet;
	snprintf(text, LP_MAC_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", o[0], o[1], o[2], o[3], o[4], o[5]);
	return text;
}

bool lp_mac_is_zero(const struct lp_mac *mac)
{
	static const struct lp_mac zero;
	return lp_mac_equal(mac, &zero);
}

bool lp_mac_is_client(const struct lp_mac *mac)
{
	/* IEEE 802-2014 §8.2.2: bit 0 is the group bit, bit 1 the locally administered bit. */
	return (mac->octet[0] & 3) == 2;
}

/* The value of a hex digit, or -1. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int lp_mac_parse(const char *text, struct lp_mac *ret_mac)
{
	struct lp_mac mac;
	char separator = text[0] && text[1] ? text[2] : '\0';
	if (separator != ':' && separator != '-')
		return LP_EINVAL;
	for (unsigned i = 0; i < sizeof mac.octet; i++, text += 3) {
		int high = hex_digit(text[0]);
		int low = high < 0 ? -1 : hex_digit(text[1]);
		if (low < 0 || text[2] != (i < 5 ? separator : '\0'))
			return LP_EINVAL;
		mac.octet[i] = (uint8_t)(high << 4 | low);
	}
	*ret_mac = mac;
	return 0;
}
