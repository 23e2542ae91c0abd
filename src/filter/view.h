/* A frame as filters and classes see it: its headers read once, its IP headers when somebody asks. */
#ifndef LP_FILTER_VIEW_H
#define LP_FILTER_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/ether.h"
#include "proto/ip.h"
#include "proto/mac_table.h"

struct lp_view {
	const uint8_t *frame;
	size_t len;
	enum lp_ether_fault fault; /* not LP_ETHER_OK: nothing below but the addresses is valid */
	struct lp_ether ether;
	uint16_t mtu;      /* of the network, IP bytes; set by lp_filters_check() */
	uint64_t dst, src; /* lp_mac_key(); 0 if the frame is too short for them */
	bool has_ip;       /* the IP headers were looked at */
	int ip_result;     /* what came of it: 0 or LP_EMALFORMED */
	struct lp_ip ip;
	const uint8_t *packet; /* where the IP packet begins, and how long it is */
	size_t packet_len;
};

/* Looks at a frame, which must stay as long as the view. */
static inline void lp_view_init(struct lp_view *view, const uint8_t *frame, size_t len)
{
	view->frame = frame;
	view->len = len;
	view->fault = lp_ether_parse(frame, len, &view->ether);
	view->dst = len >= 12 ? lp_mac_key(frame) : 0;
	view->src = len >= 12 ? lp_mac_key(frame + 6) : 0;
	view->has_ip = false;
}

/* True if the destination is a group, broadcast among them. */
static inline bool lp_view_to_group(const struct lp_view *view)
{
	return lp_mac_key_is_group(view->dst);
}

/* The IP headers of a frame whose type is IPv4 or IPv6; NULL if they cannot be read, or are of the other version. */
const struct lp_ip *lp_view_ip(struct lp_view *view);
/* The byte at |at| of the upper-layer header, which must be there (upper_len). */
static inline const uint8_t *lp_view_upper(const struct lp_view *view)
{
	return view->packet + view->ip.upper_offset;
}

#endif
