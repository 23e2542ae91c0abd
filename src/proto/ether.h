/* Ethernet headers (IEEE 802.3, 802.1Q, 802.2 LLC and SNAP), and the essay of the module.

   proto/ knows frames and packets as bytes: it parses headers, computes checksums, cuts and joins super-frames, writes
   the overlay header and its fragments, and keeps MACs in a table. It knows no members, no policy, and no system.

   Parsing is separate from judging. lp_ether_parse() and lp_ip_parse() report what a frame says, and what can't be
   decided; the caller's policy decides what follows from it: a filter drops the frame, a flow hash uses less of it.
   Everything that classifies a frame uses these two parsers. A check at fixed offsets, such as bytes 12–13, is bypassed
   by VLAN tags and SNAP.

   Invariants: lengths are checked before bytes are read, and lengths in headers are never trusted beyond the bytes that
   are there; a parser writes its result only on success, or says which fields are valid; bytes are never cast to
   structs. Segmentation and coalescing give, byte for byte, what Linux does.

   The functions are pure. Only lp_coalesce, lp_reassembly and lp_mac_table keep state and memory, all of it bounded. */
#ifndef LP_PROTO_ETHER_H
#define LP_PROTO_ETHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mac.h"
#include "proto/be.h"

#define LP_ETHER_HEADER 14U
#define LP_ETHER_TAG 4U
#define LP_ETHER_TAGS_MAX 2U
/* The shortest frame on the wire, without FCS. */
#define LP_ETHER_FRAME_MIN 60U
/* Bytes 12–13 are a length up to the first value, and a type from the second (IEEE 802.3 §3.2.6). */
#define LP_ETHER_LENGTH_MAX 1500U
#define LP_ETHER_TYPE_MIN 1536U

enum lp_ether_type {
	LP_ETHER_TYPE_NONE = 0, /* an 802.3 length, without a SNAP type */
	LP_ETHER_TYPE_IPV4 = 0x0800,
	LP_ETHER_TYPE_ARP = 0x0806,
	LP_ETHER_TYPE_WAKE_ON_LAN = 0x0842,
	LP_ETHER_TYPE_RARP = 0x8035,
	LP_ETHER_TYPE_CTAG = 0x8100,
	LP_ETHER_TYPE_IPX = 0x8137,
	LP_ETHER_TYPE_IPV6 = 0x86dd,
	LP_ETHER_TYPE_PAUSE = 0x8808,
	LP_ETHER_TYPE_SLOW = 0x8809,
	LP_ETHER_TYPE_PPPOE_DISCOVERY = 0x8863,
	LP_ETHER_TYPE_PPPOE_SESSION = 0x8864,
	LP_ETHER_TYPE_LOOP_DETECT = 0x8899, /* Realtek's */
	LP_ETHER_TYPE_EAPOL = 0x888e,
	LP_ETHER_TYPE_STAG = 0x88a8,
	LP_ETHER_TYPE_EXPERIMENTAL = 0x88b5, /* IEEE 802 local experimental: our probes */
	LP_ETHER_TYPE_EXPERIMENTAL2 = 0x88b6,
	LP_ETHER_TYPE_LLDP = 0x88cc,
	LP_ETHER_TYPE_MACSEC = 0x88e5,
	LP_ETHER_TYPE_LOOPBACK = 0x9000,
	LP_ETHER_TYPE_OLD_TAG = 0x9100, /* before 802.1ad: double tags of old switches */
};

/* What follows the 802.3 length. */
enum lp_llc {
	LP_LLC_NONE,     /* Ethernet II: bytes 12–13 were a type */
	LP_LLC_SNAP,     /* AA AA 03, OUI 00-00-00 or 00-00-F8 (802.1H): its type is in |type| */
	LP_LLC_SNAP_OUI, /* AA AA 03 and a vendor's OUI, such as CDP's */
	LP_LLC_IPX,      /* E0 E0 03 */
	LP_LLC_IPX_RAW,  /* FF FF: the first bytes of an IPX header, without LLC (Novell) */
	LP_LLC_BPDU,     /* 42 42 03: spanning tree, with any destination */
	LP_LLC_OTHER,    /* anything else, or fewer than 3 bytes */
};

enum lp_ether_fault {
	LP_ETHER_OK,
	LP_ETHER_SHORT,      /* shorter than an Ethernet header */
	LP_ETHER_BAD_TYPE,   /* the type/length field is neither a type nor a length */
	LP_ETHER_BAD_LENGTH, /* the 802.3 length exceeds the frame */
	LP_ETHER_TAGS,       /* more than two VLAN tags */
	LP_ETHER_CUT_TAG,    /* the frame ends inside a VLAN tag */
};

struct lp_ether {
	struct lp_mac dst, src;
	uint16_t tci[LP_ETHER_TAGS_MAX]; /* outermost first: priority (3 bits), DEI (1), VLAN id (12; 0 is valid) */
	uint8_t n_tags;
	enum lp_llc llc;
	uint16_t type;       /* after tags and SNAP, or LP_ETHER_TYPE_NONE */
	uint32_t net_offset; /* of the network packet; for LLC kinds without a type, of the byte after the LLC header */
	uint32_t net_len;    /* to the end of the frame or of the 802.3 length; includes the padding of Ethernet II */
};

static inline bool lp_ether_is_tag(uint16_t type)
{
	return type == LP_ETHER_TYPE_CTAG || type == LP_ETHER_TYPE_STAG || type == LP_ETHER_TYPE_OLD_TAG;
}

/* True if the frame's source address is |mac|. */
static inline bool lp_ether_is_from(const uint8_t *frame, size_t len, const struct lp_mac *mac)
{
	return len >= LP_ETHER_HEADER && memcmp(frame + 6, mac->octet, sizeof mac->octet) == 0;
}

/* lp_ether_parse() for tags, LLC and malformed frames. */
enum lp_ether_fault lp_ether_parse_slow(const uint8_t *frame, size_t len, struct lp_ether *ret_ether);

/* Parses a frame's headers. LP_ETHER_OK, or the fault; |ret_ether| is written only on LP_ETHER_OK. */
static inline enum lp_ether_fault lp_ether_parse(const uint8_t *frame, size_t len, struct lp_ether *ret_ether)
{
	uint16_t type = len >= LP_ETHER_HEADER ? lp_be16_get(frame + 12) : 0;
	if (type < LP_ETHER_TYPE_MIN || lp_ether_is_tag(type))
		return lp_ether_parse_slow(frame, len, ret_ether);
	memcpy(&ret_ether->dst, frame, 6);
	memcpy(&ret_ether->src, frame + 6, 6);
	ret_ether->tci[0] = ret_ether->tci[1] = 0;
	ret_ether->n_tags = 0;
	ret_ether->llc = LP_LLC_NONE;
	ret_ether->type = type;
	ret_ether->net_offset = LP_ETHER_HEADER;
	ret_ether->net_len = (uint32_t)(len - LP_ETHER_HEADER);
	return LP_ETHER_OK;
}

#endif
