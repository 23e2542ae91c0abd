/* The log of a client without a terminal: rotation, and the reason of its end. */
#include "client/windows/service/log_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PATH "test_log_file.log"

static int clean(void **state)
{
	(void)state;
	(void)remove(PATH);
	(void)remove(PATH ".old");
	return 0;
}

/* The size of a file; -1: there is none. */
static long size_of(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		return -1;
	fseek(file, 0, SEEK_END);
	long size = ftell(file);
	fclose(file);
	return size;
}

static void add(struct lp_log_file *log, const char *text)
{
	lp_log_file_add(log, text, strlen(text));
}

static void test_rotation(void **state)
{
	struct lp_log_file log;
	char line[1001];
	(void)state;
	memset(line, 'x', 1000);
	line[999] = '\n';
	line[1000] = '\0';
	lp_log_file_init(&log, PATH);
	size_t n = LP_LOG_FILE_BYTES / 1000;
	for (size_t i = 0; i < n; i++)
		add(&log, line);
	assert_int_equal(size_of(PATH ".old"), -1);
	/* It goes on where an earlier service ended, and never splits a line. */
	lp_log_file_done(&log);
	lp_log_file_init(&log, PATH);
	add(&log, "half ");
	assert_int_equal(size_of(PATH ".old"), -1);
	add(&log, line);
	assert_int_equal(size_of(PATH ".old"), (long)(n * 1000 + 1005));
	assert_int_equal(size_of(PATH), 0);
	for (size_t i = 0; i < 2 * n + 4; i++)
		add(&log, line);
	assert_true(size_of(PATH) >= 0 && size_of(PATH) < (long)LP_LOG_FILE_BYTES);
	assert_true(size_of(PATH ".old") >= (long)LP_LOG_FILE_BYTES);
	assert_true(size_of(PATH ".old") < (long)LP_LOG_FILE_BYTES + 1000);
	lp_log_file_done(&log);
}

static const struct {
	const char *printed, *reason;
} reason_rows[] = {
	{"2026-11-30T20:16:15.122Z stopping\n2026-11-30T20:16:15.123Z error: no adapter: get one\n",
		"no adapter: get one"},
	{"lanparty-client-win: the invite expired\r\n\r\n", "the invite expired"},
	{"first\nsecond\nnot complete", "second"},
	{"", ""},
};

static void test_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof reason_rows / sizeof reason_rows[0]; i++) {
		struct lp_log_file log;
		char reason[400];
		lp_log_file_init(&log, PATH);
		/* In pieces, as a pipe delivers it. */
		for (const char *c = reason_rows[i].printed; *c; c++)
			lp_log_file_add(&log, c, 1);
		lp_log_file_reason(&log, reason, sizeof reason);
		assert_string_equal(reason, reason_rows[i].reason);
		lp_log_file_done(&log);
	}
}

/* A line of any length, and a file that cannot be written, do no harm. */
static void test_long(void **state)
{
	struct lp_log_file log;
	char reason[400], *line = malloc(100001);
	(void)state;
	assert_non_null(line);
	memset(line, 'y', 99999);
	line[99999] = '\n';
	line[100000] = '\0';
	lp_log_file_init(&log, "no/such/folder/x.log");
	add(&log, line);
	add(&log, "short\n");
	lp_log_file_reason(&log, reason, sizeof reason);
	assert_string_equal(reason, "short");
	lp_log_file_done(&log);
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rotation, clean, clean),
		cmocka_unit_test_setup_teardown(test_reason, clean, clean),
		cmocka_unit_test(test_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
