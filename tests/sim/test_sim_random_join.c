/* Members join and leave at random. Whenever the party is idle, each member's list of peers equals the relay's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/units.h"
#include "party.h"

#define N_MEMBERS 10
#define N_STEPS 120
/* A relay that was not notified detects a lost member after its idle timeout of 30 s. */
#define QUIET_NS (45 * LP_SEC)

/* A party in two rooms, each with a gateway; some on bad lines. */
static struct party *new_party(uint64_t seed)
{
	struct party *party = party_new(seed);
	party_start_relay(party);
	for (unsigned i = 0; i < N_MEMBERS; i++) {
		struct lp_line line = {.delay_ns = 5 * LP_MS, .jitter_ns = 5 * LP_MS};
		if (i % 3 == 0) {
			line.loss = 0.05;
			line.reorder = 0.05;
		}
		struct party_member *member = party_add(
			party, i < 2 ? LP_ROLE_GATEWAY : LP_ROLE_CLIENT, i % 2 ? "ONE" : "TWO");
		lp_host_set_lines(member->host, &line, &line);
	}
	return party;
}

/* Applies a random change to a random member. */
static void step(struct party *party)
{
	struct lp_dice *dice = lp_world_dice(party->world);
	struct party_member *member = party->members[lp_dice_below(dice, party->n_members)];
	if (!party_is_running(member))
		party_start(member);
	else if (lp_dice_chance(dice, 0.3))
		party_kill(member);
	else
		party_stop(member);
	if (lp_dice_chance(dice, 0.02)) {
		if (lp_dice_chance(dice, 0.5))
			party_drain_relay(party, LP_REASON_RESTARTING);
		else
			party_kill_relay(party);
		party_run(party, lp_dice_below(dice, 3 * LP_SEC));
		party_start_relay(party);
	}
	party_run(party, lp_dice_below(dice, 300 * LP_MS));
}

static void test_pictures(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct party *party = new_party(seed);
		unsigned n_quiet = 0;
		for (unsigned i = 0; i < N_STEPS; i++) {
			step(party);
			if (!lp_dice_chance(lp_world_dice(party->world), 0.1))
				continue;
			n_quiet++;
			party_run(party, QUIET_NS);
			/* members that were refused because their old membership was still present have ended */
			party_reap(party);
			party_run(party, LP_SEC);
			if (!party_pictures_agree(party)) {
				fprintf(stderr, "seed %u, step %u\n", (unsigned)seed, i);
				fail();
			}
		}
		assert_true(n_quiet > 3);
		party_free(party);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pictures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
