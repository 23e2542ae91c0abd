/* The overlay datagram: a parsed header is written back as the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "proto/datagram.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lp_datagram datagram;
	uint8_t header[LP_DATAGRAM_FRAGMENT_HEADER];
	if (lp_datagram_read(data, len, &datagram) < 0)
		return 0;
	size_t header_len = lp_datagram_write_header(&datagram, header);
	if (datagram.payload_len == 0 || header_len + datagram.payload_len != len ||
		datagram.payload != data + header_len || memcmp(header, data, header_len) != 0)
		abort();
	return 0;
}
