/* Text built in a buffer: bounded, truncated at characters, safe to print. */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/mac.h"
#include "base/units.h"
#include "base/utf8.h"

/* Names that a peer could choose, as text on a terminal and as JSON. */
static const struct {
	const char *raw, *escaped, *json;
} strings[] = {
	{"", "", "\"\""},
	{"basement", "basement", "\"basement\""},
	{"C:\\Games \"x\"", "C:\\Games \"x\"", "\"C:\\\\Games \\\"x\\\"\""},
	{"a\nb\tc\rd", "a\\x0ab\\x09c\\x0dd", "\"a\\u000ab\\u0009c\\u000dd\""},
	{"\033[2J\033]0;x\a", "\\x1b[2J\\x1b]0;x\\x07", "\"\\u001b[2J\\u001b]0;x\\u0007\""},
	{"\x7f", "\\x7f", "\"\\u007f\""},
	{"\xc2\x9b"
	 "31m",
		"\\u{009b}31m", "\"\\u009b31m\""},                                             /* C1: CSI */
	{"Zo\xc3\xab \xe2\x82\xac", "Zo\xc3\xab \xe2\x82\xac", "\"Zo\xc3\xab \xe2\x82\xac\""}, /* ë € */
	{"\xf0\x9f\x8e\xae", "\xf0\x9f\x8e\xae", "\"\xf0\x9f\x8e\xae\""},
	{"a\xe2\x80\xae"
	 "b",
		"a\\u{202e}b", "\"a\\u202eb\""}, /* right-to-left override */
	{"a\xe2\x80\x8b", "a\\u{200b}", "\"a\\u200b\""},
	{"\xff\xfe", "\\xff\\xfe", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
	{"\xc3", "\\xc3", "\"\xef\xbf\xbd\""},                                           /* truncated */
	{"\xc0\xaf", "\\xc0\\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},                      /* overlong '/' */
	{"\xed\xa0\x80", "\\xed\\xa0\\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, /* surrogate */
	{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
};

/* Each row, escaped once and twice, and as JSON. */
static void test_escapes(void **state)
{
	char data[200];
	struct lp_text text;
	(void)state;
	for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
		lp_text_init(&text, data, sizeof data);
		lp_text_escaped(&text, strings[i].raw);
		assert_string_equal(data, strings[i].escaped);
		/* Escaping an escaped text changes nothing. */
		char twice[200];
		lp_text_init(&text, twice, sizeof twice);
		lp_text_escaped(&text, data);
		assert_string_equal(twice, data);
		lp_text_init(&text, data, sizeof data);
		lp_text_json(&text, strings[i].raw);
		assert_string_equal(data, strings[i].json);
		assert_int_equal(text.len, strlen(data));
	}
}

/* For any buffer size the result is terminated, is a prefix of the full text, and consists of complete characters. */
static void test_cut(void **state)
{
	static const char whole[] = "a\xc3\xab\xe2\x82\xac\xf0\x9f\x8e\xae!";
	(void)state;
	for (int way = 0; way < 3; way++) {
		for (size_t size = 1; size <= sizeof whole + 1; size++) {
			char data[32];
			struct lp_text text;
			uint32_t code;
			memset(data, 0x55, sizeof data);
			lp_text_init(&text, data, size);
			if (way == 0)
				lp_text_add(&text, whole);
			else if (way == 1)
				lp_text_addf(&text, "%s", whole);
			else
				lp_text_escaped(&text, whole);
			assert_int_equal(text.cut, size < sizeof whole);
			assert_int_equal(data[text.len], 0);
			assert_true(text.len < size);
			assert_memory_equal(data, whole, text.len);
			for (size_t i = size; i < sizeof data; i++)
				assert_int_equal(data[i], 0x55);
			for (size_t i = 0, n; i < text.len; i += n)
				assert_true((n = lp_utf8_next(data + i, text.len - i, &code)) > 0);
			/* Nothing follows a truncation. */
			size_t len = text.len;
			lp_text_add(&text, "x");
			assert_int_equal(text.len, text.cut ? len : len + 1);
		}
	}
}

/* An escape sequence is never split, so the text never shows something else. */
static void test_cut_escape(void **state)
{
	char data[8];
	struct lp_text text;
	(void)state;
	lp_text_init(&text, data, 6);
	lp_text_escaped(&text, "abc\033");
	assert_string_equal(data, "abc");
	assert_true(text.cut);
}

/* A row for each unit and its limits. */
static void test_durations(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} rows[] = {
		{0, "0us"},
		{350 * LP_US, "350us"},
		{15 * LP_MS, "15ms"},
		{999 * LP_MS + 999 * LP_US, "999ms"},
		{LP_SEC, "1s"},
		{2500 * LP_MS, "2.5s"},
		{59 * LP_SEC + 50 * LP_MS, "59s"},
		{200 * LP_SEC, "3m20s"},
		{7500 * LP_SEC, "2h05m"},
		{(4 * 86400 + 3 * 3600) * LP_SEC, "4d03h"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char data[32];
		struct lp_text text;
		lp_text_init(&text, data, sizeof data);
		lp_text_duration(&text, rows[i].ns);
		assert_string_equal(data, rows[i].text);
	}
}

/* A row for each kind of rounding. */
static void test_bytes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {
		{0, "0 B"},
		{999, "999 B"},
		{1000, "1.0 kB"},
		{1550, "1.5 kB"},
		{23456, "23 kB"},
		{999999, "999 kB"},
		{UINT64_C(1200000000000), "1.2 TB"},
		{UINT64_MAX, "18 EB"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char data[32];
		struct lp_text text;
		lp_text_init(&text, data, sizeof data);
		lp_text_bytes(&text, rows[i].bytes);
		assert_string_equal(data, rows[i].text);
	}
}

/* Leap years, centuries, and before 1970. */
static void test_times(void **state)
{
	static const struct {
		int64_t unix_s;
		const char *text;
	} rows[] = {
		{0, "1970-01-01T00:00:00Z"},
		{-1, "1969-12-31T23:59:59Z"},
		{951782399, "2000-02-28T23:59:59Z"},
		{951782400, "2000-02-29T00:00:00Z"},
		{951868800, "2000-03-01T00:00:00Z"},
		{1795342500, "2026-11-22T10:15:00Z"},
		{4107542399, "2100-02-28T23:59:59Z"},
		{4107542400, "2100-03-01T00:00:00Z"},
		{253402300799, "9999-12-31T23:59:59Z"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char data[32];
		struct lp_text text;
		lp_text_init(&text, data, sizeof data);
		lp_text_time(&text, rows[i].unix_s);
		assert_string_equal(data, rows[i].text);
	}
}

/* Both separators, never mixed; a refusal leaves the result unchanged. */
static void test_macs(void **state)
{
	static const char *const bad[] = {"", "02", "02:", "02:5a:00:00:00", "02:5a:00:00:00:0",
		"02:5a:00:00:00:01:", "02:5a:00:00:00:01:02", "02:5a-00:00:00:01", "025a00000001", "0g:5a:00:00:00:01",
		" 02:5a:00:00:00:01"};
	struct lp_mac mac;
	char text[LP_MAC_TEXT_MAX];
	(void)state;
	assert_int_equal(lp_mac_parse("02-5A-00-fF-00-01", &mac), 0);
	assert_string_equal(lp_mac_format(&mac, text), "02:5a:00:ff:00:01");
	assert_int_equal(lp_mac_parse(text, &mac), 0);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(lp_mac_parse(bad[i], &mac), LP_EINVAL);
	assert_string_equal(lp_mac_format(&mac, text), "02:5a:00:ff:00:01");
}

/* Every code has its own text; an unknown code has one too. */
static void test_errors(void **state)
{
	static const int codes[] = {
#define X(name, text) LP_E##name,
		LP_ERRORS(X)
#undef X
	};
	size_t n = sizeof codes / sizeof codes[0];
	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(codes[i], -(int)(i + 1));
		assert_string_not_equal(lp_error_text(codes[i]), "unknown error");
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(lp_error_text(codes[i]), lp_error_text(codes[j]));
	}
	assert_string_equal(lp_error_text(0), "ok");
	assert_string_equal(lp_error_text(5), "ok");
	assert_string_equal(lp_error_text(-(int)n - 1), "unknown error");
	assert_string_equal(lp_error_text(INT32_MIN), "unknown error");
}

/* A failure is one line, whatever its arguments contain, and returns its code. */
static void test_failures(void **state)
{
	struct lp_failure failure = {0};
	char long_name[1000];
	(void)state;
	assert_int_equal(lp_fail(NULL, LP_EPERM, "%s", "x"), LP_EPERM);
	assert_int_equal(lp_fail(&failure, LP_EIO, "%s:%d: bad\n", "a\033b", 7), LP_EIO);
	assert_int_equal(failure.code, LP_EIO);
	assert_string_equal(failure.text, "a\\x1bb:7: bad\\x0a");
	memset(long_name, 'n', sizeof long_name);
	long_name[sizeof long_name - 1] = '\0';
	assert_int_equal(lp_fail(&failure, LP_EINVAL, "%s", long_name), LP_EINVAL);
	assert_int_equal(strlen(failure.text), sizeof failure.text - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut_escape),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_macs),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_failures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
