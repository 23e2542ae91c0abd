/* Bytes as hex digits. */
#ifndef LP_BASE_HEX_H
#define LP_BASE_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Writes 2 * |len| lower-case digits and a NUL; returns |text|. */
char *lp_hex_format(const uint8_t *data, size_t len, char *text);
/* Reads exactly |len| bytes from a text of 2 * |len| digits. 0, or LP_EMALFORMED. */
int lp_hex_parse(const char *text, uint8_t *ret_data, size_t len);

#endif
