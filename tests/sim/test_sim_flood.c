/* A game beside an unresponsive flood, through the whole stack: TAP, client, relay, client, TAP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/units.h"
#include "party.h"

#define GAME_FLOW 1
#define FLOOD_FLOW 2
#define SECONDS 10
#define WARM_SECONDS 3
/* A tick sends two frames of the flood, 20 Mbit/s in all; the game sends at 60 Hz. */
#define TICKS 833
#define GAME_TICKS 14

/* The game's received frames, and the largest latency. */
static unsigned n_game;
static uint64_t slowest_ns;

static void on_frame(struct party_member *to, const struct party_member *from, uint32_t number, uint64_t latency_ns)
{
	(void)to;
	(void)from;
	/* every third frame is the game's */
	if (number % 3)
		return;
	n_game++;
	if (latency_ns > slowest_ns)
		slowest_ns = latency_ns;
}

/* Sends the frames of a tick. The game's frame numbers are divisible by three, the others are not. */
static void send_tick(struct party_member *from, struct party_member *to, unsigned tick)
{
	for (unsigned i = 0; i < 2; i++) {
		from->n_sent += from->n_sent % 3 == 0;
		party_send(from, to, 1500, FLOOD_FLOW);
	}
	if (tick % GAME_TICKS)
		return;
	while (from->n_sent % 3)
		from->n_sent++;
	party_send(from, to, 64, GAME_FLOW);
}

/* The line has 10 Mbit/s, the flood 20. The game loses nothing and its latency stays low. */
static void test_flood(void **state)
{
	(void)state;
	static const struct lp_line line = {.delay_ns = 5 * LP_MS, .rate_bps = 10000000, .queue_bytes = 65536};
	for (unsigned slow = 0; slow < 2; slow++) { /* bottleneck at the sender, at the receiver */
		struct party *party = party_new(slow + 1);
		party_start_relay(party);
		struct party_member *a = party_add(party, LP_ROLE_CLIENT, "LAN");
		struct party_member *b = party_add(party, LP_ROLE_CLIENT, "LAN");
		lp_host_set_lines(slow ? b->host : a->host, &line, &line);
		assert_true(party_run_until_joined(party, 10 * LP_SEC));
		b->on_frame = on_frame;
		for (unsigned tick = 0; tick < SECONDS * TICKS; tick++) {
			if (tick == WARM_SECONDS * TICKS) {
				n_game = 0;
				slowest_ns = 0;
			}
			send_tick(a, b, tick);
			party_run(party, LP_SEC / TICKS);
		}
		unsigned n_sent = (SECONDS - WARM_SECONDS) * TICKS / GAME_TICKS;
		printf("slow line %u: %u of %u frames of the game, slowest %.1f ms, device refused %u\n", slow, n_game,
			n_sent, (double)slowest_ns / 1e6, a->n_refused);
		assert_true(n_game >= n_sent);
		assert_true(slowest_ns < line.delay_ns + 10 * LP_MS);
		assert_int_equal(a->n_refused, 0);
		party_free(party);
	}
}

static const struct party_member *gamer;

static void on_gamers_frame(
	struct party_member *to, const struct party_member *from, uint32_t number, uint64_t latency_ns)
{
	(void)to;
	(void)number;
	n_game += from == gamer;
	if (from == gamer && latency_ns > slowest_ns)
		slowest_ns = latency_ns;
}

/* Two members flood a player's line of 10 Mbit/s with 20 Mbit/s each, every frame in a flow of its own. A third
   one's game for that player loses nothing. */
static void test_many_flows(void **state)
{
	(void)state;
	static const struct lp_line line = {.delay_ns = 5 * LP_MS, .rate_bps = 10000000, .queue_bytes = 65536};
	struct party *party = party_new(3);
	struct party_member *member[4];
	party_start_relay(party);
	for (unsigned i = 0; i < 4; i++)
		member[i] = party_add(party, LP_ROLE_CLIENT, "LAN");
	lp_host_set_lines(member[3]->host, &line, &line);
	assert_true(party_run_until_joined(party, 10 * LP_SEC));
	gamer = member[0];
	member[3]->on_frame = on_gamers_frame;
	unsigned n_sent = 0;
	for (unsigned tick = 0; tick < SECONDS / 2 * TICKS; tick++) {
		if (tick == WARM_SECONDS * TICKS) {
			n_game = n_sent = 0;
			slowest_ns = 0;
		}
		for (unsigned i = 0; i < 4; i++)
			party_send(member[1 + i / 2], member[3], i & 1 ? 1500 : 200, (uint16_t)(100 + 4 * tick + i));
		if (tick % GAME_TICKS == 0) {
			party_send(member[0], member[3], 64, GAME_FLOW);
			n_sent++;
		}
		party_run(party, LP_SEC / TICKS);
	}
	printf("many flows: %u of %u frames of the game, slowest %.1f ms\n", n_game, n_sent, (double)slowest_ns / 1e6);
	assert_true(n_game + 1 >= n_sent); /* one may be under way */
	assert_true(slowest_ns < 2 * line.delay_ns + 15 * LP_MS);
	party_free(party);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_many_flows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
