/* Changes of the host's network are notified, once each, and the route to a host is the current one. */
#include "platform/net/netwatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/units.h"
#include "netns.h"
#include "platform/loop/loop.h"
#include "platform/net/udp.h"

/* How long an event may take on a busy machine before a test gives up. */
#define PATIENCE_MS 30000

struct heard {
	struct lp_loop *loop;
	unsigned calls;
};

static void on_changed(void *ctx)
{
	struct heard *heard = ctx;
	heard->calls++;
	lp_loop_stop(heard->loop);
}

static void on_timeout(void *ctx, uint64_t now_ns)
{
	(void)now_ns;
	lp_loop_stop(ctx);
}

static void on_nothing(void *ctx, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	(void)ctx;
	(void)msgs;
	(void)n_msgs;
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

/* A change on the host, and how it then sends to 192.0.2.1 and 2001:db8::1. */
static const struct {
	const char *command;
	const char *source4, *source6; /* NULL: no route */
	size_t payload4, payload6;
} steps[] = {
	{"ip link add w0 type veth peer name w1 && ip link set w1 up && ip link set w0 up", NULL, NULL, 0, 0},
	{"ip addr add 10.1.0.2/24 dev w0 && ip route add default via 10.1.0.1", "10.1.0.2", NULL, 1472, 0},
	{"ip addr add fd01::2/64 dev w0 nodad && ip route add default via fd01::1", "10.1.0.2", "fd01::2", 1472, 1452},
	{"ip link set w0 mtu 9000", "10.1.0.2", "fd01::2", 8972, 8952},
	{"ip addr add 10.1.0.9/24 dev w0 && ip route replace default via 10.1.0.1 src 10.1.0.9", "10.1.0.9", "fd01::2",
		8972, 8952},
	{"ip route add unreachable 192.0.2.0/24", NULL, "fd01::2", 0, 8952},
	{"ip route del unreachable 192.0.2.0/24 && ip route add blackhole 2001:db8::/32", "10.1.0.9", NULL, 8972, 0},
	{"ip route del blackhole 2001:db8::/32 && ip link add t0 type veth peer name t1 && ip link set t1 up && "
	 "ip link set t0 up && ip addr add fd20::2/64 dev t0 nodad && ip addr add 10.20.0.2/24 dev t0",
		"10.1.0.9", "fd01::2", 8972, 8952},
	/* The route still exists, but the only address belongs to another interface, such as the tunnel's own. */
	{"ip route add default via fd01::1 dev w0 metric 5 onlink && ip addr del fd01::2/64 dev w0", "10.1.0.9", NULL,
		8972, 8952},
	{"ip link set w0 down", NULL, NULL, 0, 0},
};

static void test_steps(void **state)
{
	struct heard heard = {0};
	struct lp_addr any = {0}, remote4, remote6;
	int netns = netns_new();
	(void)state;
	assert_int_equal(lp_addr_parse("192.0.2.1:443", 0, &remote4), 0);
	assert_int_equal(lp_addr_parse("[2001:db8::1]:443", 0, &remote6), 0);
	assert_int_equal(lp_loop_new(&heard.loop), 0);
	struct lp_netwatch *netwatch;
	assert_int_equal(lp_netwatch_new(heard.loop, on_changed, &heard, &netwatch), 0);
	struct lp_udp *udp;
	assert_int_equal(lp_udp_open(heard.loop, &any, on_nothing, NULL, NULL, &udp), 0);
	assert_int_equal(lp_udp_path_payload(udp, NULL), 65536 - 28);
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		struct lp_addr local = {0};
		uint32_t interface;
		print_message("%s\n", steps[i].command);
		heard.calls = 0;
		netns_run("%s", steps[i].command);
		run(heard.loop, PATIENCE_MS);
		assert_int_equal(heard.calls, 1);
		int result = lp_netwatch_source(netwatch, &remote4, &local, &interface);
		assert_int_equal(result, steps[i].source4 ? 0 : LP_EUNREACH);
		char text[LP_ADDR_TEXT_MAX];
		if (result == 0)
			assert_string_equal(lp_addr_format(&local, text), steps[i].source4);
		result = lp_netwatch_source(netwatch, &remote6, &local, &interface);
		assert_int_equal(result, steps[i].source6 ? 0 : LP_EUNREACH);
		if (result == 0)
			assert_string_equal(lp_addr_format(&local, text), steps[i].source6);
		assert_int_equal(lp_udp_path_payload(udp, &remote4), steps[i].payload4);
		assert_int_equal(lp_udp_path_payload(udp, &remote6), steps[i].payload6);
		if (i == 3)
			assert_int_equal(lp_udp_path_payload(udp, NULL), 9000 - 28);
		/* Link-local addresses appear late and are notified too. */
		run(heard.loop, 100);
	}
	/* Without a change there is no notification. The kernel delays the last link-local address (RFC 4862 §5.4: a
	   random second, and one more for the probe). */
	for (int i = 0; i < 50; i++) {
		heard.calls = 0;
		run(heard.loop, 300);
		if (heard.calls == 0)
			break;
	}
	assert_int_equal(heard.calls, 0);
	lp_udp_close(udp);
	lp_netwatch_free(netwatch);
	lp_netwatch_free(NULL);
	lp_loop_free(heard.loop);
	close(netns);
}

static void on_count(void *ctx)
{
	struct heard *heard = ctx;
	heard->calls++;
}

/* Continuous changes are notified while they continue. */
static void test_endless(void **state)
{
	struct heard heard = {0};
	int netns = netns_new();
	(void)state;
	netns_run("ip link add w0 type veth peer name w1");
	assert_int_equal(lp_loop_new(&heard.loop), 0);
	struct lp_netwatch *netwatch;
	assert_int_equal(lp_netwatch_new(heard.loop, on_count, &heard, &netwatch), 0);
	/* It ends when the link is deleted. */
	netns_run("(i=0; while ip link set w1 mtu $((1000 + i %% 400)); do i=$((i + 1)); done) >/dev/null 2>&1 &");
	for (int i = 0; i < PATIENCE_MS / 20 && heard.calls < 4; i++)
		run(heard.loop, 20);
	assert_true(heard.calls >= 4);
	netns_run("ip link delete w0");
	lp_netwatch_free(netwatch);
	lp_loop_free(heard.loop);
	close(netns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_endless),
	};
	return cmocka_run_group_tests_name("netwatch", tests, NULL, NULL);
}
