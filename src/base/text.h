/* Text that is built up in a buffer of the caller's. It always ends in NUL; what does not fit is cut off at a
   character's start and remembered, so that many additions need one check. */
#ifndef LP_BASE_TEXT_H
#define LP_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attribute.h"

struct lp_text {
	char *data;  /* borrowed from the caller for as long as the text is built */
	size_t size; /* of the buffer, at least 1 */
	size_t len;  /* without the NUL */
	bool cut;    /* something did not fit; nothing is added any more */
};

/* Starts an empty text in |data|. */
void lp_text_init(struct lp_text *text, char *data, size_t size);
/* Adds a string as it is. */
void lp_text_add(struct lp_text *text, const char *string);
/* Adds what printf would print. */
void lp_text_addf(struct lp_text *text, const char *format, ...) LP_PRINTF(2, 3);
/* Adds a string that somebody else may have made up, safe for a terminal and in one line: controls, direction marks
   and bytes that are not UTF-8 become \xNN or \u{NNNN}. What is safe stays as it is, so escaping twice is harmless. */
void lp_text_escaped(struct lp_text *text, const char *string);
/* Adds a string as JSON (RFC 8259 §7), with its quotes. Bytes that are not UTF-8 become U+FFFD. */
void lp_text_json(struct lp_text *text, const char *string);
/* Adds a duration as people say it: "350us", "15ms", "2.5s", "3m20s", "2h05m", "4d03h". */
void lp_text_duration(struct lp_text *text, uint64_t ns);
/* Adds an amount of data as people say it, in decimal units: "312 B", "1.5 kB", "23 MB", "1.2 TB". */
void lp_text_bytes(struct lp_text *text, uint64_t bytes);
/* Adds a point in time, seconds of Unix time, as a date in UTC: "2026-11-22T10:15:00Z" (RFC 3339). */
void lp_text_time(struct lp_text *text, int64_t unix_s);

#endif
