/* Tests of the simulated world on which the other tests rely. */
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
#include "platform/device/packet.h"
#include "platform/device/tap.h"
#include "platform/fake/device/port.h"
#include "platform/fake/world.h"
#include "platform/net/netwatch.h"
#include "platform/net/resolve.h"
#include "platform/net/udp.h"
#include "platform/system/file.h"
#include "platform/system/random.h"

#define MAX_SEEN 4096

/* A host with a socket that records what arrives. */
struct end {
	struct lp_host *host;
	struct lp_loop *loop;
	struct lp_udp *udp;
	struct lp_addr addr;
	unsigned n_seen, n_calls;
	uint32_t numbers[MAX_SEEN];
	uint64_t seen_ns[MAX_SEEN];
	struct lp_addr from;
	uint8_t ecn;
};

/* Reads a receive batch. */
static void on_recv(void *ctx, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct end *end = ctx;
	end->n_calls++;
	for (size_t i = 0; i < n_msgs; i++) {
		size_t segment = msgs[i].segment_bytes ? msgs[i].segment_bytes : msgs[i].len;
		for (size_t at = 0; at < msgs[i].len; at += segment) {
			assert_true(end->n_seen < MAX_SEEN);
			memcpy(&end->numbers[end->n_seen], msgs[i].data + at, 4);
			end->seen_ns[end->n_seen++] = lp_loop_now_ns(end->loop);
		}
		end->from = msgs[i].remote;
		end->ecn = msgs[i].ecn;
	}
}

static void end_open(struct end *end, struct lp_world *world, const char *ip, uint16_t port)
{
	memset(end, 0, sizeof *end);
	end->host = lp_world_add_host(world, ip, ip);
	lp_host_enter(end->host);
	assert_int_equal(lp_loop_new(&end->loop), 0);
	struct lp_addr local = {.port = port};
	assert_int_equal(lp_udp_open(end->loop, &local, on_recv, end, NULL, &end->udp), 0);
	assert_int_equal(lp_addr_parse(ip, port, &end->addr), 0);
}

static void end_close(struct end *end)
{
	lp_udp_close(end->udp);
	lp_loop_free(end->loop);
}

/* Sends |n| numbered datagrams of |len| bytes in one batch. */
static size_t send_run(struct end *from, const struct lp_addr *to, uint32_t first, unsigned n, size_t len)
{
	static uint8_t data[64 * 9000];
	for (uint32_t i = 0; i < n; i++) {
		uint32_t number = first + i;
		memcpy(data + i * len, &number, 4);
	}
	struct lp_udp_msg msg = {.data = data, .len = n * len, .segment_bytes = (uint16_t)len, .ecn = 2, .remote = *to};
	return lp_udp_send(from->udp, &msg, 1);
}

/* Delay, rate, a full queue, order and batches. */
static void test_lines(void **state)
{
	(void)state;
	struct lp_world *world;
	struct end a, b;
	assert_int_equal(lp_world_new(1, &world), 0);
	end_open(&a, world, "192.0.2.1", 0);
	end_open(&b, world, "192.0.2.2", 443);
	lp_host_set_lines(a.host, &(struct lp_line){.delay_ns = 10 * LP_MS}, &(struct lp_line){.delay_ns = 10 * LP_MS});
	send_run(&a, &b.addr, 0, 40, 1000);
	lp_world_run_until(world, 2 * LP_SEC);
	assert_int_equal(b.n_seen, 40);
	assert_int_equal(b.n_calls, 1);
	assert_in_range(b.seen_ns[0], LP_SEC + 10 * LP_MS, LP_SEC + 10 * LP_MS + 100 * LP_US);
	for (uint32_t i = 0; i < 40; i++)
		assert_int_equal(b.numbers[i], i);

	/* 1028 bytes each ms */
	lp_host_set_lines(
		a.host, &(struct lp_line){.rate_bps = 8224000, .queue_bytes = 20 * 1028}, &(struct lp_line){0});
	b.n_seen = 0;
	send_run(&a, &b.addr, 0, 40, 1000);
	lp_world_run_until(world, 3 * LP_SEC);
	assert_int_equal(b.n_seen, 20);
	for (uint32_t i = 0; i < 20; i++)
		assert_in_range(b.seen_ns[i], 2 * LP_SEC + (i + 1) * LP_MS, 2 * LP_SEC + (i + 1) * LP_MS + 100 * LP_US);
	assert_int_equal(lp_world_counters(world)->queue_lost, 20);
	end_close(&a);
	end_close(&b);
	lp_world_free(world);
}

/* Loss, duplication, reordering and corruption have the configured rates, and are the same for the same seed. */
static void test_chance(void **state)
{
	(void)state;
	unsigned n_seen[2];
	for (unsigned round = 0; round < 2; round++) {
		struct lp_world *world;
		struct end a, b;
		assert_int_equal(lp_world_new(5, &world), 0);
		end_open(&a, world, "192.0.2.1", 0);
		end_open(&b, world, "192.0.2.2", 443);
		lp_host_set_lines(a.host,
			&(struct lp_line){.loss = 0.1, .duplicate = 0.2, .reorder = 0.05, .congestion = 1},
			&(struct lp_line){0});
		for (uint32_t i = 0; i < 2000; i++) {
			send_run(&a, &b.addr, i, 1, 100);
			lp_world_run_until(world, LP_SEC + i * LP_MS);
		}
		lp_world_run_until(world, 10 * LP_SEC);
		unsigned n_back = 0;
		for (uint32_t i = 1; i < b.n_seen; i++)
			n_back += b.numbers[i] < b.numbers[i - 1];
		assert_in_range(n_back, 60, 180);
		assert_in_range(b.n_seen, 2000 * 1.2 * 0.9 - 120, 2000 * 1.2 * 0.9 + 120);
		assert_int_equal(b.ecn, 3);
		n_seen[round] = b.n_seen;
		end_close(&a);
		end_close(&b);
		lp_world_free(world);
	}
	assert_int_equal(n_seen[0], n_seen[1]);
}

/* A datagram above the interface's MTU is refused, one above the path's is dropped. */
static void test_mtu(void **state)
{
	(void)state;
	struct lp_world *world;
	struct end a, b;
	assert_int_equal(lp_world_new(1, &world), 0);
	end_open(&a, world, "2001:db8::1", 0);
	end_open(&b, world, "2001:db8::2", 443);
	assert_int_equal(lp_udp_path_payload(a.udp, &b.addr), 1452);
	assert_int_equal(send_run(&a, &b.addr, 0, 3, 1453), 3);
	assert_int_equal(send_run(&a, &b.addr, 0, 3, 1452), 0);
	lp_host_set_lines(a.host, &(struct lp_line){.mtu_bytes = 1280}, &(struct lp_line){0});
	assert_int_equal(send_run(&a, &b.addr, 10, 3, 1452), 0);
	assert_int_equal(send_run(&a, &b.addr, 20, 3, 1232), 0);
	lp_world_run_until(world, 2 * LP_SEC);
	assert_int_equal(b.n_seen, 6);
	assert_int_equal(b.numbers[3], 20);
	assert_int_equal(lp_world_counters(world)->too_big, 3);
	end_close(&a);
	end_close(&b);
	lp_world_free(world);
}

/* A NAT translates the source address, removes mappings on demand and by timeout, and drops unsolicited datagrams. */
static void test_nat(void **state)
{
	(void)state;
	struct lp_world *world;
	struct end a, b;
	assert_int_equal(lp_world_new(1, &world), 0);
	end_open(&a, world, "10.0.0.1", 5000);
	end_open(&b, world, "192.0.2.2", 443);
	lp_host_set_nat(a.host, "198.51.100.7", 30 * LP_SEC);
	send_run(&b, &a.addr, 0, 1, 100);
	send_run(&a, &b.addr, 0, 1, 100);
	lp_world_run_until(world, 2 * LP_SEC);
	assert_int_equal(a.n_seen, 0);
	struct lp_addr first = b.from;
	assert_int_equal(first.ip[0], 198);
	send_run(&b, &first, 7, 1, 100);
	lp_world_run_until(world, 3 * LP_SEC);
	assert_int_equal(a.n_seen, 1);

	lp_host_rebind(a.host);
	send_run(&b, &first, 8, 1, 100);
	lp_world_run_until(world, 4 * LP_SEC);
	assert_int_equal(a.n_seen, 1);
	send_run(&a, &b.addr, 0, 1, 100);
	lp_world_run_until(world, 5 * LP_SEC);
	assert_false(lp_addr_equal(&b.from, &first));

	struct lp_addr second = b.from;
	lp_world_run_until(world, 40 * LP_SEC);
	send_run(&b, &second, 9, 1, 100);
	lp_world_run_until(world, 41 * LP_SEC);
	assert_int_equal(a.n_seen, 1);

	/* another address, and a host whose cable is unplugged */
	lp_host_set_ip(b.host, "192.0.2.3");
	assert_int_equal(lp_world_counters(world)->refused, 0);
	send_run(&a, &b.addr, 0, 1, 100);
	lp_host_set_offline(a.host, true);
	unsigned n_seen = b.n_seen;
	b.addr.ip[3] = 3;
	send_run(&a, &b.addr, 0, 1, 100);
	lp_world_run_until(world, 42 * LP_SEC);
	assert_int_equal(b.n_seen, n_seen);
	end_close(&a);
	end_close(&b);
	lp_world_free(world);
}

/* Records when a timer fired. */
static void on_timer(void *ctx, uint64_t now_ns)
{
	*(uint64_t *)ctx = now_ns;
}

static void on_signal(void *ctx, enum lp_signal signal)
{
	*(int *)ctx = (int)signal + 1;
}

static void on_resolve(void *ctx, const struct lp_addr *addrs, size_t n_addrs, const char *reason)
{
	struct lp_addr *result = ctx;
	*result = n_addrs ? addrs[n_addrs - 1] : (struct lp_addr){0};
	assert_true((reason == NULL) == (n_addrs > 0));
}

static void on_change(void *ctx)
{
	++*(unsigned *)ctx;
}

/* A change of addresses is notified, and the source address follows it. */
static void test_netwatch(void **state)
{
	(void)state;
	struct lp_world *world;
	struct lp_loop *loop;
	struct lp_netwatch *netwatch;
	struct lp_addr remote, local;
	uint32_t interface;
	unsigned n_changes = 0;
	assert_int_equal(lp_world_new(1, &world), 0);
	struct lp_host *host = lp_world_add_host(world, "a", "192.0.2.1");
	lp_host_enter(host);
	assert_int_equal(lp_loop_new(&loop), 0);
	assert_int_equal(lp_netwatch_new(loop, on_change, &n_changes, &netwatch), 0);
	lp_addr_parse("203.0.113.5", 443, &remote);
	assert_int_equal(lp_netwatch_source(netwatch, &remote, &local, &interface), 0);
	assert_int_equal(local.ip[3], 1);
	lp_host_set_ip(host, "192.0.2.7");
	lp_host_set_ip(host, "2001:db8::7");
	lp_world_run_until(world, 2 * LP_SEC);
	assert_int_equal(n_changes, 1);
	assert_int_equal(lp_netwatch_source(netwatch, &remote, &local, &interface), 0);
	assert_int_equal(local.ip[3], 7);
	lp_host_remove_ip(host, 4);
	assert_int_equal(lp_netwatch_source(netwatch, &remote, &local, &interface), LP_EUNREACH);
	lp_netwatch_free(netwatch);
	lp_loop_free(loop);
	lp_world_free(world);
}

/* Timers, signals, names, files, random numbers: separate for each host. */
static void test_host(void **state)
{
	(void)state;
	struct lp_world *world;
	struct lp_loop *loop;
	struct lp_timer *timer;
	struct lp_resolve *resolve;
	struct lp_addr addr = {0}, named;
	uint64_t fired_ns = 0;
	int signalled = 0;
	assert_int_equal(lp_world_new(1, &world), 0);
	struct lp_host *host = lp_world_add_host(world, "a", "192.0.2.1");
	struct lp_host *other = lp_world_add_host(world, "b", "192.0.2.2");
	lp_host_enter(host);
	assert_int_equal(lp_loop_new(&loop), 0);
	assert_int_equal(lp_timer_new(loop, on_timer, &fired_ns, &timer), 0);
	lp_timer_set(timer, 5 * LP_SEC);
	lp_timer_set(timer, 3 * LP_SEC);
	lp_world_run_until(world, 10 * LP_SEC);
	assert_int_equal(fired_ns, 3 * LP_SEC);
	lp_timer_set(timer, 11 * LP_SEC);
	lp_host_pause(host, 4 * LP_SEC);
	lp_world_run_until(world, 20 * LP_SEC);
	assert_int_equal(fired_ns, 14 * LP_SEC);
	lp_timer_set(timer, 21 * LP_SEC);
	lp_timer_set(timer, LP_NEVER);
	lp_world_run_until(world, 30 * LP_SEC);
	assert_int_equal(fired_ns, 14 * LP_SEC);
	lp_timer_free(timer);

	lp_loop_on_signal(loop, on_signal, &signalled);
	lp_host_signal(host, LP_SIGNAL_RELOAD);
	assert_int_equal(signalled, LP_SIGNAL_RELOAD + 1);

	lp_addr_parse("192.0.2.9", 0, &named);
	lp_world_add_name(world, "relay.example", &named);
	static const struct {
		const char *name;
		uint8_t last;
	} names[] = {{"relay.example", 9}, {"192.0.2.77", 77}, {"nobody.example", 0}};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		assert_int_equal(lp_resolve_start(loop, names[i].name, 443, on_resolve, &addr, &resolve), 0);
		lp_world_run_until(world, lp_world_now_ns(world) + LP_SEC);
		assert_int_equal(addr.ip[3], names[i].last);
		lp_resolve_free(resolve);
	}

	uint8_t *data = NULL;
	size_t len;
	assert_int_equal(lp_file_write("/x", (const uint8_t *)"abc", 3, true, NULL), 0);
	assert_int_equal(lp_file_read("/x", 100, NULL, &data, &len), 0);
	assert_int_equal(len, 3);
	assert_string_equal((const char *)data, "abc");
	free(data);
	assert_int_equal(lp_file_read("/x", 2, NULL, &data, &len), LP_ETOOBIG);
	lp_host_enter(other);
	assert_int_equal(lp_file_read("/x", 100, NULL, &data, &len), LP_ENOTFOUND);

	uint8_t random[2][32];
	lp_random_fill(random[0], 32);
	lp_random_fill(random[1], 32);
	assert_memory_not_equal(random[0], random[1], 32);
	lp_loop_free(loop);
	lp_world_free(world);
}

/* Counts the frames of a batch. */
static void on_frames(void *ctx, const struct lp_frame *frames, size_t n_frames)
{
	(void)frames;
	*(size_t *)ctx += n_frames;
}

static void on_sink(void *ctx, const struct lp_frame *frame)
{
	*(size_t *)ctx += frame->len;
}

static void on_device_error(void *ctx, const struct lp_failure *failure)
{
	assert_int_equal(failure->code, LP_EIO);
	*(size_t *)ctx = 1000;
}

/* Devices: frames can be put in and read, sent frames come out, a pause takes effect, a failure is notified. */
static void test_devices(void **state)
{
	(void)state;
	struct lp_world *world;
	struct lp_loop *loop;
	struct lp_tap *tap;
	struct lp_packet *packet;
	size_t n_read = 0, n_sunk = 0;
	static const uint8_t bytes[100];
	const struct lp_frame frame = {.data = bytes, .len = sizeof bytes};
	assert_int_equal(lp_world_new(1, &world), 0);
	struct lp_host *host = lp_world_add_host(world, "a", "192.0.2.1");
	lp_host_enter(host);
	assert_int_equal(lp_loop_new(&loop), 0);
	struct lp_port *port = lp_host_port(host, "lan0");
	lp_port_set_sink(port, on_sink, &n_sunk);
	lp_port_set_takes(port, 1U << LP_GSO_TCP4);
	struct lp_tap_config tap_config = {.name = "lan0", .mac = {{2, 0, 0, 0, 0, 1}}, .offload = true};
	assert_int_equal(lp_tap_open(loop, &tap_config, on_frames, on_device_error, &n_read, NULL, &tap), 0);
	assert_false(lp_port_put(port, &frame));
	assert_int_equal(lp_tap_up(tap, 1500, NULL), 0);
	assert_true(lp_port_is_up(port));
	assert_true(lp_tap_takes(tap, LP_GSO_TCP4));
	assert_false(lp_tap_takes(tap, LP_GSO_UDP));
	for (unsigned i = 0; i < 100; i++)
		assert_true(lp_port_put(port, &frame));
	lp_world_run_until(world, 2 * LP_SEC);
	assert_int_equal(n_read, 100);
	lp_tap_pause(tap);
	assert_true(lp_port_put(port, &frame));
	lp_world_run_until(world, 3 * LP_SEC);
	assert_int_equal(n_read, 100);
	lp_tap_resume(tap);
	lp_world_run_until(world, 4 * LP_SEC);
	assert_int_equal(n_read, 101);
	assert_int_equal(lp_tap_send(tap, &frame, 1), 1);
	assert_int_equal(n_sunk, 100);
	lp_port_break(port);
	assert_int_equal(n_read, 1000);
	lp_tap_close(tap);
	assert_false(lp_port_is_open(port));

	struct lp_packet_config packet_config = {.interface = "eth0"};
	struct lp_packet_info info;
	struct lp_failure failure;
	assert_int_equal(lp_packet_open(loop, &packet_config, on_frames, on_device_error, &n_read, &failure, &packet),
		LP_ENOTFOUND);
	lp_port_set_wired(lp_host_port(host, "eth0"), &(struct lp_mac){{2, 0, 0, 0, 0, 9}}, 1500, false);
	assert_int_equal(
		lp_packet_open(loop, &packet_config, on_frames, on_device_error, &n_read, &failure, &packet), 0);
	lp_packet_info(packet, &info);
	assert_int_equal(info.mtu, 1500);
	assert_int_equal(info.mac.octet[5], 9);
	assert_true(lp_port_put(lp_host_port(host, "eth0"), &frame));
	lp_world_run_until(world, 5 * LP_SEC);
	assert_int_equal(n_read, 1001);
	lp_packet_close(packet);
	lp_loop_free(loop);
	lp_world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_chance),
		cmocka_unit_test(test_mtu),
		cmocka_unit_test(test_nat),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_netwatch),
		cmocka_unit_test(test_devices),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
