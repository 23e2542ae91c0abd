/* The named pipe: who may have it, and callers that say too much, nothing, or do not read. */
#include "platform/windows/net/pipe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"

#define NAME "lanparty-test"
#define REQUEST_MAX 64
#define REPLY_MAX 1024

struct bench {
	struct lp_pipe_server *server;
	HANDLE stop, thread;
	unsigned n_requests;
};

/* Echoes; "none" gets no reply. */
static char *on_request(void *ctx, const char *request, size_t len)
{
	struct bench *bench = ctx;
	bench->n_requests++;
	assert_int_equal(strlen(request), len);
	return strcmp(request, "none") == 0 ? NULL : _strdup(request);
}

static DWORD WINAPI serve(void *ctx)
{
	struct bench *bench = ctx;
	HANDLE events[] = {bench->stop, lp_pipe_server_event(bench->server)};
	while (WaitForMultipleObjects(2, events, FALSE, INFINITE) == WAIT_OBJECT_0 + 1)
		lp_pipe_server_serve(bench->server);
	return 0;
}

static void begin(struct bench *bench)
{
	struct lp_failure failure = {0};
	*bench = (struct bench){0};
	if (lp_pipe_server_new(NAME, REQUEST_MAX, REPLY_MAX, on_request, bench, &failure, &bench->server) < 0)
		fail_msg("%s", failure.text);
	bench->stop = CreateEventW(NULL, TRUE, FALSE, NULL);
	bench->thread = CreateThread(NULL, 0, serve, bench, 0, NULL);
}

static void end(struct bench *bench)
{
	SetEvent(bench->stop);
	WaitForSingleObject(bench->thread, INFINITE);
	CloseHandle(bench->thread);
	CloseHandle(bench->stop);
	lp_pipe_server_free(bench->server);
}

/* Calls and checks the reply; NULL: there is none. */
static void call(const char *request, const char *expected)
{
	struct lp_failure failure = {0};
	char *reply = NULL;
	int result = lp_pipe_call(NAME, request, REPLY_MAX, 5000, &failure, &reply);
	if (!expected) {
		assert_true(result < 0);
		return;
	}
	if (result < 0)
		fail_msg("'%s': %s", request, failure.text);
	assert_string_equal(reply, expected);
	free(reply);
}

static void test_calls(void **state)
{
	struct bench bench;
	char large[REQUEST_MAX + 2];
	(void)state;
	begin(&bench);
	for (unsigned i = 0; i < 20; i++)
		call("hello", "hello");
	memset(large, 'x', sizeof large - 1);
	large[REQUEST_MAX] = '\0';
	call(large, large);
	large[REQUEST_MAX] = 'x';
	large[REQUEST_MAX + 1] = '\0';
	call(large, NULL);
	assert_int_equal(bench.n_requests, 21);
	call("none", NULL);
	call("hello", "hello");
	end(&bench);
	call("hello", NULL);
}

/* A caller that sends nothing holds others up for a second, not for ever. */
static void test_silent(void **state)
{
	struct bench bench;
	(void)state;
	begin(&bench);
	HANDLE pipe = CreateFileW(L"\\\\.\\pipe\\" NAME, FILE_GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
	assert_true(pipe != INVALID_HANDLE_VALUE);
	call("hello", "hello");
	CloseHandle(pipe);
	end(&bench);
}

/* A pipe of a program without rights is not trusted. */
static void test_untrusted(void **state)
{
	struct lp_failure failure = {0};
	char *reply;
	(void)state;
	HANDLE pipe = CreateNamedPipeW(
		L"\\\\.\\pipe\\" NAME, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 1, 64, 64, 0, NULL);
	assert_true(pipe != INVALID_HANDLE_VALUE);
	assert_int_equal(lp_pipe_call(NAME, "secret", 64, 1000, &failure, &reply), LP_EPERM);
	CloseHandle(pipe);
	assert_int_equal(lp_pipe_call(NAME, "secret", 64, 1000, &failure, &reply), LP_ENOTFOUND);
}

/* No second program has the pipe. (Wine ignores FILE_FLAG_FIRST_PIPE_INSTANCE.) */
static void test_taken(void **state)
{
	struct bench bench;
	struct lp_pipe_server *second = NULL;
	struct lp_failure failure = {0};
	(void)state;
	begin(&bench);
	assert_int_equal(lp_pipe_server_new(NAME, 8, 8, on_request, &bench, &failure, &second), LP_EINUSE);
	assert_non_null(strstr(failure.text, "another program"));
	end(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_untrusted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
