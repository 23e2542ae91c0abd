/* Layer 2 safety: which frames of a member the room refuses. One row each. */
#ifndef LP_FILTER_FILTER_H
#define LP_FILTER_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/message.h"
#include "obs/drop.h"

struct lp_view;

/* X(name, wire name (of the option that switches it), on by default, drop, what it refuses) */
#define LP_FILTERS(X) \
	X(MALFORMED, "malformed", true, MALFORMED_FRAME, \
		"frames that are too short, with an impossible length or type, or with more than two tags") \
	X(OVERSIZE, "oversize", true, OVERSIZE, "frames longer than the room's MTU allows") \
	X(BAD_SOURCE, "bad-source", true, BAD_SOURCE, "a source MAC that is a group, zero, or the destination") \
	X(SPOOFED_SOURCE, "spoofed-source", true, SPOOFED_SOURCE, \
		"a client's frame from another MAC than its own, and a gateway's from a client's") \
	X(SWITCH_CONTROL, "switch-control", true, SWITCH_CONTROL, \
		"what switches tell one another: spanning tree, LLDP, pause, link aggregation") \
	X(ROGUE_RA, "rogue-ra", true, ROGUE_RA, \
		"router advertisements and redirects from a client, and what cannot be told from them") \
	X(ROGUE_DHCP, "rogue-dhcp", true, ROGUE_DHCP, \
		"DHCP and DHCPv6 servers' messages from a client, and what cannot be told from them") \
	X(ARP_INSPECTION, "arp-inspection", false, ARP_SPOOF, "a client's ARP whose sender is not the frame's source") \
	X(ISOLATION, "isolation", false, ISOLATED, "frames from client to client")

enum lp_filter {
#define X(name, wire, on, drop, text) LP_FILTER_##name,
	LP_FILTERS(X)
#undef X
		LP_FILTER_COUNT,
};

#define LP_FILTER_BIT(name) (UINT32_C(1) << LP_FILTER_##name)

/* A row of the table above. */
struct lp_filter_row {
	const char *wire;
	bool on; /* by default */
	enum lp_drop drop;
	const char *text;
};

const struct lp_filter_row *lp_filter_row(enum lp_filter filter);
/* The bit set of the filters that are on by default. */
uint32_t lp_filters_default(void);

/* What an IP frame and the like are asked: each kind of frame has its own list, so that plain traffic pays for the
   filters that concern it alone. */
enum lp_filter_kind {
	LP_FILTER_KIND_IPV4,
	LP_FILTER_KIND_IPV6,
	LP_FILTER_KIND_ARP,
	LP_FILTER_KIND_OTHER,
	LP_FILTER_KIND_UNREADABLE, /* malformed frames, while that filter is off */
	LP_FILTER_KIND_COUNT,
};

#define LP_FILTER_PLAN_MAX 7

/* The filters that are on, prepared. */
struct lp_filters {
	uint32_t on; /* bit set */
	uint16_t mtu;
	/* by role (1: gateway) and kind: which filters to ask, as rows of filter.c, and an end mark */
	uint8_t plan[2][LP_FILTER_KIND_COUNT][LP_FILTER_PLAN_MAX + 1];
};

/* Prepares the filters |on|, a bit set, for a room of |mtu| IP bytes. */
void lp_filters_init(struct lp_filters *filters, uint32_t on, uint16_t mtu);
/* Asks all filters about a frame that a client or gateway sent, but for spoofed-source and isolation, which need the
   room's knowledge: lp_rooms_forward() asks those. LP_DROP_NONE, or why it is refused. */
enum lp_drop lp_filters_ask(const struct lp_filters *filters, enum lp_role role, struct lp_view *view);

#endif
