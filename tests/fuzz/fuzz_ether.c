/* The Ethernet and IP parsers, the flow hash and the ECN mark, on any frame. */
#include <stdlib.h>
#include <string.h>

#include "proto/checksum.h"
#include "proto/ether.h"
#include "proto/flow.h"
#include "proto/ip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Ends the run: an invariant is violated. */
static void check(bool good)
{
	if (!good)
		abort();
}

/* Checks the IP packet at |packet| against the parsed view. */
static void check_ip(const uint8_t *packet, size_t len)
{
	struct lp_ip ip;
	if (lp_ip_parse(packet, len, &ip) < 0)
		return;
	check(ip.version == 4 || ip.version == 6);
	check(ip.packet_len <= len && ip.upper_offset + ip.upper_len == ip.packet_len);
	check(ip.header_len <= ip.packet_len && ip.upper_offset >= (ip.version == 4 ? LP_IPV4_HEADER : LP_IPV6_HEADER));
	check((ip.upper == LP_IP_UPPER_LATER_FRAGMENT) == (ip.fragment_offset != 0));
	check(ip.fragment || (!ip.fragment_offset && !ip.more_fragments));
}

/* Marking changes only the ECN bits, and keeps a correct IPv4 header checksum correct. */
static void check_mark(const uint8_t *data, size_t len, const struct lp_ether *ether)
{
	uint8_t *frame = malloc(len);
	check(frame != NULL);
	memcpy(frame, data, len);
	bool marked = lp_ecn_mark(frame, len);
	check(marked || memcmp(frame, data, len) == 0);
	check(lp_ecn_mark(frame, len) == marked);
	if (marked && ether->type == LP_ETHER_TYPE_IPV4) {
		const uint8_t *before = data + ether->net_offset, *after = frame + ether->net_offset;
		uint16_t sum_before = lp_sum_fold(lp_sum(0, before, LP_IPV4_HEADER));
		uint16_t sum_after = lp_sum_fold(lp_sum(0, after, LP_IPV4_HEADER));
		check(sum_before % 0xffff == sum_after % 0xffff);
	}
	free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lp_ether fast, slow;
	memset(&fast, 0, sizeof fast);
	memset(&slow, 0, sizeof slow);
	enum lp_ether_fault fault = lp_ether_parse(data, len, &fast);
	check(fault == lp_ether_parse_slow(data, len, &slow));
	check(memcmp(&fast, &slow, sizeof fast) == 0);
	(void)lp_flow_hash(data, len, 1);
	if (fault != LP_ETHER_OK)
		return 0;
	check(fast.net_offset >= LP_ETHER_HEADER && (size_t)fast.net_offset + fast.net_len <= len);
	check(fast.n_tags <= LP_ETHER_TAGS_MAX && !lp_ether_is_tag(fast.type));
	check(fast.type == LP_ETHER_TYPE_NONE || fast.type >= LP_ETHER_TYPE_MIN);
	check_ip(data + fast.net_offset, fast.net_len);
	check_mark(data, len, &fast);
	return 0;
}
