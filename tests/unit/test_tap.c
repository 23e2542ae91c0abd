/* The TAP: created, configured, read, written, removed; with and without offloads. Needs permissions in a network
   namespace. */
#include "platform/device/tap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "netns.h"
#include "platform/linux/device/interface.h"
#include "platform/linux/device/tap_device.h"
#include "platform/loop/loop.h"
#include "transfer.h"

/* How long an event may take on a busy machine before a test gives up. */
#define PATIENCE_MS 30000

#define MAC_A ((struct lp_mac){{0x02, 0x5a, 0, 0, 0, 0x0a}})
#define MAC_B ((struct lp_mac){{0x02, 0x5a, 0, 0, 0, 0x0b}})

/* One TAP, and the frames read from it. */
struct end {
	struct lp_loop *loop;
	struct lp_tap *tap;
	struct lp_tap *to; /* if set, frames are passed on to it */
	size_t frames, supers, partials, refused;
	size_t last_len;
	uint8_t last[2048];
	struct lp_offload last_offload;
	size_t stop_at; /* number of UDP frames to port 7 */
	size_t wanted;
	size_t game_at; /* which one of those had 46 bytes, from 1 */
	bool pauses;    /* called for each batch with such frames */
	struct lp_failure failure;
};

/* True for an IPv4 UDP datagram to port 7, which only the tests send. */
static bool is_ours(const struct lp_frame *frame)
{
	return frame->len >= 42 && frame->data[12] == 8 && frame->data[13] == 0 && frame->data[23] == IPPROTO_UDP &&
	       frame->data[36] == 0 && frame->data[37] == 7;
}

static void on_recv(void *ctx, const struct lp_frame *frames, size_t n_frames)
{
	struct end *end = ctx;
	size_t wanted = end->wanted;
	for (size_t i = 0; i < n_frames; i++) {
		end->frames++;
		end->supers += frames[i].offload.gso != LP_GSO_NONE;
		end->partials += frames[i].offload.needs_csum;
		if (!is_ours(&frames[i]))
			continue;
		end->wanted++;
		if (frames[i].len == 46)
			end->game_at = end->wanted;
		end->last_len = frames[i].len;
		end->last_offload = frames[i].offload;
		memcpy(end->last, frames[i].data, frames[i].len < sizeof end->last ? frames[i].len : sizeof end->last);
	}
	if (end->pauses && end->wanted > wanted)
		lp_tap_pause(end->tap);
	if (end->to)
		end->refused += n_frames - lp_tap_send(end->to, frames, n_frames);
	if (end->stop_at && end->wanted >= end->stop_at)
		lp_loop_stop(end->loop);
}

static void on_error(void *ctx, const struct lp_failure *failure)
{
	struct end *end = ctx;
	end->failure = *failure;
	lp_loop_stop(end->loop);
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

/* Opens a TAP in the current namespace, or skips the test program if that is not permitted. */
static void open_tap(struct end *end, struct lp_loop *loop, const char *name, struct lp_mac mac, bool offload)
{
	struct lp_tap_config config = {.name = name, .mac = mac, .offload = offload};
	struct lp_failure failure = {0};
	*end = (struct end){.loop = loop};
	int result = lp_tap_open(loop, &config, on_recv, on_error, end, &failure, &end->tap);
	if (result == LP_EPERM || result == LP_ENOTFOUND) {
		print_message("%s\n", failure.text);
		exit(77);
	}
	assert_int_equal(result, 0);
}

/* A UDP socket that sends to 10.9.0.2 port 7 from the current namespace. */
static int udp_socket(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(inet_pton(AF_INET, "10.9.0.2", &to.sin_addr), 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

/* The interface is configured as requested, and removed at the end. */
static void test_life(void **state)
{
	struct lp_failure failure = {0};
	struct lp_tap_config config = {.name = "lan7"};
	struct lp_tap *second = NULL;
	int netns = netns_new();
	(void)state;
	struct lp_loop *loop;
	assert_int_equal(lp_loop_new(&loop), 0);
	struct end end;
	open_tap(&end, loop, "lan7", MAC_A, true);
	assert_string_equal(lp_tap_name(end.tap), "lan7");
	struct lp_interface seen;
	assert_int_equal(lp_interface_get("lan7", &seen), 0);
	assert_true(lp_mac_equal(&seen.mac, &MAC_A));
	assert_false(seen.up);
	assert_true(seen.ethernet);
	assert_int_equal(lp_tap_up(end.tap, 1404, &failure), 0);
	assert_int_equal(lp_interface_get("lan7", &seen), 0);
	assert_int_equal(seen.mtu, 1404);
	assert_true(seen.up);
	assert_int_equal(lp_tap_set_mtu(end.tap, 1300, &failure), 0);
	assert_int_equal(lp_interface_get("lan7", &seen), 0);
	assert_int_equal(seen.mtu, 1300);
	assert_true(seen.up);

	assert_int_equal(lp_tap_open(loop, &config, on_recv, on_error, NULL, &failure, &second), LP_EEXISTS);
	assert_non_null(strstr(failure.text, "lan7"));
	config.name = "a name / that is none";
	assert_int_equal(lp_tap_open(loop, &config, on_recv, on_error, NULL, &failure, &second), LP_EINVAL);
	assert_int_equal(lp_tap_up(end.tap, 70000, &failure), LP_EINVAL);
	assert_int_equal(lp_tap_set_mtu(end.tap, 70000, &failure), LP_EINVAL);
	assert_null(second);

	netns_run("ip -o link show lan7 | grep -q 'qdisc pfifo .* qlen 1000'");
	netns_run("test \"$(cat /proc/net/dev | grep -c lan7)\" = 1");
	lp_tap_close(end.tap);
	assert_int_equal(lp_interface_get("lan7", &seen), LP_ENOTFOUND);
	lp_loop_free(loop);
	close(netns);
}

/* A frame that the system sends is read, a frame that is written reaches the system's sockets. */
static void test_frames(void **state)
{
	/* Without offloads the checksum is complete, with them it is partial. */
	for (int offload = 0; offload < 2; offload++) {
		struct lp_frame back = {0};
		uint8_t frame[64], answer[16] = {0};
		int netns = netns_new();
		struct lp_loop *loop;
		assert_int_equal(lp_loop_new(&loop), 0);
		struct end end;
		open_tap(&end, loop, "lan7", MAC_A, offload);
		assert_int_equal(lp_tap_up(end.tap, 1500, NULL), 0);
		netns_run("ip addr add 10.9.0.1/24 dev lan7 && ip neigh add 10.9.0.2 lladdr 02:5a:00:00:00:0b dev "
			  "lan7");
		int fd = udp_socket();
		assert_int_equal(send(fd, "hello", 5, 0), 5);
		end.stop_at = 1;
		run(loop, PATIENCE_MS);
		assert_int_equal(end.wanted, 1);
		assert_int_equal(end.last_len, 14 + 20 + 8 + 5);
		assert_memory_equal(end.last, MAC_B.octet, 6);
		assert_memory_equal(end.last + 6, MAC_A.octet, 6);
		assert_memory_equal(end.last + 42, "hello", 5);
		assert_int_equal(end.last_offload.needs_csum, offload);
		if (offload) {
			assert_int_equal(end.last_offload.csum_start, 34);
			assert_int_equal(end.last_offload.csum_offset, 6);
		}
		/* Returned with the addresses exchanged: sums over them do not change. */
		memcpy(frame, end.last, end.last_len);
		memcpy(frame, end.last + 6, 6);
		memcpy(frame + 6, end.last, 6);
		memcpy(frame + 26, end.last + 30, 4);
		memcpy(frame + 30, end.last + 26, 4);
		memcpy(frame + 34, end.last + 36, 2);
		memcpy(frame + 36, end.last + 34, 2);
		back.data = frame;
		back.len = end.last_len;
		back.offload = end.last_offload;
		assert_int_equal(lp_tap_send(end.tap, &back, 1), 1);
		assert_int_equal(recv(fd, answer, sizeof answer, 0), 5);
		assert_memory_equal(answer, "hello", 5);
		close(fd);
		lp_tap_close(end.tap);
		lp_loop_free(loop);
		close(netns);
	}
	(void)state;
}

/* While paused no frame is read, and none is lost. */
static void test_pause(void **state)
{
	int netns = netns_new();
	(void)state;
	struct lp_loop *loop;
	assert_int_equal(lp_loop_new(&loop), 0);
	struct end end;
	open_tap(&end, loop, "lan7", MAC_A, true);
	lp_tap_pause(end.tap);
	assert_int_equal(lp_tap_up(end.tap, 1500, NULL), 0);
	netns_run("ip addr add 10.9.0.1/24 dev lan7 && ip neigh add 10.9.0.2 lladdr 02:5a:00:00:00:0b dev lan7");
	int fd = udp_socket();
	for (int i = 0; i < 200; i++)
		assert_int_equal(send(fd, "hello", 5, 0), 5);
	run(loop, 20);
	assert_int_equal(end.frames, 0);
	lp_tap_resume(end.tap);
	end.stop_at = 200;
	run(loop, PATIENCE_MS);
	assert_int_equal(end.wanted, 200);
	close(fd);
	lp_tap_close(end.tap);
	lp_loop_free(loop);
	close(netns);
}

/* A flow that has filled its queue does not delay another: the other's frame arrives after few of its frames, even
   while the full queue is paused. */
static void check_fairness(bool pauses)
{
	int netns = netns_new();
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7)};
	unsigned n_queues;
	struct lp_tap_device probe;
	if (lp_tap_device_open("probe7", false, NULL, &probe) < 0)
		skip();
	n_queues = probe.n_queues;
	lp_tap_device_close(&probe);
	struct lp_loop *loop;
	assert_int_equal(lp_loop_new(&loop), 0);
	struct end end;
	open_tap(&end, loop, "lan7", MAC_A, true);
	lp_tap_pause(end.tap);
	assert_int_equal(lp_tap_up(end.tap, 1500, NULL), 0);
	netns_run("ip addr add 10.9.0.1/24 dev lan7 && ip neigh add 10.9.0.2 lladdr 02:5a:00:00:00:0b dev lan7");
	int bulk = udp_socket();
	for (int i = 0; i < 400; i++)
		assert_int_equal(send(bulk, "bulk!", 5, 0), 5);
	int game = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(inet_pton(AF_INET, "10.9.0.2", &to.sin_addr), 1);
	assert_int_equal(sendto(game, "game", 4, 0, (struct sockaddr *)&to, sizeof to), 4);
	lp_tap_resume(end.tap);
	end.pauses = pauses;
	if (pauses && n_queues > 1) {
		end.stop_at = 64 + 1; /* one batch of the other flow */
		run(loop, PATIENCE_MS);
		run(loop, 20);
		assert_int_equal(end.wanted, 64 + 1);
		assert_true(end.game_at > 0);
	}
	end.pauses = false;
	lp_tap_resume(end.tap);
	end.stop_at = 401;
	run(loop, PATIENCE_MS);
	assert_int_equal(end.wanted, 401);
	print_message("%u queues: the game's frame was number %zu of 401\n", n_queues, end.game_at);
	assert_true(end.game_at > 0);
	if (n_queues > 1)
		assert_true(end.game_at <= 2 * 64);
	close(bulk);
	close(game);
	lp_tap_close(end.tap);
	lp_loop_free(loop);
	close(netns);
}

static void test_fairness(void **state)
{
	(void)state;
	check_fairness(false);
	check_fairness(true);
}

/* The interface is removed: the owner is notified. */
static void test_removed(void **state)
{
	int netns = netns_new();
	(void)state;
	struct lp_loop *loop;
	assert_int_equal(lp_loop_new(&loop), 0);
	struct end end;
	open_tap(&end, loop, "lan7", MAC_A, true);
	assert_int_equal(lp_tap_up(end.tap, 1500, NULL), 0);
	netns_run("ip link delete lan7");
	run(loop, PATIENCE_MS);
	assert_int_equal(end.failure.code, LP_ENOTFOUND);
	assert_non_null(strstr(end.failure.text, "lan7"));
	lp_tap_close(end.tap);
	lp_loop_free(loop);
	close(netns);
}

/* UDP segmentation: a batch of datagrams is read as one frame. */
static void test_uso(void **state)
{
	static uint8_t data[20 * 1000 + 5];
	int netns = netns_new();
	int gso_size = 1000;
	(void)state;
	struct lp_loop *loop;
	assert_int_equal(lp_loop_new(&loop), 0);
	struct end end;
	open_tap(&end, loop, "lan7", MAC_A, true);
	assert_int_equal(lp_tap_up(end.tap, 1500, NULL), 0);
	netns_run("ip addr add 10.9.0.1/24 dev lan7 && ip neigh add 10.9.0.2 lladdr 02:5a:00:00:00:0b dev lan7");
	int fd = udp_socket();
	assert_int_equal(setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &gso_size, sizeof gso_size), 0);
	assert_int_equal(send(fd, data, sizeof data, 0), sizeof data);
	end.stop_at = lp_tap_takes(end.tap, LP_GSO_UDP) ? 1 : 21;
	run(loop, PATIENCE_MS);
	assert_int_equal(end.wanted, end.stop_at);
	if (lp_tap_takes(end.tap, LP_GSO_UDP)) {
		assert_int_equal(end.last_offload.gso, LP_GSO_UDP);
		assert_int_equal(end.last_offload.gso_size, 1000);
		assert_int_equal(end.last_len, 14 + 20 + 8 + sizeof data);
	}
	close(fd);
	lp_tap_close(end.tap);
	lp_loop_free(loop);
	close(netns);
}

/* A TCP transfer between two namespaces whose TAPs pass frames on unchanged: super-frames are read and written, and
   every byte is right. */
static void transfer_between_taps(const char *to, bool offload)
{
	struct lp_loop *loop;
	assert_int_equal(lp_loop_new(&loop), 0);
	int netns_b = netns_new();
	struct end b;
	open_tap(&b, loop, "lan7", MAC_B, offload);
	assert_int_equal(lp_tap_up(b.tap, 1500, NULL), 0);
	netns_run("ip addr add 10.9.0.2/24 dev lan7 && ip addr add fd09::2/64 dev lan7 nodad");
	struct transfer transfer;
	transfer_listen(&transfer, to);
	int netns_a = netns_new();
	struct end a;
	open_tap(&a, loop, "lan7", MAC_A, offload);
	assert_int_equal(lp_tap_up(a.tap, 1500, NULL), 0);
	netns_run("ip addr add 10.9.0.1/24 dev lan7 && ip addr add fd09::1/64 dev lan7 nodad");
	transfer_source(&transfer);
	a.to = b.tap;
	b.to = a.tap;

	transfer_start(&transfer);
	for (int i = 0; i < PATIENCE_MS / 10 && !atomic_load(&transfer.done); i++)
		run(loop, 10);
	transfer_finish(&transfer);
	print_message("%s, offload %d: %zu frames, %zu super-frames, %zu without checksum\n", to, offload, a.frames,
		a.supers, a.partials);
	assert_int_equal(a.refused + b.refused, 0);
	if (offload) {
		assert_true(a.supers > TRANSFER_BYTES / 65536);
		assert_true(a.frames < TRANSFER_BYTES / 1460);
		assert_true(a.partials > 0);
	} else {
		assert_int_equal(a.supers + b.supers + a.partials + b.partials, 0);
	}
	lp_tap_close(a.tap);
	lp_tap_close(b.tap);
	lp_loop_free(loop);
	close(netns_a);
	close(netns_b);
}

static void test_transfer(void **state)
{
	(void)state;
	transfer_between_taps("10.9.0.2", true);
	transfer_between_taps("fd09::2", true);
	transfer_between_taps("10.9.0.2", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_fairness),
		cmocka_unit_test(test_removed),
		cmocka_unit_test(test_uso),
		cmocka_unit_test(test_transfer),
	};
	return cmocka_run_group_tests_name("tap", tests, NULL, NULL);
}
