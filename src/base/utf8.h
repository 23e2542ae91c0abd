/* UTF-8 one character at a time (RFC 3629): no overlong forms, no surrogates, nothing past U+10FFFF. */
#ifndef LP_BASE_UTF8_H
#define LP_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads the character at |data|, |len| bytes of which are there. Returns how many bytes it takes, or 0 if there is
   none or they are not UTF-8; |ret_code| is its code point. */
size_t lp_utf8_next(const char *data, size_t len, uint32_t *ret_code);

/* True for C0 and C1 controls and DEL, for the line and paragraph separators, and for the marks that turn the
   direction of text or have no width: what a peer could use to deceive who reads its name on a terminal. */
bool lp_utf8_is_unsafe(uint32_t code);

#endif
