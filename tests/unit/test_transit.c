/* Packets of peer links in transit: to members of the same room alone, from where they are. */
#include "stations.h"

#include "base/units.h"
#include "room/transit.h"

enum who {
	ALICE,
	BOB,
	GATEWAY,
	STRANGER, /* in another room */
	OLD,      /* in the room, without links */
	N_WHO,
};

struct place {
	struct lp_rooms *rooms;
	uint32_t seed;
	struct station station[N_WHO];
};

static struct lp_addr address(unsigned n)
{
	struct lp_addr addr = {.family = 4, .port = (uint16_t)(1000 + n)};
	addr.ip[0] = 192;
	addr.ip[3] = (uint8_t)n;
	return addr;
}

static void join(struct place *place, enum who who, enum lp_role role, const char *room, bool links)
{
	struct lp_hello hello = hello_of((uint8_t)(who + 1), role, room);
	struct lp_addr from = address(who);
	struct lp_join request = {.hello = &hello, .user = &place->station[who], .link_address = links ? &from : NULL};
	assert_int_equal(lp_rooms_join(place->rooms, &request, LP_SEC), 0);
	place->station[who].peer = request.peer;
}

static void open_place(struct place *place, uint32_t filters, uint32_t total_kbps)
{
	*place = (struct place){0};
	struct lp_rooms_config config = stations_config(&place->seed);
	config.filters |= filters;
	config.limits.client[LP_LIMIT_TOTAL].per_s = total_kbps;
	config.ctx = &place->seed;
	assert_int_equal(lp_rooms_new(&config, &place->rooms), 0);
	assert_false(lp_rooms_has_transit(place->rooms));
	join(place, ALICE, LP_ROLE_CLIENT, "PARTY", true);
	join(place, BOB, LP_ROLE_CLIENT, "PARTY", true);
	join(place, GATEWAY, LP_ROLE_GATEWAY, "PARTY", true);
	join(place, STRANGER, LP_ROLE_CLIENT, "ELSEWHERE", true);
	join(place, OLD, LP_ROLE_CLIENT, "PARTY", false);
	assert_true(lp_rooms_has_transit(place->rooms));
}

static void close_place(struct place *place)
{
	for (size_t i = 0; i < N_WHO; i++) {
		if (place->station[i].peer)
			station_leave(place->rooms, &place->station[i], LP_REASON_GOODBYE);
	}
	assert_false(lp_rooms_has_transit(place->rooms));
	lp_rooms_free(place->rooms);
}

/* Sends a datagram to a prefix from an address. */
static struct lp_transit_verdict pass(
	struct place *place, const struct lp_addr *from, const uint8_t *prefix, size_t len)
{
	struct lp_transit_verdict verdict;
	lp_rooms_transit(place->rooms, from, prefix, 1, len, LP_SEC, &verdict);
	return verdict;
}

static const uint8_t *prefix_of(const struct place *place, enum who who)
{
	return lp_peer_link_prefix(place->station[who].peer);
}

/* Who may send to whom, with and without isolation. */
static void test_who(void **state)
{
	static const struct {
		enum who from, to;
		int open, isolated;
	} rows[] = {
		{ALICE, BOB, LP_TRANSIT_PASS, LP_TRANSIT_FOREIGN}, {BOB, ALICE, LP_TRANSIT_PASS, LP_TRANSIT_FOREIGN},
		{ALICE, GATEWAY, LP_TRANSIT_PASS, LP_TRANSIT_PASS}, {GATEWAY, BOB, LP_TRANSIT_PASS, LP_TRANSIT_PASS},
		{ALICE, ALICE, LP_TRANSIT_FOREIGN, LP_TRANSIT_FOREIGN},
		{STRANGER, ALICE, LP_TRANSIT_FOREIGN, LP_TRANSIT_FOREIGN},
		{GATEWAY, STRANGER, LP_TRANSIT_FOREIGN, LP_TRANSIT_FOREIGN},
		{OLD, ALICE, LP_TRANSIT_FOREIGN, LP_TRANSIT_FOREIGN},
		{N_WHO, ALICE, LP_TRANSIT_FOREIGN, LP_TRANSIT_FOREIGN}, /* an address of nobody */
	};
	(void)state;
	for (unsigned isolated = 0; isolated < 2; isolated++) {
		struct place place;
		struct lp_transit_totals totals;
		uint64_t n_passed = 0;
		open_place(&place, isolated ? LP_FILTER_BIT(ISOLATION) : 0, 0);
		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
			struct lp_addr from = address(rows[i].from);
			struct lp_transit_verdict verdict = pass(&place, &from, prefix_of(&place, rows[i].to), 100);
			assert_int_equal(verdict.result, isolated ? rows[i].isolated : rows[i].open);
			if (verdict.result != LP_TRANSIT_PASS)
				continue;
			struct lp_addr to = address(rows[i].to);
			assert_ptr_equal(verdict.to, place.station[rows[i].to].peer);
			assert_true(lp_addr_equal(lp_peer_address(verdict.to), &to));
			n_passed++;
		}
		lp_rooms_transit_totals(place.rooms, &totals);
		assert_int_equal(totals.datagrams, n_passed);
		assert_int_equal(totals.bytes, 100 * n_passed);
		assert_int_equal(totals.foreign, sizeof rows / sizeof rows[0] - n_passed);
		assert_int_equal(lp_peer_transit(place.station[ALICE].peer)->bytes_in, isolated ? 100 : 200);
		close_place(&place);
	}
}

/* Prefixes differ, begin with 0, are in `welcome`, and are nobody's after the member left. */
static void test_prefixes(void **state)
{
	struct place place;
	uint8_t prefix[LP_LINK_PREFIX_BYTES];
	struct lp_addr from = address(BOB);
	(void)state;
	open_place(&place, 0, 0);
	assert_null(prefix_of(&place, OLD));
	assert_string_equal(place.station[OLD].welcome.link, "");
	assert_string_equal(place.station[OLD].welcome.seen, "");
	assert_string_equal(place.station[BOB].welcome.seen, "192.0.0.1:1001");
	assert_int_equal(strlen(place.station[BOB].welcome.link), LP_LINK_PREFIX_HEX);
	assert_int_equal(prefix_of(&place, ALICE)[0], 0);
	assert_memory_not_equal(prefix_of(&place, ALICE), prefix_of(&place, BOB), LP_LINK_PREFIX_BYTES);
	memcpy(prefix, prefix_of(&place, ALICE), sizeof prefix);
	assert_int_equal(pass(&place, &from, prefix, 10).result, LP_TRANSIT_PASS);
	station_leave(place.rooms, &place.station[ALICE], LP_REASON_KICKED);
	assert_int_equal(pass(&place, &from, prefix, 10).result, LP_TRANSIT_NOT);
	prefix[5] ^= 1;
	assert_int_equal(pass(&place, &from, prefix, 10).result, LP_TRANSIT_NOT);
	close_place(&place);
}

/* A member that moves is followed; one whose address another member has now sends and gets nothing. */
static void test_addresses(void **state)
{
	struct place place;
	struct lp_addr alice = address(ALICE), bob = address(BOB), moved = address(99);
	(void)state;
	open_place(&place, 0, 0);
	lp_peer_set_address(place.station[ALICE].peer, &moved);
	assert_int_equal(pass(&place, &alice, prefix_of(&place, BOB), 10).result, LP_TRANSIT_FOREIGN);
	assert_int_equal(pass(&place, &moved, prefix_of(&place, BOB), 10).result, LP_TRANSIT_PASS);
	assert_true(lp_addr_equal(lp_peer_address(place.station[ALICE].peer), &moved));
	lp_peer_set_address(place.station[ALICE].peer, &bob);
	assert_null(lp_peer_address(place.station[BOB].peer));
	assert_int_equal(pass(&place, &bob, prefix_of(&place, BOB), 10).result, LP_TRANSIT_FOREIGN);
	assert_int_equal(pass(&place, &bob, prefix_of(&place, ALICE), 10).result, LP_TRANSIT_FOREIGN);
	lp_peer_set_address(place.station[BOB].peer, &moved);
	assert_int_equal(pass(&place, &moved, prefix_of(&place, ALICE), 10).result, LP_TRANSIT_PASS);
	lp_peer_set_address(place.station[BOB].peer, NULL);
	assert_null(lp_peer_address(place.station[BOB].peer));
	assert_int_equal(pass(&place, &moved, prefix_of(&place, ALICE), 10).result, LP_TRANSIT_FOREIGN);
	lp_peer_set_address(place.station[OLD].peer, &alice); /* it has no links */
	assert_int_equal(pass(&place, &alice, prefix_of(&place, ALICE), 10).result, LP_TRANSIT_FOREIGN);
	close_place(&place);
}

/* A membership keeps its prefix over connections, and loses it with a connection without links. */
static void test_resume(void **state)
{
	struct place place;
	uint8_t prefix[LP_LINK_PREFIX_BYTES];
	struct lp_addr moved = address(99), alice = address(ALICE);
	(void)state;
	open_place(&place, 0, 0);
	memcpy(prefix, prefix_of(&place, BOB), sizeof prefix);
	struct lp_hello hello = hello_of(BOB + 1, LP_ROLE_CLIENT, "PARTY");
	strcpy(hello.resume, place.station[BOB].welcome.resume);
	struct lp_join again = {.hello = &hello, .user = &place.station[BOB], .link_address = &moved};
	place.station[BOB].n_seen = 0;
	assert_int_equal(lp_rooms_join(place.rooms, &again, LP_SEC), 0);
	assert_non_null(again.replaced);
	assert_memory_equal(prefix_of(&place, BOB), prefix, sizeof prefix);
	assert_true(lp_addr_equal(lp_peer_address(pass(&place, &alice, prefix, 10).to), &moved));
	again.link_address = NULL;
	place.station[BOB].n_seen = 0;
	assert_int_equal(lp_rooms_join(place.rooms, &again, LP_SEC), 0);
	assert_null(prefix_of(&place, BOB));
	assert_int_equal(pass(&place, &alice, prefix, 10).result, LP_TRANSIT_NOT);
	close_place(&place);
}

/* The limit on a member's bandwidth counts for its links, too. */
static void test_limit(void **state)
{
	struct place place;
	struct lp_addr alice = address(ALICE), bob = address(BOB);
	(void)state;
	open_place(&place, 0, 8);
	size_t passed = 0;
	while (pass(&place, &alice, prefix_of(&place, BOB), 1000).result == LP_TRANSIT_PASS)
		passed += 1000;
	assert_in_range(passed, LP_LIMIT_TOTAL_BURST_MIN - 1000, LP_LIMIT_TOTAL_BURST_MIN);
	assert_int_equal(pass(&place, &alice, prefix_of(&place, BOB), 1000).result, LP_TRANSIT_LIMITED);
	assert_int_equal(pass(&place, &bob, prefix_of(&place, ALICE), 1000).result, LP_TRANSIT_PASS);
	close_place(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
