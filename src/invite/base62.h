/* Base62: binary data as letters and digits alone, so that no chat takes a character for markup and a double click
   selects all of it. Each 8 bytes become 11 characters, a shorter last block as few as hold it. */
#ifndef LP_INVITE_BASE62_H
#define LP_INVITE_BASE62_H

#include <stddef.h>
#include <stdint.h>

/* Characters that |len| bytes become. */
size_t lp_base62_len(size_t len);
/* Writes lp_base62_len(len) characters and a NUL. */
void lp_base62_encode(const uint8_t *data, size_t len, char *text);
/* Reads exactly |len| bytes from lp_base62_len(len) characters. 0; LP_EMALFORMED: a character other than a letter or
   a digit, or a block that no encoder writes. */
int lp_base62_decode(const char *text, uint8_t *ret_data, size_t len);

#endif
