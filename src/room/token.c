#include "room/token.h"

#include <stddef.h>
#include <string.h>

#include "base/hex.h"

void lp_token_format(const uint8_t token[LP_TOKEN_BYTES], char text[LP_RESUME_MAX + 1])
{
	lp_hex_format(token, LP_TOKEN_BYTES, text);
}

bool lp_token_matches(const uint8_t token[LP_TOKEN_BYTES], const char text[LP_RESUME_MAX + 1])
{
	char expected[LP_RESUME_MAX + 1];
	volatile uint8_t differs = 0; /* volatile: the compiler must not end the loop early */
	/* The length of |text| is no secret. */
	if (strnlen(text, LP_RESUME_MAX + 1) != LP_RESUME_MAX)
		return false;
	lp_token_format(token, expected);
	for (size_t i = 0; i < LP_RESUME_MAX; i++)
		differs |= (uint8_t)(expected[i] ^ text[i]);
	return differs == 0;
}
