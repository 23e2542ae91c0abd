#include "client/windows/broadcast_test.h"

#include <string.h>

#include "base/units.h"
#include "platform/net/broadcast.h"
#include "platform/system/random.h"

/* Number of broadcasts, and the wait after each. The system may not use a new address immediately. */
#define TRIES 4
#define WAIT_NS (1500 * LP_MS)
/* Discard (RFC 863), so that no host of the LAN replies. */
#define PORT 9
/* Ethernet, IPv4 without options, UDP: the system adds no options of its own to a broadcast. */
#define PAYLOAD_OFFSET (14 + 20 + 8)

void lp_broadcast_test_init(struct lp_broadcast_test *test)
{
	*test = (struct lp_broadcast_test){.next_ns = LP_NEVER};
}

void lp_broadcast_test_start(struct lp_broadcast_test *test, uint64_t now_ns)
{
	lp_random_fill(test->nonce, sizeof test->nonce);
	test->n_sent = 0;
	test->next_ns = now_ns;
}

enum lp_broadcast_result lp_broadcast_test_expire(struct lp_broadcast_test *test, uint64_t now_ns)
{
	if (now_ns < test->next_ns)
		return LP_BROADCAST_RUNNING;
	if (test->n_sent == TRIES) {
		test->next_ns = LP_NEVER;
		return LP_BROADCAST_ASTRAY;
	}
	/* A failure counts as a broadcast that was not seen. */
	lp_broadcast_send(PORT, test->nonce, sizeof test->nonce);
	test->n_sent++;
	test->next_ns = now_ns + WAIT_NS;
	return LP_BROADCAST_RUNNING;
}

bool lp_broadcast_test_saw(struct lp_broadcast_test *test, const uint8_t *frame, size_t len)
{
	if (test->next_ns == LP_NEVER || len < PAYLOAD_OFFSET + sizeof test->nonce ||
		memcmp(frame + PAYLOAD_OFFSET, test->nonce, sizeof test->nonce) != 0)
		return false;
	test->next_ns = LP_NEVER;
	return true;
}
