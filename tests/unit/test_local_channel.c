/* The local channel on every system: a program serves HTTP on it, another calls it, a second one cannot take it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "http/call.h"
#include "http/http.h"
#include "platform/loop/loop.h"

static const char path[] = "lp-test-local-channel";

static void on_status(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	(void)ctx;
	(void)request;
	reply->body = strdup("{}");
	reply->body_len = 2;
}

static const struct lp_http_route routes[] = {
	{"GET", "/status", LP_HTTP_STATUS, on_status},
};

/* One call in a thread of its own, and what it returned. */
struct caller {
	struct lp_failure failure;
	char *body;
	size_t len;
	int result;
	atomic_bool done;
};

static void *call_thread(void *arg)
{
	struct caller *caller = arg;
	struct lp_http_call call = {.path = path, .method = "GET", .target = "/status", .timeout_ns = 20 * LP_SEC};
	caller->result = lp_http_call(&call, &caller->failure, &caller->body, &caller->len);
	atomic_store(&caller->done, true);
	return NULL;
}

/* Stops the loop once the caller is done. */
struct poll {
	struct lp_loop *loop;
	struct lp_timer *timer;
	struct caller *caller;
};

static void on_poll(void *ctx, uint64_t now_ns)
{
	struct poll *poll = ctx;
	if (atomic_load(&poll->caller->done))
		lp_loop_stop(poll->loop);
	lp_timer_set(poll->timer, now_ns + 2 * LP_MS);
}

static void test_channel(void **state)
{
	struct lp_failure failure = {0};
	struct caller caller = {0};
	struct lp_loop *loop;
	struct lp_http *http, *second;
	pthread_t thread;
	(void)state;
	assert_int_equal(lp_loop_new(&loop), 0);
	struct poll poll = {.loop = loop, .caller = &caller};
	assert_int_equal(lp_timer_new(loop, on_poll, &poll, &poll.timer), 0);
	assert_int_equal(lp_http_new(loop, routes, 1, NULL, &failure, &http), 0);
	if (lp_http_listen_local(http, path, LP_HTTP_STATUS, &failure) < 0)
		fail_msg("%s", failure.text);
	assert_int_equal(lp_http_new(loop, routes, 1, NULL, NULL, &second), 0);
	assert_int_equal(lp_http_listen_local(second, path, LP_HTTP_STATUS, &failure), LP_EINUSE);
	lp_http_free(second);
	assert_int_equal(pthread_create(&thread, NULL, call_thread, &caller), 0);
	lp_timer_set(poll.timer, 0);
	lp_loop_run(loop);
	pthread_join(thread, NULL);
	if (caller.result < 0)
		fail_msg("%s", caller.failure.text);
	assert_string_equal(caller.body, "{}");
	free(caller.body);
	lp_timer_free(poll.timer);
	lp_http_free(http);
	lp_loop_free(loop);
	caller = (struct caller){0};
	call_thread(&caller);
	assert_int_equal(caller.result, LP_ENOTFOUND);
	assert_non_null(strstr(caller.failure.text, "no program is listening"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_channel),
	};
	return cmocka_run_group_tests_name("local_channel", tests, NULL, NULL);
}
