/* The self-test of broadcasts: sends one the way a game does and checks that it arrives at the TAP. Windows sends
   broadcasts to 255.255.255.255 only by the interface with the lowest metric. */
#ifndef LP_CLIENT_WINDOWS_BROADCAST_TEST_H
#define LP_CLIENT_WINDOWS_BROADCAST_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LP_BROADCAST_NONCE 16

struct lp_broadcast_test {
	uint8_t nonce[LP_BROADCAST_NONCE];
	uint64_t next_ns; /* when the next is sent, or the wait for the last ends; LP_NEVER: no test runs */
	unsigned n_sent;
};

enum lp_broadcast_result {
	LP_BROADCAST_RUNNING, /* or not begun */
	LP_BROADCAST_ASTRAY,  /* no broadcast was seen; returned once */
};

/* No test yet. */
void lp_broadcast_test_init(struct lp_broadcast_test *test);
/* Starts a test. The TAP has an IPv4 address. */
void lp_broadcast_test_start(struct lp_broadcast_test *test, uint64_t now_ns);
/* Sends what is due. */
enum lp_broadcast_result lp_broadcast_test_expire(struct lp_broadcast_test *test, uint64_t now_ns);
/* A frame that the system sent by the TAP. True if it is the test's broadcast; the test then ends. */
bool lp_broadcast_test_saw(struct lp_broadcast_test *test, const uint8_t *frame, size_t len);

#endif
