#include "base/utf8.h"

/* The length of the sequence that starts with |first|, the value bits of |first|, and the smallest code point that
   needs this length. 0: |first| doesn't start a sequence. */
static size_t sequence_len(uint8_t first, uint32_t *ret_bits, uint32_t *ret_least)
{
	if (first < 0x80) {
		*ret_bits = first, *ret_least = 0;
		return 1;
	}
	if ((first & 0xe0) == 0xc0) {
		*ret_bits = first & 0x1f, *ret_least = 0x80;
		return 2;
	}
	if ((first & 0xf0) == 0xe0) {
		*ret_bits = first & 0x0f, *ret_least = 0x800;
		return 3;
	}
	if ((first & 0xf8) == 0xf0) {
		*ret_bits = first & 0x07, *ret_least = 0x10000;
		return 4;
	}
	return 0;
}

size_t lp_utf8_next(const char *data, size_t len, uint32_t *ret_code)
{
	uint32_t code, least;
	size_t n = len > 0 ? sequence_len((uint8_t)data[0], &code, &least) : 0;
	if (n == 0 || n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		uint8_t byte = (uint8_t)data[i];
		if ((byte & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (byte & 0x3f);
	}
	if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return n;
}

bool lp_utf8_is_unsafe(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad || code == 0x61c ||
	       (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x206f) || code == 0xfeff || (code >= 0xfff9 && code <= 0xfffb) ||
	       code >= 0xe0000;
}
