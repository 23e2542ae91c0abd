#include "proto/mss.h"

#include "proto/checksum.h"

#define TCP_SYN 0x02U
#define OPTION_END 0U
#define OPTION_NOP 1U
#define OPTION_MSS 2U

/* The TCP header of a complete SYN in |frame|, or NULL. |ret_len|: length of the header; |ret_mss|: the largest segment
   with |mtu|. */
static uint8_t *find_syn(uint8_t *frame, size_t len, size_t mtu, size_t *ret_len, uint16_t *ret_mss)
{
	struct lp_ether ether;
	struct lp_ip ip;
	if (lp_ether_parse(frame, len, &ether) != LP_ETHER_OK ||
		(ether.type != LP_ETHER_TYPE_IPV4 && ether.type != LP_ETHER_TYPE_IPV6) ||
		lp_ip_parse(frame + ether.net_offset, ether.net_len, &ip) < 0)
		return NULL;
	if (ip.upper != LP_IP_UPPER_FOUND || ip.protocol != LP_IP_TCP || ip.upper_len < LP_TCP_HEADER)
		return NULL;
	uint8_t *tcp = frame + ether.net_offset + ip.upper_offset;
	size_t header_len = (tcp[12] >> 4) * (size_t)4;
	if (!(tcp[13] & TCP_SYN) || header_len < LP_TCP_HEADER || header_len > ip.upper_len)
		return NULL;
	/* The MSS counts neither IP nor TCP options, nor extension headers (RFC 6691 §2): a sender of options subtracts
	   their length itself. */
	size_t overhead = ether.n_tags * (size_t)LP_ETHER_TAG + LP_TCP_HEADER +
			  (ip.version == 4 ? LP_IPV4_HEADER : LP_IPV6_HEADER);
	size_t mss = mtu > overhead ? mtu - overhead : 0;
	*ret_len = header_len;
	*ret_mss = mss > UINT16_MAX ? UINT16_MAX : (uint16_t)mss;
	return tcp;
}

/* Replaces the 16-bit value at |offset| of the TCP header. A value at an odd offset spans two words of the checksum,
   with its bytes swapped. */
static void replace(uint8_t *tcp, size_t offset, uint16_t value, bool partial_csum)
{
	uint16_t old = lp_be16_get(tcp + offset);
	lp_be16_put(tcp + offset, value);
	if (partial_csum)
		return;
	if (offset & 1)
		lp_checksum_replace16(tcp + 16, __builtin_bswap16(old), __builtin_bswap16(value));
	else
		lp_checksum_replace16(tcp + 16, old, value);
}

bool lp_mss_clamp(uint8_t *frame, size_t len, size_t mtu, bool partial_csum)
{
	size_t header_len;
	uint16_t mss;
	uint8_t *tcp = find_syn(frame, len, mtu, &header_len, &mss);
	if (!tcp)
		return false;
	bool changed = false;
	for (size_t at = LP_TCP_HEADER; at < header_len && tcp[at] != OPTION_END;) {
		if (tcp[at] == OPTION_NOP) {
			at++;
			continue;
		}
		if (header_len - at < 2 || tcp[at + 1] < 2 || tcp[at + 1] > header_len - at)
			break;
		if (tcp[at] == OPTION_MSS && tcp[at + 1] == 4 && lp_be16_get(tcp + at + 2) > mss) {
			replace(tcp, at + 2, mss, partial_csum);
			changed = true;
		}
		at += tcp[at + 1];
	}
	return changed;
}
