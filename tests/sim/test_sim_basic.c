/* A relay, a gateway and clients on good and bad lines. Frames are forwarded by the rules, complete and once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/units.h"
#include "client/client.h"
#include "member/member.h"
#include "party.h"
#include "party_frame.h"
#include "platform/fake/device/port.h"
#include "relay/state.h"
#include "report/status.h"
#include "room/room.h"
#include "tunnel.h"

/* A party with one gateway and |n_clients|, all joined. */
static struct party *new_party(uint64_t seed, unsigned n_clients)
{
	struct party *party = party_new(seed);
	party_start_relay(party);
	party_add(party, LP_ROLE_GATEWAY, "LAN");
	for (unsigned i = 0; i < n_clients; i++)
		party_add(party, LP_ROLE_CLIENT, "LAN");
	assert_true(party_run_until_joined(party, 10 * LP_SEC));
	return party;
}

/* Checks that no forbidden frame was received. */
static void check(const struct party *party)
{
	assert_int_equal(party->n_corrupt, 0);
	assert_int_equal(party->n_twice, 0);
	assert_int_equal(party->n_astray, 0);
}

/* Broadcast reaches all members, unicast only its destination, and nothing crosses rooms. */
static void test_rules(void **state)
{
	(void)state;
	struct party *party = new_party(1, 3);
	struct party_member *gateway = party->members[0], *a = party->members[1], *b = party->members[2];
	struct party_member *other = party_add(party, LP_ROLE_CLIENT, "OTHER");
	assert_true(party_run_until_joined(party, 10 * LP_SEC));
	assert_true(party_all_reach_all(party, 10 * LP_SEC)); /* now the relay has learned the LAN's MAC */

	uint64_t before[PARTY_MAX][PARTY_MAX] = {{0}};
	for (unsigned from = 0; from < party->n_members; from++) {
		for (unsigned to = 0; to < party->n_members; to++)
			before[from][to] = party_count(party->members[from], party->members[to]);
	}
	party_send(a, b, 100, 1);
	party_send(a, gateway, 1514, 1);
	party_send(gateway, a, 1514, 1);
	party_send(b, NULL, 60, 1);
	party_send(other, NULL, 60, 1);
	party_run(party, LP_SEC);
	static const uint8_t expected[4][4] = {{0, 1, 0, 0}, {1, 0, 1, 0}, {1, 1, 0, 1}, {0, 0, 0, 0}};
	for (unsigned from = 0; from < 4; from++) {
		for (unsigned to = 0; to < 4; to++)
			assert_int_equal(party_count(party->members[from], party->members[to]) - before[from][to],
				expected[from][to]);
		assert_int_equal(party_count(other, party->members[from]), 0);
	}
	check(party);
	party_free(party);
}

/* The events of a party: the number of logged frames. */
static void count_frames(void *ctx, enum lp_event event, const union lp_value *values)
{
	(void)values;
	if (event == LP_EVENT_frame)
		++*(unsigned *)ctx;
}

/* The gateway neither counts nor logs traffic between stations of the LAN as drops. */
static void test_lan_alone(void **state)
{
	(void)state;
	struct party *party = party_new(1);
	unsigned n_logged = 0;
	party->framelog = (struct lp_framelog_config){.one_in = 1, .drops_only = true};
	party->log = (struct lp_log){.level = LP_LEVEL_DEBUG, .sink = count_frames, .ctx = &n_logged};
	party_start_relay(party);
	struct party_member *gateway = party_add(party, LP_ROLE_GATEWAY, "LAN");
	struct party_member *client = party_add(party, LP_ROLE_CLIENT, "LAN");
	struct party_member *elsewhere = party_add(party, LP_ROLE_CLIENT, "OTHER");
	struct lp_status status = {0};
	assert_true(party_run_until_joined(party, 10 * LP_SEC));
	party_run(party, LP_SEC);
	for (unsigned i = 0; i < 10; i++)
		party_send(gateway, elsewhere, 1000, 1);
	party_run(party, LP_SEC);
	lp_member_status(party_lp_member(gateway), &status);
	assert_int_equal(lp_drops_total(status.counters.drops), 0);
	assert_int_equal(n_logged, 0);
	/* Drops on the way into the room are still counted. */
	uint8_t spoofed[60];
	party_send(client, gateway, 60, 1); /* recently, so that the next frame may be its echo */
	party_run(party, LP_SEC / 2);
	party_frame_write(spoofed, client, &elsewhere->mac, 0, sizeof spoofed, 1, 0);
	assert_true(lp_port_put(gateway->port, &(struct lp_frame){.data = spoofed, .len = sizeof spoofed}));
	party_run(party, LP_SEC);
	lp_member_status(party_lp_member(gateway), &status);
	assert_int_equal(status.counters.drops[LP_DROP_SPOOFED_SOURCE], 1);
	assert_int_equal(lp_drops_total(status.counters.drops), 1);
	assert_int_equal(n_logged, 1);
	check(party);
	party_free(party);
}

/* Every frame length passes, on paths with and without fragmentation. */
static void test_lengths(void **state)
{
	(void)state;
	static const size_t mtus[] = {1280, 1300, 1400, 1492, 1500, 9000};
	for (size_t m = 0; m < sizeof mtus / sizeof mtus[0]; m++) {
		struct party *party = party_new(m + 1);
		party_start_relay(party);
		struct party_member *gateway = party_add(party, LP_ROLE_GATEWAY, "LAN");
		struct party_member *client = party_add(party, LP_ROLE_CLIENT, "LAN");
		struct lp_line line = {.delay_ns = 5 * LP_MS, .mtu_bytes = mtus[m]};
		lp_host_set_lines(client->host, &line, &line);
		if (mtus[m] > 1500)
			lp_host_set_mtu(client->host, mtus[m]);
		assert_true(party_run_until_joined(party, 10 * LP_SEC));
		unsigned n = 0;
		for (size_t len = PARTY_FRAME_MIN; len <= PARTY_FRAME_MAX; len += 7, n++) {
			party_send(client, NULL, len, 1);
			party_send(gateway, client, len, 1);
			party_run(party, 20 * LP_MS);
		}
		party_run(party, LP_SEC);
		assert_int_equal(party_count(client, gateway), n);
		assert_int_equal(party_count(gateway, client), n);
		check(party);
		party_free(party);
	}
}

/* Loss, reordering, duplication and corruption cost a proportional number of frames, and nothing else. */
static void test_bad_lines(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct party *party = new_party(seed, 3);
		struct lp_line line = {
			.delay_ns = 10 * LP_MS,
			.jitter_ns = 5 * LP_MS,
			.loss = 0.02,
			.duplicate = 0.05,
			.reorder = 0.05,
			.corrupt = 0.01,
		};
		for (unsigned i = 0; i < party->n_members; i++)
			lp_host_set_lines(party->members[i]->host, &line, &line);
		for (unsigned n = 0; n < 600; n++) {
			struct party_member *from = party->members[n % party->n_members];
			party_send(from, n % 3 ? party->members[(n + 1) % party->n_members] : NULL,
				n % 2 ? 64 : PARTY_FRAME_MAX, (uint16_t)(n % 5));
			party_run(party, LP_SEC / 60);
		}
		party_run(party, LP_SEC);
		check(party);
		for (unsigned from = 0; from < party->n_members; from++) {
			uint64_t n_arrived = 0;
			for (unsigned to = 0; to < party->n_members; to++)
				n_arrived += party_count(party->members[from], party->members[to]);
			/* 150 each: 50 to three members, 100 to one; two lines lose 2 to 3 % in each direction, more
			   for fragments */
			assert_in_range(n_arrived, 200, 250);
		}
		assert_true(party_pictures_agree(party));
		party_free(party);
	}
}

/* A client that ends leaves its MAC and its slot; when it returns it gets all peers. */
static void test_leave_and_return(void **state)
{
	(void)state;
	struct party *party = new_party(1, 2);
	struct party_member *gateway = party->members[0], *a = party->members[1], *b = party->members[2];
	assert_true(party_all_reach_all(party, 5 * LP_SEC));
	party_stop(b);
	assert_true(b->ended);
	assert_int_equal(b->failure.code, 0);
	assert_false(lp_port_is_open(b->port));
	party_run(party, LP_SEC);
	assert_true(party_pictures_agree(party));
	party_send(a, b, 100, 1); /* now unknown unicast: sent to the LAN only */
	party_run(party, LP_SEC);
	party_start(b);
	assert_true(party_run_until_joined(party, 5 * LP_SEC));
	party_run(party, LP_SEC);
	assert_true(party_pictures_agree(party));
	assert_true(party_all_reach_all(party, 5 * LP_SEC));
	party_stop(gateway);
	party_run(party, LP_SEC);
	assert_true(party_pictures_agree(party));
	party_start(gateway);
	assert_true(party_run_until_joined(party, 5 * LP_SEC));
	assert_true(party_all_reach_all(party, 5 * LP_SEC));
	check(party);
	party_free(party);
}

/* A client that ends at any point of its join leaves no peer in the room. */
static void test_stop_while_joining(void **state)
{
	(void)state;
	struct party *party = new_party(1, 1);
	struct party_member *client = party->members[1];
	struct lp_line line = {.delay_ns = 20 * LP_MS};
	lp_host_set_lines(client->host, &line, &line);
	for (uint64_t after_ns = 0; after_ns < 300 * LP_MS; after_ns += 5 * LP_MS) {
		party_stop(client);
		party_run(party, LP_SEC);
		assert_int_equal(lp_rooms_peer_count(party->relay->rooms), 1);
		party_start(client);
		party_run(party, after_ns);
	}
	check(party);
	party_free(party);
}

/* Counts events. */
static void count_events(void *ctx, enum lp_event event, const union lp_value *values)
{
	(void)event, (void)values;
	++*(unsigned *)ctx;
}

/* A client that ends before its name lookup completes does not connect afterwards. */
static void test_stop_while_resolving(void **state)
{
	(void)state;
	struct party *party = party_new(1);
	unsigned n_events = 0;
	struct lp_status status = {0};
	party->log = (struct lp_log){.level = LP_LEVEL_DEBUG, .sink = count_events, .ctx = &n_events};
	party_start_relay(party);
	struct party_member *client = party_add(party, LP_ROLE_CLIENT, "LAN");
	lp_client_stop(client->client, false);
	assert_true(client->ended);
	n_events = 0;
	party_run(party, LP_SEC);
	lp_member_status(party_lp_member(client), &status);
	assert_int_equal(status.state, LP_MEMBER_ENDED);
	assert_int_equal(n_events, 0);
	party_free(party);
}

/* A gateway that was killed, and has no token, retries until the relay has removed its old membership. A different
   gateway does not. */
static void test_killed_gateway(void **state)
{
	(void)state;
	struct party *party = new_party(1, 1);
	struct party_member *gateway = party->members[0];
	party_kill(gateway);
	party_start(gateway);
	struct party_member *stranger = party_add(party, LP_ROLE_GATEWAY, "LAN");
	party_run(party, 5 * LP_SEC);
	assert_true(stranger->ended);
	assert_int_equal(stranger->failure.code, LP_EPERM);
	party_reap(party);
	assert_false(gateway->ended || party_is_joined(gateway));
	assert_true(party_run_until_joined(party, 40 * LP_SEC));
	assert_true(party_all_reach_all(party, 5 * LP_SEC));
	check(party);
	party_free(party);
}

/* The path from the relay carries less than the path to it. TCP's MSS respects the relay's limit, from the welcome on,
   and soon reaches it. */
static void test_one_way_mtu(void **state)
{
	(void)state;
	static const struct {
		size_t down_bytes;
		uint16_t mtu;
	} rows[] = {{0, 1422}, {1280, 1202}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct party *party = party_new(1);
		struct lp_line up = {.delay_ns = 5 * LP_MS};
		struct lp_line down = {.delay_ns = 5 * LP_MS, .mtu_bytes = rows[i].down_bytes};
		struct lp_status status = {0};
		party_start_relay(party);
		struct party_member *client = party_add(party, LP_ROLE_CLIENT, "LAN");
		lp_host_set_lines(client->host, &up, &down);
		assert_true(party_run_until_joined(party, 10 * LP_SEC));
		for (unsigned n = 0; n < 40; n++) {
			lp_member_status(party_lp_member(client), &status);
			assert_in_range(status.unfragmented_mtu, 1150, rows[i].mtu);
			party_run(party, 100 * LP_MS);
		}
		assert_int_equal(status.unfragmented_mtu, rows[i].mtu);
		party_free(party);
	}
}

/* A relay returns with another MTU. The members' devices follow, up and down. */
static void test_another_mtu(void **state)
{
	(void)state;
	static const uint16_t mtus[] = {1400, 1400, 1500};
	struct party *party = new_party(1, 1);
	struct party_member *gateway = party->members[0], *client = party->members[1];
	assert_int_equal(lp_port_mtu(client->port), 1500);
	for (size_t i = 0; i < sizeof mtus / sizeof mtus[0]; i++) {
		party_drain_relay(party, LP_REASON_RESTARTING);
		party->relay_config.room_mtu = mtus[i];
		party_start_relay(party);
		assert_true(party_run_until_joined(party, 10 * LP_SEC));
		party_run(party, LP_SEC);
		assert_int_equal(lp_port_mtu(client->port), mtus[i]);
		uint64_t n_up = party_count(client, gateway), n_down = party_count(gateway, client);
		party_send(client, NULL, mtus[i] + 14U, 1);
		party_send(gateway, client, mtus[i] + 14U, 1);
		party_run(party, LP_SEC);
		assert_int_equal(party_count(client, gateway), n_up + 1);
		assert_int_equal(party_count(gateway, client), n_down + 1);
	}
	check(party);
	party_free(party);
}

/* A host's address changes more often than the relay has issued connection IDs for, without any reply in between. The
   session continues from an address that still works, and migrates to the last one as soon as possible. */
static void test_move_waits(void **state)
{
	(void)state;
	struct party *party = new_party(1, 1);
	struct party_member *client = party->members[1];
	struct lp_status status = {0};
	char ip[32];
	assert_true(party_all_reach_all(party, 5 * LP_SEC));
	lp_host_set_offline(client->host, true);
	for (unsigned i = 1; i <= 5; i++) {
		snprintf(ip, sizeof ip, "203.0.113.%u", i);
		lp_host_add_ip(client->host, ip);
		party_run(party, 50 * LP_MS);
	}
	lp_member_status(party_lp_member(client), &status);
	assert_int_equal(status.local.ip[3], 4); /* the fifth change has to wait */
	lp_host_set_offline(client->host, false);
	for (unsigned i = 0; i < 30; i++) {
		party_send(client, party->members[0], 100, 1);
		party_run(party, 100 * LP_MS);
	}
	lp_member_status(party_lp_member(client), &status);
	assert_int_equal(status.local.ip[3], 5);
	lp_host_set_ip(client->host, ip); /* the old address is removed and not needed */
	assert_true(party_all_reach_all(party, LP_SEC));
	lp_member_status(party_lp_member(client), &status);
	assert_int_equal(status.reconnects, 0);
	assert_int_equal(client->n_joined, 1);
	check(party);
	party_free(party);
}

/* Sends bursts of frames to the gateway, as an upload does. Returns how many of the last ten bursts arrived. */
static unsigned upload(struct party *party, struct party_member *from, unsigned n_bursts)
{
	struct party_member *gateway = party->members[0];
	uint32_t numbers[10][20];
	unsigned n_arrived = 0;
	for (unsigned i = 0; i < n_bursts; i++) {
		for (unsigned j = 0; j < 20; j++)
			numbers[i % 10][j] = party_send(from, gateway, 1200, 1);
		party_run(party, 200 * LP_MS);
		party_send(from, gateway, 100, 1); /* what a TCP that waits sends */
		party_run(party, 200 * LP_MS);
	}
	for (unsigned i = 0; i < 10; i++) {
		unsigned n = 0;
		for (unsigned j = 0; j < 20; j++)
			n += party_arrived(from, gateway, numbers[i][j]);
		n_arrived += n == 20;
	}
	return n_arrived;
}

/* A network driver drops the datagrams that it gets as one message: the member finds out and sends each alone. A lossy
   line and an outage are no reason for that. */
static void test_lost_runs(void **state)
{
	static const struct lp_line bad = {.delay_ns = 10 * LP_MS, .lose_runs = true},
				    lossy = {.delay_ns = 10 * LP_MS, .loss = 0.1};
	struct lp_status status;
	(void)state;
	if (!tunnel_has_own_control())
		skip(); /* CUBIC takes each loss for congestion, and the member does not find out in this time */
	struct party *party = new_party(1, 2);
	struct party_member *broken = party->members[1], *good = party->members[2];
	lp_host_set_lines(broken->host, &bad, &bad);
	assert_int_equal(upload(party, broken, 40), 10);
	lp_member_status(party_lp_member(broken), &status);
	assert_true(status.singly);
	lp_host_set_lines(good->host, &lossy, &lossy);
	(void)upload(party, good, 40);
	lp_host_set_offline(good->host, true);
	(void)upload(party, good, 10);
	lp_host_set_offline(good->host, false);
	(void)upload(party, good, 10);
	lp_member_status(party_lp_member(good), &status);
	assert_false(status.singly);
	check(party);
	party_free(party);
}

/* A name with three dead addresses in front of the relay's: the attempts race, so the join does not wait for the dead
   ones to time out. */
static void test_dead_addresses(void **state)
{
	(void)state;
	struct party *party = party_new(1);
	struct lp_addr addr;
	lp_world_clear_names(party->world);
	static const char *const addrs[] = {"192.0.2.66", "2001:db8::66", "192.0.2.67", "192.0.2.1"};
	for (size_t i = 0; i < sizeof addrs / sizeof addrs[0]; i++) {
		assert_int_equal(lp_addr_parse(addrs[i], 443, &addr), 0);
		lp_world_add_name(party->world, "relay.example", &addr);
	}
	party_start_relay(party);
	struct party_member *client = party_add(party, LP_ROLE_CLIENT, "LAN");
	struct lp_status status = {0};
	assert_true(party_run_until_joined(party, 2 * LP_SEC));
	lp_member_status(party_lp_member(client), &status);
	assert_int_equal(status.remote.ip[3], 1);
	party_run(party, 20 * LP_SEC); /* the dropped attempts do no harm later */
	assert_true(party_is_joined(client));
	assert_int_equal(client->n_joined, 1);
	party_free(party);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_lan_alone),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_leave_and_return),
		cmocka_unit_test(test_stop_while_joining),
		cmocka_unit_test(test_stop_while_resolving),
		cmocka_unit_test(test_killed_gateway),
		cmocka_unit_test(test_one_way_mtu),
		cmocka_unit_test(test_another_mtu),
		cmocka_unit_test(test_move_waits),
		cmocka_unit_test(test_lost_runs),
		cmocka_unit_test(test_dead_addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
