#include "carrier/tls/proxy_header.h"

#include <string.h>

#include "base/addr.h"
#include "base/error.h"

/* Signature, version and command, family and transport, length. */
#define FIXED_BYTES 16
#define COMMAND_LOCAL 0x20
#define COMMAND_PROXY 0x21
#define TCP_IPV4 0x11
#define TCP_IPV6 0x21

int lp_proxy_header_length(const uint8_t *data, size_t len)
{
	static const uint8_t signature[] = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};
	size_t n = len < sizeof signature ? len : sizeof signature;
	if (memcmp(data, signature, n) != 0)
		return LP_EMALFORMED;
	if (len < FIXED_BYTES)
		return FIXED_BYTES;
	int total = FIXED_BYTES + (data[14] << 8 | data[15]);
	return total <= LP_PROXY_HEADER_MAX ? total : LP_EMALFORMED;
}

int lp_proxy_header_read(const uint8_t *data, size_t len, struct lp_addr *ret_source)
{
	struct lp_addr source = {0};
	if (len < FIXED_BYTES || lp_proxy_header_length(data, len) != (int)len)
		return LP_EMALFORMED;
	if (data[12] == COMMAND_LOCAL)
		return 0;
	if (data[12] != COMMAND_PROXY)
		return LP_EMALFORMED;
	if (data[13] == TCP_IPV4 && len >= FIXED_BYTES + 12) {
		source.family = 4;
		memcpy(source.ip, data + 16, 4);
		source.port = (uint16_t)(data[24] << 8 | data[25]);
	} else if (data[13] == TCP_IPV6 && len >= FIXED_BYTES + 36) {
		source.family = 6;
		memcpy(source.ip, data + 16, 16);
		source.port = (uint16_t)(data[48] << 8 | data[49]);
	} else {
		return data[13] == 0 ? 0 : LP_EMALFORMED;
	}
	*ret_source = source;
	return 1;
}
