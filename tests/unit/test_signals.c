/* Signals arrive in the loop. */
#include "platform/loop/loop.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct signals {
	struct lp_loop *loop;
	unsigned stops, interrupts, hangups, reloads;
};

static void on_signal(void *ctx, enum lp_signal signal)
{
	struct signals *signals = ctx;
	if (signal == LP_SIGNAL_STOP)
		signals->stops++;
	else if (signal == LP_SIGNAL_INTERRUPT)
		signals->interrupts++;
	else if (signal == LP_SIGNAL_HANGUP)
		signals->hangups++;
	else
		signals->reloads++;
	lp_loop_stop(signals->loop);
}

/* Each signal is reported by name, in order of arrival. */
static void test_signals(void **state)
{
	struct signals signals = {0};
	(void)state;
	assert_int_equal(lp_loop_new(&signals.loop), 0);
	assert_int_equal(lp_loop_on_signal(signals.loop, on_signal, &signals), 0);
	raise(SIGHUP);
	lp_loop_run(signals.loop);
	assert_int_equal(signals.hangups, 1);
	raise(SIGTERM);
	lp_loop_run(signals.loop);
	raise(SIGINT);
	lp_loop_run(signals.loop);
	assert_int_equal(signals.stops, 1);
	assert_int_equal(signals.interrupts, 1);
	assert_int_equal(signals.hangups, 1);
	lp_loop_free(signals.loop);
}

/* If hangups were ignored at the start, as under nohup, SIGHUP does not end the program. */
static void test_nohup(void **state)
{
	struct signals signals = {0};
	(void)state;
	signal(SIGHUP, SIG_IGN);
	assert_int_equal(lp_loop_new(&signals.loop), 0);
	assert_int_equal(lp_loop_on_signal(signals.loop, on_signal, &signals), 0);
	raise(SIGHUP);
	lp_loop_run(signals.loop);
	assert_int_equal(signals.reloads, 1);
	assert_int_equal(signals.hangups, 0);
	lp_loop_free(signals.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_nohup),
	};
	return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
