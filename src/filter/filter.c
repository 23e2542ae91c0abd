#include "filter/filter.h"

#include "filter/rogue.h"
#include "filter/view.h"
#include "proto/switch_control.h"

#define SAP_SNAP 0xaa
#define SAP_BPDU 0x42

/* The bits of the table's roles and kinds. */
enum {
	CLIENT = 1,
	GATEWAY = 2,
	ALL = CLIENT | GATEWAY,
};

enum {
	IN_ROOM = 0,
	IPV4 = 1 << LP_FILTER_KIND_IPV4,
	IPV6 = 1 << LP_FILTER_KIND_IPV6,
	ARP = 1 << LP_FILTER_KIND_ARP,
	OTHER = 1 << LP_FILTER_KIND_OTHER,
	UNREADABLE = 1 << LP_FILTER_KIND_UNREADABLE,
	READABLE = IPV4 | IPV6 | ARP | OTHER,
	ANY = READABLE | UNREADABLE,
};

/* A row of the table with what only this file needs. */
struct row {
	struct lp_filter_row shown;
	unsigned roles, kinds;
};

static const struct row rows[LP_FILTER_COUNT] = {
#define X(name, wire, on, drop, roles, kinds, function, text) \
	{{wire, on, LP_DROP_##drop, ((roles)&GATEWAY) != 0, text}, roles, kinds},
	LP_FILTERS(X)
#undef X
};

const struct lp_filter_row *lp_filter_row(enum lp_filter filter)
{
	return &rows[filter].shown;
}

uint32_t lp_filters_default(void)
{
	uint32_t on = 0;
	for (size_t i = 0; i < LP_FILTER_COUNT; i++)
		on |= rows[i].shown.on ? UINT32_C(1) << i : 0;
	return on;
}

void lp_filters_init(struct lp_filters *filters, uint32_t on, uint16_t mtu)
{
	*filters = (struct lp_filters){.mtu = mtu};
	for (unsigned i = 0; i < LP_FILTER_COUNT; i++) {
		uint32_t bit = on & UINT32_C(1) << i;
		for (unsigned role = 0; role < 2; role++) {
			if (!(rows[i].roles >> role & 1))
				continue;
			filters->on[role] |= bit;
			for (unsigned kind = 0; kind < LP_FILTER_KIND_COUNT; kind++)
				filters->checks[role][kind] |= rows[i].kinds >> kind & 1 ? bit : 0;
		}
	}
}

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

/* True for an LLC header that some receivers take for SNAP or a BPDU and others don't: the length in front cuts the
   header short, or bits after its first byte differ (VU#855201). */
static bool is_ambiguous_llc(const struct lp_view *view)
{
	size_t at = LP_ETHER_HEADER + view->ether.n_tags * (size_t)LP_ETHER_TAG;
	if (view->ether.llc != LP_LLC_OTHER || at >= view->len)
		return false;
	uint8_t sap = view->frame[at] & 0xfe; /* without the group bit */
	return sap == SAP_SNAP || sap == SAP_BPDU;
}

static bool is_malformed(const struct lp_view *view)
{
	return view->fault != LP_ETHER_OK || is_ambiguous_llc(view);
}

/* True if more than the MTU follows the header and the tags. */
static bool is_oversize(const struct lp_view *view)
{
	size_t n_tags = view->fault == LP_ETHER_OK ? view->ether.n_tags : LP_ETHER_TAGS_MAX;
	return view->len > LP_ETHER_HEADER + n_tags * LP_ETHER_TAG + view->mtu;
}

static bool is_bad_source(const struct lp_view *view)
{
	return lp_mac_key_is_group(view->src) || view->src == 0 || view->src == view->dst;
}

static bool is_switch_control(const struct lp_view *view)
{
	return lp_switch_control(&view->ether, view->dst);
}

/* The function of rows that the caller decides: it is never called. */
static bool no_check(const struct lp_view *view)
{
	(void)view;
	return false;
}

enum lp_drop lp_filters_check(const struct lp_filters *filters, enum lp_role role, struct lp_view *view)
{
	if (view->len < LP_ETHER_HEADER)
		return LP_DROP_MALFORMED_FRAME; /* it has no addresses to forward by */
	view->mtu = filters->mtu;
	uint32_t checks = filters->checks[role == LP_ROLE_GATEWAY][kind_of(view)];
#define X(name, wire, on, drop, roles, kinds, function, text) \
	if (checks & LP_FILTER_BIT(name) && function(view)) \
		return LP_DROP_##drop;
	LP_FILTERS(X)
#undef X
	return LP_DROP_NONE;
}
