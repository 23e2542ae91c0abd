#include "invite/base62.h"

#include <string.h>

#include "base/error.h"

#define BLOCK_BYTES 8U

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/* Characters that a block of 0 to 8 bytes needs: the least n with 62^n >= 256^bytes. */
static const uint8_t block_chars[BLOCK_BYTES + 1] = {0, 2, 3, 5, 6, 7, 9, 10, 11};

size_t lp_base62_len(size_t len)
{
	return len / BLOCK_BYTES * block_chars[BLOCK_BYTES] + block_chars[len % BLOCK_BYTES];
}

void lp_base62_encode(const uint8_t *data, size_t len, char *text)
{
	while (len) {
		size_t bytes = len < BLOCK_BYTES ? len : BLOCK_BYTES;
		uint64_t value = 0;
		for (size_t i = 0; i < bytes; i++)
			value = value << 8 | data[i];
		for (size_t i = block_chars[bytes]; i > 0; i--, value /= 62)
			text[i - 1] = digits[value % 62];
		text += block_chars[bytes];
		data += bytes;
		len -= bytes;
	}
	*text = '\0';
}

/* Reads one block of |bytes| bytes. */
static int decode_block(const char *text, uint8_t *ret_data, size_t bytes)
{
	uint64_t value = 0;
	for (size_t i = 0; i < block_chars[bytes]; i++) {
		const char *digit = text[i] ? strchr(digits, text[i]) : NULL;
		if (!digit || __builtin_mul_overflow(value, (uint64_t)62, &value) ||
			__builtin_add_overflow(value, (uint64_t)(digit - digits), &value))
			return LP_EMALFORMED;
	}
	if (bytes < BLOCK_BYTES && value >> (8 * bytes))
		return LP_EMALFORMED;
	for (size_t i = bytes; i > 0; i--, value >>= 8)
		ret_data[i - 1] = (uint8_t)value;
	return 0;
}

int lp_base62_decode(const char *text, uint8_t *ret_data, size_t len)
{
	if (strlen(text) < lp_base62_len(len))
		return LP_EMALFORMED;
	while (len) {
		size_t bytes = len < BLOCK_BYTES ? len : BLOCK_BYTES;
		int result = decode_block(text, ret_data, bytes);
		if (result < 0)
			return result;
		text += block_chars[bytes];
		ret_data += bytes;
		len -= bytes;
	}
	return 0;
}
