/* The UDP socket on Windows: batches, addresses of both ends, both families in one socket, errors. Wine lacks ECN and a
   chosen source address; these are only tested on real Windows. */
#include "platform/net/udp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <winsock2.h>

#include <mswsock.h>
#include <windows.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "platform/loop/loop.h"

#define SEGMENT_BYTES 1200

/* The bytes that a socket received, concatenated. */
struct received {
	struct lp_loop *loop;
	size_t datagrams, messages, bytes, wanted;
	uint8_t data[256 * 1024];
	struct lp_udp_msg last;
};

struct pair {
	struct lp_loop *loop;
	struct lp_timer *timeout;
	struct lp_udp *a, *b; /* a sends to b */
	struct lp_addr a_addr, b_addr;
	struct received received;
};

/* Wine reports no ICMP errors, so the tests stand between the socket and Windows. */
static struct {
	LPFN_WSARECVMSG recv_msg;     /* Windows' */
	unsigned n_errors;            /* receives that fail with |error| before others reach Windows */
	int error;                    /* a WSAE* */
	struct sockaddr_in error_for; /* where the datagram was sent to */
	int reports;                  /* the last value of SIO_UDP_CONNRESET; -1: not set yet */
} winsock = {.reports = -1};

static INT WSAAPI recv_msg(
	SOCKET s, LPWSAMSG msg, LPDWORD n, LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE done)
{
	if (winsock.n_errors == 0)
		return winsock.recv_msg(s, msg, n, overlapped, done);
	winsock.n_errors--;
	assert_true(msg->namelen >= (int)sizeof winsock.error_for);
	memcpy(msg->name, &winsock.error_for, sizeof winsock.error_for);
	WSASetLastError(winsock.error);
	return SOCKET_ERROR;
}

static int WSAAPI ioctl_of_test(SOCKET s, DWORD code, void *in, DWORD in_bytes, void *out, DWORD out_bytes, LPDWORD n,
	LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE done)
{
	typedef int(WSAAPI * ioctl_fn)(SOCKET, DWORD, void *, DWORD, void *, DWORD, LPDWORD, LPWSAOVERLAPPED,
		LPWSAOVERLAPPED_COMPLETION_ROUTINE);
	static const GUID recv_msg_id = WSAID_WSARECVMSG;
	ioctl_fn windows = (ioctl_fn)(void (*)(void))GetProcAddress(GetModuleHandleW(L"ws2_32.dll"), "WSAIoctl");
	if (code == SIO_UDP_CONNRESET)
		winsock.reports = *(const DWORD *)in != 0;
	int result = windows(s, code, in, in_bytes, out, out_bytes, n, overlapped, done);
	if (result == 0 && code == SIO_GET_EXTENSION_FUNCTION_POINTER &&
		memcmp(in, &recv_msg_id, sizeof recv_msg_id) == 0) {
		memcpy(&winsock.recv_msg, out, sizeof winsock.recv_msg);
		*(LPFN_WSARECVMSG *)out = recv_msg;
	}
	return result;
}

/* Takes the place of the import in this program. */
int(WSAAPI *const __imp_WSAIoctl)(SOCKET, DWORD, void *, DWORD, void *, DWORD, LPDWORD, LPWSAOVERLAPPED,
	LPWSAOVERLAPPED_COMPLETION_ROUTINE) = ioctl_of_test;

/* True under Wine. */
static bool is_wine(void)
{
	return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != NULL;
}

static void on_recv(void *ctx, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct received *received = ctx;
	for (size_t i = 0; i < n_msgs; i++) {
		size_t segment_bytes = msgs[i].segment_bytes ? msgs[i].segment_bytes : msgs[i].len;
		received->messages++;
		received->datagrams += msgs[i].len ? (msgs[i].len + segment_bytes - 1) / segment_bytes : 1;
		assert_true(received->bytes + msgs[i].len <= sizeof received->data);
		memcpy(received->data + received->bytes, msgs[i].data, msgs[i].len);
		received->bytes += msgs[i].len;
		received->last = msgs[i];
	}
	if (received->datagrams >= received->wanted)
		lp_loop_stop(received->loop);
}

static void on_nothing(void *ctx, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	(void)ctx;
	(void)msgs;
	(void)n_msgs;
}

static void on_timeout(void *ctx, uint64_t now_ns)
{
	(void)now_ns;
	lp_loop_stop(ctx);
}

/* Parses an address or fails. */
static struct lp_addr address(const char *text)
{
	struct lp_addr addr;
	assert_int_equal(lp_addr_parse(text, 0, &addr), 0);
	return addr;
}

static void pair_up(struct pair *pair, const char *a, const char *b)
{
	struct lp_addr any = {0};
	struct lp_addr bind_a = a ? address(a) : any, bind_b = b ? address(b) : any;
	memset(pair, 0, sizeof *pair);
	assert_int_equal(lp_loop_new(&pair->loop), 0);
	pair->received.loop = pair->loop;
	assert_int_equal(lp_timer_new(pair->loop, on_timeout, pair->loop, &pair->timeout), 0);
	assert_int_equal(lp_udp_open(pair->loop, &bind_a, on_nothing, NULL, NULL, &pair->a), 0);
	assert_int_equal(lp_udp_open(pair->loop, &bind_b, on_recv, &pair->received, NULL, &pair->b), 0);
	lp_udp_local(pair->a, &pair->a_addr);
	lp_udp_local(pair->b, &pair->b_addr);
	assert_int_not_equal(pair->a_addr.port, 0);
}

static void pair_down(struct pair *pair)
{
	lp_udp_close(pair->a);
	lp_udp_close(pair->b);
	lp_timer_free(pair->timeout);
	lp_loop_free(pair->loop);
}

/* Runs until b has |n| more datagrams, or gives up. */
static void await(struct pair *pair, size_t n)
{
	pair->received.datagrams = pair->received.messages = pair->received.bytes = 0;
	pair->received.wanted = n;
	lp_timer_set(pair->timeout, lp_loop_now_ns(pair->loop) + 30 * LP_SEC);
	lp_loop_run(pair->loop);
	assert_int_equal(pair->received.datagrams, n);
}

static const struct {
	const char *name;
	const char *a, *b; /* bound to; NULL: any address of both families */
	const char *to;    /* address of b */
	const char *from;  /* source address of a */
} family_rows[] = {
	{"IPv4", "127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1"},
	{"IPv6", "::1", "::1", "::1", "::1"},
	{"IPv4 through a socket of both", NULL, NULL, "127.0.0.1", "127.0.0.1"},
	{"IPv6 through a socket of both", NULL, NULL, "::1", "::1"},
	{"IPv4 to a socket of both", "127.0.0.1", NULL, "127.0.0.1", "127.0.0.1"},
};

/* A batch arrives complete, in order, with the addresses of both ends. */
static void test_run(void **state)
{
	static struct pair pair;
	static uint8_t data[50 * SEGMENT_BYTES + 77];
	(void)state;
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 31 + i / 256);
	for (size_t row = 0; row < sizeof family_rows / sizeof family_rows[0]; row++) {
		struct lp_addr to = address(family_rows[row].to), from = address(family_rows[row].from);
		struct lp_udp_msg msg = {.data = data, .len = sizeof data, .segment_bytes = SEGMENT_BYTES, .ecn = 2};
		print_message("%s\n", family_rows[row].name);
		pair_up(&pair, family_rows[row].a, family_rows[row].b);
		to.port = pair.b_addr.port;
		from.port = pair.a_addr.port;
		msg.remote = to;
		assert_int_equal(lp_udp_send(pair.a, &msg, 1), 0);
		await(&pair, 51);
		assert_int_equal(pair.received.bytes, sizeof data);
		assert_memory_equal(pair.received.data, data, sizeof data);
		assert_true(lp_addr_equal(&pair.received.last.remote, &from));
		assert_true(lp_addr_equal(&pair.received.last.local, &to));
		if (!is_wine())
			assert_int_equal(pair.received.last.ecn, 2);
		pair_down(&pair);
	}
}

/* Many messages of all kinds in one call; more arrive than one batch holds. */
static void test_many(void **state)
{
	static struct pair pair;
	static uint8_t data[2000];
	static struct lp_udp_msg msgs[150];
	(void)state;
	pair_up(&pair, NULL, NULL);
	for (size_t i = 0; i < 150; i++) {
		data[i] = (uint8_t)i;
		msgs[i] = (struct lp_udp_msg){.data = data + i, .len = 1 + i, .remote = address("127.0.0.1")};
		msgs[i].remote.port = pair.b_addr.port;
		if (i % 3 == 0)
			msgs[i].segment_bytes = 100;
	}
	assert_int_equal(lp_udp_send(pair.a, msgs, 150), 0);
	/* 50 runs: 0, 3, …, 147 with 1 + i bytes: 33 of one segment, 16 of two (102 is the first; 147: 148 bytes). */
	await(&pair, 150 + 16);
	pair_down(&pair);
}

/* The source address can be chosen. */
static void test_source(void **state)
{
	static struct pair pair;
	struct lp_udp_msg msg = {.data = (const uint8_t *)"x", .len = 1};
	(void)state;
	pair_up(&pair, NULL, NULL);
	msg.remote = address("127.0.0.1");
	msg.remote.port = pair.b_addr.port;
	msg.local = address("127.0.0.1");
	assert_int_equal(lp_udp_send(pair.a, &msg, 1), 0);
	await(&pair, 1);
	msg.local.port = pair.a_addr.port;
	assert_true(lp_addr_equal(&pair.received.last.remote, &msg.local));
	assert_int_equal(pair.received.last.ecn, 0);
	assert_int_equal(pair.received.last.segment_bytes, 0);
	pair_down(&pair);
}

/* A message that cannot be sent does not affect the next one. */
static void test_refused(void **state)
{
	static struct pair pair;
	static uint8_t data[66000];
	struct lp_addr to = address("127.0.0.1"), closed = address("127.0.0.1:9");
	(void)state;
	pair_up(&pair, NULL, NULL);
	to.port = pair.b_addr.port;
	struct lp_udp_msg msgs[4];
	/* Too long for any packet: the result of a probe, not a loss. */
	msgs[0] = (struct lp_udp_msg){.data = data, .len = sizeof data, .remote = to};
	msgs[1] = (struct lp_udp_msg){.data = data, .len = 1, .remote = to};
	/* No listener: the ICMP error is ignored. */
	msgs[2] = (struct lp_udp_msg){.data = data, .len = 1, .remote = closed};
	msgs[3] = (struct lp_udp_msg){.data = data, .len = 2, .remote = to};
	assert_int_equal(lp_udp_send(pair.a, msgs, 4), 0);
	await(&pair, 2);
	/* An ICMP error does not affect the other end either. */
	msgs[2].remote = closed;
	assert_int_equal(lp_udp_send(pair.b, &msgs[2], 1), 0);
	assert_int_equal(lp_udp_send(pair.a, &msgs[3], 1), 0);
	await(&pair, 1);
	pair_down(&pair);
}

/* The ICMP errors that were reported. */
struct errors {
	unsigned n;
	struct lp_addr remote;
	enum lp_unreachable why;
};

static void on_unreachable(void *ctx, const struct lp_addr *remote, enum lp_unreachable why)
{
	struct errors *errors = ctx;
	errors->n++;
	errors->remote = *remote;
	errors->why = why;
}

/* An ICMP "port unreachable" makes a receive fail (WSAECONNRESET). It is reported if that is wanted, with the address
   if Windows names it, and the datagrams behind it are received in any case. */
static void test_unreachable(void **state)
{
	static struct pair pair;
	struct errors errors = {0};
	struct lp_addr closed = address("192.0.2.7:443");
	(void)state;
	winsock.reports = -1;
	pair_up(&pair, "127.0.0.1", "127.0.0.1");
	struct lp_udp_msg msg = {.data = (const uint8_t *)"x", .len = 1, .remote = pair.b_addr};
	winsock.error = WSAECONNRESET;
	winsock.error_for = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(443), .sin_addr.s_addr = htonl(0xc0000207)};
	/* A new socket ignores them. */
	assert_int_equal(winsock.reports, 0);
	winsock.n_errors = 2;
	assert_int_equal(lp_udp_send(pair.a, &msg, 1), 0);
	await(&pair, 1);
	assert_int_equal(errors.n, 0);
	lp_udp_watch_unreachable(pair.b, on_unreachable, &errors);
	assert_int_equal(winsock.reports, 1);
	winsock.n_errors = 1;
	assert_int_equal(lp_udp_send(pair.a, &msg, 1), 0);
	await(&pair, 1);
	assert_int_equal(errors.n, 1);
	assert_int_equal(errors.why, LP_UNREACHABLE_PORT);
	assert_true(lp_addr_equal(&errors.remote, &closed));
	/* Without an address. */
	winsock.error_for = (struct sockaddr_in){0};
	winsock.n_errors = 1;
	assert_int_equal(lp_udp_send(pair.a, &msg, 1), 0);
	await(&pair, 1);
	assert_int_equal(errors.n, 2);
	assert_int_equal(errors.remote.family, 0);
	/* An expired TTL is no reason to give up. */
	winsock.error = WSAENETRESET;
	winsock.n_errors = 1;
	assert_int_equal(lp_udp_send(pair.a, &msg, 1), 0);
	await(&pair, 1);
	lp_udp_watch_unreachable(pair.b, NULL, NULL);
	assert_int_equal(winsock.reports, 0);
	assert_int_equal(errors.n, 2);
	pair_down(&pair);
}

/* Windows itself reports a closed port. */
static void test_closed_port(void **state)
{
	static struct pair pair;
	struct errors errors = {0};
	(void)state;
	if (is_wine())
		skip();
	pair_up(&pair, "127.0.0.1", "127.0.0.1");
	struct lp_udp_msg closed = {.data = (const uint8_t *)"x", .len = 1, .remote = address("127.0.0.1:9")};
	struct lp_udp_msg msg = {.data = (const uint8_t *)"x", .len = 1, .remote = pair.b_addr};
	lp_udp_watch_unreachable(pair.b, on_unreachable, &errors);
	assert_int_equal(lp_udp_send(pair.b, &closed, 1), 0);
	for (int i = 0; i < 50 && errors.n == 0; i++) {
		assert_int_equal(lp_udp_send(pair.a, &msg, 1), 0);
		await(&pair, 1);
		Sleep(20);
	}
	assert_true(errors.n > 0);
	assert_int_equal(errors.why, LP_UNREACHABLE_PORT);
	pair_down(&pair);
}

/* An empty datagram is a datagram too. */
static void test_empty(void **state)
{
	static struct pair pair;
	struct lp_udp_msg msg = {.data = (const uint8_t *)"", .len = 0};
	(void)state;
	pair_up(&pair, NULL, NULL);
	msg.remote = address("::1");
	msg.remote.port = pair.b_addr.port;
	assert_int_equal(lp_udp_send(pair.a, &msg, 1), 0);
	await(&pair, 1);
	assert_int_equal(pair.received.bytes, 0);
	pair_down(&pair);
}

/* The errors of opening a socket state what to do. */
static void test_failures(void **state)
{
	static struct pair pair;
	struct lp_udp *udp = NULL;
	struct lp_failure failure = {0};
	struct lp_addr foreign = address("192.0.2.1:4000"), taken;
	(void)state;
	pair_up(&pair, "127.0.0.1", "127.0.0.1");
	taken = pair.b_addr;
	/* Wine permits every address. */
	if (!is_wine()) {
		assert_int_equal(lp_udp_open(pair.loop, &taken, on_nothing, NULL, &failure, &udp), LP_EINUSE);
		assert_non_null(strstr(failure.text, "in use"));
		assert_int_equal(lp_udp_open(pair.loop, &foreign, on_nothing, NULL, &failure, &udp), LP_EUNREACH);
		assert_non_null(strstr(failure.text, "192.0.2.1"));
	}
	assert_null(udp);
	pair_down(&pair);
}

/* The payload that an interface carries: its MTU minus the headers. */
static void test_path_payload(void **state)
{
	static struct pair pair;
	struct lp_addr v4 = address("127.0.0.1:1");
	(void)state;
	pair_up(&pair, NULL, NULL);
	assert_true(lp_udp_path_payload(pair.a, &v4) >= 1200);
	assert_true(lp_udp_path_payload(pair.a, &v4) <= 65535 - 28);
	pair_down(&pair);
}

/* A long message without a segment size, as a driver that coalesces without saying so delivers it, switches coalescing
   off once and is handed on; datagrams of usual length do not. */
static void test_coalescing_without_size(void **state)
{
	static struct pair pair;
	static uint8_t data[3000];
	(void)state;
	pair_up(&pair, "127.0.0.1", "127.0.0.1");
	struct lp_udp_msg msg = {.data = data, .len = 1472, .remote = pair.b_addr};
	assert_int_equal(lp_udp_send(pair.a, &msg, 1), 0);
	await(&pair, 1);
	assert_null(lp_udp_notice(pair.b));
	msg.len = sizeof data;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(lp_udp_send(pair.a, &msg, 1), 0);
		await(&pair, 1);
		assert_int_equal(pair.received.bytes, sizeof data);
		const char *notice = lp_udp_notice(pair.b);
		assert_true((notice != NULL) == (i == 0));
	}
	pair_down(&pair);
}

/* Without offload every datagram is a message of its own, at both ends. */
static void test_without_offload(void **state)
{
	static struct pair pair;
	static uint8_t data[20 * SEGMENT_BYTES];
	(void)state;
	pair = (struct pair){0};
	pair_up(&pair, "127.0.0.1", "127.0.0.1");
	lp_udp_disable_offload(pair.a);
	lp_udp_disable_offload(pair.b);
	struct lp_udp_msg msg = {
		.data = data, .len = sizeof data, .segment_bytes = SEGMENT_BYTES, .remote = pair.b_addr};
	assert_int_equal(lp_udp_send(pair.a, &msg, 1), 0);
	await(&pair, 20);
	assert_int_equal(pair.received.messages, 20);
	pair_down(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_coalescing_without_size),
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_without_offload),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_closed_port),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_path_payload),
	};
	return cmocka_run_group_tests_name("udp", tests, NULL, NULL);
}
