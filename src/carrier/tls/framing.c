#include "carrier/tls/framing.h"

#include <string.h>

#include "base/error.h"

size_t lp_framing_write(uint8_t *out, size_t max, const uint8_t *packet, size_t len)
{
	if (len == 0 || len > LP_FRAMING_PACKET_MAX || max < LP_FRAMING_HEADER + len)
		return 0;
	out[0] = (uint8_t)(len >> 8);
	out[1] = (uint8_t)len;
	memcpy(out + LP_FRAMING_HEADER, packet, len);
	return LP_FRAMING_HEADER + len;
}

int lp_framing_read(const uint8_t *data, size_t len, struct lp_bytes *packets, size_t max_packets, size_t *ret_n)
{
	size_t at = 0, n = 0;
	while (n < max_packets && len - at >= LP_FRAMING_HEADER) {
		size_t packet_len = (size_t)data[at] << 8 | data[at + 1];
		if (packet_len == 0 || packet_len > LP_FRAMING_PACKET_MAX)
			return LP_EMALFORMED;
		if (len - at - LP_FRAMING_HEADER < packet_len)
			break;
		packets[n++] = (struct lp_bytes){.data = data + at + LP_FRAMING_HEADER, .len = packet_len};
		at += LP_FRAMING_HEADER + packet_len;
	}
	*ret_n = n;
	return (int)at;
}
