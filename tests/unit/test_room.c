#include "stations.h"

#include "base/units.h"

#define STATIONS 24

struct place {
	struct lp_rooms *rooms;
	uint32_t seed;
	struct station station[STATIONS];
};

/* Creates |place| with |config|'s limits. */
static void open_place(struct place *place, const struct lp_rooms_config *config)
{
	*place = (struct place){.seed = 1};
	struct lp_rooms_config copy = config ? *config : stations_config(NULL);
	copy.ctx = &place->seed;
	assert_int_equal(lp_rooms_new(&copy, &place->rooms), 0);
}

/* All members leave. */
static void close_place(struct place *place)
{
	for (size_t i = 0; i < STATIONS; i++) {
		if (place->station[i].peer)
			station_leave(place->rooms, &place->station[i], LP_REASON_GOODBYE);
	}
	assert_int_equal(lp_rooms_peer_count(place->rooms), 0);
	assert_int_equal(lp_rooms_room_count(place->rooms), 0);
	lp_rooms_free(place->rooms);
}

/* Invalid sizes are refused. */
static void test_config(void **state)
{
	struct lp_rooms *rooms = NULL;
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct lp_rooms_config config = stations_config(NULL);
		size_t *field[] = {
			&config.max_rooms, &config.max_peers, &config.max_peers_per_room, &config.max_peers_per_room};
		*field[i] = i == 3 ? LP_ROOM_TARGETS_MAX + 1 : 0;
		assert_int_equal(lp_rooms_new(&config, &rooms), LP_ERANGE);
	}
	assert_null(rooms);
	lp_rooms_free(NULL);
}

/* The content of welcome. */
static void test_welcome(void **state)
{
	struct place place;
	struct lp_rooms_config config = stations_config(NULL);
	(void)state;
	config.limits.client[LP_LIMIT_TOTAL].per_s = 12345;
	config.limits.client[LP_LIMIT_UNKNOWN].per_s = 77;
	config.room_mtu = 1400;
	open_place(&place, &config);
	station_join(place.rooms, &place.station[0], 1, LP_ROLE_CLIENT, "lan-1");
	const struct lp_welcome *welcome = &place.station[0].welcome;
	assert_int_equal(welcome->peer_id, 1);
	assert_string_equal(welcome->room, "LAN-1");
	assert_int_equal(welcome->mtu, 1400);
	assert_false(welcome->gateway_present);
	assert_int_equal(strlen(welcome->resume), LP_RESUME_MAX);
	assert_int_equal(strspn(welcome->resume, "0123456789abcdef"), LP_RESUME_MAX);
	assert_int_equal(welcome->limits.broadcast_pps, lp_limits_group_pps(&config.limits, LP_ROLE_CLIENT));
	assert_int_equal(welcome->limits.unknown_pps, 77);
	assert_int_equal(welcome->limits.total_kbps, 12345);
	assert_int_equal(welcome->limits.peers, 16);
	station_join(place.rooms, &place.station[1], 2, LP_ROLE_GATEWAY, "LAN-1");
	assert_true(place.station[1].welcome.gateway_present);
	assert_string_equal(welcome->probe, ""); /* for gateways alone */
	assert_int_equal(strlen(place.station[1].welcome.probe), LP_PROBE_HEX);
	assert_string_not_equal(place.station[1].welcome.resume, welcome->resume);
	assert_ptr_equal(lp_peer_gateway(place.station[0].peer), place.station[1].peer);
	station_join(place.rooms, &place.station[2], 3, LP_ROLE_CLIENT, "LAN-2");
	assert_false(place.station[2].welcome.gateway_present);
	close_place(&place);
}

/* Notifications when members join and leave one by one. */
static void test_lifecycle(void **state)
{
	struct place place;
	struct station *s = place.station;
	(void)state;
	open_place(&place, NULL);
	station_join(place.rooms, &s[0], 1, LP_ROLE_CLIENT, "PARTY");
	station_join(place.rooms, &s[1], 2, LP_ROLE_GATEWAY, "party");
	station_join(place.rooms, &s[2], 3, LP_ROLE_CLIENT, "OTHER");
	station_join(place.rooms, &s[3], 4, LP_ROLE_CLIENT, "PARTY");
	assert_int_equal(lp_rooms_room_count(place.rooms), 2);
	assert_int_equal(lp_rooms_peer_count(place.rooms), 4);
	assert_int_equal(s[0].n_seen, 2);
	assert_int_equal(s[1].n_seen, 2);
	assert_int_equal(s[2].n_seen, 0);
	assert_int_equal(s[3].n_seen, 2);
	assert_int_equal(station_find(&s[3], lp_peer_id(s[1].peer))->role, LP_ROLE_GATEWAY);
	assert_string_equal(station_find(&s[3], lp_peer_id(s[0].peer))->name, "station 1");
	station_leave(place.rooms, &s[1], LP_REASON_TIMEOUT);
	assert_int_equal(s[0].last_reason, LP_REASON_TIMEOUT);
	assert_int_equal(s[0].n_seen, 1);
	assert_int_equal(s[3].n_seen, 1);
	assert_int_equal(s[2].n_left, 0);
	assert_null(lp_peer_gateway(s[0].peer));
	station_leave(place.rooms, &s[2], LP_REASON_GOODBYE);
	assert_int_equal(lp_rooms_room_count(place.rooms), 1);
	close_place(&place);
}

/* Peer ids are not reused before all others were used, and never twice at the same time. */
static void test_ids(void **state)
{
	struct place place;
	uint16_t last = 0;
	(void)state;
	open_place(&place, NULL);
	station_join(place.rooms, &place.station[0], 1, LP_ROLE_CLIENT, "PARTY"); /* has id 1 all the time */
	last = lp_peer_id(place.station[0].peer);
	for (uint32_t i = 0; i < 70000; i++) {
		station_join(place.rooms, &place.station[1], 2, LP_ROLE_CLIENT, "PARTY");
		uint16_t id = lp_peer_id(place.station[1].peer);
		assert_int_equal(id, last == UINT16_MAX ? 2 : last + 1);
		last = id;
		station_leave(place.rooms, &place.station[1], LP_REASON_GOODBYE);
	}
	close_place(&place);
}

/* A member that resumes with its token keeps its membership, and no other sees it leave. */
static void test_resume(void **state)
{
	struct place place;
	struct station *s = place.station;
	(void)state;
	for (enum lp_role role = LP_ROLE_CLIENT; role <= LP_ROLE_GATEWAY; role++) {
		struct lp_hello hello = hello_of(1, role, "PARTY");
		open_place(&place, NULL);
		station_join(place.rooms, &s[0], 1, role, "PARTY");
		station_join(place.rooms, &s[1], 2, LP_ROLE_CLIENT, "PARTY");
		uint16_t id = lp_peer_id(s[0].peer);
		strcpy(hello.resume, s[0].welcome.resume);
		assert_ptr_equal(station_join_with(place.rooms, &s[2], &hello, LP_SEC), &s[0]);
		assert_int_equal(lp_peer_id(s[2].peer), id);
		assert_ptr_equal(s[2].peer, s[0].peer);
		assert_ptr_equal(lp_peer_user(s[2].peer), &s[2]);
		assert_string_equal(s[2].welcome.resume, hello.resume);
		assert_int_equal(s[2].n_seen, 1);   /* it has the list of peers again */
		assert_int_equal(s[1].n_joined, 1); /* from its own join */
		assert_int_equal(s[1].n_left, 0);
		assert_int_equal(lp_rooms_peer_count(place.rooms), 2);
		s[0].peer = NULL;
		/* Again with a new name, which is announced. */
		strcpy(hello.name, "renamed");
		assert_ptr_equal(station_join_with(place.rooms, &s[3], &hello, LP_SEC), &s[2]);
		s[2].peer = NULL;
		assert_int_equal(s[1].n_joined, 2);
		assert_string_equal(station_find(&s[1], id)->name, "renamed");
		close_place(&place);
	}
}

/* A full room or relay does not refuse a member that resumes. */
static void test_resume_full(void **state)
{
	struct place place;
	struct lp_rooms_config config = stations_config(NULL);
	struct lp_hello hello = hello_of(1, LP_ROLE_CLIENT, "PARTY");
	(void)state;
	config.max_rooms = config.max_peers = config.max_peers_per_room = 1;
	open_place(&place, &config);
	station_join(place.rooms, &place.station[0], 1, LP_ROLE_CLIENT, "PARTY");
	strcpy(hello.resume, place.station[0].welcome.resume);
	assert_ptr_equal(station_join_with(place.rooms, &place.station[1], &hello, 0), &place.station[0]);
	place.station[0].peer = NULL;
	close_place(&place);
}

/* A token is valid for its member only: not with another MAC, role, room, a changed digit, or after it left. */
static void test_resume_refused(void **state)
{
	static const enum lp_reject_code none = LP_REJECT_OTHER;
	struct place place;
	struct station *s = place.station;
	(void)state;
	open_place(&place, NULL);
	station_join(place.rooms, &s[0], 1, LP_ROLE_CLIENT, "PARTY");
	station_join(place.rooms, &s[1], 2, LP_ROLE_GATEWAY, "PARTY");
	for (unsigned i = 0; i < 8; i++) {
		struct lp_hello hello = hello_of(1, LP_ROLE_CLIENT, "PARTY");
		enum lp_reject_code expected = LP_REJECT_DUPLICATE_MAC;
		strcpy(hello.resume, s[0].welcome.resume);
		switch (i) {
		case 0:
			hello.resume[0] = hello.resume[0] == '0' ? '1' : '0';
			break;
		case 1:
			hello.resume[LP_RESUME_MAX - 1] = hello.resume[LP_RESUME_MAX - 1] == '0' ? '1' : '0';
			break;
		case 2:
			hello.resume[LP_RESUME_MAX - 1] = '\0';
			break;
		case 3:
			hello.resume[0] = '\0';
			break;
		case 4:
			hello.role = LP_ROLE_GATEWAY;
			expected = LP_REJECT_GATEWAY_EXISTS;
			break;
		case 5:
			hello.mac = mac_of(STATION_MAC(2));
			break;
		case 6: /* another MAC: a new member */
			hello.mac = mac_of(STATION_MAC(7));
			expected = none;
			break;
		case 7: /* another room */
			strcpy(hello.room, "OTHER");
			expected = none;
			break;
		}
		if (expected == none) {
			assert_null(station_join_with(place.rooms, &s[2], &hello, 0));
			assert_ptr_not_equal(s[2].peer, s[0].peer);
			station_leave(place.rooms, &s[2], LP_REASON_GOODBYE);
			continue;
		}
		struct lp_join join;
		assert_int_equal(station_try(place.rooms, &s[2], &hello, 0, &join), LP_EPERM);
		assert_int_equal(join.reject.code, expected);
		assert_null(join.peer);
		assert_null(join.replaced);
		assert_null(strstr(join.reject.message, s[0].welcome.resume));
	}
	/* After it left, the token is invalid: a new id. */
	struct lp_hello hello = hello_of(1, LP_ROLE_CLIENT, "PARTY");
	uint16_t id = lp_peer_id(s[0].peer);
	strcpy(hello.resume, s[0].welcome.resume);
	station_leave(place.rooms, &s[0], LP_REASON_GOODBYE);
	assert_null(station_join_with(place.rooms, &s[0], &hello, 0));
	assert_int_not_equal(lp_peer_id(s[0].peer), id);
	assert_string_not_equal(s[0].welcome.resume, hello.resume);
	close_place(&place);
}

/* A member that an invite admitted is resumed by its key; neither its token nor another key resumes it. */
static void test_resume_by_key(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint8_t key; /* 0: none */
		bool by_key; /* an invite was proven */
		bool token;  /* the hello has the token of the first one */
		bool resumes;
	} rows[] = {
		{"the same key", 1, true, false, true},
		{"the same key and the token", 1, true, true, true},
		{"another key", 2, true, false, false},
		{"another key and the token", 2, true, true, false},
		{"the token without an invite", 1, false, true, false},
		{"nothing", 0, false, false, false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct place place;
		struct lp_hello hello = hello_of(1, LP_ROLE_CLIENT, "PARTY");
		uint8_t key[LP_KEY_BYTES] = {1}, other[LP_KEY_BYTES] = {rows[i].key};
		open_place(&place, NULL);
		struct lp_join join = {.hello = &hello, .user = &place.station[0], .key = key, .by_key = true};
		assert_int_equal(lp_rooms_join(place.rooms, &join, 0), 0);
		place.station[0].peer = join.peer;
		assert_memory_equal(lp_peer_key(join.peer), key, sizeof key);
		assert_ptr_equal(lp_rooms_find_key(place.rooms, "PARTY", key), join.peer);
		assert_null(lp_rooms_find_key(place.rooms, "OTHER", key));
		if (rows[i].token)
			strcpy(hello.resume, place.station[0].welcome.resume);
		struct lp_join again = {.hello = &hello, .user = &place.station[1], .by_key = rows[i].by_key};
		again.key = rows[i].key ? other : NULL;
		if ((lp_rooms_join(place.rooms, &again, 0) == 0) != rows[i].resumes)
			fail_msg("%s", rows[i].text);
		if (rows[i].resumes) {
			assert_ptr_equal(again.peer, join.peer);
			place.station[0].peer = NULL;
			place.station[1].peer = again.peer;
		}
		close_place(&place);
	}
}

/* Station |n| tries to join; returns the code, or LP_REJECT_OTHER when it is in. */
static enum lp_reject_code try_join(
	struct place *place, struct station *station, unsigned n, const char *room, uint64_t now_ns)
{
	struct lp_hello hello = hello_of(n, LP_ROLE_CLIENT, room);
	struct lp_join join;
	*station = (struct station){0};
	int result = station_try(place->rooms, station, &hello, now_ns, &join);
	if (result == 0)
		return LP_REJECT_OTHER;
	assert_int_equal(result, LP_EFULL);
	assert_non_null(strstr(join.reject.message, room));
	assert_non_null(strstr(join.reject.message, "Try again"));
	return join.reject.code;
}

/* Attempts are charged to their source before the room: four sources that come and go use up their own limits, and a
   newcomer from elsewhere gets in. */
static void test_source_joins(void **state)
{
	struct place place = {0};
	struct station station = {0};
	struct lp_rooms_config config = stations_config(NULL);
	struct lp_hello hello = hello_of(1, LP_ROLE_CLIENT, "ROOM-1");
	unsigned n_admitted = 0;
	uint64_t now_ns = LP_SEC;
	(void)state;
	config.joins = (struct lp_rate){.per_s = 4, .burst = 256};
	config.source_joins = 32;
	open_place(&place, &config);
	assert_int_equal(try_join(&place, &place.station[0], 2, "ROOM-1", 0), LP_REJECT_OTHER); /* keeps the room */
	for (unsigned n = 0; n < 4000; n++) {
		struct lp_join join = {.hello = &hello, .user = &station, .source = n % 4};
		now_ns += 10 * LP_MS;
		station = (struct station){0};
		if (lp_rooms_join(place.rooms, &join, now_ns) == 0) {
			n_admitted++;
			lp_rooms_leave(place.rooms, join.peer, LP_REASON_GOODBYE);
		} else {
			assert_int_equal(join.reject.code, LP_REJECT_ROOM_FULL);
		}
	}
	/* Four bursts, and one each in 4 s of 40 s. */
	assert_in_range(n_admitted, 4 * 32, 4 * (32 + 11));
	assert_int_equal(lp_rooms_joins_limited(place.rooms), 4000 - n_admitted);
	struct lp_join join = {.hello = &hello, .user = &station, .source = 99};
	station = (struct station){0};
	assert_int_equal(lp_rooms_join(place.rooms, &join, now_ns), 0);
	lp_rooms_leave(place.rooms, join.peer, LP_REASON_GOODBYE);
	close_place(&place);
}

/* Joins are limited by burst and rate; a member cannot evade that by leaving and joining with a new MAC. */
static void test_joins(void **state)
{
	struct place place;
	struct station *s = place.station;
	struct lp_rooms_config config = stations_config(NULL);
	struct lp_hello hello = hello_of(1, LP_ROLE_CLIENT, "PARTY");
	(void)state;
	config.joins = (struct lp_rate){.per_s = 4, .burst = 3};
	open_place(&place, &config);
	assert_int_equal(try_join(&place, &s[0], 1, "PARTY", 0), LP_REJECT_OTHER);
	assert_int_equal(try_join(&place, &s[1], 2, "PARTY", 0), LP_REJECT_OTHER);
	assert_int_equal(try_join(&place, &s[2], 3, "PARTY", 0), LP_REJECT_OTHER);
	station_leave(place.rooms, &s[2], LP_REASON_GOODBYE);
	assert_int_equal(lp_rooms_joins_limited(place.rooms), 0);
	assert_int_equal(try_join(&place, &s[2], 4, "PARTY", 0), LP_REJECT_ROOM_FULL);
	assert_int_equal(try_join(&place, &s[2], 3, "PARTY", LP_SEC / 4 - 1), LP_REJECT_ROOM_FULL);
	assert_int_equal(lp_rooms_joins_limited(place.rooms), 2);
	assert_int_equal(s[0].n_joined, 2); /* these were not announced */
	assert_int_equal(s[0].n_left, 1);

	/* Other rooms are not affected, nor is a member that resumes; only its new name is not announced. */
	assert_int_equal(try_join(&place, &s[2], 4, "OTHER", 0), LP_REJECT_OTHER);
	strcpy(hello.resume, s[0].welcome.resume);
	strcpy(hello.name, "another name");
	assert_ptr_equal(station_join_with(place.rooms, &s[3], &hello, LP_SEC / 4 - 1), &s[0]);
	s[0].peer = NULL;
	assert_string_equal(lp_peer_name(s[3].peer), "station 1");
	assert_int_equal(s[1].n_joined, 2);

	assert_int_equal(try_join(&place, &s[0], 5, "PARTY", LP_SEC / 4), LP_REJECT_OTHER);
	assert_int_equal(try_join(&place, &s[4], 6, "PARTY", LP_SEC / 4), LP_REJECT_ROOM_FULL);
	assert_ptr_equal(station_join_with(place.rooms, &s[4], &hello, LP_SEC), &s[3]);
	s[3].peer = NULL;
	assert_string_equal(lp_peer_name(s[4].peer), "another name");
	close_place(&place);
}

/* Malformed DATAGRAMs within the window add up, old ones do not count. */
static void test_malformed(void **state)
{
	struct place place;
	struct lp_rooms_config config = stations_config(NULL);
	uint64_t now_ns = LP_SEC;
	(void)state;
	config.malformed_limit = 5;
	open_place(&place, &config);
	station_join(place.rooms, &place.station[0], 1, LP_ROLE_CLIENT, "PARTY");
	struct lp_peer *peer = place.station[0].peer;
	for (unsigned window = 0; window < 3; window++, now_ns += LP_ROOM_MALFORMED_WINDOW_NS) {
		for (unsigned i = 0; i < 5; i++)
			assert_false(lp_peer_malformed(peer, now_ns + i * LP_SEC));
	}
	assert_int_equal(lp_peer_drops(peer)[LP_DROP_MALFORMED_DATAGRAM], 0); /* the link counts it */
	for (unsigned i = 0; i < 5; i++)
		assert_false(lp_peer_malformed(peer, now_ns));
	assert_true(lp_peer_malformed(peer, now_ns + LP_ROOM_MALFORMED_WINDOW_NS - 1));
	assert_false(lp_peer_malformed(peer, now_ns + LP_ROOM_MALFORMED_WINDOW_NS));
	assert_false(lp_peer_malformed(peer, 0)); /* the clock went backwards */
	close_place(&place);
}

static void count(void *ctx, struct lp_peer *peer)
{
	struct place *place = ctx;
	struct station *station = lp_peer_user(peer);
	assert_true(station >= place->station && station < place->station + STATIONS);
	assert_ptr_equal(station->peer, peer);
	assert_int_equal(station->n_left++, 0);
}

/* Each member is visited once. */
static void test_each(void **state)
{
	struct place place;
	unsigned n = 0;
	(void)state;
	open_place(&place, NULL);
	for (unsigned i = 0; i < 9; i++)
		station_join(place.rooms, &place.station[i], i + 1, LP_ROLE_CLIENT, i % 2 ? "ODD" : "EVEN");
	lp_rooms_each(place.rooms, count, &place);
	for (unsigned i = 0; i < STATIONS; i++)
		n += place.station[i].n_left;
	assert_int_equal(n, 9);
	close_place(&place);
}

/* Each member's list of peers equals the relay's. */
static void check_pictures(struct place *place, const char *const rooms[STATIONS])
{
	for (size_t i = 0; i < STATIONS; i++) {
		struct station *station = &place->station[i];
		size_t expected = 0;
		if (!station->peer)
			continue;
		for (size_t k = 0; k < STATIONS; k++) {
			struct lp_peer *other = place->station[k].peer;
			if (k == i || !other || strcmp(rooms[i], rooms[k]) != 0)
				continue;
			struct seen *seen = station_find(station, lp_peer_id(other));
			assert_non_null(seen);
			assert_int_equal(seen->role, lp_peer_role(other));
			assert_true(lp_mac_equal(&seen->mac, lp_peer_mac(other)));
			assert_string_equal(seen->name, lp_peer_name(other));
			expected++;
		}
		assert_int_equal(station->n_seen, expected);
	}
}

/* One random step of station |i|: it joins, resumes on another connection, or leaves. */
static void step_at_random(struct place *place, size_t i, const char *rooms[STATIONS], uint32_t *dice)
{
	static const char *const codes[] = {"ONE", "TWO", "THREE"};
	struct station *station = &place->station[i], before;
	struct lp_join join;
	station_random(dice, (uint8_t[4]){0}, 4);
	uint32_t roll = *dice >> 8;
	if (station->peer && roll % 3) {
		station_leave(place->rooms, station, LP_REASON_GOODBYE);
		return;
	}
	struct lp_hello hello = hello_of(
		(unsigned)i % 20 + 1, roll % 5 ? LP_ROLE_CLIENT : LP_ROLE_GATEWAY, codes[roll / 5 % 3]);
	snprintf(hello.name, sizeof hello.name, "name %u", roll % 2);
	if (station->peer) {
		/* The same member, on a new connection whose object reuses the old one's memory. */
		hello = hello_of((unsigned)i % 20 + 1, lp_peer_role(station->peer), rooms[i]);
		snprintf(hello.name, sizeof hello.name, "name %u", roll % 2);
		strcpy(hello.resume, station->welcome.resume);
		before = *station;
		*station = (struct station){0};
		assert_int_equal(station_try(place->rooms, station, &hello, 0, &join), 0);
		assert_ptr_equal(station->peer, before.peer);
		assert_ptr_equal(join.replaced, station);
		return;
	}
	*station = (struct station){0};
	if (station_try(place->rooms, station, &hello, 0, &join) == 0) {
		rooms[i] = codes[roll / 5 % 3];
		assert_null(join.replaced);
	} else {
		enum lp_reject_code code = join.reject.code;
		assert_true(code == LP_REJECT_DUPLICATE_MAC || code == LP_REJECT_GATEWAY_EXISTS ||
			    code == LP_REJECT_ROOM_FULL);
		assert_null(station->peer);
		assert_int_equal(station->n_welcomes, 0);
	}
}

/* Members join, resume and leave at random: all lists are right at all times. */
static void test_pictures(void **state)
{
	struct place place;
	const char *rooms[STATIONS] = {0};
	struct lp_rooms_config config = stations_config(NULL);
	uint32_t dice = 42;
	(void)state;
	config.max_peers_per_room = 6;
	open_place(&place, &config);
	for (unsigned step = 0; step < 20000; step++) {
		step_at_random(&place, step * 7 % STATIONS, rooms, &dice);
		check_pictures(&place, rooms);
	}
	close_place(&place);
}

/* Whatever the names are: the announcements of a full room fit the limit of a new member's control stream, 384 KiB. */
static void test_long_names(void **state)
{
	static const struct {
		const char *piece, *told;
	} rows[] = {
		{"\x01", "?"},
		{"\x7f", "?"},
		{"\xc2\x80", "??"},
		{"\xc2\xa0", "\xc2\xa0"},
		{"\"", "\""},
		{"\\", "\\"},
		{"\xc3\xab", "\xc3\xab"},
		{"\xe2\x80\xae", "\xe2\x80\xae"},
		{"x", "x"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct place place;
		struct lp_hello hello = hello_of(1, LP_ROLE_CLIENT, "PARTY");
		struct lp_message message = {.type = LP_MESSAGE_PEER_JOINED};
		uint8_t data[LP_MESSAGE_ENCODED_MAX];
		open_place(&place, NULL);
		hello.name[0] = '\0';
		while (strlen(hello.name) + strlen(rows[i].piece) <= LP_NAME_MAX)
			strcat(hello.name, rows[i].piece);
		station_join_with(place.rooms, &place.station[0], &hello, 0);
		const char *told = lp_peer_name(place.station[0].peer);
		assert_int_equal(strlen(told), strlen(hello.name));
		assert_memory_equal(told, rows[i].told, strlen(rows[i].told));
		message.peer = (struct lp_peer_event){.peer_id = UINT16_MAX, .role = LP_ROLE_GATEWAY};
		memset(message.peer.key, 'f', LP_KEY_HEX);
		memset(message.peer.link, 'f', LP_LINK_PREFIX_HEX);
		strcpy(message.peer.name, told);
		int len = lp_message_encode(&message, data, sizeof data);
		assert_in_range(len, 1, 384 * 1024 / LP_ROOM_TARGETS_MAX);
		/* A member that resumes with the same name is not announced. */
		strcpy(hello.resume, place.station[0].welcome.resume);
		station_join(place.rooms, &place.station[2], 3, LP_ROLE_CLIENT, "PARTY");
		unsigned before = place.station[2].n_joined;
		station_join_with(place.rooms, &place.station[1], &hello, 0);
		place.station[0].peer = NULL;
		assert_int_equal(place.station[2].n_joined, before);
		close_place(&place);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_welcome),
		cmocka_unit_test(test_lifecycle),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_resume_full),
		cmocka_unit_test(test_resume_refused),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_pictures),
		cmocka_unit_test(test_resume_by_key),
		cmocka_unit_test(test_joins),
		cmocka_unit_test(test_source_joins),
		cmocka_unit_test(test_long_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
