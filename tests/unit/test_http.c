/* The HTTP server and the call, over real sockets: routes and accesses, bounds, and what hostile callers cannot do. */
#include "http/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
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
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "http/call.h"
#include "platform/loop/loop.h"

#define ALL (LP_HTTP_METRICS | LP_HTTP_STATUS | LP_HTTP_CONTROL)
#define LONG_BYTES ((size_t)3 << 20)

struct fixture {
	char path[64];
	struct lp_loop *loop;
	struct lp_http *http;
	unsigned n_requests;
	unsigned n_pieces; /* that the stream may still send now */
	bool stream_ends;  /* after them */
	unsigned n_closed; /* streams */
	char rest[64];
	size_t body_len;
};

static void on_status(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	struct fixture *f = ctx;
	(void)request;
	f->n_requests++;
	reply->body = strdup("{\"rooms\":1}");
	reply->body_len = strlen(reply->body);
}

static void on_metrics(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	(void)ctx;
	(void)request;
	lp_http_reply_text(reply, 200, "rooms 1");
}

static void on_long(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	(void)ctx;
	(void)request;
	reply->body = malloc(LONG_BYTES);
	reply->body_len = LONG_BYTES;
	memset(reply->body, 'x', LONG_BYTES);
}

static void on_kick(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	struct fixture *f = ctx;
	snprintf(f->rest, sizeof f->rest, "%s", request->rest);
	f->body_len = request->body_len;
	reply->body = strdup(request->body);
	reply->body_len = request->body_len;
}

static void on_nothing(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	(void)ctx;
	(void)request;
	(void)reply;
}

static int on_stream_read(void *ctx, char *data, size_t size)
{
	struct fixture *f = ctx;
	if (f->n_pieces == 0)
		return f->stream_ends ? LP_ECLOSED : 0;
	f->n_pieces--;
	return snprintf(data, size, "piece;");
}

static void on_stream_closed(void *ctx)
{
	((struct fixture *)ctx)->n_closed++;
}

static void on_stream(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	(void)request;
	reply->source = (struct lp_http_source){.read = on_stream_read, .closed = on_stream_closed, .ctx = ctx};
}

static const struct lp_http_route routes[] = {
	{"GET", "/stream", LP_HTTP_STATUS, on_stream},
	{"GET", "/status", LP_HTTP_STATUS, on_status},
	{"GET", "/metrics", LP_HTTP_METRICS, on_metrics},
	{"GET", "/long", LP_HTTP_STATUS, on_long},
	{"GET", "/nothing", LP_HTTP_STATUS, on_nothing},
	{"POST", "/kick", LP_HTTP_CONTROL, on_kick},
	{"DELETE", "/rooms/*", LP_HTTP_CONTROL, on_kick},
};

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

static void set_up(struct fixture *f)
{
	*f = (struct fixture){0};
	snprintf(f->path, sizeof f->path, "/tmp/lp-test-http-%d", (int)getpid());
	assert_int_equal(lp_loop_new(&f->loop), 0);
	assert_int_equal(lp_http_new(f->loop, routes, sizeof routes / sizeof routes[0], f, NULL, &f->http), 0);
	assert_int_equal(lp_http_listen_local(f->http, f->path, ALL, NULL), 0);
}

static void tear_down(struct fixture *f)
{
	lp_http_free(f->http);
	lp_loop_free(f->loop);
	assert_int_equal(access(f->path, F_OK), -1);
}

/* A connection to the local channel that sends nothing. */
static int connect_only(const struct fixture *f)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	memcpy(address.sun_path, f->path, strlen(f->path));
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

/* The same over TCP on loopback. */
static int connect_tcp(const struct lp_addr *to)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(to->port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

/* Reads until the server closes, while the loop runs. The bytes are in |reply|, those that fit. */
static void read_to_end(struct fixture *f, int fd, char *reply, size_t size)
{
	size_t len = 0;
	for (;;) {
		char data[4096];
		ssize_t n = recv(fd, data, sizeof data, MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			break;
		if (n < 0) {
			run(f->loop, 2);
			continue;
		}
		for (ssize_t i = 0; i < n && len + 1 < size; i++)
			reply[len++] = data[i];
	}
	reply[len] = '\0';
}

/* Sends a request on a new connection and reads the reply. */
static void exchange(struct fixture *f, int fd, const char *request, char reply[4096])
{
	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
	read_to_end(f, fd, reply, 4096);
	close(fd);
}

/* One lp_http_call() in a thread of its own, and what it returned. */
struct caller {
	struct lp_http_call call;
	struct lp_failure failure;
	char *body;
	size_t len;
	int result;
	atomic_bool done;
};

static void *call_thread(void *arg)
{
	struct caller *caller = arg;
	caller->result = lp_http_call(&caller->call, &caller->failure, &caller->body, &caller->len);
	atomic_store(&caller->done, true);
	return NULL;
}

/* Calls while the loop runs. */
static void call(struct fixture *f, struct caller *caller, const char *method, const char *target, const char *body)
{
	pthread_t thread;
	*caller = (struct caller){
		.call = {.path = f->path, .method = method, .target = target, .body = body, .timeout_ns = 20 * LP_SEC}};
	assert_int_equal(pthread_create(&thread, NULL, call_thread, caller), 0);
	while (!atomic_load(&caller->done))
		run(f->loop, 2);
	pthread_join(thread, NULL);
}

/* True if the program can be inspected now. */
static bool answers(struct fixture *f)
{
	struct caller caller;
	call(f, &caller, "GET", "/status", NULL);
	bool good = caller.result == 0 && strcmp(caller.body, "{\"rooms\":1}") == 0;
	free(caller.body);
	return good;
}

static void test_call(void **state)
{
	struct fixture f;
	struct caller caller;
	(void)state;
	set_up(&f);
	assert_true(answers(&f));
	call(&f, &caller, "GET", "/long", NULL);
	assert_int_equal(caller.result, 0);
	assert_int_equal(caller.len, LONG_BYTES);
	free(caller.body);
	call(&f, &caller, "POST", "/kick", "{\"name\":\"Mallory\"}");
	assert_int_equal(caller.result, 0);
	assert_string_equal(caller.body, "{\"name\":\"Mallory\"}");
	assert_string_equal(f.rest, "");
	free(caller.body);
	call(&f, &caller, "DELETE", "/rooms/PARTY-1", NULL);
	assert_int_equal(caller.result, 0);
	assert_string_equal(f.rest, "PARTY-1");
	free(caller.body);
	call(&f, &caller, "GET", "/none", NULL);
	assert_int_equal(caller.result, LP_EINVAL);
	assert_non_null(strstr(caller.failure.text, "not found"));
	assert_non_null(strstr(caller.failure.text, "404"));
	call(&f, &caller, "GET", "/nothing", NULL);
	assert_int_equal(caller.result, LP_EINVAL);
	assert_non_null(strstr(caller.failure.text, "500"));
	tear_down(&f);
}

/* What is refused, and how. The listener is a TCP one that grants metrics alone, or the local channel. */
static void test_refused(void **state)
{
	static const struct {
		const char *request, *status;
		bool tcp;
	} rows[] = {
		{"GET /metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "HTTP/1.1 200", true},
		{"HEAD /metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "HTTP/1.1 200", true},
		{"GET /status HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "HTTP/1.1 404", true},
		{"POST /kick HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "HTTP/1.1 404",
			true},
		{"GET /kick HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "HTTP/1.1 405", false},
		{"POST /kick HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\nConnection: close\r\n\r\n", "HTTP/1.1 413",
			false},
		{"POST /kick HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
			"HTTP/1.1 411", false},
		{"GET /status HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx", "HTTP/1.1 400",
			false},
		{"GET /status HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 400", false}, /* no Host */
	};
	struct lp_addr any = {.family = 4, .ip = {127, 0, 0, 1}}, address;
	struct fixture f;
	char reply[4096];
	(void)state;
	set_up(&f);
	assert_int_equal(lp_http_listen(f.http, &any, LP_HTTP_METRICS, NULL, NULL, &address), 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		exchange(&f, rows[i].tcp ? connect_tcp(&address) : connect_only(&f), rows[i].request, reply);
		if (strncmp(reply, rows[i].status, strlen(rows[i].status)) != 0)
			fail_msg("row %zu: %s", i, reply);
		assert_null(strstr(reply, "GET /status")); /* on TCP: what is not granted is not named */
	}
	assert_true(answers(&f));
	tear_down(&f);
}

static void test_token(void **state)
{
	static const struct {
		const char *header, *status;
	} rows[] = {
		{"", "HTTP/1.1 401"},
		{"Authorization: Bearer 0123456789abcdee\r\n", "HTTP/1.1 401"},
		{"Authorization: Bearer 0123456789abcdef0\r\n", "HTTP/1.1 401"},
		{"Authorization: Basic 0123456789abcdef\r\n", "HTTP/1.1 401"},
		{"Authorization: Bearer 0123456789abcdef\r\n", "HTTP/1.1 200"},
	};
	struct lp_addr any = {.family = 4, .ip = {127, 0, 0, 1}}, address;
	struct fixture f;
	char request[256], reply[4096];
	(void)state;
	set_up(&f);
	assert_int_equal(lp_http_listen(f.http, &any, ALL, "0123456789abcdef", NULL, &address), 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		snprintf(request, sizeof request, "GET /status HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%s\r\n",
			rows[i].header);
		exchange(&f, connect_tcp(&address), request, reply);
		if (strncmp(reply, rows[i].status, strlen(rows[i].status)) != 0)
			fail_msg("row %zu: %s", i, reply);
	}
	tear_down(&f);
}

/* Idle connections, many more than there are places: the program still replies, before they time out. */
static void test_idle_crowd(void **state)
{
	int fds[3 * LP_HTTP_CONNS_MAX];
	struct fixture f;
	(void)state;
	set_up(&f);
	for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
		fds[i] = connect_only(&f);
		run(f.loop, 1);
	}
	uint64_t before_ns = lp_loop_now_ns(f.loop);
	assert_true(answers(&f));
	assert_true(lp_loop_now_ns(f.loop) - before_ns < LP_HTTP_IDLE_S * LP_SEC);
	for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
		close(fds[i]);
	tear_down(&f);
}

/* One idle connection more than there are places, until the server closes them all: it still accepts. */
static void test_idle_timeout(void **state)
{
	int fds[LP_HTTP_CONNS_MAX + 1];
	struct fixture f;
	char reply[64];
	(void)state;
	set_up(&f);
	for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
		fds[i] = connect_only(&f);
	for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
		read_to_end(&f, fds[i], reply, sizeof reply);
		assert_string_equal(reply, "");
		close(fds[i]);
	}
	assert_true(answers(&f));
	assert_true(answers(&f));
	tear_down(&f);
}

/* A header without end, a request in pieces that stops, a caller that leaves before the reply: other callers get
 * theirs. */
static void test_bad_callers(void **state)
{
	static const char unfinished[] = "GET /status HTTP/1.1\r\nHost: h\r\n",
			  leaving[] = "GET /long HTTP/1.0\r\n\r\n";
	struct fixture f;
	char junk[64 << 10], reply[4096];
	(void)state;
	set_up(&f);
	int endless = connect_only(&f), slow = connect_only(&f), gone = connect_only(&f);
	assert_int_equal(fcntl(endless, F_SETFL, O_NONBLOCK), 0);
	memset(junk, 'j', sizeof junk);
	memcpy(junk, "GET /", 5);
	for (unsigned i = 0; i < 8 && send(endless, junk, sizeof junk, MSG_NOSIGNAL) >= 0; i++)
		run(f.loop, 2);
	assert_true(send(slow, unfinished, sizeof unfinished - 1, MSG_NOSIGNAL) > 0);
	assert_true(send(gone, leaving, sizeof leaving - 1, MSG_NOSIGNAL) > 0);
	run(f.loop, 5);
	close(gone);
	assert_true(answers(&f));
	read_to_end(&f, endless, reply, sizeof reply); /* closed, whatever the reply was */
	assert_null(strstr(reply, " 200 "));
	close(endless);
	close(slow);
	assert_true(answers(&f));
	tear_down(&f);
}

/* CPU time of this process. */
static uint64_t cpu_ns(void)
{
	struct timespec used;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * LP_SEC + (uint64_t)used.tv_nsec;
}

/* Without a free descriptor the loop sleeps; the connection is served once there is one. */
static void test_no_descriptor(void **state)
{
	struct fixture f;
	struct rlimit before, none;
	char reply[4096];
	(void)state;
	set_up(&f);
	run(f.loop, 5);
	int waiting = connect_only(&f), next = dup(waiting);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){.rlim_cur = (rlim_t)next, .rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	uint64_t used_ns = cpu_ns(), began_ns = lp_loop_now_ns(f.loop);
	run(f.loop, 500);
	used_ns = cpu_ns() - used_ns;
	uint64_t took_ns = lp_loop_now_ns(f.loop) - began_ns;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	if (used_ns * 10 > took_ns)
		fail_msg("%u ms of CPU in %u ms", (unsigned)(used_ns / LP_MS), (unsigned)(took_ns / LP_MS));
	exchange(&f, waiting, "GET /status HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", reply);
	assert_non_null(strstr(reply, "{\"rooms\":1}"));
	tear_down(&f);
}

/* Only owner and group may connect, whatever the umask, which is unchanged afterwards. */
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

/* A left-over socket is replaced; one in use, a file, and a path too long are not. */
static void test_open(void **state)
{
	struct fixture f;
	struct lp_failure failure = {0};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct lp_http *second;
	char path[200];
	(void)state;
	set_up(&f);
	assert_int_equal(lp_http_new(f.loop, routes, 1, &f, NULL, &second), 0);
	assert_int_equal(lp_http_listen_local(second, f.path, ALL, &failure), LP_EINUSE);
	assert_non_null(strstr(failure.text, f.path));
	memset(path, 'p', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	assert_int_equal(lp_http_listen_local(second, path, ALL, &failure), LP_ETOOBIG);
	assert_int_equal(lp_http_listen_local(second, "/none/such", ALL, &failure), LP_ENOTFOUND);
	assert_non_null(strstr(failure.text, "/none/such because its folder is missing"));
	snprintf(path, sizeof path, "%s.old", f.path);
	memcpy(address.sun_path, path, strlen(path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	close(fd);
	assert_int_equal(lp_http_listen_local(second, path, ALL, &failure), 0);
	lp_http_free(second);
	assert_int_equal(access(path, F_OK), -1);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(lp_http_new(f.loop, routes, 1, &f, NULL, &second), 0);
	assert_int_equal(lp_http_listen_local(second, path, ALL, &failure), LP_EINUSE);
	lp_http_free(second);
	unlink(path);
	tear_down(&f);
}

static void test_nobody(void **state)
{
	struct lp_http_call none = {
		.path = "/tmp/lp-test-none", .method = "GET", .target = "/status", .timeout_ns = LP_SEC};
	struct lp_failure failure = {0};
	char *body = NULL;
	size_t len = 0;
	(void)state;
	assert_int_equal(lp_http_call(&none, &failure, &body, &len), LP_ENOTFOUND);
	assert_string_equal(failure.text, "/tmp/lp-test-none: no program is listening there");
	assert_null(body);
}

/* Receives what has arrived within some passes of the loop. */
static size_t receive(struct fixture *f, int fd, char *data, size_t size)
{
	size_t len = 0;
	for (unsigned i = 0; i < 20; i++) {
		run(f->loop, 2);
		ssize_t n = recv(fd, data + len, size - len - 1, MSG_DONTWAIT);
		len += n > 0 ? (size_t)n : 0;
	}
	data[len] = '\0';
	return len;
}

#define STREAM_REQUEST "GET /stream HTTP/1.0\r\n\r\n"

/* A stream sends what its source has, waits, continues when it is woken, and ends when the source does. */
static void test_stream(void **state)
{
	struct fixture f;
	char data[4096];
	(void)state;
	set_up(&f);
	f.n_pieces = 2;
	int fd = connect_only(&f);
	assert_int_equal(send(fd, STREAM_REQUEST, strlen(STREAM_REQUEST), MSG_NOSIGNAL), strlen(STREAM_REQUEST));
	receive(&f, fd, data, sizeof data);
	assert_non_null(strstr(data, "\r\n\r\npiece;piece;"));
	assert_true(answers(&f)); /* others are served meanwhile */
	assert_int_equal(receive(&f, fd, data, sizeof data), 0);
	f.n_pieces = 1;
	f.stream_ends = true;
	lp_http_wake(f.http, &f);
	read_to_end(&f, fd, data, sizeof data);
	assert_string_equal(data, "piece;");
	close(fd);
	run(f.loop, 10);
	assert_int_equal(f.n_closed, 1);
	tear_down(&f);
}

/* A stream whose caller has gone is closed with the next bytes, one that is open with the server. */
static void test_stream_closed(void **state)
{
	struct fixture f;
	char data[4096];
	(void)state;
	set_up(&f);
	for (unsigned i = 0; i < 2; i++) {
		int fd = connect_only(&f);
		assert_int_equal(
			send(fd, STREAM_REQUEST, strlen(STREAM_REQUEST), MSG_NOSIGNAL), strlen(STREAM_REQUEST));
		receive(&f, fd, data, sizeof data);
		close(fd);
		assert_int_equal(f.n_closed, i);
		if (i > 0)
			break;
		for (unsigned tries = 0; tries < 100 && f.n_closed == 0; tries++) {
			f.n_pieces = 1;
			lp_http_wake(f.http, &f);
			run(f.loop, 5);
		}
		assert_int_equal(f.n_closed, 1);
	}
	tear_down(&f);
	assert_int_equal(f.n_closed, 2);
}

/* A stream takes a place as every connection, and the oldest is closed for a new one. */
static void test_stream_evicted(void **state)
{
	struct fixture f;
	char data[4096];
	int fds[LP_HTTP_CONNS_MAX];
	(void)state;
	set_up(&f);
	int fd = connect_only(&f);
	assert_int_equal(send(fd, STREAM_REQUEST, strlen(STREAM_REQUEST), MSG_NOSIGNAL), strlen(STREAM_REQUEST));
	receive(&f, fd, data, sizeof data);
	for (unsigned i = 0; i < LP_HTTP_CONNS_MAX; i++) {
		fds[i] = connect_only(&f);
		run(f.loop, 5);
	}
	assert_int_equal(f.n_closed, 1);
	for (unsigned i = 0; i < LP_HTTP_CONNS_MAX; i++)
		close(fds[i]);
	close(fd);
	tear_down(&f);
}

/* A listener for browsers: what reads needs no token, what changes does, and a foreign Host is refused. */
static void test_page_listener(void **state)
{
	static const struct {
		const char *request, *wanted;
	} rows[] = {
		{"GET /status HTTP/1.1\r\nHost: 127.0.0.1:80\r\n", "HTTP/1.1 200 "},
		{"GET /status HTTP/1.1\r\nHost: localhost\r\n", "HTTP/1.1 200 "},
		{"GET /status HTTP/1.1\r\nHost: [::1]:80\r\n", "HTTP/1.1 200 "},
		{"GET /status HTTP/1.1\r\nHost: evil.example\r\n", "HTTP/1.1 421 "},
		{"GET /status HTTP/1.1\r\nHost: localhost.evil.example\r\n", "HTTP/1.1 421 "},
		{"GET /status HTTP/1.1\r\nHost: 80\r\n", "HTTP/1.1 421 "},
		{"GET /status HTTP/1.1\r\nHost: \r\n", "HTTP/1.1 421 "},
		{"GET /metrics HTTP/1.1\r\nHost: localhost\r\n", "HTTP/1.1 404 "},
		{"POST /kick HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n", "HTTP/1.1 401 "},
		{"POST /kick HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nAuthorization: Bearer x\r\n",
			"HTTP/1.1 401 "},
		{"POST /kick HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nAuthorization: Bearer secret\r\n",
			"HTTP/1.1 200 "},
		{"POST /kick HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\nAuthorization: Bearer secret\r\n",
			"HTTP/1.1 421 "},
	};
	const struct lp_addr loopback = {.family = 4, .ip = {127, 0, 0, 1}};
	struct fixture f;
	struct lp_addr at;
	(void)state;
	set_up(&f);
	assert_int_equal(lp_http_listen_page(f.http, &loopback, LP_HTTP_STATUS, LP_HTTP_STATUS | LP_HTTP_CONTROL,
				 "secret", NULL, &at),
		0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char request[512], reply[4096];
		snprintf(request, sizeof request, "%sConnection: close\r\n\r\n", rows[i].request);
		exchange(&f, connect_tcp(&at), request, reply);
		assert_memory_equal(reply, rows[i].wanted, strlen(rows[i].wanted));
		assert_non_null(strstr(reply, "Content-Security-Policy: default-src 'none'"));
		assert_null(strstr(reply, "Access-Control-Allow"));
	}
	tear_down(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_idle_crowd),
		cmocka_unit_test(test_idle_timeout),
		cmocka_unit_test(test_bad_callers),
		cmocka_unit_test(test_no_descriptor),
		cmocka_unit_test(test_mode),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_stream_closed),
		cmocka_unit_test(test_stream_evicted),
		cmocka_unit_test(test_page_listener),
	};
	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
