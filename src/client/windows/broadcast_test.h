/* The self-test of broadcasts: one is sent as a game sends it, and must be seen at the TAP. Windows sends broadcasts to
   255.255.255.255 by the interface of the lowest metric alone. */
#ifndef LP_CLIENT_WINDOWS_BROADCAST_TEST_H
#define LP_CLIENT_WINDOWS_BROADCAST_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LP_BROADCAST_NONCE 16

struct lp_broadcast_test {
	uint8_t nonce[LP_BROADCAST_NONCE];
	uint64_t next_ns; /* when the next is sent, or the last one has been waited for; LP_NEVER: nothing is to do */
	unsigned n_sent;
};

enum lp_broadcast_result {
	LP_BROADCAST_RUNNING, /* or not begun */
	LP_BROADCAST_ASTRAY,  /* the last broadcast was not seen; told once */
};

/* No test yet. */
void lp_broadcast_test_init(struct lp_broadcast_test *test);
/* Begins, now that the TAP has an IPv4 address. */
void lp_broadcast_test_start(struct lp_broadcast_test *test, uint64_t now_ns);
/* Sends what is due. */
enum lp_broadcast_result lp_broadcast_test_expire(struct lp_broadcast_test *test, uint64_t now_ns);
/* A frame that the system sent by the TAP. True if it is the test's, which is over then. */
bool lp_broadcast_test_saw(struct lp_broadcast_test *test, const uint8_t *frame, size_t len);

#endif
