/* A writer never waits for what it writes to, and writes each text completely or not at all. */
#include "platform/system/writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

#include <cmocka.h>

#define LINE_BYTES 100
#define LINES 10000

/* A console that stands still until |go| is set. */
struct console {
	HANDLE go, entered;
	char text[LINES * LINE_BYTES + 1];
	size_t len;
};

static void on_text(void *ctx, const char *data, size_t len)
{
	struct console *console = ctx;
	SetEvent(console->entered);
	WaitForSingleObject(console->go, INFINITE);
	memcpy(console->text + console->len, data, len);
	console->len += len;
}

static int set_up(void **state)
{
	static struct console console;
	console = (struct console){
		.go = CreateEventW(NULL, TRUE, FALSE, NULL), .entered = CreateEventW(NULL, TRUE, FALSE, NULL)};
	*state = &console;
	return 0;
}

/* More is added than fits while the console stands still. Afterwards the first lines are there, in order and whole. */
static void test_full(void **state)
{
	struct console *console = *state;
	struct lp_writer *writer;
	char line[LINE_BYTES + 1];
	assert_int_equal(lp_writer_new(on_text, console, &writer), 0);
	for (unsigned i = 0; i < LINES; i++) {
		snprintf(line, sizeof line, "%0*u\n", LINE_BYTES - 1, i);
		lp_writer_add(writer, line, LINE_BYTES);
	}
	assert_int_equal(console->len, 0);
	SetEvent(console->go);
	lp_writer_free(writer);
	assert_true(console->len >= 1000 * LINE_BYTES && console->len < LINES * LINE_BYTES);
	assert_int_equal(console->len % LINE_BYTES, 0);
	for (unsigned i = 0; i < console->len / LINE_BYTES; i++) {
		snprintf(line, sizeof line, "%0*u\n", LINE_BYTES - 1, i);
		assert_memory_equal(console->text + i * LINE_BYTES, line, LINE_BYTES);
	}
}

/* The program ends although the console stands still for good. */
static void test_stuck(void **state)
{
	struct console *console = *state;
	struct lp_writer *writer;
	assert_int_equal(lp_writer_new(on_text, console, &writer), 0);
	lp_writer_add(writer, "text", 4);
	assert_int_equal(WaitForSingleObject(console->entered, 10000), WAIT_OBJECT_0);
	lp_writer_free(writer);
	assert_int_equal(console->len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_full, set_up),
		cmocka_unit_test_setup(test_stuck, set_up),
	};
	return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
