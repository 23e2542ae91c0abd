/* A text in the caller's buffer. It always ends in NUL. If it doesn't fit, it is cut at a character boundary and |cut|
   is set, so that after many additions one check is enough. */
#ifndef LP_BASE_TEXT_H
#define LP_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attribute.h"

struct lp_text {
	char *data;  /* borrowed */
	size_t size; /* of the buffer, at least 1 */
	size_t len;  /* without the NUL */
	bool cut;    /* an addition did not fit; further ones have no effect */
};

/* Starts an empty text in |data|. */
void lp_text_init(struct lp_text *text, char *data, size_t size);
/* Adds a string. */
void lp_text_add(struct lp_text *text, const char *string);
/* Adds the output of printf. */
void lp_text_addf(struct lp_text *text, const char *format, ...) LP_PRINTF(2, 3);
/* Adds an untrusted string so that it is safe for a terminal and stays on one line: controls, direction marks and bytes
   that are not UTF-8 become \xNN or \u{NNNN}. Other characters are not changed, so escaping twice does no harm. */
void lp_text_escaped(struct lp_text *text, const char *string);
/* Adds a string as JSON (RFC 8259 §7), with its quotes. Bytes that are not UTF-8 become U+FFFD. */
void lp_text_json(struct lp_text *text, const char *string);
/* Adds a duration for people: "350us", "15ms", "2.5s", "3m20s", "2h05m", "4d03h". */
void lp_text_duration(struct lp_text *text, uint64_t ns);
/* Adds an amount of data for people, in decimal units: "312 B", "1.5 kB", "23 MB", "1.2 TB". */
void lp_text_bytes(struct lp_text *text, uint64_t bytes);
/* Adds a time, seconds of Unix time, as a date in UTC: "2026-11-22T10:15:00Z" (RFC 3339). */
void lp_text_time(struct lp_text *text, int64_t unix_s);

#endif
