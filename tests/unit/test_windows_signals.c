/* What ends a program on Windows. */
#include "platform/loop/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <windows.h>

#include <cmocka.h>

#include "base/error.h"

static void on_signal(void *ctx, enum lp_signal signal)
{
	assert_int_equal(signal, LP_SIGNAL_STOP);
	lp_loop_stop(ctx);
}

/* The event by which the console's handler ends the loop. */
static HANDLE make_event(void)
{
	wchar_t name[64];
	swprintf(name, 64, L"Local\\softlan-stop-%lu", (unsigned long)GetCurrentProcessId());
	return CreateEventW(NULL, FALSE, FALSE, name);
}

static void test_stop(void **state)
{
	struct lp_loop *loop;
	(void)state;
	assert_int_equal(lp_loop_new(&loop), 0);
	assert_int_equal(lp_loop_on_signal(loop, on_signal, loop), 0);
	HANDLE event = make_event();
	assert_true(SetEvent(event));
	lp_loop_run(loop);
	CloseHandle(event);
	lp_loop_free(loop);
}

/* An event that another program made in advance could end this one, or keep it from being ended. */
static void test_foreign_event(void **state)
{
	struct lp_loop *loop;
	HANDLE event = make_event();
	(void)state;
	assert_int_equal(lp_loop_new(&loop), 0);
	assert_int_equal(lp_loop_on_signal(loop, on_signal, loop), LP_EEXISTS);
	lp_loop_free(loop);
	CloseHandle(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_foreign_event),
	};
	return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
