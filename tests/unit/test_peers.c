/* The list of peers, compared with a naive array of all ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "session/peers.h"

/* splitmix64: the same numbers on every machine. */
static uint64_t random_u64(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static void test_against_model(void **state)
{
	(void)state;
	static uint8_t model[300]; /* 0: absent; otherwise the last value */
	uint64_t seed = 7;
	struct lp_peers peers;
	size_t n = 0;
	lp_peers_init(&peers, 200);
	for (unsigned i = 0; i < 200000; i++) {
		uint16_t id = (uint16_t)(1 + random_u64(&seed) % 299);
		struct lp_peer_event peer = {.peer_id = id};
		/* Alternates between mostly filling and mostly emptying, so that both ends are reached. */
		if (random_u64(&seed) % 8 < (i / 10000 % 2 ? 2 : 6)) {
			peer.mac.octet[5] = (uint8_t)(1 + random_u64(&seed) % 255);
			int result = lp_peers_put(&peers, &peer);
			assert_int_equal(result, model[id] ? 0 : n < 200 ? 1 : LP_EFULL);
			n += result == 1;
			if (result >= 0)
				model[id] = peer.mac.octet[5];
		} else {
			peer.mac.octet[5] = 0;
			assert_int_equal(lp_peers_take(&peers, id, &peer), model[id] ? 0 : LP_ENOTFOUND);
			assert_int_equal(peer.mac.octet[5], model[id]);
			n -= model[id] != 0;
			model[id] = 0;
		}
		assert_int_equal(peers.n, n);
		if (i % 500 != 0)
			continue;
		for (uint16_t id2 = 1; id2 < 300; id2++) {
			const struct lp_peer_event *found = lp_peers_find(&peers, id2);
			assert_int_equal(found ? found->mac.octet[5] : 0, model[id2]);
		}
		for (size_t k = 1; k < peers.n; k++)
			assert_true(peers.peer[k - 1].peer_id < peers.peer[k].peer_id);
	}
	lp_peers_done(&peers);
	assert_int_equal(peers.n, 0);
	assert_null(lp_peers_find(&peers, 1));
	lp_peers_done(&peers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_model),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
