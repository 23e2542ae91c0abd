#include "filter/filter.h"

#include <string.h>

#include "filter/rogue.h"
#include "filter/view.h"
#include "proto/switch_control.h"

#define KIND_BIT(name) (1U << LP_FILTER_KIND_##name)
#define SAP_SNAP 0xaa
#define SAP_BPDU 0x42

static const struct lp_filter_row rows[LP_FILTER_COUNT] = {
#define X(name, wire, on, drop, text) {wire, on, LP_DROP_##drop, text},
	LP_FILTERS(X)
#undef X
};

/* The filters that look behind the Ethernet header: whom they concern, and which kinds of frames. */
struct deep_row {
	enum lp_filter filter;
	bool client, gateway;
	unsigned kinds; /* bit set */
	bool (*refuses)(struct lp_view *view);
};

/* Nobody can tell what such a frame holds. */
static bool refuse(struct lp_view *view)
{
	(void)view;
	return true;
}

static const struct deep_row deep_rows[] = {
	{LP_FILTER_ROGUE_RA, true, false, KIND_BIT(IPV4) | KIND_BIT(IPV6), lp_rogue_ra},
	{LP_FILTER_ROGUE_RA, true, false, KIND_BIT(UNREADABLE), refuse},
	{LP_FILTER_ROGUE_DHCP, true, false, KIND_BIT(IPV4) | KIND_BIT(IPV6), lp_rogue_dhcp},
	{LP_FILTER_ROGUE_DHCP, true, false, KIND_BIT(UNREADABLE), refuse},
	{LP_FILTER_ARP_INSPECTION, true, false, KIND_BIT(ARP), lp_rogue_arp},
};

#define DEEP_ROWS (sizeof deep_rows / sizeof *deep_rows)

_Static_assert(DEEP_ROWS <= LP_FILTER_PLAN_MAX, "a plan has room for every row");

const struct lp_filter_row *lp_filter_row(enum lp_filter filter)
{
	return &rows[filter];
}

uint32_t lp_filters_default(void)
{
	uint32_t on = 0;
	for (size_t i = 0; i < LP_FILTER_COUNT; i++)
		on |= rows[i].on ? UINT32_C(1) << i : 0;
	return on;
}

/* Writes down which rows a role's frames of one kind are asked. */
static void make_plan(
	const struct lp_filters *filters, bool gateway, unsigned kind, uint8_t plan[LP_FILTER_PLAN_MAX + 1])
{
	size_t n = 0;
	for (size_t i = 0; i < DEEP_ROWS; i++) {
		const struct deep_row *row = &deep_rows[i];
		bool concerns = (gateway ? row->gateway : row->client) && (row->kinds >> kind & 1);
		if (concerns && (filters->on >> row->filter & 1))
			plan[n++] = (uint8_t)i;
	}
	plan[n] = DEEP_ROWS;
}

void lp_filters_init(struct lp_filters *filters, uint32_t on, uint16_t mtu)
{
	*filters = (struct lp_filters){.on = on, .mtu = mtu};
	for (unsigned kind = 0; kind < LP_FILTER_KIND_COUNT; kind++) {
		make_plan(filters, false, kind, filters->plan[0][kind]);
		make_plan(filters, true, kind, filters->plan[1][kind]);
	}
}

/* Which list of filters concerns the frame. */
static enum lp_filter_kind kind_of(const struct lp_view *view)
{
	if (view->fault != LP_ETHER_OK)
		return LP_FILTER_KIND_UNREADABLE;
	switch (view->ether.type) {
	case LP_ETHER_TYPE_IPV4:
		return LP_FILTER_KIND_IPV4;
	case LP_ETHER_TYPE_IPV6:
		return LP_FILTER_KIND_IPV6;
	case LP_ETHER_TYPE_ARP:
	case LP_ETHER_TYPE_RARP:
		return LP_FILTER_KIND_ARP;
	default:
		return LP_FILTER_KIND_OTHER;
	}
}

/* True for LLC that is SNAP or a BPDU to some receivers and not to others: a length in front that cuts the header
   short, or other bits in what follows its first byte (VU#855201). */
static bool is_ambiguous_llc(const struct lp_view *view)
{
	size_t at = LP_ETHER_HEADER + view->ether.n_tags * (size_t)LP_ETHER_TAG;
	if (view->ether.llc != LP_LLC_OTHER || at >= view->len)
		return false;
	uint8_t sap = view->frame[at] & 0xfe; /* without the group bit */
	return sap == SAP_SNAP || sap == SAP_BPDU;
}

/* True for frames that no station sends. */
static bool is_malformed(const struct lp_view *view)
{
	return view->fault != LP_ETHER_OK || (view->ether.llc != LP_LLC_NONE && is_ambiguous_llc(view));
}

/* True for a frame that carries more than |mtu| bytes behind header and tags. */
static bool is_oversize(const struct lp_view *view, size_t mtu)
{
	size_t n_tags = view->fault == LP_ETHER_OK ? view->ether.n_tags : LP_ETHER_TAGS_MAX;
	return view->len > LP_ETHER_HEADER + n_tags * LP_ETHER_TAG + mtu;
}

/* True for a source that no station has. */
static bool is_bad_source(const struct lp_view *view)
{
	return lp_mac_key_is_group(view->src) || view->src == 0 || view->src == view->dst;
}

enum lp_drop lp_filters_ask(const struct lp_filters *filters, enum lp_role role, struct lp_view *view)
{
	if (view->len < LP_ETHER_HEADER)
		return LP_DROP_MALFORMED_FRAME; /* there is nothing to forward by */
	if ((filters->on & LP_FILTER_BIT(MALFORMED)) && is_malformed(view))
		return LP_DROP_MALFORMED_FRAME;
	if ((filters->on & LP_FILTER_BIT(OVERSIZE)) && is_oversize(view, filters->mtu))
		return LP_DROP_OVERSIZE;
	if ((filters->on & LP_FILTER_BIT(BAD_SOURCE)) && is_bad_source(view))
		return LP_DROP_BAD_SOURCE;
	if ((filters->on & LP_FILTER_BIT(SWITCH_CONTROL)) && view->fault == LP_ETHER_OK &&
		lp_switch_control(&view->ether, view->dst))
		return LP_DROP_SWITCH_CONTROL;
	const uint8_t *plan = filters->plan[role == LP_ROLE_GATEWAY][kind_of(view)];
	for (; *plan < DEEP_ROWS; plan++) {
		if (deep_rows[*plan].refuses(view))
			return rows[deep_rows[*plan].filter].drop;
	}
	return LP_DROP_NONE;
}
