#include "proto/datagram.h"

#include "base/error.h"
#include "proto/be.h"

/* In the high bits of the first byte. */
#define VERSION 1U

size_t lp_datagram_write_header(const struct lp_datagram *datagram, uint8_t header[LP_DATAGRAM_FRAGMENT_HEADER])
{
	header[0] = (uint8_t)(VERSION << 4 | (unsigned)datagram->kind);
	header[1] = 0;
	lp_be16_put(header + 2, datagram->source);
	if (datagram->kind == LP_DATAGRAM_FRAME)
		return LP_DATAGRAM_HEADER;
	lp_be16_put(header + 4, datagram->frame_id);
	header[6] = datagram->index;
	header[7] = datagram->count;
	return LP_DATAGRAM_FRAGMENT_HEADER;
}

/* Parses the rest of the header of a fragment into |read|. */
static int read_fragment(const uint8_t *data, size_t len, struct lp_datagram *read)
{
	if (len <= LP_DATAGRAM_FRAGMENT_HEADER)
		return LP_EMALFORMED;
	read->kind = LP_DATAGRAM_FRAGMENT;
	read->frame_id = lp_be16_get(data + 4);
	read->index = data[6];
	read->count = data[7];
	if (read->count < 2 || read->count > LP_FRAGMENTS_MAX || read->index >= read->count)
		return LP_EMALFORMED;
	read->payload = data + LP_DATAGRAM_FRAGMENT_HEADER;
	read->payload_len = len - LP_DATAGRAM_FRAGMENT_HEADER;
	return 0;
}

int lp_datagram_read(const uint8_t *data, size_t len, struct lp_datagram *ret_datagram)
{
	if (len <= LP_DATAGRAM_HEADER || data[1] != 0)
		return LP_EMALFORMED;
	struct lp_datagram read = {.source = lp_be16_get(data + 2)};
	switch (data[0]) {
	case VERSION << 4 | LP_DATAGRAM_FRAME:
		read.kind = LP_DATAGRAM_FRAME;
		read.payload = data + LP_DATAGRAM_HEADER;
		read.payload_len = len - LP_DATAGRAM_HEADER;
		break;
	case VERSION << 4 | LP_DATAGRAM_FRAGMENT:
		if (read_fragment(data, len, &read) < 0)
			return LP_EMALFORMED;
		break;
	default:
		return LP_EMALFORMED;
	}
	*ret_datagram = read;
	return 0;
}
