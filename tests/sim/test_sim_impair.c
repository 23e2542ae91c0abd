/* Random impairments of all kinds: loss, reordering, duplication, delay, changing MTUs, rebinding NATs, changing
   addresses, unplugged cables, killed processes, restarted relays. No frame may arrive corrupted or twice, and after
   the impairments every session must resume. SIM_SEEDS is the number of seeds (200), SIM_FIRST the first one (1);
   PARTY_LOG prints every event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/units.h"
#include "party.h"
#include "seeds.h"

#define STORM_S 15
/* The longest time until a session resumes: the longest backoff, one attempt that times out, and the idle timeout of a
   relay that was not notified. */
#define RECOVERY_NS (45 * LP_SEC)

/* The current impairments of one seed's world. */
struct storm {
	struct party *party;
	struct lp_dice *dice;
	uint64_t online_ns[PARTY_MAX]; /* when the cable is plugged in again; 0: it is plugged in */
	uint64_t relay_ns;             /* when the relay is started again; 0: it runs */
	unsigned n_addresses;          /* addresses assigned so far */
};

/* A random number in [0, most], often 0. */
static double some(struct storm *storm, double most)
{
	if (lp_dice_chance(storm->dice, 0.4))
		return 0;
	return most * (double)lp_dice_below(storm->dice, 1001) / 1000;
}

/* Changes a member's lines. */
static void new_weather(struct storm *storm, struct party_member *member)
{
	static const size_t mtus[] = {0, 0, 0, 1280, 1400, 1492};
	static const uint64_t rates[] = {0, 0, 0, 2000000, 10000000};
	struct lp_line lines[2];
	for (unsigned i = 0; i < 2; i++) {
		lines[i] = (struct lp_line){
			.delay_ns = lp_dice_below(storm->dice, 80 * LP_MS),
			.jitter_ns = (uint64_t)some(storm, 20 * LP_MS),
			.loss = some(storm, lp_dice_chance(storm->dice, 0.5) ? 0.02 : 0.2),
			.duplicate = some(storm, 0.1),
			.reorder = some(storm, 0.1),
			.reorder_ns = lp_dice_below(storm->dice, 100 * LP_MS),
			.corrupt = some(storm, 0.02),
			.congestion = some(storm, 0.05),
			.rate_bps = rates[lp_dice_below(storm->dice, 5)],
			.mtu_bytes = mtus[lp_dice_below(storm->dice, 6)],
		};
	}
	lp_host_set_lines(member->host, &lines[0], &lines[1]);
}

/* Gives a member another address, IPv4 or IPv6. */
static void new_address(struct storm *storm, struct party_member *member)
{
	char ip[64];
	unsigned n = ++storm->n_addresses;
	if (lp_dice_chance(storm->dice, 0.3)) {
		snprintf(ip, sizeof ip, "2001:db8:1::%x", n);
		lp_host_set_ip(member->host, ip);
		lp_host_remove_ip(member->host, 4);
		return;
	}
	snprintf(ip, sizeof ip, "203.0.%u.%u", n / 250, 1 + n % 250);
	lp_host_set_ip(member->host, ip);
	lp_host_remove_ip(member->host, 6);
}

/* Stops the relay for a while, gracefully or not. */
static void stop_relay(struct storm *storm)
{
	struct party *party = storm->party;
	if (!party->relay)
		return;
	if (lp_dice_chance(storm->dice, 0.5))
		party_drain_relay(party, LP_REASON_RESTARTING);
	else
		party_kill_relay(party);
	storm->relay_ns = lp_world_now_ns(party->world) + lp_dice_below(storm->dice, 4 * LP_SEC);
}

/* Applies a random impairment. */
static void strike(struct storm *storm)
{
	struct party *party = storm->party;
	struct party_member *member = party->members[lp_dice_below(storm->dice, party->n_members)];
	char outer_ip[32];
	snprintf(outer_ip, sizeof outer_ip, "192.0.2.%u", 100 + member->index);
	switch (lp_dice_below(storm->dice, 12)) {
	case 0:
	case 1:
	case 2:
		new_weather(storm, member);
		break;
	case 3:
		lp_host_set_nat(member->host, outer_ip, lp_dice_below(storm->dice, 2) * 20 * LP_SEC);
		lp_host_rebind(member->host);
		break;
	case 4:
	case 5:
		lp_host_rebind(member->host);
		break;
	case 6:
		new_address(storm, member);
		break;
	case 7:
		lp_host_set_offline(member->host, true);
		storm->online_ns[member->index] = lp_world_now_ns(party->world) + 100 * LP_MS +
						  lp_dice_below(storm->dice, 8 * LP_SEC);
		break;
	case 8:
		stop_relay(storm);
		break;
	case 9:
		lp_host_pause(lp_dice_chance(storm->dice, 0.2) ? party->relay_host : member->host,
			lp_dice_below(storm->dice, 2 * LP_SEC));
		break;
	case 10:
		/* Without a token a member would have to wait until the relay has removed its old membership. */
		if (member->role == LP_ROLE_GATEWAY || !member->resume[0])
			break;
		party_kill(member);
		party_start(member);
		break;
	default:
		break;
	}
}

/* Ends the impairments whose time is over. */
static void mend(struct storm *storm, bool all)
{
	struct party *party = storm->party;
	uint64_t now_ns = lp_world_now_ns(party->world);
	for (unsigned i = 0; i < party->n_members; i++) {
		if (storm->online_ns[i] && (all || storm->online_ns[i] <= now_ns)) {
			lp_host_set_offline(party->members[i]->host, false);
			storm->online_ns[i] = 0;
		}
		/* its old membership was still present when it gave up; its user starts it again */
		if (party->members[i]->ended) {
			party_kill(party->members[i]);
			party_start(party->members[i]);
		}
	}
	if (storm->relay_ns && (all || storm->relay_ns <= now_ns)) {
		party_start_relay(party);
		storm->relay_ns = 0;
	}
}

/* Some seconds of impairments while all members send to all. */
static void rage(struct storm *storm)
{
	struct party *party = storm->party;
	for (unsigned tick = 0; tick < STORM_S * 60; tick++) {
		if (tick % 30 == 0) {
			mend(storm, false);
			strike(storm);
		}
		for (unsigned i = 0; i < party->n_members; i++) {
			struct party_member *from = party->members[i];
			size_t len = lp_dice_chance(storm->dice, 0.5)
					     ? PARTY_FRAME_MIN + lp_dice_below(storm->dice, 200)
					     : PARTY_FRAME_MIN + lp_dice_below(storm->dice,
									 PARTY_FRAME_MAX - PARTY_FRAME_MIN + 1);
			struct party_member *to = party->members[lp_dice_below(storm->dice, party->n_members)];
			party_send(from, to == from ? NULL : to, len, (uint16_t)lp_dice_below(storm->dice, 3));
		}
		party_run(party, LP_SEC / 60);
	}
}

/* Ends all impairments. */
static void clear_up(struct storm *storm)
{
	struct lp_line line = {.delay_ns = 5 * LP_MS};
	mend(storm, true);
	for (unsigned i = 0; i < storm->party->n_members; i++)
		lp_host_set_lines(storm->party->members[i]->host, &line, &line);
}

/* True until all members have joined. Members that have ended are started again. */
static bool recover(struct storm *storm)
{
	struct party *party = storm->party;
	uint64_t end_ns = lp_world_now_ns(party->world) + RECOVERY_NS;
	while (lp_world_now_ns(party->world) < end_ns) {
		mend(storm, true);
		if (party_run_until_joined(party, 500 * LP_MS) && party_all_reach_all(party, LP_SEC))
			return true;
	}
	return false;
}

/* Runs one seed; false, with a line on stderr, if it failed. */
static bool run_seed(uint64_t seed)
{
	struct storm storm = {.party = party_new(seed)};
	struct party *party = storm.party;
	struct lp_addr addr;
	storm.dice = lp_world_dice(party->world);
	lp_addr_parse("2001:db8::1", 0, &addr);
	lp_world_add_name(party->world, "relay.example", &addr);
	party->relay_config.listen_tls = (struct lp_addr){.port = 443};
	party_start_relay(party);
	party_add(party, LP_ROLE_GATEWAY, "LAN");
	for (unsigned i = 0; i < 2 + seed % 2; i++) {
		party->transport = i % 2 ? LP_TRANSPORT_UDP : seed % 5 ? LP_TRANSPORT_AUTO : LP_TRANSPORT_TLS;
		party_add(party, LP_ROLE_CLIENT, "LAN");
	}
	bool ok = party_run_until_joined(party, 5 * LP_SEC);
	rage(&storm);
	clear_up(&storm);
	uint64_t cleared_ns = lp_world_now_ns(party->world);
	bool recovered = ok && recover(&storm);
	if (!ok || !recovered || party->n_corrupt || party->n_twice || party->n_astray) {
		fprintf(stderr, "seed %llu: joined %d, recovered %d, %u corrupt, %u twice, %u astray\n",
			(unsigned long long)seed, ok, recovered, party->n_corrupt, party->n_twice, party->n_astray);
		ok = false;
	}
	if (getenv("PARTY_LOG"))
		fprintf(stderr, "recovered after %.1f s\n", (double)(lp_world_now_ns(party->world) - cleared_ns) / 1e9);
	party_free(party);
	return ok;
}

static void test_storms(void **state)
{
	(void)state;
	assert_int_equal(seeds_run(200, run_seed), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_storms),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
