/* Router advertisements (RFC 4861 §4.2). */
#include "hostconf/packet.h"

#include <string.h>

#include "proto/be.h"

#define HEADER_BYTES 16U
#define FLAGS_OFFSET 5
#define PREFERENCE_MASK 0x18 /* RFC 4191 §2.2 */
#define LIFETIME_OFFSET 6

enum option {
	OPTION_ROUTE_INFORMATION = 24, /* RFC 4191 §2.3 */
	OPTION_RDNSS = 25,             /* RFC 8106 §5.1 */
	OPTION_DNSSL = 31,             /* RFC 8106 §5.2 */
	OPTION_CAPTIVE_PORTAL = 37,    /* RFC 8910 §2.3 */
	OPTION_PREF64 = 38,            /* RFC 8781 §4 */
};

static bool is_refused(const struct lp_hostconf *config, uint8_t type)
{
	switch (type) {
	case OPTION_ROUTE_INFORMATION:
		return !config->accept_routes;
	case OPTION_RDNSS:
	case OPTION_DNSSL:
	case OPTION_CAPTIVE_PORTAL:
	case OPTION_PREF64:
		return !config->accept_dns;
	default:
		return false;
	}
}

/* The sender is not a default router: lifetime 0, for which the preference must be 0 too (RFC 4191 §2.2). */
static bool clear_default_router(uint8_t *message)
{
	if (!(message[FLAGS_OFFSET] & PREFERENCE_MASK) && lp_be16_get(message + LIFETIME_OFFSET) == 0)
		return false;
	message[FLAGS_OFFSET] &= (uint8_t)~PREFERENCE_MASK;
	lp_be16_put(message + LIFETIME_OFFSET, 0);
	return true;
}

enum lp_hostconf_verdict lp_hostconf_ra(const struct lp_hostconf *config, struct lp_hostconf_packet *packet)
{
	uint8_t *message = packet->message;
	if (packet->len < HEADER_BYTES)
		return LP_HOSTCONF_DROP;
	bool changed = !config->accept_routes && clear_default_router(message);
	size_t kept = HEADER_BYTES;
	for (size_t at = HEADER_BYTES; at < packet->len;) {
		/* Lengths count in units of 8 bytes; 0 makes the whole message invalid (RFC 4861 §4.6). */
		if (packet->len - at < 8 || message[at + 1] == 0 || message[at + 1] * 8U > packet->len - at)
			return LP_HOSTCONF_DROP;
		size_t bytes = message[at + 1] * 8U;
		if (!is_refused(config, message[at])) {
			memmove(message + kept, message + at, bytes);
			kept += bytes;
		}
		at += bytes;
	}
	changed |= kept != packet->len;
	packet->len = kept;
	return changed ? LP_HOSTCONF_CHANGED : LP_HOSTCONF_PASS;
}
