#include "base/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "base/utf8.h"

void lp_text_init(struct lp_text *text, char *data, size_t size)
{
	text->data = data;
	text->size = size;
	text->len = 0;
	text->cut = false;
	text->data[0] = '\0';
}

/* Adds |n| bytes, or none if they don't fit. */
static void add_whole(struct lp_text *text, const char *data, size_t n)
{
	if (text->cut || n >= text->size - text->len) {
		text->cut = true;
		return;
	}
	memcpy(text->data + text->len, data, n);
	text->len += n;
	text->data[text->len] = '\0';
}

/* The length of the next unit of |string|: a character, or a byte that is not UTF-8 (then |ret_code| is UINT32_MAX). */
static size_t next_piece(const char *string, uint32_t *ret_code)
{
	size_t n = lp_utf8_next(string, strnlen(string, 4), ret_code);
	if (n > 0)
		return n;
	*ret_code = UINT32_MAX;
	return 1;
}

void lp_text_add(struct lp_text *text, const char *string)
{
	size_t n = strlen(string);
	if (!text->cut && n < text->size - text->len) {
		add_whole(text, string, n);
		return;
	}
	uint32_t code;
	for (; *string && !text->cut; string += n) {
		n = next_piece(string, &code);
		add_whole(text, string, n);
	}
}

void lp_text_addf(struct lp_text *text, const char *format, ...)
{
	if (text->cut)
		return;
	va_list args;
	va_start(args, format);
	size_t space = text->size - text->len;
	int n = vsnprintf(text->data + text->len, space, format, args);
	va_end(args);
	if (n < 0) {
		text->data[text->len] = '\0';
		text->cut = true;
		return;
	}
	if ((size_t)n < space) {
		text->len += (size_t)n;
		return;
	}
	/* Cut: remove an incomplete character. */
	uint32_t code;
	size_t step;
	const char *end = text->data + text->size - 1;
	for (char *at = text->data + text->len; at < end; at += step) {
		step = lp_utf8_next(at, (size_t)(end - at), &code);
		if (step == 0 && end - at < 4 && ((uint8_t)*at & 0xc0) == 0xc0)
			break;
		step = step ? step : 1;
		text->len += step;
	}
	text->data[text->len] = '\0';
	text->cut = true;
}

void lp_text_escaped(struct lp_text *text, const char *string)
{
	uint32_t code;
	char escape[16];
	for (size_t n; *string && !text->cut; string += n) {
		n = next_piece(string, &code);
		if (code == UINT32_MAX || (code < 0x80 && lp_utf8_is_unsafe(code)))
			add_whole(text, escape, (size_t)snprintf(escape, sizeof escape, "\\x%02x", (uint8_t)*string));
		else if (lp_utf8_is_unsafe(code))
			add_whole(text, escape, (size_t)snprintf(escape, sizeof escape, "\\u{%04" PRIx32 "}", code));
		else
			add_whole(text, string, n);
	}
}

void lp_text_json(struct lp_text *text, const char *string)
{
	uint32_t code;
	char escape[16];
	lp_text_add(text, "\"");
	for (size_t n; *string && !text->cut; string += n) {
		n = next_piece(string, &code);
		if (code == '"' || code == '\\')
			add_whole(text, escape, (size_t)snprintf(escape, sizeof escape, "\\%c", *string));
		else if (code == UINT32_MAX)
			add_whole(text, "\xef\xbf\xbd", 3);
		else if (lp_utf8_is_unsafe(code) && code <= 0xffff)
			add_whole(text, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04" PRIx32, code));
		else
			add_whole(text, string, n);
	}
	lp_text_add(text, "\"");
}

void lp_text_duration(struct lp_text *text, uint64_t ns)
{
	uint64_t s = ns / LP_SEC;
	if (ns < LP_MS)
		lp_text_addf(text, "%" PRIu64 "us", ns / LP_US);
	else if (ns < LP_SEC)
		lp_text_addf(text, "%" PRIu64 "ms", ns / LP_MS);
	else if (s < 60 && ns % LP_SEC >= LP_SEC / 10)
		lp_text_addf(text, "%" PRIu64 ".%" PRIu64 "s", s, ns % LP_SEC / (LP_SEC / 10));
	else if (s < 60)
		lp_text_addf(text, "%" PRIu64 "s", s);
	else if (s < 3600)
		lp_text_addf(text, "%" PRIu64 "m%02" PRIu64 "s", s / 60, s % 60);
	else if (s < 86400)
		lp_text_addf(text, "%" PRIu64 "h%02" PRIu64 "m", s / 3600, s / 60 % 60);
	else
		lp_text_addf(text, "%" PRIu64 "d%02" PRIu64 "h", s / 86400, s / 3600 % 24);
}

void lp_text_bytes(struct lp_text *text, uint64_t bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	unsigned unit = 0;
	uint64_t rest = 0;
	for (; bytes >= 1000; unit++) {
		rest = bytes % 1000;
		bytes /= 1000;
	}
	if (unit > 0 && bytes < 10)
		lp_text_addf(text, "%" PRIu64 ".%" PRIu64 " %s", bytes, rest / 100, units[unit]);
	else
		lp_text_addf(text, "%" PRIu64 " %s", bytes, units[unit]);
}

void lp_text_time(struct lp_text *text, int64_t unix_s)
{
	int64_t days = unix_s / 86400, second = unix_s % 86400;
	if (second < 0) {
		second += 86400;
		days--;
	}
	/* Days since 1 March of year 0 in the proleptic Gregorian calendar, in eras of 400 years. */
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t day_of_era = days - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month_from_march = (5 * day_of_year + 2) / 153;
	int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
	int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
	int64_t year = year_of_era + era * 400 + (month <= 2);
	lp_text_addf(text, "%04" PRId64 "-%02" PRId64 "-%02" PRId64 "T%02" PRId64 ":%02" PRId64 ":%02" PRId64 "Z", year,
		month, day, second / 3600, second / 60 % 60, second % 60);
}
