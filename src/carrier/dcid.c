#include "carrier/dcid.h"

#include <stdbool.h>
#include <string.h>

#include "base/link_prefix.h"
#include "base/udp_msg.h"

#define LONG_HEADER 0x80
#define FIXED_BIT 0x40
#define SHORTEST_PACKET 21 /* what is shorter cannot even be a stateless reset (RFC 9000 §10.3) */
#define DCID_LEN_AT 5      /* in a long header, behind the first byte and the version */

const uint8_t *lp_dcid_prefix(const uint8_t *data, size_t len)
{
	if (len < SHORTEST_PACKET)
		return NULL;
	if (!(data[0] & LONG_HEADER))
		return data[0] & FIXED_BIT ? data + 1 : NULL;
	size_t id_len = data[DCID_LEN_AT];
	return id_len >= LP_LINK_PREFIX_BYTES && DCID_LEN_AT + 1 + id_len <= len ? data + DCID_LEN_AT + 1 : NULL;
}

const uint8_t *lp_scid_prefix(const uint8_t *data, size_t len)
{
	if (len < SHORTEST_PACKET || !(data[0] & LONG_HEADER))
		return NULL;
	size_t at = DCID_LEN_AT + 1 + data[DCID_LEN_AT];
	if (at >= len || data[at] < LP_LINK_PREFIX_BYTES || at + 1 + data[at] > len)
		return NULL;
	return data + at + 1;
}

static bool is_same(const uint8_t *a, const uint8_t *b)
{
	return a == b || (a && b && memcmp(a, b, LP_LINK_PREFIX_BYTES) == 0);
}

size_t lp_dcid_run(const struct lp_udp_msg *msg, size_t at, struct lp_udp_msg *ret_run, const uint8_t **ret_prefix)
{
	size_t step = msg->segment_bytes ? msg->segment_bytes : msg->len, end = at;
	const uint8_t *prefix = NULL;
	while (end < msg->len) {
		size_t len = msg->len - end < step ? msg->len - end : step;
		const uint8_t *other = lp_dcid_prefix(msg->data + end, len);
		if (end == at)
			prefix = other;
		else if (!is_same(prefix, other))
			break;
		end += len;
	}
	*ret_run = *msg;
	ret_run->data = msg->data + at;
	ret_run->len = end - at;
	if (ret_run->len <= step)
		ret_run->segment_bytes = 0;
	*ret_prefix = prefix;
	return end - at;
}
