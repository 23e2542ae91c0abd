/* Questions over a Unix socket: answered, bounded, cleaned up. The asker runs in a thread. */
#include "platform/system/unix_socket.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "platform/loop/loop.h"

#define LONG_BYTES (3 * 1024 * 1024)

struct fixture {
	char path[64];
	struct lp_loop *loop;
	struct lp_unix_server *server;
	char asked[LP_UNIX_REQUEST_MAX + 1];
	unsigned n_asked;
};

/* One question in a thread of its own, and its answer. */
struct call {
	const char *path, *request;
	struct lp_failure failure;
	char *answer;
	size_t len;
	int result;
	atomic_bool done;
	pthread_t thread;
};

static void *call_thread(void *arg)
{
	struct call *call = arg;

	call->result = lp_unix_call(call->path, call->request, 3 * LP_SEC, &call->failure, &call->answer, &call->len);
	atomic_store(&call->done, true);
	return NULL;
}

static void on_timeout(void *ctx, uint64_t now_ns)
{
	(void)now_ns;
	lp_loop_stop(ctx);
}

/* Runs the loop for a while. */
static void run(struct lp_loop *loop, unsigned ms)
{
	struct lp_timer *timer;

	assert_int_equal(lp_timer_new(loop, on_timeout, loop, &timer), 0);
	lp_timer_set(timer, lp_loop_now_ns(loop) + ms * LP_MS);
	lp_loop_run(loop);
	lp_timer_free(timer);
}

/* Asks while the loop runs. */
static void ask(struct fixture *f, struct call *call, const char *request)
{
	*call = (struct call){.path = f->path, .request = request};
	assert_int_equal(pthread_create(&call->thread, NULL, call_thread, call), 0);
	while (!atomic_load(&call->done))
		run(f->loop, 2);
	pthread_join(call->thread, NULL);
}

static char *on_question(void *ctx, const char *request)
{
	struct fixture *f = ctx;
	char *answer;

	f->n_asked++;
	snprintf(f->asked, sizeof f->asked, "%s", request);
	if (strcmp(request, "nothing") == 0)
		return NULL;
	if (strcmp(request, "long") != 0)
		return strdup("{\"rooms\":1}");
	answer = malloc(LONG_BYTES + 1);
	memset(answer, 'x', LONG_BYTES);
	answer[LONG_BYTES] = '\0';
	return answer;
}

static void set_up(struct fixture *f)
{
	*f = (struct fixture){0};
	snprintf(f->path, sizeof f->path, "/tmp/lp-test-unix-%d", (int)getpid());
	assert_int_equal(lp_loop_new(&f->loop), 0);
	assert_int_equal(lp_unix_server_open(f->loop, f->path, on_question, f, NULL, &f->server), 0);
}

static void tear_down(struct fixture *f)
{
	lp_unix_server_close(f->server);
	lp_loop_free(f->loop);
	assert_int_equal(access(f->path, F_OK), -1);
}

/* Owner and group may ask, nobody else, whatever the umask; which stays as it was. */
static void test_mode(void **state)
{
	static const mode_t masks[] = {0077, 0022, 0};
	struct fixture f;
	struct stat st;
	mode_t before = umask(0);

	(void)state;
	for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
		umask(masks[i]);
		set_up(&f);
		assert_int_equal(stat(f.path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0660);
		assert_int_equal(umask(before), masks[i]);
		tear_down(&f);
	}
}

/* Short and long answers, and none. */
static void test_answers(void **state)
{
	struct fixture f;
	struct call call;

	(void)state;
	set_up(&f);
	ask(&f, &call, "status");
	assert_int_equal(call.result, 0);
	assert_string_equal(call.answer, "{\"rooms\":1}");
	assert_int_equal(call.len, strlen(call.answer));
	assert_string_equal(f.asked, "status");
	free(call.answer);
	ask(&f, &call, "long");
	assert_int_equal(call.result, 0);
	assert_int_equal(call.len, LONG_BYTES);
	free(call.answer);
	ask(&f, &call, "nothing");
	assert_int_equal(call.result, LP_ECLOSED);
	tear_down(&f);
}

/* Connects without asking. */
static int connect_only(const struct fixture *f)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path, f->path, strlen(f->path));
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

/* A line that never ends, a client that says nothing, one that hangs up: nobody else suffers. */
static void test_bad_clients(void **state)
{
	struct fixture f;
	struct call call;
	char byte, junk[2 * LP_UNIX_REQUEST_MAX];
	int silent, endless, gone, many[6];

	(void)state;
	set_up(&f);
	memset(junk, 'j', sizeof junk);
	silent = connect_only(&f);
	endless = connect_only(&f);
	assert_int_equal(send(endless, junk, sizeof junk, 0), sizeof junk);
	gone = connect_only(&f);
	assert_int_equal(send(gone, "long\n", 5, 0), 5);
	close(gone);
	ask(&f, &call, "status");
	assert_int_equal(call.result, 0);
	free(call.answer);
	/* Hung up on, unasked. */
	assert_true(recv(endless, &byte, 1, MSG_DONTWAIT) <= 0);
	for (size_t i = 0; i < 6; i++)
		many[i] = connect_only(&f);
	ask(&f, &call, "status");
	assert_int_equal(call.result, 0);
	free(call.answer);
	for (size_t i = 0; i < 6; i++)
		close(many[i]);
	close(silent);
	close(endless);
	tear_down(&f);
}

/* When all places are taken, a new one comes in as soon as one is free. */
static void test_full(void **state)
{
	struct fixture f;
	struct call call;
	int fds[8];

	(void)state;
	set_up(&f);
	for (size_t i = 0; i < 8; i++)
		fds[i] = connect_only(&f);
	run(f.loop, 20);
	call = (struct call){.path = f.path, .request = "status"};
	assert_int_equal(pthread_create(&call.thread, NULL, call_thread, &call), 0);
	run(f.loop, 50);
	assert_false(atomic_load(&call.done));
	close(fds[3]);
	while (!atomic_load(&call.done))
		run(f.loop, 2);
	pthread_join(call.thread, NULL);
	assert_int_equal(call.result, 0);
	free(call.answer);
	for (size_t i = 0; i < 8; i++)
		if (i != 3)
			close(fds[i]);
	tear_down(&f);
}

/* A left-over socket is replaced; one in use, a file, and a path too long are not. */
static void test_open(void **state)
{
	struct fixture f;
	struct lp_unix_server *second = NULL;
	struct lp_failure failure = {0};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char path[200];
	FILE *file;
	int fd;

	(void)state;
	set_up(&f);
	assert_int_equal(lp_unix_server_open(f.loop, f.path, on_question, &f, &failure, &second), LP_EINUSE);
	assert_non_null(strstr(failure.text, f.path));
	memset(path, 'p', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	assert_int_equal(lp_unix_server_open(f.loop, path, on_question, &f, &failure, &second), LP_ETOOBIG);
	assert_int_equal(lp_unix_server_open(f.loop, "/none/such", on_question, &f, &failure, &second), LP_ENOTFOUND);
	assert_non_null(strstr(failure.text, "/none/such: cannot listen there: its folder is missing: make it"));

	snprintf(path, sizeof path, "%s.old", f.path);
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	close(fd);
	assert_int_equal(lp_unix_server_open(f.loop, path, on_question, &f, &failure, &second), 0);
	lp_unix_server_close(second);
	file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	assert_int_equal(lp_unix_server_open(f.loop, path, on_question, &f, &failure, &second), LP_EINUSE);
	unlink(path);
	tear_down(&f);
}

/* Nobody there. */
static void test_nobody(void **state)
{
	struct lp_failure failure = {0};
	char *answer = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(lp_unix_call("/tmp/lp-test-none", "status", LP_SEC, &failure, &answer, &len), LP_ENOTFOUND);
	assert_non_null(strstr(failure.text, "running"));
	assert_null(answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mode),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_bad_clients),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_nobody),
	};

	return cmocka_run_group_tests_name("unix_socket", tests, NULL, NULL);
}
