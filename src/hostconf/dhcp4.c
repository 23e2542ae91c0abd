/* DHCPv4 replies (RFC 2131, RFC 2132). */
#include "hostconf/packet.h"

#include <string.h>

#include "base/mac.h"

/* The fixed part of a BOOTP message, RFC 951 §3, and the magic cookie in front of the options. */
#define BOOTP_REPLY 2
#define HLEN_OFFSET 2
#define CHADDR_OFFSET 28
#define SNAME_OFFSET 44
#define SNAME_BYTES 64U
#define FILE_OFFSET 108
#define FILE_BYTES 128U
#define COOKIE_OFFSET 236
#define OPTIONS_OFFSET 240U
static const uint8_t cookie[] = {0x63, 0x82, 0x53, 0x63};

enum option {
	OPTION_PAD = 0,
	OPTION_ROUTER = 3,
	OPTION_DNS = 6,
	OPTION_DOMAIN_NAME = 15,
	OPTION_STATIC_ROUTES = 33,
	OPTION_OVERLOAD = 52,
	OPTION_DOMAIN_SEARCH = 119,
	OPTION_CLASSLESS_ROUTES = 121,
	OPTION_CLASSLESS_ROUTES_MS = 249,
	OPTION_PROXY_MS = 252,
	OPTION_END = 255,
};

static bool is_refused(const struct lp_hostconf *config, uint8_t code)
{
	switch (code) {
	case OPTION_ROUTER:
	case OPTION_STATIC_ROUTES:
	case OPTION_CLASSLESS_ROUTES:
	case OPTION_CLASSLESS_ROUTES_MS:
		return !config->accept_routes;
	case OPTION_DNS:
	case OPTION_DOMAIN_NAME:
	case OPTION_DOMAIN_SEARCH:
	case OPTION_PROXY_MS:
		return !config->accept_dns;
	default:
		return false;
	}
}

/* What was found in a field of options. */
struct scan {
	bool changed;
	uint8_t overload; /* RFC 2132 §9.3: 1 |file| holds options too, 2 |sname|, 3 both */
};

/* Overwrites the refused options of one field with pad options, which every reader skips (RFC 2132 §3.1): nothing
   moves, so an option that was split over several instances (RFC 3396) or fields stays readable. False if an option
   extends beyond the field. Ends at the end option or at the end of the field. */
static bool clean(const struct lp_hostconf *config, uint8_t *options, size_t len, struct scan *scan)
{
	for (size_t at = 0; at < len && options[at] != OPTION_END;) {
		if (options[at] == OPTION_PAD) {
			at++;
			continue;
		}
		if (len - at < 2 || options[at + 1] > len - at - 2)
			return false;
		size_t bytes = options[at + 1] + 2U;
		if (options[at] == OPTION_OVERLOAD && bytes == 3)
			scan->overload |= options[at + 2] & 3;
		if (is_refused(config, options[at])) {
			memset(options + at, OPTION_PAD, bytes);
			scan->changed = true;
		}
		at += bytes;
	}
	return true;
}

enum lp_hostconf_verdict lp_hostconf_dhcp4(
	const struct lp_hostconf *config, const struct lp_mac *own, struct lp_hostconf_packet *packet)
{
	uint8_t *message = packet->message;
	if (packet->len < OPTIONS_OFFSET)
		return LP_HOSTCONF_DROP;
	if (message[0] != BOOTP_REPLY || memcmp(message + COOKIE_OFFSET, cookie, sizeof cookie) != 0)
		return LP_HOSTCONF_PASS;
	if (message[HLEN_OFFSET] == sizeof own->octet &&
		memcmp(message + CHADDR_OFFSET, own->octet, sizeof own->octet) != 0)
		return LP_HOSTCONF_PASS;
	struct scan scan = {0};
	if (!clean(config, message + OPTIONS_OFFSET, packet->len - OPTIONS_OFFSET, &scan))
		return LP_HOSTCONF_DROP;
	uint8_t overload = scan.overload;
	if (overload & 1 && !clean(config, message + FILE_OFFSET, FILE_BYTES, &scan))
		return LP_HOSTCONF_DROP;
	if (overload & 2 && !clean(config, message + SNAME_OFFSET, SNAME_BYTES, &scan))
		return LP_HOSTCONF_DROP;
	return scan.changed ? LP_HOSTCONF_CHANGED : LP_HOSTCONF_PASS;
}
