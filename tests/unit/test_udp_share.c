/* Sockets that share a UDP port: each datagram reaches the socket that its connection ID names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "platform/loop/loop.h"
#include "platform/net/udp.h"

#define SHARES 3U

struct group {
	struct lp_loop *loop;
	struct lp_timer *timeout;
	struct lp_udp *sender, *sockets[SHARES];
	struct lp_addr addr;
	unsigned n_received, n_wanted;
	unsigned by_share[SHARES];
	uint8_t last[64];
};

struct receiver {
	struct group *group;
	unsigned index;
};

static void on_recv(void *ctx, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	const struct receiver *receiver = ctx;
	struct group *group = receiver->group;
	for (size_t i = 0; i < n_msgs; i++) {
		size_t step = msgs[i].segment_bytes ? msgs[i].segment_bytes : msgs[i].len;
		for (size_t at = 0; at < msgs[i].len; at += step) {
			const uint8_t *data = msgs[i].data + at;
			size_t len = msgs[i].len - at < step ? msgs[i].len - at : step, dcid = data[0] & 0x80 ? 6 : 1;
			assert_int_equal(dcid < len ? data[dcid] % SHARES : 0, receiver->index);
			group->by_share[receiver->index]++;
			group->n_received++;
		}
	}
	if (group->n_received >= group->n_wanted)
		lp_loop_stop(group->loop);
}

static void on_nothing(void *ctx, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	(void)ctx;
	(void)msgs;
	(void)n_msgs;
}

static void on_timeout(void *ctx, uint64_t now_ns)
{
	struct group *group = ctx;
	(void)now_ns;
	lp_loop_stop(group->loop);
}

static void open_group(struct group *group, struct receiver receivers[SHARES], const char *address)
{
	struct lp_failure failure = {0};
	*group = (struct group){0};
	assert_int_equal(lp_loop_new(&group->loop), 0);
	assert_int_equal(lp_timer_new(group->loop, on_timeout, group, &group->timeout), 0);
	assert_int_equal(lp_addr_parse(address, 0, &group->addr), 0);
	assert_int_equal(lp_udp_open(group->loop, &group->addr, on_nothing, NULL, &failure, &group->sender), 0);
	for (unsigned i = 0; i < SHARES; i++) {
		const struct lp_udp_share share = {.index = i, .n = SHARES};
		receivers[i] = (struct receiver){.group = group, .index = i};
		assert_int_equal(lp_udp_open_shared(group->loop, &group->addr, &share, on_recv, &receivers[i], &failure,
					 &group->sockets[i]),
			0);
		lp_udp_local(group->sockets[i], &group->addr);
	}
}

static void close_group(struct group *group)
{
	for (unsigned i = 0; i < SHARES; i++)
		lp_udp_close(group->sockets[i]);
	lp_udp_close(group->sender);
	lp_timer_free(group->timeout);
	lp_loop_free(group->loop);
}

static void wait_for(struct group *group, unsigned n)
{
	group->n_wanted = n;
	lp_timer_set(group->timeout, lp_loop_now_ns(group->loop) + 30 * LP_SEC);
	if (group->n_received < n)
		lp_loop_run(group->loop);
	assert_int_equal(group->n_received, n);
}

/* Short and long headers, every first byte of an ID, runs and single datagrams, too short ones. */
static void test_steering(void **state)
{
	static const char *const addresses[] = {"127.0.0.1", "::1"};
	(void)state;
	for (size_t a = 0; a < sizeof addresses / sizeof *addresses; a++) {
		static struct group group;
		struct receiver receivers[SHARES];
		unsigned n = 0;
		open_group(&group, receivers, addresses[a]);
		for (unsigned byte = 0; byte < 256; byte++) {
			for (unsigned is_long = 0; is_long < 2; is_long++) {
				uint8_t data[3 * 40];
				memset(data, 0x5a, sizeof data);
				for (size_t at = 0; at < sizeof data; at += 40) {
					data[at] = is_long ? 0xc0 : 0x40;
					data[at + (is_long ? 6 : 1)] = (uint8_t)byte;
				}
				const struct lp_udp_msg msg = {
					.data = data, .len = sizeof data, .segment_bytes = 40, .remote = group.addr};
				assert_int_equal(lp_udp_send(group.sender, &msg, 1), 0);
				wait_for(&group, n += 3);
			}
		}
		for (size_t len = 0; len < 6; len++) {
			const uint8_t data[6] = {0xc0};
			const struct lp_udp_msg msg = {.data = data, .len = len, .remote = group.addr};
			assert_int_equal(lp_udp_send(group.sender, &msg, 1), 0);
			if (len > 0)
				wait_for(&group, ++n);
		}
		for (unsigned i = 0; i < SHARES; i++)
			assert_true(group.by_share[i] > 256 * 6 / SHARES - 10);
		close_group(&group);
	}
}

/* Another group, or a single socket, does not get a port that is in use. */
static void test_in_use(void **state)
{
	static struct group group;
	struct receiver receivers[SHARES];
	struct lp_failure failure = {0};
	struct lp_udp *udp = NULL;
	(void)state;
	open_group(&group, receivers, "127.0.0.1");
	const struct lp_udp_share first = {.index = 0, .n = SHARES};
	assert_int_equal(
		lp_udp_open_shared(group.loop, &group.addr, &first, on_nothing, NULL, &failure, &udp), LP_EINUSE);
	assert_non_null(strstr(failure.text, "in use"));
	assert_int_equal(lp_udp_open(group.loop, &group.addr, on_nothing, NULL, &failure, &udp), LP_EINUSE);
	close_group(&group);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steering),
		cmocka_unit_test(test_in_use),
	};
	return cmocka_run_group_tests_name("udp_share", tests, NULL, NULL);
}
