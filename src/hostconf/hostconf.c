#include "hostconf/hostconf.h"

#include <string.h>

#include "hostconf/packet.h"
#include "proto/checksum.h"
#include "proto/ip.h"

#define ICMPV6_ROUTER_ADVERTISEMENT 134
#define UDP_CHECKSUM_OFFSET 6
#define ICMPV6_CHECKSUM_OFFSET 2

/* What a packet carries that configures a host. */
enum kind {
	KIND_NONE,
	KIND_DHCP4,
	KIND_DHCP6,
	KIND_ROUTER_ADVERTISEMENT,
};

static enum kind kind_of(const uint8_t *packet, const struct lp_ip *ip)
{
	const uint8_t *upper = packet + ip->upper_offset;
	if (ip->upper != LP_IP_UPPER_FOUND)
		return KIND_NONE;
	if (ip->version == 6 && ip->protocol == LP_IP_ICMPV6)
		return ip->upper_len >= 1 && upper[0] == ICMPV6_ROUTER_ADVERTISEMENT ? KIND_ROUTER_ADVERTISEMENT
										     : KIND_NONE;
	if (ip->protocol != LP_IP_UDP || ip->upper_len < LP_UDP_HEADER)
		return KIND_NONE;
	uint16_t source = lp_be16_get(upper), target = lp_be16_get(upper + 2);
	if (ip->version == 4)
		return source == LP_DHCP4_SERVER_PORT || target == LP_DHCP4_CLIENT_PORT ? KIND_DHCP4 : KIND_NONE;
	return source == LP_DHCP6_SERVER_PORT || target == LP_DHCP6_CLIENT_PORT ? KIND_DHCP6 : KIND_NONE;
}

/* Writes the lengths and checksums of a message that was |old_len| bytes long. Ethernet padding behind the packet
   moves up with its end. Returns by how many bytes the frame became shorter. */
static size_t finish(const struct lp_hostconf_packet *packet, size_t old_len, size_t behind)
{
	size_t cut = old_len - packet->len;
	uint8_t *upper = packet->ip + packet->upper_offset;
	bool udp = packet->protocol == LP_IP_UDP;
	uint32_t upper_len = (uint32_t)(packet->len + (udp ? LP_UDP_HEADER : 0));
	memmove(packet->message + packet->len, packet->message + old_len, behind);
	if (cut) /* only IPv6 messages become shorter */
		lp_be16_put(packet->ip + 4, (uint16_t)(lp_be16_get(packet->ip + 4) - cut));
	if (udp)
		lp_be16_put(upper + 4, (uint16_t)upper_len);
	uint8_t *field = upper + (udp ? UDP_CHECKSUM_OFFSET : ICMPV6_CHECKSUM_OFFSET);
	if (udp && packet->version == 4 && lp_be16_get(field) == 0)
		return cut; /* sent without a checksum (RFC 768) */
	memset(field, 0, 2);
	uint64_t sum = packet->version == 4 ? lp_sum_pseudo4(packet->ip, packet->protocol, upper_len)
					    : lp_sum_pseudo6(packet->ip, packet->protocol, upper_len);
	lp_sum_store_nonzero(field, lp_sum(sum, upper, upper_len));
	return cut;
}

/* Locates the message in the copy. False if it is cut off, or shorter or longer than its UDP header says. */
static bool locate(uint8_t *net, const struct lp_ip *ip, struct lp_hostconf_packet *ret_packet)
{
	uint8_t *upper = net + ip->upper_offset;
	uint32_t header = ip->protocol == LP_IP_UDP ? LP_UDP_HEADER : 0;
	if (ip->truncated || ip->fragment || (header && lp_be16_get(upper + 4) != ip->upper_len))
		return false;
	*ret_packet = (struct lp_hostconf_packet){
		.ip = net,
		.message = upper + header,
		.len = ip->upper_len - header,
		.version = ip->version,
		.protocol = ip->protocol,
		.upper_offset = ip->upper_offset,
	};
	return true;
}

static enum lp_hostconf_verdict clean(
	const struct lp_hostconf *config, const struct lp_mac *own, enum kind kind, struct lp_hostconf_packet *packet)
{
	switch (kind) {
	case KIND_DHCP4:
		return lp_hostconf_dhcp4(config, own, packet);
	case KIND_DHCP6:
		return lp_hostconf_dhcp6(config, packet);
	case KIND_ROUTER_ADVERTISEMENT:
		return lp_hostconf_ra(config, packet);
	case KIND_NONE:
		break;
	}
	return LP_HOSTCONF_PASS;
}

/* A tag with VLAN id 0 carries only a priority: hosts read what is behind it as if untagged (IEEE 802.1Q §6.9). */
static bool is_for_a_vlan(const struct lp_ether *ether)
{
	for (unsigned i = 0; i < ether->n_tags; i++)
		if (ether->tci[i] & 0xfff)
			return true;
	return false;
}

enum lp_hostconf_verdict lp_hostconf_filter_slow(const struct lp_hostconf *config, const struct lp_mac *own,
	const uint8_t *frame, size_t len, uint8_t ret_frame[LP_HOSTCONF_FRAME_MAX], size_t *ret_len)
{
	struct lp_ether ether;
	struct lp_ip ip;
	if (config->accept_routes && config->accept_dns)
		return LP_HOSTCONF_PASS;
	if (lp_ether_parse(frame, len, &ether) != LP_ETHER_OK || is_for_a_vlan(&ether) ||
		lp_ip_parse(frame + ether.net_offset, ether.net_len, &ip) < 0)
		return LP_HOSTCONF_PASS;
	enum kind kind = kind_of(frame + ether.net_offset, &ip);
	if (kind == KIND_NONE)
		return LP_HOSTCONF_PASS;
	if (len > LP_HOSTCONF_FRAME_MAX || ether.llc != LP_LLC_NONE)
		return LP_HOSTCONF_DROP;
	memcpy(ret_frame, frame, len);
	struct lp_hostconf_packet packet;
	if (!locate(ret_frame + ether.net_offset, &ip, &packet))
		return LP_HOSTCONF_DROP;
	size_t old_len = packet.len;
	enum lp_hostconf_verdict verdict = clean(config, own, kind, &packet);
	if (verdict == LP_HOSTCONF_CHANGED)
		*ret_len = len - finish(&packet, old_len, len - ether.net_offset - ip.packet_len);
	return verdict;
}
