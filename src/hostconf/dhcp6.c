/* DHCPv6 replies (RFC 8415, RFC 3646). */
#include "hostconf/packet.h"

#include <string.h>

#include "proto/be.h"

#define HEADER_BYTES 4U /* message type and transaction id */
#define OPTION_HEADER 4U
#define OPTION_DNS_SERVERS 23
#define OPTION_DOMAIN_LIST 24

enum message {
	MESSAGE_ADVERTISE = 2,
	MESSAGE_REPLY = 7,
};

enum lp_hostconf_verdict lp_hostconf_dhcp6(const struct lp_hostconf *config, struct lp_hostconf_packet *packet)
{
	uint8_t *message = packet->message;
	if (packet->len < HEADER_BYTES)
		return LP_HOSTCONF_DROP;
	if (config->accept_dns || (message[0] != MESSAGE_ADVERTISE && message[0] != MESSAGE_REPLY))
		return LP_HOSTCONF_PASS;
	size_t kept = HEADER_BYTES;
	for (size_t at = HEADER_BYTES; at < packet->len;) {
		if (packet->len - at < OPTION_HEADER ||
			lp_be16_get(message + at + 2) > packet->len - at - OPTION_HEADER)
			return LP_HOSTCONF_DROP;
		size_t bytes = OPTION_HEADER + lp_be16_get(message + at + 2);
		uint16_t code = lp_be16_get(message + at);
		if (code != OPTION_DNS_SERVERS && code != OPTION_DOMAIN_LIST) {
			memmove(message + kept, message + at, bytes);
			kept += bytes;
		}
		at += bytes;
	}
	if (kept == packet->len)
		return LP_HOSTCONF_PASS;
	packet->len = kept;
	return LP_HOSTCONF_CHANGED;
}
