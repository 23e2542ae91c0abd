#include "doctor/lan_frames.h"

#include <string.h>

#include "proto/be.h"
#include "proto/checksum.h"

#define ETHER 14U
#define IPV4 20U
#define UDP 8U
#define BOOTP 240U /* up to the options, with the cookie */
#define ARP 28U

#define DHCP_COOKIE 0x63825363U
#define OPTION_END 255U
#define OPTION_PAD 0U
#define OPTION_TYPE 53U
#define OPTION_SERVER 54U
#define DISCOVER 1U
#define OFFER 2U

static void put_ethernet(uint8_t *frame, const struct lp_mac *from, uint16_t type)
{
	memset(frame, 0xff, 6);
	memcpy(frame + 6, from->octet, 6);
	lp_be16_put(frame + 12, type);
}

size_t lp_lan_discover(uint8_t frame[LP_LAN_FRAME_MAX], const struct lp_mac *from, uint32_t xid)
{
	static const uint8_t options[] = {OPTION_TYPE, 1, DISCOVER, 55, 3, 1, 3, 6, OPTION_END};
	uint8_t *ip = frame + ETHER, *udp = ip + IPV4, *bootp = udp + UDP;
	size_t udp_len = UDP + BOOTP + sizeof options;
	memset(frame, 0, LP_LAN_FRAME_MAX);
	put_ethernet(frame, from, 0x0800);
	ip[0] = 0x45;
	lp_be16_put(ip + 2, (uint16_t)(IPV4 + udp_len));
	ip[8] = 64;
	ip[9] = 17;
	memset(ip + 16, 0xff, 4);
	lp_sum_store(ip + 10, lp_sum(0, ip, IPV4));
	lp_be16_put(udp, 68);
	lp_be16_put(udp + 2, 67);
	lp_be16_put(udp + 4, (uint16_t)udp_len); /* no checksum (RFC 768) */
	bootp[0] = 1;
	bootp[1] = 1;
	bootp[2] = 6;
	lp_be32_put(bootp + 4, xid);
	lp_be16_put(bootp + 10, 0x8000); /* reply by broadcast */
	memcpy(bootp + 28, from->octet, 6);
	lp_be32_put(bootp + 236, DHCP_COOKIE);
	memcpy(bootp + BOOTP, options, sizeof options);
	return ETHER + IPV4 + udp_len;
}

size_t lp_lan_arp(
	uint8_t frame[LP_LAN_FRAME_MAX], const struct lp_mac *from, const uint8_t sender[4], const uint8_t target[4])
{
	static const uint8_t head[] = {0, 1, 8, 0, 6, 4, 0, 1};
	memset(frame, 0, LP_LAN_FRAME_MAX);
	put_ethernet(frame, from, 0x0806);
	memcpy(frame + ETHER, head, sizeof head);
	memcpy(frame + ETHER + 8, from->octet, 6);
	memcpy(frame + ETHER + 14, sender, 4);
	memcpy(frame + ETHER + 24, target, 4);
	return 60;
}

/* Finds a DHCP option of |wanted_len| bytes; NULL: there is none. */
static const uint8_t *find_option(const uint8_t *at, const uint8_t *end, uint8_t wanted, uint8_t wanted_len)
{
	while (at < end && *at != OPTION_END) {
		if (*at == OPTION_PAD) {
			at++;
			continue;
		}
		if (end - at < 2 || end - at - 2 < at[1])
			return NULL;
		if (at[0] == wanted && at[1] == wanted_len)
			return at + 2;
		at += 2 + at[1];
	}
	return NULL;
}

bool lp_lan_offer(const uint8_t *frame, size_t len, uint32_t xid, uint8_t ret_server[4])
{
	if (len < ETHER + IPV4 + UDP + BOOTP || lp_be16_get(frame + 12) != 0x0800)
		return false;
	const uint8_t *ip = frame + ETHER, *end = frame + len;
	size_t ip_len = (size_t)(ip[0] & 15) * 4;
	if (ip[0] >> 4 != 4 || ip_len < IPV4 || ip[9] != 17 || len < ETHER + ip_len + UDP + BOOTP)
		return false;
	const uint8_t *udp = ip + ip_len, *bootp = udp + UDP;
	if (lp_be16_get(udp) != 67 || bootp[0] != 2 || lp_be32_get(bootp + 4) != xid ||
		lp_be32_get(bootp + 236) != DHCP_COOKIE)
		return false;
	const uint8_t *type = find_option(bootp + BOOTP, end, OPTION_TYPE, 1);
	const uint8_t *server = find_option(bootp + BOOTP, end, OPTION_SERVER, 4);
	if (!type || *type != OFFER)
		return false;
	memcpy(ret_server, server ? server : ip + 12, 4);
	return true;
}

bool lp_lan_arp_from(const uint8_t *frame, size_t len, const uint8_t ip[4], struct lp_mac *ret_mac)
{
	if (len < ETHER + ARP || lp_be16_get(frame + 12) != 0x0806 || memcmp(frame + ETHER + 14, ip, 4) != 0)
		return false;
	memcpy(ret_mac->octet, frame + ETHER + 8, 6);
	return true;
}
