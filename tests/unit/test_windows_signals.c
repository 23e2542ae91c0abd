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

struct signals {
	struct lp_loop *loop;
	enum lp_signal last;
};

static void on_signal(void *ctx, enum lp_signal signal)
{
	struct signals *signals = ctx;
	signals->last = signal;
	lp_loop_stop(signals->loop);
}

/* An event by which the console's handler notifies the loop. */
static HANDLE make_event(const wchar_t *kind)
{
	wchar_t name[64];
	swprintf(name, 64, L"Local\\lanparty-%ls-%lu", kind, (unsigned long)GetCurrentProcessId());
	return CreateEventW(NULL, FALSE, FALSE, name);
}

/* Ctrl-C gives the program time; a closed window does not. */
static void test_kinds(void **state)
{
	static const struct {
		const wchar_t *kind;
		enum lp_signal signal;
	} rows[] = {{L"stop", LP_SIGNAL_INTERRUPT}, {L"close", LP_SIGNAL_HANGUP}};
	struct signals signals = {0};
	(void)state;
	assert_int_equal(lp_loop_new(&signals.loop), 0);
	assert_int_equal(lp_loop_on_signal(signals.loop, on_signal, &signals), 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		HANDLE event = make_event(rows[i].kind);
		assert_true(SetEvent(event));
		lp_loop_run(signals.loop);
		assert_int_equal(signals.last, rows[i].signal);
		CloseHandle(event);
	}
	lp_loop_free(signals.loop);
}

/* An event that another program made in advance could end this one, or keep it from being ended. */
static void test_foreign_event(void **state)
{
	static const wchar_t *const kinds[] = {L"stop", L"close"};
	struct signals signals = {0};
	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		HANDLE event = make_event(kinds[i]);
		assert_int_equal(lp_loop_new(&signals.loop), 0);
		assert_int_equal(lp_loop_on_signal(signals.loop, on_signal, &signals), LP_EEXISTS);
		lp_loop_free(signals.loop);
		CloseHandle(event);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_foreign_event),
	};
	return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
