/* Resume tokens: random bytes that the relay stores with each peer; on the wire, hex digits. */
#ifndef LP_ROOM_TOKEN_H
#define LP_ROOM_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "ctrl/message.h"

#define LP_TOKEN_BYTES (LP_RESUME_MAX / 2)

/* Writes the token as lower-case hex. */
void lp_token_format(const uint8_t token[LP_TOKEN_BYTES], char text[LP_RESUME_MAX + 1]);
/* True if |text| is the token. The time that this takes does not depend on where they differ. */
bool lp_token_matches(const uint8_t token[LP_TOKEN_BYTES], const char text[LP_RESUME_MAX + 1]);

#endif
