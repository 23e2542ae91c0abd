/* Log lines: text with a time or a priority, JSON with a time, one write each, and space for a live view. */
#include "cli/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

/* A log into a file that can be read back. */
struct sheet {
	struct lp_log_output output;
	FILE *file;
	char data[40000];
};

/* Opens the log; |journal|: as under systemd. */
static void sheet_open(struct sheet *sheet, enum lp_log_format format, enum lp_level level, bool journal)
{
	const struct lp_common_options common = {.log_format = format, .log_level = level};
	static char there[] = "JOURNAL_STREAM=8:1", away[] = "JOURNAL_STREAM=";
	putenv(journal ? there : away);
	sheet->file = tmpfile();
	assert_non_null(sheet->file);
	lp_log_output_init(&sheet->output, &common, sheet->file);
}

/* The written text; closes the file. */
static const char *sheet_close(struct sheet *sheet)
{
	rewind(sheet->file);
	size_t n = fread(sheet->data, 1, sizeof sheet->data - 1, sheet->file);
	sheet->data[n] = '\0';
	fclose(sheet->file);
	return sheet->data;
}

/* True for "2026-11-22T10:15:00.123Z". */
static bool is_time(const char *text)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd.dddZ";
	for (size_t i = 0; i < sizeof shape - 1; i++) {
		if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
			return false;
	}
	return true;
}

/* Into a file: date, level, no colours. */
static void test_text(void **state)
{
	struct sheet sheet;
	(void)state;
	sheet_open(&sheet, LP_LOG_TEXT, LP_LEVEL_INFO, false);
	lp_event_warned(&sheet.output.log, "a\033[31mb\nc");
	lp_event_connection_opened(&sheet.output.log, NULL);
	lp_event_status(&sheet.output.log, "x");
	const char *data = sheet_close(&sheet);
	assert_true(is_time(data));
	assert_memory_equal(data + 24, " warning: a\\x1b[31mb\\x0ac\n", 26);
	assert_true(is_time(data + 50));
	assert_string_equal(data + 74, " x\n");
}

/* Under systemd: the level as a priority, and no time. */
static void test_journal(void **state)
{
	struct sheet sheet;
	(void)state;
	sheet_open(&sheet, LP_LOG_TEXT, LP_LEVEL_DEBUG, true);
	lp_event_failed(&sheet.output.log, "x");
	lp_event_warned(&sheet.output.log, "x");
	lp_event_status(&sheet.output.log, "x");
	lp_event_hello_timeout(&sheet.output.log, NULL);
	lp_event_connection_opened(&sheet.output.log, NULL);
	assert_string_equal(sheet_close(&sheet), "<3>error: x\n<4>warning: x\n<6>x\n"
						 "<6>none sent no hello before the timeout\n<7>none connected\n");
}

/* JSON: each line is an object; one that is too long keeps its name and loses its fields. */
static void test_json(void **state)
{
	struct sheet sheet;
	char *long_text = malloc(30000);
	(void)state;
	assert_non_null(long_text);
	memset(long_text, 'x', 29999);
	long_text[29999] = '\0';
	sheet_open(&sheet, LP_LOG_JSON, LP_LEVEL_INFO, false);
	lp_event_started(&sheet.output.log, "a\"b", "1");
	lp_event_status(&sheet.output.log, long_text);
	free(long_text);
	const char *data = sheet_close(&sheet);

	json_t *root = json_loads(data, JSON_DISABLE_EOF_CHECK, NULL);
	assert_non_null(root);
	assert_true(is_time(json_string_value(json_object_get(root, "time"))));
	assert_string_equal(json_string_value(json_object_get(root, "level")), "info");
	assert_string_equal(json_string_value(json_object_get(root, "program")), "a\"b");
	json_decref(root);
	data = strchr(data, '\n') + 1;
	root = json_loads(data, 0, NULL);
	assert_non_null(root);
	assert_string_equal(json_string_value(json_object_get(root, "event")), "status");
	assert_true(json_is_true(json_object_get(root, "cut")));
	json_decref(root);
}

/* Stands in for the view and records its calls. */
static void make_way(void *ctx, bool before)
{
	fputs(before ? "(" : ")", ctx);
}

/* The view is hidden and shown again around each line. */
static void test_around(void **state)
{
	struct sheet sheet;
	(void)state;
	sheet_open(&sheet, LP_LOG_TEXT, LP_LEVEL_INFO, true);
	sheet.output.around = make_way;
	sheet.output.around_ctx = sheet.file;
	lp_event_status(&sheet.output.log, "x");
	lp_event_status(&sheet.output.log, "y");
	assert_string_equal(sheet_close(&sheet), "(<6>x\n)(<6>y\n)");
}

/* Lines of |data| that contain |word|. */
static unsigned count_lines(const char *data, const char *word)
{
	unsigned n = 0;
	for (; (data = strstr(data, word)); data++)
		n++;
	return n;
}

/* Peers cannot fill the disk: each event is rate-limited, the rest is counted; other events are not affected. */
static void test_flood(void **state)
{
	static struct sheet sheet;
	(void)state;
	sheet_open(&sheet, LP_LOG_TEXT, LP_LEVEL_INFO, true);
	FILE *file = sheet.file;
	sheet.output.file = fopen("/dev/null", "w");
	assert_non_null(sheet.output.file);
	for (unsigned i = 0; i < LP_LOG_BURST; i++)
		lp_event_hello_timeout(&sheet.output.log, NULL);
	fclose(sheet.output.file);
	sheet.output.file = file;
	unsigned n = 0;
	while (ftell(file) == 0) { /* until there is a token for one more */
		lp_event_hello_timeout(&sheet.output.log, NULL);
		n++;
	}
	for (unsigned i = 0; i < 1000; i++)
		lp_event_hello_timeout(&sheet.output.log, NULL);
	lp_event_status(&sheet.output.log, "x");
	const char *data = sheet_close(&sheet);
	char told[100];
	snprintf(told, sizeof told, "<4>warning: %u lines of the event 'hello_timeout' were suppressed here\n", n - 1);
	if (n > 1)
		assert_memory_equal(data, told, strlen(told));
	assert_in_range(count_lines(data, "sent no hello"), 1, 900);
	assert_string_equal(data + strlen(data) - 5, "<6>x\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_journal),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_around),
		cmocka_unit_test(test_flood),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
