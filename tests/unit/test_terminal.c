/* A terminal is recognised by its kind, and has a size; a pipe is not a terminal. */
#include "platform/system/terminal.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

/* Replaces standard error by a descriptor; returns the old one. */
static int replace(int fd)
{
	int before = dup(STDERR_FILENO);
	assert_true(before >= 0);
	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	return before;
}

/* Restores the old one. */
static void restore(int before)
{
	assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
	close(before);
}

static void test_terminal(void **state)
{
	const struct winsize size = {.ws_row = 31, .ws_col = 101};
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	unsigned rows = 0, columns = 0;
	(void)state;
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		skip();
	int fd = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, TIOCSWINSZ, &size), 0);
	int before = replace(fd);
	setenv("TERM", "xterm", 1);
	bool live = lp_terminal_is_live(LP_TERMINAL_ERR);
	setenv("TERM", "dumb", 1);
	bool dumb = lp_terminal_is_live(LP_TERMINAL_ERR);
	unsetenv("TERM");
	bool none = lp_terminal_is_live(LP_TERMINAL_ERR);
	lp_terminal_size(LP_TERMINAL_ERR, &rows, &columns);
	restore(before);
	close(fd);
	close(master);
	assert_true(live);
	assert_false(dumb);
	assert_false(none);
	assert_int_equal(rows, 31);
	assert_int_equal(columns, 101);
}

static void test_pipe(void **state)
{
	unsigned rows = 0, columns = 0;
	(void)state;
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	int before = replace(fds[1]);
	setenv("TERM", "xterm", 1);
	bool live = lp_terminal_is_live(LP_TERMINAL_ERR);
	lp_terminal_size(LP_TERMINAL_ERR, &rows, &columns);
	restore(before);
	close(fds[0]);
	close(fds[1]);
	assert_false(live);
	assert_int_equal(rows, 24);
	assert_int_equal(columns, 80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_pipe),
	};
	return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}
