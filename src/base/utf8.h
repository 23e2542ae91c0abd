/* UTF-8 by characters (RFC 3629), without overlong forms, surrogates, or code points above U+10FFFF. */
#ifndef LP_BASE_UTF8_H
#define LP_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the character at |data|, which has |len| bytes. Returns its length in bytes, or 0 if |len| is 0 or the bytes
   are not UTF-8; |ret_code| is the code point. */
size_t lp_utf8_next(const char *data, size_t len, uint32_t *ret_code);

/* True for characters that could make a name look like another text on a terminal: C0 and C1 controls, DEL, line and
   paragraph separators, direction marks, and characters without width. */
bool lp_utf8_is_unsafe(uint32_t code);

#endif
