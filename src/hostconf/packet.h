/* The message inside a frame, and its lengths and checksums after a change. Internal to hostconf/. */
#ifndef LP_HOSTCONF_PACKET_H
#define LP_HOSTCONF_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostconf/hostconf.h"

struct lp_hostconf_packet {
	uint8_t *ip;           /* the IP header, in the copy that is changed */
	uint8_t *message;      /* behind the UDP header; the ICMPv6 header itself */
	size_t len;            /* of the message; a change may make it smaller */
	uint8_t version;       /* 4 or 6 */
	uint8_t protocol;      /* LP_IP_UDP or LP_IP_ICMPV6 */
	uint32_t upper_offset; /* of the UDP or ICMPv6 header, from |ip| */
};

/* Each reads one message in place, removes what |config| does not accept and updates |packet|->len. The result is
   LP_HOSTCONF_PASS if nothing had to be removed. */
enum lp_hostconf_verdict lp_hostconf_dhcp4(
	const struct lp_hostconf *config, const struct lp_mac *own, struct lp_hostconf_packet *packet);
enum lp_hostconf_verdict lp_hostconf_dhcp6(const struct lp_hostconf *config, struct lp_hostconf_packet *packet);
enum lp_hostconf_verdict lp_hostconf_ra(const struct lp_hostconf *config, struct lp_hostconf_packet *packet);

#endif
