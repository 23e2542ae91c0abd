/* A kernel or device that refuses batches: every datagram is still sent, one by one. */
#include "platform/linux/net/udp_send.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/udp_msg.h"

#define SEGMENT_BYTES 1000
#define RUN_BYTES (5 * SEGMENT_BYTES + 7)

struct fixture {
	int sender_fd, receiver_fd;
	struct lp_udp_sender sender;
	struct lp_udp_msg msg;
};

static uint8_t data[RUN_BYTES];

static void set_up(struct fixture *f)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof to;
	f->sender_fd = socket(AF_INET, SOCK_DGRAM, 0);
	f->receiver_fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(bind(f->receiver_fd, (struct sockaddr *)&to, sizeof to), 0);
	assert_int_equal(getsockname(f->receiver_fd, (struct sockaddr *)&to, &len), 0);
	lp_udp_sender_init(&f->sender, f->sender_fd, false);
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i / 7);
	f->msg = (struct lp_udp_msg){.data = data, .len = sizeof data, .segment_bytes = SEGMENT_BYTES};
	f->msg.remote = (struct lp_addr){.family = 4, .ip = {127, 0, 0, 1}, .port = ntohs(to.sin_port)};
}

/* Receives the datagrams of a batch, one by one and in order. */
static void expect_run(const struct fixture *f)
{
	uint8_t seen[2000];
	for (size_t at = 0; at < sizeof data; at += SEGMENT_BYTES) {
		size_t len = sizeof data - at < SEGMENT_BYTES ? sizeof data - at : SEGMENT_BYTES;
		assert_int_equal(recv(f->receiver_fd, seen, sizeof seen, MSG_DONTWAIT), len);
		assert_memory_equal(seen, data + at, len);
	}
	assert_int_equal(recv(f->receiver_fd, seen, sizeof seen, MSG_DONTWAIT), -1);
}

static void tear_down(const struct fixture *f)
{
	close(f->sender_fd);
	close(f->receiver_fd);
}

/* Batches pass in one piece here, and the kernel segments them. */
static void test_taken(void **state)
{
	(void)state;
	struct fixture f;
	set_up(&f);
	assert_int_equal(lp_udp_sender_send(&f.sender, &f.msg, 1), 0);
	assert_false(f.sender.gso_off);
	expect_run(&f);
	tear_down(&f);
}

/* A socket without checksums takes no batches (the kernel returns EINVAL): the datagrams are sent again one by one, and
   all later ones too. */
static void test_refused(void **state)
{
	int one = 1, zero = 0;
	(void)state;
	struct fixture f;
	set_up(&f);
	assert_int_equal(setsockopt(f.sender_fd, SOL_SOCKET, SO_NO_CHECK, &one, sizeof one), 0);
	assert_int_equal(lp_udp_sender_send(&f.sender, &f.msg, 1), 0);
	assert_true(f.sender.gso_off);
	expect_run(&f);
	/* Not tried again, even if it would work: the receiver, which accepts batches, gets none. */
	assert_int_equal(setsockopt(f.sender_fd, SOL_SOCKET, SO_NO_CHECK, &zero, sizeof zero), 0);
	assert_int_equal(setsockopt(f.receiver_fd, IPPROTO_UDP, UDP_GRO, &one, sizeof one), 0);
	assert_int_equal(lp_udp_sender_send(&f.sender, &f.msg, 1), 0);
	expect_run(&f);
	tear_down(&f);
}

/* One invalid address affects neither the batch before nor the one after, and does not disable batches. */
static void test_lost(void **state)
{
	(void)state;
	struct fixture f;
	set_up(&f);
	struct lp_udp_msg msgs[3];
	for (size_t i = 0; i < 3; i++)
		msgs[i] = f.msg;
	msgs[1].local = (struct lp_addr){.family = 4, .ip = {192, 0, 2, 1}};
	msgs[2].len = 0;
	msgs[2].segment_bytes = 0;
	assert_int_equal(lp_udp_sender_send(&f.sender, msgs, 2), 6);
	assert_false(f.sender.gso_off);
	expect_run(&f);
	assert_int_equal(lp_udp_sender_send(&f.sender, msgs, 3), 6);
	tear_down(&f);
}

/* More than the kernel takes as one batch is split. */
static void test_long(void **state)
{
	static uint8_t many[150 * 10 + 3];
	size_t n = 0;
	(void)state;
	struct fixture f;
	set_up(&f);
	f.msg.data = many;
	f.msg.len = sizeof many;
	f.msg.segment_bytes = 10;
	assert_int_equal(lp_udp_sender_send(&f.sender, &f.msg, 1), 0);
	assert_false(f.sender.gso_off);
	uint8_t seen[64];
	while (recv(f.receiver_fd, seen, sizeof seen, MSG_DONTWAIT) > 0)
		n++;
	assert_int_equal(n, 151);
	tear_down(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_long),
	};
	return cmocka_run_group_tests_name("udp_send", tests, NULL, NULL);
}
