#include "proto/ether.h"

#define SNAP_HEADER 8U /* LLC 3, OUI 3, type 2 */

/* The kind of the |len| bytes after an 802.3 length. |ret_header|: length of the LLC header. */
static enum lp_llc read_llc(const uint8_t *llc, size_t len, size_t *ret_header)
{
	*ret_header = 0;
	if (len >= 2 && llc[0] == 0xff && llc[1] == 0xff)
		return LP_LLC_IPX_RAW;
	if (len < 3)
		return LP_LLC_OTHER;
	*ret_header = 3;
	if (llc[0] == 0x42 && llc[1] == 0x42 && llc[2] == 0x03)
		return LP_LLC_BPDU;
	if (llc[0] == 0xe0 && llc[1] == 0xe0 && llc[2] == 0x03)
		return LP_LLC_IPX;
	if (llc[0] != 0xaa || llc[1] != 0xaa || llc[2] != 0x03 || len < SNAP_HEADER)
		return LP_LLC_OTHER;
	bool encapsulated = llc[3] == 0 && llc[4] == 0 && (llc[5] == 0 || llc[5] == 0xf8);
	return encapsulated ? LP_LLC_SNAP : LP_LLC_SNAP_OUI;
}

/* Parses from the type/length field at byte 12 through tags and SNAP, into |read|. |len| is at least a header. */
static enum lp_ether_fault peel(const uint8_t *frame, size_t len, struct lp_ether *read)
{
	size_t at = 12; /* of the current type/length field */
	size_t llc_header = 0;
	uint16_t type;

	for (;;) {
		type = lp_be16_get(frame + at);
		if (lp_ether_is_tag(type)) {
			if (read->n_tags == LP_ETHER_TAGS_MAX)
				return LP_ETHER_TAGS;
			if (len - at < 2 + LP_ETHER_TAG)
				return LP_ETHER_CUT_TAG;
			read->tci[read->n_tags++] = lp_be16_get(frame + at + 2);
			at += LP_ETHER_TAG;
			continue;
		}
		if (type >= LP_ETHER_TYPE_MIN)
			break;
		/* A length inside SNAP would nest LLC in LLC. The only use of that is to bypass filters. */
		if (type > LP_ETHER_LENGTH_MAX || read->llc == LP_LLC_SNAP)
			return LP_ETHER_BAD_TYPE;
		if (type > len - at - 2)
			return LP_ETHER_BAD_LENGTH;
		len = at + 2 + type;
		read->llc = read_llc(frame + at + 2, type, &llc_header);
		type = LP_ETHER_TYPE_NONE;
		if (read->llc != LP_LLC_SNAP)
			break;
		at += SNAP_HEADER;
	}
	read->type = type;
	read->net_offset = (uint32_t)(at + 2 + (type == LP_ETHER_TYPE_NONE ? llc_header : 0));
	read->net_len = (uint32_t)(len - read->net_offset);
	return LP_ETHER_OK;
}

enum lp_ether_fault lp_ether_parse_slow(const uint8_t *frame, size_t len, struct lp_ether *ret_ether)
{
	if (len < LP_ETHER_HEADER)
		return LP_ETHER_SHORT;
	struct lp_ether read = {0};
	enum lp_ether_fault fault = peel(frame, len, &read);
	if (fault != LP_ETHER_OK)
		return fault;
	memcpy(&read.dst, frame, 6);
	memcpy(&read.src, frame + 6, 6);
	*ret_ether = read;
	return LP_ETHER_OK;
}
