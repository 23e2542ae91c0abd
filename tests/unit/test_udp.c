/* The UDP socket: batches out and in (GSO and GRO), addresses, ECN, both families in one socket. */
#include "platform/net/udp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

static void on_recv(void *ctx, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct received *received = ctx;
	for (size_t i = 0; i < n_msgs; i++) {
		const struct lp_udp_msg *msg = &msgs[i];
		size_t segment_bytes = msg->segment_bytes ? msg->segment_bytes : msg->len;
		received->messages++;
		received->datagrams += msg->len ? (msg->len + segment_bytes - 1) / segment_bytes : 1;
		assert_true(received->bytes + msg->len <= sizeof received->data);
		memcpy(received->data + received->bytes, msg->data, msg->len);
		received->bytes += msg->len;
		received->last = *msg;
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

struct pair {
	struct lp_loop *loop;
	struct lp_timer *timeout;
	struct lp_udp *a, *b; /* a sends to b */
	struct lp_addr a_addr, b_addr;
	struct received received;
};

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
	struct lp_failure failure = {0};
	assert_int_equal(lp_loop_new(&pair->loop), 0);
	pair->received.loop = pair->loop;
	assert_int_equal(lp_timer_new(pair->loop, on_timeout, pair->loop, &pair->timeout), 0);
	assert_int_equal(lp_udp_open(pair->loop, &bind_a, on_nothing, NULL, &failure, &pair->a), 0);
	assert_int_equal(lp_udp_open(pair->loop, &bind_b, on_recv, &pair->received, &failure, &pair->b), 0);
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
	{"another address of this end", "127.0.0.2", NULL, "127.0.0.3", "127.0.0.2"},
};

/* A batch is sent and received in one piece, with the addresses of both ends and the ECN bits. */
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
		pair = (struct pair){0};
		pair_up(&pair, family_rows[row].a, family_rows[row].b);
		to.port = pair.b_addr.port;
		from.port = pair.a_addr.port;
		msg.remote = to;
		assert_int_equal(lp_udp_send(pair.a, &msg, 1), 0);
		await(&pair, 51);
		assert_int_equal(pair.received.bytes, sizeof data);
		assert_memory_equal(pair.received.data, data, sizeof data);
		assert_int_equal(pair.received.last.ecn, 2);
		assert_true(lp_addr_equal(&pair.received.last.remote, &from));
		assert_true(lp_addr_equal(&pair.received.last.local, &to));
		/* Loopback keeps a batch together: fewer messages than datagrams shows that GSO and GRO work. */
		assert_true(pair.received.messages <= 2);
		pair_down(&pair);
	}
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

/* Many messages of all kinds in one call, more than one system call takes. */
static void test_many(void **state)
{
	static struct pair pair;
	static uint8_t data[2000];
	static struct lp_udp_msg msgs[150];
	struct lp_addr to = address("127.0.0.1");
	(void)state;
	pair = (struct pair){0};
	pair_up(&pair, NULL, NULL);
	to.port = pair.b_addr.port;
	for (size_t i = 0; i < 150; i++) {
		data[i] = (uint8_t)i;
		msgs[i] = (struct lp_udp_msg){.data = data + i, .len = 1 + i, .remote = to};
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
	pair = (struct pair){0};
	pair_up(&pair, NULL, NULL);
	msg.remote = address("127.0.0.1");
	msg.remote.port = pair.b_addr.port;
	msg.local = address("127.0.0.9");
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
	pair = (struct pair){0};
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
	/* From an address that is not ours: lost, and counted. */
	msgs[2].local = address("192.0.2.1");
	assert_int_equal(lp_udp_send(pair.a, msgs + 1, 3), 1);
	await(&pair, 2);
	pair_down(&pair);
}

/* An empty datagram is a datagram too. */
static void test_empty(void **state)
{
	static struct pair pair;
	struct lp_udp_msg msg = {.data = (const uint8_t *)"", .len = 0};
	(void)state;
	pair = (struct pair){0};
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
	struct lp_addr foreign = address("192.0.2.1:4000");
	struct lp_addr taken = {0};
	(void)state;
	pair = (struct pair){0};
	pair_up(&pair, NULL, NULL);
	taken.port = pair.b_addr.port;
	assert_int_equal(lp_udp_open(pair.loop, &taken, on_nothing, NULL, &failure, &udp), LP_EINUSE);
	assert_non_null(strstr(failure.text, "in use"));
	assert_int_equal(lp_udp_open(pair.loop, &foreign, on_nothing, NULL, &failure, &udp), LP_EUNREACH);
	assert_non_null(strstr(failure.text, "192.0.2.1"));
	assert_null(udp);
	pair_down(&pair);
}

/* Datagrams that the program was too slow for are counted. */
static void test_overflow(void **state)
{
	static struct pair pair;
	static uint8_t data[1400];
	struct lp_udp_msg msg = {.data = data, .len = sizeof data};
	(void)state;
	pair = (struct pair){0};
	pair_up(&pair, "127.0.0.1", "127.0.0.1");
	assert_int_equal(lp_udp_overflows(pair.b), 0);
	msg.remote = pair.b_addr;
	for (unsigned i = 0; i < 3000; i++)
		lp_udp_send(pair.a, &msg, 1);
	assert_true(lp_udp_overflows(pair.b) > 0);
	assert_true(lp_udp_overflows(pair.b) < 3000);
	pair_down(&pair);
}

/* The last ICMP error. */
struct refusal {
	struct lp_loop *loop;
	struct lp_addr remote;
	enum lp_unreachable why;
};

static void on_unreachable(void *ctx, const struct lp_addr *remote, enum lp_unreachable why)
{
	struct refusal *refusal = ctx;
	refusal->remote = *remote;
	refusal->why = why;
	lp_loop_stop(refusal->loop);
}

/* A datagram to a port where nothing listens: the socket reports it if it is watched, and then still sends. */
static void test_unreachable(void **state)
{
	static struct pair pair;
	static const char *const hosts[] = {"127.0.0.1", "::1"};
	(void)state;
	for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
		struct lp_udp_msg msg = {.data = (const uint8_t *)"x", .len = 1};
		struct lp_addr live, dead = address(hosts[i]);
		pair = (struct pair){0};
		pair_up(&pair, NULL, NULL);
		struct refusal refusal = {.loop = pair.loop};
		live = dead;
		live.port = pair.b_addr.port;
		dead.port = 1;
		lp_udp_watch_unreachable(pair.a, on_unreachable, &refusal);
		msg.remote = dead;
		lp_udp_send(pair.a, &msg, 1);
		lp_timer_set(pair.timeout, lp_loop_now_ns(pair.loop) + 30 * LP_SEC);
		lp_loop_run(pair.loop);
		assert_int_equal(refusal.why, LP_UNREACHABLE_PORT);
		assert_true(lp_addr_equal(&refusal.remote, &dead));
		lp_udp_send(
			pair.a, &msg, 1); /* leaves an error behind, which the next call must not take for its own */
		msg.remote = live;
		assert_int_equal(lp_udp_send(pair.a, &msg, 1), 0);
		lp_udp_watch_unreachable(pair.a, NULL, NULL);
		await(&pair, 1);
		pair_down(&pair);
	}
}

/* The payload that the interface carries: its MTU minus the headers. */
static void test_path_payload(void **state)
{
	static struct pair pair;
	struct lp_addr v4 = address("127.0.0.1:1"), v6 = address("[::1]:1");
	(void)state;
	pair = (struct pair){0};
	pair_up(&pair, NULL, NULL);
	assert_int_equal(lp_udp_path_payload(pair.a, &v4), 65536 - 28);
	assert_int_equal(lp_udp_path_payload(pair.a, &v6), 65536 - 48);
	pair_down(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_without_offload),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_path_payload),
		cmocka_unit_test(test_overflow),
	};
	return cmocka_run_group_tests_name("udp", tests, NULL, NULL);
}
