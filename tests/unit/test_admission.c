#include "room/state.h"

#include "stations.h"

#include "base/units.h"
#include "proto/budget.h"

/* Admission: the checks of a hello, and the reject messages. */
struct row {
	const char *text;
	struct lp_hello hello;
	enum lp_reject_code code;
	const char *says[3]; /* parts of the message */
};

#define MAC(...) \
	{ \
		{ \
			__VA_ARGS__ \
		} \
	}
#define OK_VERSION .version = LP_PROTOCOL_VERSION
#define OK_ROOM .room = "PARTY"
#define OK_MAC .mac = MAC(2, 0, 0, 0, 0, 9)
#define OK_BUDGET .datagram_budget = 1200

static const struct row rows[] = {
	{"version 2", {.version = 2}, LP_REJECT_BAD_VERSION, {"version 1", "version 2"}},
	{"version 0", {.version = 0, OK_ROOM, OK_MAC, OK_BUDGET}, LP_REJECT_BAD_VERSION, {"version 0"}},
	{"a role of the future", {OK_VERSION, OK_ROOM, OK_MAC, OK_BUDGET, .role = LP_ROLE_OTHER}, LP_REJECT_BAD_ROLE,
		{"client or a gateway"}},
	{"no room", {OK_VERSION, OK_MAC, OK_BUDGET}, LP_REJECT_BAD_ROOM, {"3 to 32", "A-Z"}},
	{"a short room", {OK_VERSION, OK_MAC, OK_BUDGET, .room = "AB"}, LP_REJECT_BAD_ROOM, {"3 to 32"}},
	{"a space in it", {OK_VERSION, OK_MAC, OK_BUDGET, .room = "A B"}, LP_REJECT_BAD_ROOM, {"3 to 32"}},
	{"MAC zero", {OK_VERSION, OK_ROOM, OK_BUDGET}, LP_REJECT_BAD_MAC, {"00:00:00:00:00:00"}},
	{"MAC a group", {OK_VERSION, OK_ROOM, OK_BUDGET, .mac = MAC(3, 0, 0, 0, 0, 1)}, LP_REJECT_BAD_MAC,
		{"03:00:00:00:00:01", "group"}},
	{"MAC broadcast", {OK_VERSION, OK_ROOM, OK_BUDGET, .mac = MAC(255, 255, 255, 255, 255, 255)}, LP_REJECT_BAD_MAC,
		{"ff:ff:ff:ff:ff:ff"}},
	{"MAC of a card", {OK_VERSION, OK_ROOM, OK_BUDGET, .mac = MAC(0, 0x1b, 0x21, 0, 0, 1)}, LP_REJECT_BAD_MAC,
		{"00:1b:21:00:00:01", "locally administered"}},
	{"a gateway's MAC a group",
		{OK_VERSION, OK_ROOM, OK_BUDGET, .role = LP_ROLE_GATEWAY, .mac = MAC(1, 0, 0x5e, 0, 0, 1)},
		LP_REJECT_BAD_MAC, {"group"}},
	{"budget", {OK_VERSION, OK_ROOM, OK_MAC, .datagram_budget = 388}, LP_REJECT_MTU_TOO_SMALL,
		{"388", "1500", "389"}},
	{"no budget", {OK_VERSION, OK_ROOM, OK_MAC}, LP_REJECT_MTU_TOO_SMALL, {"of 0 bytes", "389"}},
	{"a second gateway", {OK_VERSION, OK_ROOM, OK_MAC, OK_BUDGET, .role = LP_ROLE_GATEWAY},
		LP_REJECT_GATEWAY_EXISTS, {"PARTY", "00:1b:21:00:00:02"}},
	{"the gateway's own MAC",
		{OK_VERSION, .room = "party", OK_BUDGET, .role = LP_ROLE_GATEWAY, .mac = MAC(0, 0x1b, 0x21, 0, 0, 2)},
		LP_REJECT_GATEWAY_EXISTS, {"PARTY"}},
	{"a client's MAC", {OK_VERSION, OK_ROOM, OK_BUDGET, .mac = MAC(2, 0, 0, 0, 0, 1)}, LP_REJECT_DUPLICATE_MAC,
		{"02:00:00:00:00:01", "PARTY", "another client"}},
	{"a LAN station's MAC", {OK_VERSION, OK_ROOM, OK_BUDGET, .mac = MAC(2, 0, 0, 0, 0, 5)}, LP_REJECT_DUPLICATE_MAC,
		{"02:00:00:00:00:05", "gateway's LAN"}},
	{"a gateway with a client's MAC",
		{OK_VERSION, .room = "OTHER", OK_BUDGET, .role = LP_ROLE_GATEWAY, .mac = MAC(2, 0, 0, 0, 0, 2)},
		LP_REJECT_DUPLICATE_MAC, {"02:00:00:00:00:02", "OTHER"}},
};

/* A room PARTY with a gateway, a station behind it and a client, and a room OTHER with a client. */
struct place {
	struct lp_rooms *rooms;
	uint32_t seed;
	struct station gateway, client, other;
};

static int setup(void **state)
{
	struct place *place = calloc(1, sizeof *place);
	static const struct part parts[] = {TYPE(0x0806), BYTES(46, 0), {PART_END, 0, 0, 0}};
	uint8_t frame[FRAME_MAX];
	struct lp_verdict verdict;
	*state = place;
	if (!place)
		return -1;
	struct lp_rooms_config config = stations_config(&place->seed);
	struct lp_hello hello = hello_of(0, LP_ROLE_GATEWAY, "PARTY");
	hello.mac = mac_of(0x001b21000002);
	assert_int_equal(lp_rooms_new(&config, &place->rooms), 0);
	station_join_with(place->rooms, &place->gateway, &hello, 0);
	station_join(place->rooms, &place->client, 1, LP_ROLE_CLIENT, "PARTY");
	station_join(place->rooms, &place->other, 2, LP_ROLE_CLIENT, "OTHER");
	size_t len = make_frame(frame, BROADCAST, STATION_MAC(5), parts);
	lp_rooms_forward(place->rooms, place->gateway.peer, frame, len, LP_SEC, &verdict);
	assert_int_equal(place->client.peer->room->macs.n_aging, 1);
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;
	station_leave(place->rooms, &place->gateway, LP_REASON_GOODBYE);
	station_leave(place->rooms, &place->client, LP_REASON_GOODBYE);
	station_leave(place->rooms, &place->other, LP_REASON_GOODBYE);
	lp_rooms_free(place->rooms);
	free(place);
	return 0;
}

/* Every reason for a reject, and that a reject changes nothing. */
static void test_refused(void **state)
{
	struct place *place = *state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *row = &rows[i];
		struct station station = {0};
		struct lp_join join;
		int result = station_try(place->rooms, &station, &row->hello, LP_SEC, &join);
		const struct lp_reject reject = join.reject;
		if (result != LP_EPERM)
			fail_msg("%s: %d", row->text, result);
		if (reject.code != row->code)
			fail_msg("%s: %s", row->text, lp_reject_wire(reject.code));
		for (size_t k = 0; k < 3 && row->says[k]; k++) {
			if (!strstr(reject.message, row->says[k]))
				fail_msg("%s: \"%s\" does not say %s", row->text, reject.message, row->says[k]);
		}
		assert_string_equal(reject.address, "");
		struct lp_mac told = row->code == LP_REJECT_GATEWAY_EXISTS ? mac_of(0x001b21000002) : mac_of(0);
		assert_true(lp_mac_equal(&reject.mac, &told));
		assert_null(join.peer);
		assert_null(join.replaced);
		assert_int_equal(station.n_welcomes, 0);
		assert_int_equal(lp_rooms_peer_count(place->rooms), 3);
		assert_int_equal(lp_rooms_room_count(place->rooms), 2);
		assert_int_equal(place->client.n_joined, 1);
	}
}

/* A room code without a terminator is refused, and not read beyond its field. */
static void test_endless_code(void **state)
{
	struct place *place = *state;
	struct lp_hello hello = hello_of(7, LP_ROLE_CLIENT, "");
	struct lp_join join;
	struct station station = {0};
	memset(hello.room, 'A', sizeof hello.room);
	assert_int_equal(station_try(place->rooms, &station, &hello, 0, &join), LP_EPERM);
	assert_int_equal(join.reject.code, LP_REJECT_BAD_ROOM);
}

/* Values that are just acceptable. */
static void test_accepted(void **state)
{
	static const struct lp_hello hellos[] = {
		{OK_VERSION, .room = "abc", OK_MAC, .datagram_budget = 389},
		{OK_VERSION, .room = "ABCDEFGHIJKLMNOPQRSTUVWXYZ-01234", OK_MAC, OK_BUDGET},
		{OK_VERSION, OK_ROOM, OK_BUDGET, .mac = MAC(0xfe, 255, 255, 255, 255, 255)},
		{OK_VERSION, .room = "OTHER", OK_BUDGET, .role = LP_ROLE_GATEWAY, .mac = MAC(0, 0x1b, 0x21, 0, 0, 2)},
		{OK_VERSION, .room = "OTHER", OK_BUDGET, .mac = MAC(2, 0, 0, 0, 0, 5)}, /* it is in the other room */
	};
	struct place *place = *state;
	for (size_t i = 0; i < sizeof hellos / sizeof *hellos; i++) {
		struct station station;
		assert_null(station_join_with(place->rooms, &station, &hellos[i], LP_SEC));
		station_leave(place->rooms, &station, LP_REASON_GOODBYE);
	}
}

/* A learned MAC is free again when it has expired, or when the gateway has left. */
static void test_learned_mac(void **state)
{
	struct place *place = *state;
	struct lp_hello hello = hello_of(5, LP_ROLE_CLIENT, "PARTY"), gateway = hello_of(0, LP_ROLE_GATEWAY, "PARTY");
	struct lp_join join;
	struct station station = {0};
	gateway.mac = mac_of(0x001b21000002);
	assert_int_equal(station_try(place->rooms, &station, &hello, LP_SEC + LP_ROOM_MAC_AGE_NS - 1, &join), LP_EPERM);
	assert_null(station_join_with(place->rooms, &station, &hello, LP_SEC + LP_ROOM_MAC_AGE_NS));
	station_leave(place->rooms, &station, LP_REASON_GOODBYE);
	station_leave(place->rooms, &place->gateway, LP_REASON_GOODBYE);
	assert_null(station_join_with(place->rooms, &station, &hello, LP_SEC));
	station_join_with(place->rooms, &place->gateway, &gateway, LP_SEC);
	station_leave(place->rooms, &station, LP_REASON_GOODBYE);
}

/* The room's MTU determines the smallest budget; the config may require more. */
static void test_budget(void **state)
{
	static const struct {
		uint16_t mtu;
		uint32_t min, needed;
	} table[] = {{1500, 0, 389}, {1500, 389, 389}, {1500, 1000, 1000}, {9000, 0, 2264}, {1280, 0, 334}};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		uint32_t seed = 0;
		struct lp_rooms_config config = stations_config(&seed);
		struct lp_hello hello = hello_of(1, LP_ROLE_CLIENT, "PARTY");
		struct lp_join join;
		struct station station = {0};
		struct lp_rooms *rooms;
		config.room_mtu = table[i].mtu;
		config.min_datagram_budget = table[i].min;
		assert_int_equal(lp_rooms_new(&config, &rooms), 0);
		hello.datagram_budget = table[i].needed - 1;
		assert_int_equal(station_try(rooms, &station, &hello, 0, &join), LP_EPERM);
		assert_int_equal(join.reject.code, LP_REJECT_MTU_TOO_SMALL);
		hello.datagram_budget = table[i].needed;
		station_join_with(rooms, &station, &hello, 0);
		assert_int_equal(station.welcome.mtu, table[i].mtu);
		station_leave(rooms, &station, LP_REASON_GOODBYE);
		lp_rooms_free(rooms);
	}
}

/* Tries to admit station |n| to |room|; returns the code, or LP_REJECT_OTHER if it was admitted. */
static enum lp_reject_code try_join(
	struct lp_rooms *rooms, struct station *station, unsigned n, const char *room, const char *says)
{
	struct lp_hello hello = hello_of(n, LP_ROLE_CLIENT, room);
	struct lp_join join;
	*station = (struct station){0};
	if (station_try(rooms, station, &hello, 0, &join) == 0)
		return LP_REJECT_OTHER;
	assert_non_null(strstr(join.reject.message, says));
	return join.reject.code;
}

/* Limits of room and relay; a slot that becomes free can be used. */
static void test_limits(void **state)
{
	uint32_t seed = 0;
	struct lp_rooms_config config = stations_config(&seed);
	struct station s[6];
	struct lp_rooms *rooms;
	(void)state;
	config.max_peers_per_room = 2;
	config.max_rooms = 2;
	config.max_peers = 3;
	assert_int_equal(lp_rooms_new(&config, &rooms), 0);
	assert_int_equal(try_join(rooms, &s[0], 1, "ONE", ""), LP_REJECT_OTHER);
	assert_int_equal(try_join(rooms, &s[1], 2, "ONE", ""), LP_REJECT_OTHER);
	assert_int_equal(try_join(rooms, &s[2], 3, "ONE", "room ONE has 2 of at most 2 members"), LP_REJECT_ROOM_FULL);
	assert_int_equal(try_join(rooms, &s[2], 3, "TWO", ""), LP_REJECT_OTHER);
	assert_int_equal(try_join(rooms, &s[3], 4, "TWO", "3 of at most 3 members"), LP_REJECT_RELAY_FULL);
	station_leave(rooms, &s[0], LP_REASON_GOODBYE);
	assert_int_equal(try_join(rooms, &s[3], 4, "THREE", "2 of at most 2 rooms"), LP_REJECT_RELAY_FULL);
	assert_int_equal(lp_rooms_room_count(rooms), 2);
	assert_int_equal(try_join(rooms, &s[3], 4, "TWO", ""), LP_REJECT_OTHER);
	for (unsigned i = 1; i <= 3; i++)
		station_leave(rooms, &s[i], LP_REASON_GOODBYE);
	lp_rooms_free(rooms);
}

/* A source opens a limited number of plain rooms; others, and members with invites, open more. */
static void test_rooms_of_source(void **state)
{
	static const uint8_t key[LP_KEY_BYTES] = {1};
	static const struct {
		const char *room;
		uint64_t source;
		bool by_key;
		enum lp_reject_code code;
	} tries[] = {
		{"ONE", 1, false, LP_REJECT_OTHER},
		{"TWO", 1, false, LP_REJECT_OTHER},
		{"THREE", 1, false, LP_REJECT_ROOM_FULL},
		{"ONE", 1, false, LP_REJECT_OTHER},
		{"THREE", 2, false, LP_REJECT_OTHER},
		{"FOUR", 1, true, LP_REJECT_OTHER},
		{"FIVE", 1, false, LP_REJECT_ROOM_FULL},
	};
	static struct station s[sizeof tries / sizeof *tries];
	struct lp_rooms_config config = stations_config(&(uint32_t){0});
	struct lp_rooms *rooms;
	(void)state;
	config.max_rooms_per_source = 2;
	assert_int_equal(lp_rooms_new(&config, &rooms), 0);
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
		struct lp_hello hello = hello_of((unsigned)i + 1, LP_ROLE_CLIENT, tries[i].room);
		struct lp_join join = {.hello = &hello, .user = &s[i], .source = tries[i].source, .key = key};
		join.by_key = tries[i].by_key;
		enum lp_reject_code code = lp_rooms_join(rooms, &join, 0) == 0 ? LP_REJECT_OTHER : join.reject.code;
		assert_int_equal(code, tries[i].code);
		s[i].peer = join.peer;
	}
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
		if (s[i].peer)
			station_leave(rooms, &s[i], LP_REASON_GOODBYE);
	lp_rooms_free(rooms);
}

/* Workers that share what they count have one limit for a source, of rooms that it opened and of attempts to join. */
static void test_shared_by_workers(void **state)
{
	static const uint8_t hash_key[16] = {1};
	static struct lp_rooms_totals totals;
	static struct station s[5];
	struct lp_rooms_config config = stations_config(&(uint32_t){0});
	struct lp_rooms *workers[2];
	(void)state;
	lp_rooms_totals_init(&totals, hash_key, NULL);
	config.totals = &totals;
	config.max_rooms_per_source = 2;
	config.source_joins = 3;
	config.max_rooms = 4;
	assert_int_equal(lp_rooms_new(&config, &workers[0]), 0);
	config.hash_key[0]++; /* each worker has its own */
	assert_int_equal(lp_rooms_new(&config, &workers[1]), 0);
	assert_int_equal(try_join(workers[0], &s[0], 1, "ONE", ""), LP_REJECT_OTHER);
	assert_int_equal(try_join(workers[1], &s[1], 2, "TWO", ""), LP_REJECT_OTHER);
	assert_int_equal(try_join(workers[1], &s[2], 3, "THREE", "opened 2 rooms"), LP_REJECT_ROOM_FULL);
	assert_int_equal(try_join(workers[0], &s[2], 3, "THREE", "opened 2 rooms"), LP_REJECT_ROOM_FULL);
	assert_int_equal(try_join(workers[1], &s[2], 3, "TWO", ""), LP_REJECT_OTHER);
	assert_int_equal(try_join(workers[0], &s[3], 4, "ONE", "too many members are joining from this address"),
		LP_REJECT_ROOM_FULL);
	station_leave(workers[0], &s[0], LP_REASON_GOODBYE);
	assert_true(lp_list_is_empty(&workers[0]->list) && !lp_list_is_empty(&totals.plain_rooms));
	station_leave(workers[1], &s[1], LP_REASON_GOODBYE);
	station_leave(workers[1], &s[2], LP_REASON_GOODBYE);
	assert_true(lp_list_is_empty(&totals.plain_rooms));
	lp_rooms_free(workers[0]);
	lp_rooms_free(workers[1]);
}

/* The room that gives way: the one that has been without a gateway for longest, and only if there is no space. */
static void test_spare(void **state)
{
	struct station s[4];
	struct lp_rooms_config config = stations_config(&(uint32_t){0});
	struct lp_rooms *rooms;
	(void)state;
	config.max_rooms = 3;
	assert_int_equal(lp_rooms_new(&config, &rooms), 0);
	station_join(rooms, &s[0], 1, LP_ROLE_GATEWAY, "ONE");
	station_join(rooms, &s[3], 4, LP_ROLE_CLIENT, "ONE");
	station_join(rooms, &s[1], 2, LP_ROLE_CLIENT, "TWO");
	assert_null(lp_rooms_spare(rooms));
	station_join(rooms, &s[2], 3, LP_ROLE_CLIENT, "THREE");
	assert_string_equal(lp_rooms_spare(rooms), "TWO");
	station_leave(rooms, &s[0], LP_REASON_GOODBYE); /* room ONE goes to the end of the queue */
	assert_string_equal(lp_rooms_spare(rooms), "TWO");
	station_leave(rooms, &s[1], LP_REASON_GOODBYE);
	assert_null(lp_rooms_spare(rooms));
	station_join(rooms, &s[1], 2, LP_ROLE_GATEWAY, "TWO");
	assert_string_equal(lp_rooms_spare(rooms), "THREE");
	station_leave(rooms, &s[2], LP_REASON_GOODBYE);
	station_join(rooms, &s[2], 3, LP_ROLE_GATEWAY, "THREE");
	assert_string_equal(lp_rooms_spare(rooms), "ONE");
	station_leave(rooms, &s[3], LP_REASON_GOODBYE);
	station_join(rooms, &s[3], 4, LP_ROLE_GATEWAY, "ONE");
	assert_null(lp_rooms_spare(rooms));
	for (size_t i = 1; i < 4; i++)
		station_leave(rooms, &s[i], LP_REASON_GOODBYE);
	lp_rooms_free(rooms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_endless_code, setup, teardown),
		cmocka_unit_test_setup_teardown(test_accepted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_learned_mac, setup, teardown),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_rooms_of_source),
		cmocka_unit_test(test_shared_by_workers),
		cmocka_unit_test(test_spare),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
