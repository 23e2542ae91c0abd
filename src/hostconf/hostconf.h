/* What the LAN may configure on a member's computer.

   A LAN configures its hosts by DHCPv4 (RFC 2131), router advertisements (RFC 4861) and DHCPv6 (RFC 8415). A remote
   player wants an address from it and nothing else: with the rest, the party's router would carry the player's
   internet traffic, and the party's name server would see every name that the computer looks up. Linux and Windows
   accept all of it from every interface by default, and each DHCP client has settings of its own against it. So the
   member removes the rest from the frames before its TAP receives them. That protects every system and every DHCP
   client alike.

   The model: lp_hostconf_filter() is given each frame for the TAP. It passes nearly all of them after one comparison.
   In DHCPv4 replies for the member's own MAC, router advertisements and DHCPv6 replies it removes

   | what              | DHCPv4 options      | router advertisement                         | DHCPv6 options |
   |-------------------|---------------------|----------------------------------------------|----------------|
   | routes            | 3, 33, 121, 249     | lifetime and preference 0, route information |                |
   | names and proxies | 6, 15, 119, 252     | RDNSS, DNSSL, captive portal, PREF64         | 23, 24         |

   (RFC 2132, 3397, 3442, 4191, 6106, 8781, 8910; 249 and 252 are Microsoft's), and recomputes the checksums. A message
   that cannot be read to its end, or that was fragmented so that its options cannot be seen, is dropped: a host
   might read it differently. Fragmented router advertisements must be ignored by hosts in any case (RFC 6980).

   Invariants: addresses, masks, leases, prefixes and MTUs are never changed; a frame never grows; filtering a frame
   twice gives the same bytes as filtering it once.

   Not done here: other stations behind the member (a bridged console is a host of the LAN and keeps everything), and
   names that are found without a server (mDNS, LLMNR, NetBIOS), which games use. Pure; no state. */
#ifndef LP_HOSTCONF_HOSTCONF_H
#define LP_HOSTCONF_HOSTCONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/be.h"
#include "proto/ether.h"
#include "proto/ip.h"

/* The largest frame that lp_hostconf_filter() changes; configuration messages in larger ones are dropped. */
#define LP_HOSTCONF_FRAME_MAX 2048U
#define LP_DHCP4_SERVER_PORT 67
#define LP_DHCP4_CLIENT_PORT 68
#define LP_DHCP6_SERVER_PORT 547
#define LP_DHCP6_CLIENT_PORT 546

struct lp_mac;

/* What a member accepts from the LAN besides its address. */
struct lp_hostconf {
	bool accept_routes; /* default and static routes: --lan-internet */
	bool accept_dns;    /* name servers, search domains and proxies: --lan-dns */
};

enum lp_hostconf_verdict {
	LP_HOSTCONF_PASS,    /* deliver the frame as it is */
	LP_HOSTCONF_CHANGED, /* deliver |ret_frame| in its place */
	LP_HOSTCONF_DROP,    /* configuration that cannot be read: deliver nothing */
};

/* lp_hostconf_filter() for frames that lp_hostconf_is_candidate() does not rule out. */
enum lp_hostconf_verdict lp_hostconf_filter_slow(const struct lp_hostconf *config, const struct lp_mac *own,
	const uint8_t *frame, size_t len, uint8_t ret_frame[LP_HOSTCONF_FRAME_MAX], size_t *ret_len);

/* False for nearly every frame: neither UDP nor ICMPv6 nor something that hides what it is (tags, SNAP, IPv4 options,
   fragments, IPv6 extension headers). */
static inline bool lp_hostconf_is_candidate(const uint8_t *frame, size_t len)
{
	if (len < LP_ETHER_HEADER + 24)
		return false;
	uint16_t type = lp_be16_get(frame + 12);
	const uint8_t *ip = frame + LP_ETHER_HEADER;
	if (type == LP_ETHER_TYPE_IPV4)
		return ip[9] == LP_IP_UDP &&
		       (ip[0] != 0x45 || lp_be16_get(ip + 6) & 0x3fff || lp_be16_get(ip + 20) == LP_DHCP4_SERVER_PORT ||
			       lp_be16_get(ip + 22) == LP_DHCP4_CLIENT_PORT);
	if (type == LP_ETHER_TYPE_IPV6)
		return ip[6] != LP_IP_TCP && (ip[6] != LP_IP_UDP || len < LP_ETHER_HEADER + 44 ||
						     lp_be16_get(ip + 40) == LP_DHCP6_SERVER_PORT ||
						     lp_be16_get(ip + 42) == LP_DHCP6_CLIENT_PORT);
	return type < LP_ETHER_TYPE_MIN || lp_ether_is_tag(type);
}

/* Removes from a frame for the member's host what |config| does not accept. |own| is the MAC of the member's TAP:
   DHCPv4 replies for other stations pass. A member that accepts everything
   gets every frame as it is. |ret_frame| and |ret_len| are written only on LP_HOSTCONF_CHANGED. */
static inline enum lp_hostconf_verdict lp_hostconf_filter(const struct lp_hostconf *config, const struct lp_mac *own,
	const uint8_t *frame, size_t len, uint8_t ret_frame[LP_HOSTCONF_FRAME_MAX], size_t *ret_len)
{
	if (!lp_hostconf_is_candidate(frame, len))
		return LP_HOSTCONF_PASS;
	return lp_hostconf_filter_slow(config, own, frame, len, ret_frame, ret_len);
}

#endif
