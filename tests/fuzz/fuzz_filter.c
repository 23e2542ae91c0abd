/* Any frames against the layer 2 filters. A frame from a client that passes them must not be a router's or DHCP
   server's message to a very permissive receiver, which ignores 802.3 lengths and has its own parser. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "filter/class.h"
#include "filter/filter.h"
#include "filter/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Whether a UDP packet is a DHCP server's, for a receiver of |version|. */
static bool hears_dhcp(struct lp_reader r, unsigned version)
{
	uint16_t from = lp_reader_u16(&r), to = lp_reader_u16(&r);
	lp_reader_skip(&r, 4);
	uint8_t first = lp_reader_u8(&r);
	if (r.bad)
		return false;
	if (version == 4) {
		lp_reader_skip(&r, 23);
		bool relayed = to == 67 && first == 1 && lp_reader_u32(&r) != 0 && !r.bad;
		return (from == 67 && (to == 67 || to == 68) && !relayed) || (first == 2 && (to == 67 || to == 68));
	}
	bool relayed = to == 547 && first == 12;
	return (to == 546 || to == 547) &&
	       ((from == 547 && !relayed) || first == 2 || first == 7 || first == 10 || first == 13);
}

/* The same for an IPv4 packet that is complete, or its first fragment. */
static bool hears_v4(struct lp_reader r)
{
	size_t header_len = (lp_reader_u8(&r) & 15U) * 4, all = lp_reader_left(&r) + 1;
	lp_reader_skip(&r, 1);
	uint16_t total = lp_reader_u16(&r);
	lp_reader_skip(&r, 2);
	uint16_t fragment = lp_reader_u16(&r);
	lp_reader_skip(&r, 1);
	uint8_t protocol = lp_reader_u8(&r);
	lp_reader_skip(&r, 10);
	if (r.bad || header_len < 20 || total < header_len || total > all || (fragment & 0x1fff))
		return false;
	lp_reader_skip(&r, header_len - 20);
	if (r.bad)
		return false;
	r.end -= all - total;
	if (protocol == 1)
		return lp_reader_left(&r) >= 8 && (*r.at == 5 || *r.at == 9);
	return protocol == 17 && hears_dhcp(r, 4);
}

/* The same for IPv6. */
static bool hears_v6(struct lp_reader r)
{
	lp_reader_skip(&r, 4);
	uint16_t payload = lp_reader_u16(&r);
	uint8_t next = lp_reader_u8(&r);
	lp_reader_skip(&r, 33);
	if (r.bad || payload > lp_reader_left(&r))
		return false;
	r.end = r.at + payload;
	while (!r.bad) {
		struct lp_reader header = r;
		switch (next) {
		case 0:
		case 43:
		case 60:
		case 135:
		case 139:
		case 140:
		case 253:
		case 254:
			next = lp_reader_u8(&header);
			lp_reader_skip(&r, lp_reader_u8(&header) * 8U + 8);
			break;
		case 51:
			next = lp_reader_u8(&header);
			lp_reader_skip(&r, lp_reader_u8(&header) * 4U + 8);
			break;
		case 44:
			next = lp_reader_u8(&header);
			lp_reader_skip(&header, 1);
			if (lp_reader_u16(&header) & 0xfff8)
				return false;
			lp_reader_skip(&r, 8);
			break;
		case 58:
			return lp_reader_left(&r) >= 8 && (*r.at == 134 || *r.at == 137);
		case 17:
			return hears_dhcp(r, 6);
		default:
			return false;
		}
	}
	return false;
}

/* Whether only a network's own servers and routers send such a frame. */
static bool hears(const uint8_t *data, size_t len)
{
	struct lp_reader r = lp_reader_init(data, len);
	lp_reader_skip(&r, 12);
	uint16_t type = lp_reader_u16(&r);
	for (unsigned i = 0; i < 100 && !r.bad; i++) {
		if (type == 0x0800)
			return lp_reader_left(&r) > 0 && *r.at >> 4 == 4 && hears_v4(r);
		if (type == 0x86dd)
			return lp_reader_left(&r) > 0 && *r.at >> 4 == 6 && hears_v6(r);
		if (type == 0x8100 || type == 0x88a8 || type == 0x9100) {
			lp_reader_skip(&r, 2);
		} else if (type < 1536) {
			uint64_t llc = lp_reader_uint(&r, 3), oui = lp_reader_uint(&r, 3);
			if (llc != 0xaaaa03 || (oui != 0 && oui != 0xf8))
				return false;
		} else {
			return false;
		}
		type = lp_reader_u16(&r);
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lp_filters filters;
	struct lp_view view;
	lp_filters_init(&filters, UINT32_MAX, 1500);
	lp_view_init(&view, data, len);
	if (lp_filters_check(&filters, LP_ROLE_CLIENT, &view) == LP_DROP_NONE && hears(data, len))
		abort();
	lp_view_init(&view, data, len);
	enum lp_drop drop = lp_filters_check(&filters, LP_ROLE_GATEWAY, &view);
	if (drop == LP_DROP_ROGUE_RA || drop == LP_DROP_ROGUE_DHCP)
		abort();
	lp_view_init(&view, data, len);
	enum lp_limit limit = lp_class_of_group(&view);
	if (limit != LP_LIMIT_RESERVE && limit != LP_LIMIT_DHCP && limit != LP_LIMIT_BROADCAST &&
		limit != LP_LIMIT_CHATTER)
		abort();
	/* Each filter alone drops for its own reason only. */
	for (enum lp_filter i = 0; i < LP_FILTER_COUNT; i++) {
		lp_filters_init(&filters, UINT32_C(1) << i, 1500);
		lp_view_init(&view, data, len);
		drop = lp_filters_check(&filters, LP_ROLE_CLIENT, &view);
		if (drop != LP_DROP_NONE && drop != lp_filter_row(i)->drop && len >= LP_ETHER_HEADER)
			abort();
	}
	return 0;
}
