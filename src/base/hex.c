#include "base/hex.h"

#include <string.h>

#include "base/error.h"

char *lp_hex_format(const uint8_t *data, size_t len, char *text)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < len; i++) {
		text[2 * i] = digits[data[i] >> 4];
		text[2 * i + 1] = digits[data[i] & 15];
	}
	text[2 * len] = '\0';
	return text;
}

/* The value of a digit, or -1. */
static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int lp_hex_parse(const char *text, uint8_t *ret_data, size_t len)
{
	if (strlen(text) != 2 * len)
		return LP_EMALFORMED;
	for (size_t i = 0; i < 2 * len; i++)
		if (digit(text[i]) < 0)
			return LP_EMALFORMED;
	for (size_t i = 0; i < len; i++)
		ret_data[i] = (uint8_t)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
	return 0;
}
