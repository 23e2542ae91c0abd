/* Names to addresses: numeric ones immediately, invalid ones with a reason, none after the request is freed. */
#include "platform/net/resolve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/units.h"
#include "platform/loop/loop.h"

struct answer {
	struct lp_loop *loop;
	unsigned calls;
	size_t n_addrs;
	struct lp_addr first;
	char reason[200];
};

static void on_answer(void *ctx, const struct lp_addr *addrs, size_t n_addrs, const char *reason)
{
	struct answer *answer = ctx;
	answer->calls++;
	answer->n_addrs = n_addrs;
	if (n_addrs)
		answer->first = addrs[0];
	else
		strncpy(answer->reason, reason, sizeof answer->reason - 1);
	lp_loop_stop(answer->loop);
}

static void on_timeout(void *ctx, uint64_t now_ns)
{
	(void)now_ns;
	lp_loop_stop(ctx);
}

/* Runs the loop until it is stopped, for at most |ms|. */
static void run(struct lp_loop *loop, unsigned ms)
{
	struct lp_timer *timer;
	assert_int_equal(lp_timer_new(loop, on_timeout, loop, &timer), 0);
	lp_timer_set(timer, lp_loop_now_ns(loop) + ms * LP_MS);
	lp_loop_run(loop);
	lp_timer_free(timer);
}

static const struct {
	const char *host;
	const char *first; /* NULL: there is none */
} rows[] = {
	{"192.0.2.7", "192.0.2.7:443"},
	{"2001:db8::7", "[2001:db8::7]:443"},
	{"localhost", ""}, /* the order of families depends on the system */
	{"a name that cannot be", NULL},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct answer answer = {0};
		assert_int_equal(lp_loop_new(&answer.loop), 0);
		struct lp_resolve *resolve;
		assert_int_equal(lp_resolve_start(answer.loop, rows[i].host, 443, on_answer, &answer, &resolve), 0);
		assert_int_equal(answer.calls, 0);
		run(answer.loop, 20000);
		assert_int_equal(answer.calls, 1);
		assert_int_equal(answer.n_addrs > 0, rows[i].first != NULL);
		char text[LP_ADDR_TEXT_MAX];
		if (!rows[i].first)
			assert_true(strlen(answer.reason) > 5);
		else if (rows[i].first[0])
			assert_string_equal(lp_addr_format(&answer.first, text), rows[i].first);
		else
			assert_int_equal(answer.first.port, 443);
		lp_resolve_free(resolve);
		lp_loop_free(answer.loop);
	}
}

/* A freed request makes no callback, whether the lookup is over or not. */
static void test_cancel(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct answer answer = {0};
		assert_int_equal(lp_loop_new(&answer.loop), 0);
		struct lp_resolve *resolve;
		assert_int_equal(lp_resolve_start(answer.loop, rows[i].host, 443, on_answer, &answer, &resolve), 0);
		lp_resolve_free(resolve);
		run(answer.loop, 5);
		assert_int_equal(answer.calls, 0);
		lp_loop_free(answer.loop);
	}
	lp_resolve_free(NULL);
}

/* A host name that exceeds the maximum length. */
static void test_long(void **state)
{
	struct lp_resolve *resolve = NULL;
	(void)state;
	char host[300];
	memset(host, 'a', sizeof host - 1);
	host[sizeof host - 1] = '\0';
	struct lp_loop *loop;
	assert_int_equal(lp_loop_new(&loop), 0);
	assert_int_equal(lp_resolve_start(loop, host, 443, on_answer, NULL, &resolve), LP_ETOOBIG);
	assert_null(resolve);
	lp_loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_long),
	};
	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
