/* The direct route between two members, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "route/route.h"

static const uint8_t key[LP_SIPHASH_KEY] = {1, 2, 3};

static struct lp_addr address(unsigned n)
{
	struct lp_addr addr = {.family = 4, .ip = {192, 0, 2, (uint8_t)n}, .port = 4711};
	return addr;
}

/* A route, and the peer at the other end: addresses that answer after a time. */
struct world {
	struct lp_route route;
	uint64_t now_ns;
	uint64_t rtt_ns[10]; /* of each address; 0: it does not answer */
	unsigned n_probes[10];
};

static void start(struct world *world)
{
	*world = (struct world){.now_ns = LP_SEC};
	lp_route_init(&world->route);
}

/* Runs for a time in steps of 5 ms; |used|: frames are sent. Replies arrive in the step after their round trip. */
static void run(struct world *world, uint64_t for_ns, bool used)
{
	struct {
		uint64_t at_ns, stamp;
		unsigned n;
	} replies[64];
	size_t n_replies = 0;
	for (uint64_t end_ns = world->now_ns + for_ns; world->now_ns < end_ns; world->now_ns += 5 * LP_MS) {
		const struct lp_addr *to;
		uint64_t stamp;
		for (size_t i = 0; i < n_replies; i++) {
			if (replies[i].at_ns > world->now_ns)
				continue;
			struct lp_addr from = address(replies[i].n);
			lp_route_replied(&world->route, &from, replies[i].stamp, world->now_ns);
			replies[i--] = replies[--n_replies];
		}
		if (used)
			lp_route_used(&world->route, world->now_ns);
		(void)lp_route_choose(&world->route, 20 * LP_MS, world->now_ns);
		while ((to = lp_route_next_probe(&world->route, world->now_ns, &stamp))) {
			unsigned n = to->ip[3];
			assert_in_range(n, 0, 9);
			world->n_probes[n]++;
			if (!world->rtt_ns[n])
				continue;
			assert_true(n_replies < 64);
			replies[n_replies].at_ns = world->now_ns + world->rtt_ns[n];
			replies[n_replies].stamp = stamp;
			replies[n_replies++].n = n;
		}
	}
}

/* The last octet of the route; 0: by the relay. */
static unsigned current(const struct world *world)
{
	const struct lp_addr *addr = lp_route_current(&world->route);
	return addr ? addr->ip[3] : 0;
}

static void offer(struct world *world, unsigned first, unsigned n)
{
	struct lp_addr addrs[LP_ROUTE_OFFERED_MAX];
	for (unsigned i = 0; i < n; i++)
		addrs[i] = address(first + i);
	lp_route_offer(&world->route, addrs, n, world->now_ns);
}

/* A message is read as it was written, and a changed one or another key is noticed. */
static void test_message(void **state)
{
	struct lp_route_message message = {
		.kind = LP_ROUTE_REPLY, .to = {0, 1, 2, 3, 4, 5}, .from = {9, 8}, .stamp = 77};
	struct lp_route_message back;
	uint8_t data[LP_ROUTE_MESSAGE_BYTES], other[LP_SIPHASH_KEY] = {0};
	(void)state;
	lp_route_write(&message, key, data);
	assert_true(lp_route_is_message(data, sizeof data));
	assert_false(lp_route_is_message(data, sizeof data - 1));
	lp_route_read(data, &back);
	assert_int_equal(back.kind, LP_ROUTE_REPLY);
	assert_memory_equal(back.to, message.to, sizeof back.to);
	assert_memory_equal(back.from, message.from, sizeof back.from);
	assert_int_equal(back.stamp, 77);
	assert_true(lp_route_verify(data, key));
	assert_false(lp_route_verify(data, other));
	for (size_t i = 0; i < sizeof data; i++) {
		data[i] ^= 1;
		assert_false(lp_route_verify(data, key));
		data[i] ^= 1;
	}
	data[0] = 0x40;
	assert_false(lp_route_is_message(data, sizeof data)); /* a QUIC packet */
}

/* The fastest address that answers becomes the route; one that does not answer never does. */
static void test_choice(void **state)
{
	struct world world;
	(void)state;
	start(&world);
	world.rtt_ns[2] = 15 * LP_MS;
	world.rtt_ns[3] = 5 * LP_MS;
	offer(&world, 1, 3);
	assert_int_equal(current(&world), 0);
	run(&world, LP_SEC, true);
	assert_int_equal(current(&world), 3);
	assert_in_range(world.n_probes[1], 3, 8); /* in ever longer intervals */
	/* 2 gets a little better than 3: not worth a change. Then much better. */
	world.rtt_ns[2] = 5 * LP_MS;
	run(&world, 60 * LP_SEC, true);
	assert_int_equal(current(&world), 3);
	world.rtt_ns[3] = 15 * LP_MS;
	run(&world, 60 * LP_SEC, true);
	assert_int_equal(current(&world), 2);
}

/* A direct route that is much slower than the relay's is not taken. */
static void test_slower_than_relay(void **state)
{
	struct world world;
	(void)state;
	start(&world);
	world.rtt_ns[1] = 60 * LP_MS;
	offer(&world, 1, 1);
	run(&world, 5 * LP_SEC, true);
	assert_int_equal(current(&world), 0);
	world.rtt_ns[1] = 20 * LP_MS;
	run(&world, 30 * LP_SEC, true);
	assert_int_equal(current(&world), 1);
}

/* A route that goes dark while frames are sent is left within 200 ms and two round trips, and taken again later, each
   time after a longer pause. One that is idle is left within three seconds. */
static void test_dark(void **state)
{
	struct world world;
	(void)state;
	start(&world);
	world.rtt_ns[1] = 10 * LP_MS;
	offer(&world, 1, 1);
	run(&world, LP_SEC, true);
	uint64_t pause_ns = 0;
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(current(&world), 1);
		world.rtt_ns[1] = 0;
		run(&world, 120 * LP_MS, true);
		assert_int_equal(current(&world), 1);
		run(&world, 130 * LP_MS, true);
		assert_int_equal(current(&world), 0);
		world.rtt_ns[1] = 10 * LP_MS;
		uint64_t since_ns = world.now_ns;
		while (current(&world) == 0 && world.now_ns - since_ns < 60 * LP_SEC)
			run(&world, 50 * LP_MS, true);
		assert_true(world.now_ns - since_ns > pause_ns + 500 * LP_MS);
		pause_ns = world.now_ns - since_ns;
	}
	run(&world, 2 * LP_SEC, false);
	world.rtt_ns[1] = 0;
	run(&world, 1300 * LP_MS, false);
	assert_int_equal(current(&world), 1);
	run(&world, 2 * LP_SEC, false);
	assert_int_equal(current(&world), 0);
}

/* An idle route is probed rarely; with the first frame it is checked at once. */
static void test_idle(void **state)
{
	struct world world;
	(void)state;
	start(&world);
	world.rtt_ns[1] = 10 * LP_MS;
	offer(&world, 1, 1);
	run(&world, 2 * LP_SEC, false);
	assert_int_equal(current(&world), 1);
	unsigned before = world.n_probes[1];
	run(&world, 60 * LP_SEC, false);
	assert_in_range(world.n_probes[1] - before, 55, 65);
	before = world.n_probes[1];
	run(&world, LP_SEC, true);
	assert_in_range(world.n_probes[1] - before, 20, 30);
}

/* Addresses that no host has are not probed; probes from unknown ones make candidates, up to a maximum. */
static void test_candidates(void **state)
{
	static const char *const unusable[] = {"127.0.0.1:1", "0.0.0.0:1", "224.0.0.1:1", "255.255.255.255:1",
		"169.254.1.1:1", "192.0.2.1:0", "[::1]:1", "[fe80::1]:1", "[ff02::1]:1", "[::]:1",
		"[::ffff:192.0.2.1]:1"};
	struct world world;
	(void)state;
	start(&world);
	for (size_t i = 0; i < sizeof unusable / sizeof unusable[0]; i++) {
		struct lp_addr addr;
		assert_int_equal(lp_addr_parse(unusable[i], 0, &addr), 0);
		lp_route_offer(&world.route, &addr, 1, world.now_ns);
		lp_route_probed(&world.route, &addr, world.now_ns);
		if (world.route.n_candidates)
			fail_msg("%s", unusable[i]);
	}
	for (unsigned i = 0; i < 200; i++) {
		struct lp_addr addr = address(1);
		addr.port = (uint16_t)(1 + i);
		lp_route_probed(&world.route, &addr, world.now_ns);
	}
	assert_int_equal(world.route.n_candidates, LP_ROUTE_CANDIDATES_MAX);
	offer(&world, 2, 1);
	world.rtt_ns[2] = 5 * LP_MS;
	run(&world, LP_SEC, true);
	assert_int_equal(current(&world), 2);
	unsigned n = 0;
	for (unsigned i = 0; i < 10; i++)
		n += world.n_probes[i];
	run(&world, 60 * LP_SEC, false);
	unsigned more = 0;
	for (unsigned i = 0; i < 10; i++)
		more += world.n_probes[i];
	assert_in_range(more - n, 60, 60 + 9 * 12); /* what does not answer is probed ever more rarely */
}

/* A peer that offers 1000 sets of addresses, of others or the same ones, and probes from 1000 ports, cannot make this
   member flood anyone. Afterwards a good offer still works. */
static void test_many_offers(void **state)
{
	(void)state;
	for (unsigned fresh = 0; fresh < 2; fresh++) {
		struct world world;
		unsigned n_probes = 0;
		start(&world);
		for (unsigned i = 0; i < 1000; i++, world.now_ns += 10 * LP_MS) {
			struct lp_addr addrs[LP_ROUTE_OFFERED_MAX], from = {.family = 4, .ip = {203, 0, 113, 1}};
			for (unsigned k = 0; k < LP_ROUTE_OFFERED_MAX; k++) {
				addrs[k] = address(100 + k);
				addrs[k].port = (uint16_t)(fresh ? 1 + i * LP_ROUTE_OFFERED_MAX + k : 1 + k);
			}
			from.port = (uint16_t)(1 + i);
			lp_route_offer(&world.route, addrs, LP_ROUTE_OFFERED_MAX, world.now_ns);
			lp_route_probed(&world.route, &from, world.now_ns);
			assert_false(lp_route_choose(&world.route, 20 * LP_MS, world.now_ns));
			uint64_t stamp;
			while (lp_route_next_probe(&world.route, world.now_ns, &stamp))
				n_probes++;
			assert_in_range(world.route.n_candidates, 1, LP_ROUTE_CANDIDATES_MAX);
		}
		assert_in_range(n_probes, 1, LP_ROUTE_PUNCHES_BURST + 10 * LP_ROUTE_PUNCHES_PER_S);
		world.rtt_ns[2] = 5 * LP_MS;
		struct lp_addr good = address(2);
		lp_route_offer(&world.route, &good, 1, world.now_ns);
		for (unsigned i = 0; i < 1000 && !lp_route_current(&world.route); i++, world.now_ns += 10 * LP_MS) {
			const struct lp_addr *to;
			uint64_t stamp;
			(void)lp_route_choose(&world.route, 20 * LP_MS, world.now_ns);
			while ((to = lp_route_next_probe(&world.route, world.now_ns, &stamp)))
				if (lp_addr_equal(to, &good))
					lp_route_replied(&world.route, &good, stamp, world.now_ns);
		}
		assert_int_equal(current(&world), 2);
	}
}

/* Replies that are old, repeated, of the future, from an address that was never probed, or from another than the probed
   one change nothing. */
static void test_replies(void **state)
{
	struct world world;
	struct lp_addr one = address(1), two = address(2), never = address(3);
	uint64_t first, second, later;
	(void)state;
	start(&world);
	offer(&world, 1, 2);
	uint64_t now_ns = world.now_ns;
	assert_true(lp_addr_equal(lp_route_next_probe(&world.route, now_ns, &first), &one));
	assert_true(lp_addr_equal(lp_route_next_probe(&world.route, now_ns, &second), &two));
	lp_route_replied(&world.route, &never, first, now_ns + LP_MS);
	lp_route_replied(&world.route, &one, first, now_ns - LP_MS);
	lp_route_replied(&world.route, &one, first, now_ns + 5 * LP_SEC);
	lp_route_replied(&world.route, &one, first - 2 * LP_SEC / 16 * 16, now_ns + LP_MS); /* before it was offered */
	for (unsigned i = 0; i < 5; i++)
		lp_route_replied(&world.route, &one, second + 16 * i, now_ns + LP_MS);
	assert_int_equal(world.route.candidates[0].n_replies, 0);
	for (unsigned i = 0; i < 5; i++)
		lp_route_replied(&world.route, &one, first, now_ns + LP_MS); /* counts once */
	assert_int_equal(world.route.candidates[0].n_replies, 1);
	assert_false(lp_route_choose(&world.route, 0, now_ns + LP_MS));
	now_ns += 2 * LP_MS;
	assert_true(lp_addr_equal(lp_route_next_probe(&world.route, now_ns, &later), &one));
	lp_route_replied(&world.route, &one, later, now_ns + LP_MS);
	assert_true(lp_route_choose(&world.route, 0, now_ns + LP_MS));
	lp_route_fail(&world.route, now_ns + LP_MS);
	assert_null(lp_route_current(&world.route));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_slower_than_relay),
		cmocka_unit_test(test_dark),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_candidates),
		cmocka_unit_test(test_many_offers),
		cmocka_unit_test(test_replies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
