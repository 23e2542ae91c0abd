/* Network category and firewall rules by COM. Wine can change neither: what is tested is that every call comes back
   with an error that the client understands, or works. */
#include "platform/net/inbound.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/units.h"
#include "platform/loop/loop.h"

/* The interface of the first address of this computer. */
static struct lp_route_interface some_interface(void)
{
	struct lp_route_address address;
	assert_int_equal(lp_route_addresses(&address, 1, NULL), 1);
	return address.interface;
}

static void test_results(void **state)
{
	(void)state;
	struct lp_route_interface interface = some_interface(), none = {.luid = 0x0047fffff0000000U};
	print_message("query\n");
	int result = lp_inbound_do(&interface, LP_INBOUND_QUERY);
	assert_true(result == LP_INBOUND_PUBLIC || result == LP_INBOUND_PRIVATE || result == LP_ENOTFOUND ||
		    result == LP_EUNSUPPORTED || result == LP_EIO);
	print_message("nothing there\n");
	assert_true(lp_inbound_do(&none, LP_INBOUND_QUERY) < 0);
	assert_true(lp_inbound_do(&none, LP_INBOUND_PUBLIC) < 0);
	print_message("allow\n");
	result = lp_inbound_do(&interface, LP_INBOUND_ALLOW);
	assert_true(result == 0 || result == LP_EUNSUPPORTED || result == LP_EIO || result == LP_EPERM);
	print_message("forbid\n");
	result = lp_inbound_do(&interface, LP_INBOUND_FORBID);
	assert_true(result == 0 || result == LP_EUNSUPPORTED || result == LP_EIO || result == LP_EPERM);
}

struct answer {
	struct lp_loop *loop;
	int result;
	bool came;
};

static void on_done(void *ctx, int result)
{
	struct answer *answer = ctx;
	answer->result = result;
	answer->came = true;
	lp_loop_stop(answer->loop);
}

static void on_timeout(void *ctx, uint64_t now_ns)
{
	(void)now_ns;
	lp_loop_stop(ctx);
}

/* The thread's result comes from the loop, and one that nobody waits for is no harm. */
static void test_thread(void **state)
{
	(void)state;
	struct lp_route_interface interface = some_interface();
	struct answer answer = {0}, nobody = {0};
	struct lp_inbound *inbound, *other;
	struct lp_timer *timeout;
	assert_int_equal(lp_loop_new(&answer.loop), 0);
	assert_int_equal(lp_timer_new(answer.loop, on_timeout, answer.loop, &timeout), 0);
	lp_timer_set(timeout, lp_loop_now_ns(answer.loop) + 60 * LP_SEC);
	assert_int_equal(lp_inbound_start(answer.loop, &interface, LP_INBOUND_QUERY, on_done, &answer, &inbound), 0);
	assert_int_equal(lp_inbound_start(answer.loop, &interface, LP_INBOUND_QUERY, on_done, &nobody, &other), 0);
	lp_inbound_free(other);
	lp_loop_run(answer.loop);
	assert_true(answer.came);
	assert_false(nobody.came);
	assert_int_equal(answer.result, lp_inbound_do(&interface, LP_INBOUND_QUERY));
	lp_inbound_free(inbound);
	lp_timer_free(timeout);
	lp_loop_free(answer.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_thread),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
