/* A parsed frame, for filters and classes: the Ethernet headers are parsed first, the IP headers on demand. */
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
	enum lp_ether_fault fault; /* not LP_ETHER_OK: only |dst| and |src| are valid */
	struct lp_ether ether;
	uint16_t mtu;      /* of the network, IP bytes; set by lp_filters_check() */
	uint64_t dst, src; /* lp_mac_key(); 0 if the frame is too short for them */
	bool has_ip;       /* |ip_result| is valid */
	int ip_result;     /* of lp_ip_parse(): 0 or LP_EMALFORMED */
	struct lp_ip ip;
	const uint8_t *packet; /* the IP packet */
	size_t packet_len;
};

/* Parses the Ethernet headers of a frame, which is borrowed while the view is used. */
static inline void lp_view_init(struct lp_view *view, const uint8_t *frame, size_t len)
{
	view->frame = frame;
	view->len = len;
	view->fault = lp_ether_parse(frame, len, &view->ether);
	view->dst = len >= 12 ? lp_mac_key(frame) : 0;
	view->src = len >= 12 ? lp_mac_key(frame + 6) : 0;
	view->has_ip = false;
}

/* True if the destination is a group address. */
static inline bool lp_view_to_group(const struct lp_view *view)
{
	return lp_mac_key_is_group(view->dst);
}

/* The IP headers of a frame whose type is IPv4 or IPv6; NULL if they are malformed, or of the other version. */
const struct lp_ip *lp_view_ip(struct lp_view *view);
/* The upper-layer header; check |upper_len| before reading it. */
static inline const uint8_t *lp_view_upper(const struct lp_view *view)
{
	return view->packet + view->ip.upper_offset;
}

#endif
