#include "room/state.h"

#include "stations.h"

#include "base/units.h"

/* A room with two clients and a gateway with a LAN; stations 11 to 19 are on the LAN. */
enum who {
	ALICE,
	BOB,
	GATEWAY,
	N_WHO,
};

#define CAROL N_WHO /* joins in some tests only */
#define LAN(n) STATION_MAC(10 + (n))

struct place {
	struct lp_rooms *rooms;
	uint32_t seed;
	struct station station[N_WHO + 1], elsewhere;
	uint64_t now_ns;
};

/* Creates the room with |config|. */
static void open_place(struct place *place, struct lp_rooms_config config)
{
	*place = (struct place){.now_ns = LP_SEC};
	config.ctx = &place->seed;
	assert_int_equal(lp_rooms_new(&config, &place->rooms), 0);
	station_join(place->rooms, &place->station[ALICE], ALICE + 1, LP_ROLE_CLIENT, "PARTY");
	station_join(place->rooms, &place->station[BOB], BOB + 1, LP_ROLE_CLIENT, "PARTY");
	station_join(place->rooms, &place->station[GATEWAY], GATEWAY + 1, LP_ROLE_GATEWAY, "PARTY");
	station_join(place->rooms, &place->elsewhere, 1, LP_ROLE_CLIENT, "ELSEWHERE");
}

static void close_place(struct place *place)
{
	for (size_t i = 0; i <= N_WHO; i++) {
		if (place->station[i].peer)
			station_leave(place->rooms, &place->station[i], LP_REASON_GOODBYE);
	}
	station_leave(place->rooms, &place->elsewhere, LP_REASON_GOODBYE);
	lp_rooms_free(place->rooms);
}

static const struct part game[] = {TYPE(0x0800), IP4(17), UDP(27015, 27015), BYTES(30, 0), {PART_END, 0, 0, 0}};
/* An ARP request of station |mac|; all octets of its IPv4 address are |sender|. */
#define ARP_REQUEST(mac, sender) \
	TYPE(0x0806), TYPE(1), TYPE(0x0800), TYPE(0x0604), TYPE(1), STATION(mac), BYTES(4, sender), BYTES(6, 0), \
		BYTES(22, 9), \
	{ \
		PART_END, 0, 0, 0 \
	}
/* A reply of it. */
#define ARP_REPLY(mac, sender) \
	TYPE(0x0806), TYPE(1), TYPE(0x0800), TYPE(0x0604), TYPE(2), STATION(mac), BYTES(4, sender), BYTES(6, 0), \
		BYTES(22, 9), \
	{ \
		PART_END, 0, 0, 0 \
	}
static const struct part arp[] = {ARP_REQUEST(1, 10)};
static const struct part mdns[] = {TYPE(0x0800), IP4(17), UDP(5353, 5353), BYTES(30, 0), {PART_END, 0, 0, 0}};

/* Sends a frame; returns the drop reason, or NONE. |ret_targets|: bits of enum who. */
static enum lp_drop send_parts(
	struct place *place, enum who from, uint64_t dst, uint64_t src, const struct part *parts, unsigned *ret_targets)
{
	uint8_t frame[FRAME_MAX];
	struct lp_verdict verdict;
	struct lp_peer *peer = place->station[from].peer;
	size_t len = make_frame(frame, dst, src, parts);
	memset(&verdict, 0xff, sizeof verdict);
	uint64_t drops[LP_DROP_COUNT];
	memcpy(drops, lp_peer_drops(peer), sizeof drops);
	lp_rooms_forward(place->rooms, peer, frame, len, place->now_ns, &verdict);
	*ret_targets = 0;
	for (size_t i = 0; i < verdict.n_targets; i++) {
		struct station *station = lp_peer_user(verdict.targets[i]);
		assert_in_range(station - place->station, 0, N_WHO);
		assert_int_not_equal(station - place->station, from);
		assert_int_equal(*ret_targets >> (station - place->station) & 1, 0);
		*ret_targets |= 1U << (station - place->station);
	}
	assert_true(verdict.drop == LP_DROP_NONE || verdict.n_targets == 0);
	/* The drop is counted, and nothing else. */
	drops[verdict.drop] += verdict.drop != LP_DROP_NONE;
	assert_memory_equal(drops, lp_peer_drops(peer), sizeof drops);
	return verdict.drop;
}

/* Forwarding of a game's frame. */
struct step {
	const char *text;
	enum who from;
	uint64_t dst, src;
	enum lp_drop drop;
	unsigned targets;
};

#define TO(who) (1U << (who))

/* Runs consecutive steps in the same room. */
static void run(struct place *place, const struct step *steps, size_t n_steps)
{
	for (size_t i = 0; i < n_steps; i++) {
		unsigned targets;
		enum lp_drop drop = send_parts(place, steps[i].from, steps[i].dst, steps[i].src, game, &targets);
		if (drop != steps[i].drop || targets != steps[i].targets)
			fail_msg("%s: %s, targets %u", steps[i].text, lp_drop_wire(drop), targets);
		place->now_ns += LP_MS;
	}
}

#define RUN(place, steps) run(place, steps, sizeof(steps) / sizeof *(steps))

/* A client that asked for three MACs: two computers behind it are reached, a third is not, and members and the LAN win
   against them. */
static void test_stations(void **state)
{
	static const struct step steps[] = {
		{"a console", ALICE, BROADCAST, LAN(5), LP_DROP_NONE, TO(BOB) | TO(GATEWAY)},
		{"a computer", ALICE, STATION_MAC(2), LAN(6), LP_DROP_NONE, TO(BOB)},
		{"one too many", ALICE, BROADCAST, LAN(7), LP_DROP_MAC_LIMIT, 0},
		{"a group's MAC", ALICE, BROADCAST, 0x030000000001, LP_DROP_BAD_SOURCE, 0},
		{"that of a member", ALICE, BROADCAST, STATION_MAC(2), LP_DROP_SPOOFED_SOURCE, 0},
		{"of the console, by another client", BOB, BROADCAST, LAN(5), LP_DROP_SPOOFED_SOURCE, 0},
		{"to the console", BOB, LAN(5), STATION_MAC(2), LP_DROP_NONE, TO(ALICE)},
		{"to the computer from the LAN", GATEWAY, LAN(6), LAN(1), LP_DROP_NONE, TO(ALICE)},
		{"to itself", ALICE, LAN(5), STATION_MAC(1), LP_DROP_UNKNOWN_UNICAST, 0},
		{"that of a station on the LAN", ALICE, BROADCAST, LAN(1), LP_DROP_SPOOFED_SOURCE, 0},
		{"the LAN has the computer", GATEWAY, BROADCAST, LAN(6), LP_DROP_NONE, TO(ALICE) | TO(BOB)},
		{"to it there", BOB, LAN(6), STATION_MAC(2), LP_DROP_NONE, TO(GATEWAY)},
		{"a slot is free again", ALICE, BROADCAST, LAN(7), LP_DROP_NONE, TO(BOB) | TO(GATEWAY)},
	};
	struct place place;
	unsigned targets;
	(void)state;
	open_place(&place, stations_config(NULL));
	place.station[ALICE].peer->max_stations = 3;
	RUN(&place, steps);
	place.now_ns += LP_STATIONS_AGE_NS;
	assert_int_equal(send_parts(&place, ALICE, BROADCAST, LAN(8), game, &targets), LP_DROP_NONE);
	/* A member that joins with the MAC of a computer behind another gets it. */
	station_join(place.rooms, &place.station[CAROL], 18, LP_ROLE_CLIENT, "PARTY");
	assert_int_equal(send_parts(&place, CAROL, BROADCAST, LAN(8), game, &targets), LP_DROP_NONE);
	assert_int_equal(send_parts(&place, ALICE, BROADCAST, LAN(8), game, &targets), LP_DROP_SPOOFED_SOURCE);
	close_place(&place);
}

static void test_rules(void **state)
{
	static const struct step steps[] = {
		{"broadcast of a client", ALICE, BROADCAST, STATION_MAC(1), LP_DROP_NONE, TO(BOB) | TO(GATEWAY)},
		{"multicast of a client", BOB, 0x01005e000001, STATION_MAC(2), LP_DROP_NONE, TO(ALICE) | TO(GATEWAY)},
		{"broadcast of the LAN", GATEWAY, BROADCAST, LAN(1), LP_DROP_NONE, TO(ALICE) | TO(BOB)},
		{"client to client", ALICE, STATION_MAC(2), STATION_MAC(1), LP_DROP_NONE, TO(BOB)},
		{"client to a station on the LAN", ALICE, LAN(1), STATION_MAC(1), LP_DROP_NONE, TO(GATEWAY)},
		{"client to the gateway itself", ALICE, STATION_MAC(3), STATION_MAC(1), LP_DROP_NONE, TO(GATEWAY)},
		{"client to somebody unknown", ALICE, LAN(5), STATION_MAC(1), LP_DROP_NONE, TO(GATEWAY)},
		{"LAN to client", GATEWAY, STATION_MAC(1), LAN(1), LP_DROP_NONE, TO(ALICE)},
		{"LAN to LAN", GATEWAY, LAN(1), LAN(2), LP_DROP_UNKNOWN_UNICAST, 0},
		{"LAN to somebody unknown", GATEWAY, LAN(7), LAN(2), LP_DROP_UNKNOWN_UNICAST, 0},
		{"the gateway itself", GATEWAY, STATION_MAC(2), STATION_MAC(3), LP_DROP_NONE, TO(BOB)},
		{"as another client", ALICE, BROADCAST, STATION_MAC(2), LP_DROP_SPOOFED_SOURCE, 0},
		{"as nobody known", ALICE, BROADCAST, STATION_MAC(99), LP_DROP_SPOOFED_SOURCE, 0},
		{"as a station on the LAN", ALICE, BROADCAST, LAN(1), LP_DROP_SPOOFED_SOURCE, 0},
		{"as the gateway", ALICE, BROADCAST, STATION_MAC(3), LP_DROP_SPOOFED_SOURCE, 0},
		{"the LAN as a client", GATEWAY, BROADCAST, STATION_MAC(1), LP_DROP_SPOOFED_SOURCE, 0},
		{"to oneself", ALICE, STATION_MAC(1), STATION_MAC(1), LP_DROP_BAD_SOURCE, 0},
		{"from a group", ALICE, BROADCAST, BROADCAST - 1, LP_DROP_BAD_SOURCE, 0},
	};
	struct place place;
	(void)state;
	open_place(&place, stations_config(NULL));
	RUN(&place, steps);
	assert_int_equal(place.station[ALICE].peer->room->macs.n_aging, 2);
	close_place(&place);
}

/* With the filter disabled, a client may send from another source; no MAC is learned from that. */
static void test_spoofing_allowed(void **state)
{
	static const struct step steps[] = {
		{"LAN", GATEWAY, BROADCAST, LAN(1), LP_DROP_NONE, TO(ALICE) | TO(BOB)},
		{"as the LAN", ALICE, BROADCAST, LAN(1), LP_DROP_NONE, TO(BOB) | TO(GATEWAY)},
		{"to the LAN", BOB, LAN(1), STATION_MAC(2), LP_DROP_NONE, TO(GATEWAY)},
		{"the LAN as a client", GATEWAY, BROADCAST, STATION_MAC(1), LP_DROP_NONE, TO(ALICE) | TO(BOB)},
		{"to the client", BOB, STATION_MAC(1), STATION_MAC(2), LP_DROP_NONE, TO(ALICE)},
		{"from a group", GATEWAY, BROADCAST, 0x01005e000001, LP_DROP_NONE, TO(ALICE) | TO(BOB)},
		{"from zero", GATEWAY, BROADCAST, 0, LP_DROP_NONE, TO(ALICE) | TO(BOB)},
		{"to zero", BOB, 0, STATION_MAC(2), LP_DROP_NONE, TO(GATEWAY)},
	};
	struct place place;
	struct lp_rooms_config config = stations_config(NULL);
	(void)state;
	config.filters &= ~(LP_FILTER_BIT(SPOOFED_SOURCE) | LP_FILTER_BIT(BAD_SOURCE));
	open_place(&place, config);
	RUN(&place, steps);
	assert_int_equal(place.station[ALICE].peer->room->macs.n_aging, 1);
	close_place(&place);
}

/* Without a gateway an unknown destination is dropped; a broadcast in a room with one member reaches none, and is not a
   drop. */
static void test_alone(void **state)
{
	static const struct step without_gateway[] = {
		{"unknown", ALICE, LAN(1), STATION_MAC(1), LP_DROP_UNKNOWN_UNICAST, 0},
		{"broadcast", ALICE, BROADCAST, STATION_MAC(1), LP_DROP_NONE, TO(BOB)},
		{"client to client", ALICE, STATION_MAC(2), STATION_MAC(1), LP_DROP_NONE, TO(BOB)},
	};
	static const struct step alone[] = {
		{"broadcast", ALICE, BROADCAST, STATION_MAC(1), LP_DROP_NONE, 0},
		{"to one who left", ALICE, STATION_MAC(2), STATION_MAC(1), LP_DROP_UNKNOWN_UNICAST, 0},
	};
	struct place place;
	(void)state;
	open_place(&place, stations_config(NULL));
	station_leave(place.rooms, &place.station[GATEWAY], LP_REASON_GOODBYE);
	RUN(&place, without_gateway);
	station_leave(place.rooms, &place.station[BOB], LP_REASON_GOODBYE);
	RUN(&place, alone);
	close_place(&place);
}

/* A gateway's MACs are removed when it leaves; a client's MAC is then free for the LAN, and vice versa. */
static void test_leave(void **state)
{
	static const struct step before[] = {
		{"LAN", GATEWAY, BROADCAST, LAN(1), LP_DROP_NONE, TO(ALICE) | TO(BOB)},
		{"a client's MAC", GATEWAY, BROADCAST, STATION_MAC(2), LP_DROP_SPOOFED_SOURCE, 0},
	};
	static const struct step after[] = {
		{"a client's MAC", GATEWAY, BROADCAST, STATION_MAC(2), LP_DROP_NONE, TO(ALICE)},
		{"it moved to the LAN", ALICE, STATION_MAC(2), STATION_MAC(1), LP_DROP_NONE, TO(GATEWAY)},
	};
	struct place place;
	(void)state;
	open_place(&place, stations_config(NULL));
	RUN(&place, before);
	assert_int_equal(place.station[ALICE].peer->room->macs.n_aging, 1);
	station_leave(place.rooms, &place.station[BOB], LP_REASON_GOODBYE);
	RUN(&place, after);
	assert_int_equal(place.station[ALICE].peer->room->macs.n_aging, 2);
	station_leave(place.rooms, &place.station[GATEWAY], LP_REASON_GOODBYE);
	assert_int_equal(place.station[ALICE].peer->room->macs.n_aging, 0);
	close_place(&place);
}

/* A station on the gateway's LAN with a client's MAC: the frame is dropped, the client must go. */
static void test_displaced(void **state)
{
	struct place place;
	struct lp_verdict verdict;
	uint8_t frame[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	(void)state;
	open_place(&place, stations_config(NULL));
	const struct lp_peer *alice = place.station[ALICE].peer;
	memcpy(frame + 6, lp_peer_mac(alice)->octet, 6);
	lp_rooms_forward(place.rooms, place.station[GATEWAY].peer, frame, sizeof frame, place.now_ns, &verdict);
	assert_int_equal(verdict.drop, LP_DROP_SPOOFED_SOURCE);
	assert_ptr_equal(verdict.displaced, alice);
	/* Another client's claim changes nothing. */
	lp_rooms_forward(place.rooms, place.station[BOB].peer, frame, sizeof frame, place.now_ns, &verdict);
	assert_int_equal(verdict.drop, LP_DROP_SPOOFED_SOURCE);
	assert_null(verdict.displaced);
	close_place(&place);
}

static unsigned n_overflows;

static void on_overflowed(void *ctx, const struct lp_peer *gateway, uint64_t n_forgotten)
{
	(void)ctx;
	assert_int_equal(lp_peer_role(gateway), LP_ROLE_GATEWAY);
	assert_true(n_forgotten > 0);
	n_overflows++;
}

/* The gateway's MACs are bounded; the oldest make space. */
static void test_mac_limit(void **state)
{
	struct place place;
	struct lp_rooms_config config = stations_config(NULL);
	unsigned targets;
	(void)state;
	struct lp_room_events events = *config.events;
	events.overflowed = on_overflowed;
	config.events = &events;
	config.max_macs_per_gateway = 20;
	config.mac_age_ns = 60 * LP_SEC;
	open_place(&place, config);
	for (unsigned n = 0; n < 20; n++)
		assert_int_equal(send_parts(&place, GATEWAY, BROADCAST, LAN(n), game, &targets), LP_DROP_NONE);
	/* One of them keeps sending: it stays, while the oldest make space for newcomers, which are served. */
	for (unsigned n = 20; n < 1000; n++) {
		place.now_ns += LP_MS;
		assert_int_equal(send_parts(&place, GATEWAY, BROADCAST, LAN(3), game, &targets), LP_DROP_NONE);
		assert_int_equal(send_parts(&place, GATEWAY, BROADCAST, LAN(n), game, &targets), LP_DROP_NONE);
		assert_true(place.station[ALICE].peer->room->macs.n_aging <= 20);
	}
	assert_int_equal(n_overflows, 1);
	assert_int_equal(send_parts(&place, ALICE, LAN(999), STATION_MAC(1), game, &targets), LP_DROP_NONE);
	assert_int_equal(targets, TO(GATEWAY));
	place.now_ns += LP_ROOM_OVERFLOW_NS;
	for (unsigned n = 1000; n < 1040; n++)
		assert_int_equal(send_parts(&place, GATEWAY, BROADCAST, LAN(n), game, &targets), LP_DROP_NONE);
	assert_int_equal(n_overflows, 2);
	assert_int_equal(send_parts(&place, GATEWAY, BROADCAST, LAN(3), game, &targets), LP_DROP_NONE);
	assert_int_equal(send_parts(&place, GATEWAY, BROADCAST, LAN(100), game, &targets), LP_DROP_NONE);
	assert_int_equal(send_parts(&place, GATEWAY, LAN(3), LAN(100), game, &targets), LP_DROP_UNKNOWN_UNICAST);
	close_place(&place);
}

/* Isolation of clients. */
static void test_isolation(void **state)
{
	static const struct step steps[] = {
		{"broadcast", ALICE, BROADCAST, STATION_MAC(1), LP_DROP_NONE, TO(GATEWAY)},
		{"client to client", ALICE, STATION_MAC(2), STATION_MAC(1), LP_DROP_ISOLATED, 0},
		{"client to the gateway", ALICE, STATION_MAC(3), STATION_MAC(1), LP_DROP_NONE, TO(GATEWAY)},
		{"unknown", ALICE, LAN(1), STATION_MAC(1), LP_DROP_NONE, TO(GATEWAY)},
		{"LAN to all", GATEWAY, BROADCAST, LAN(1), LP_DROP_NONE, TO(ALICE) | TO(BOB)},
		{"LAN to client", GATEWAY, STATION_MAC(2), LAN(1), LP_DROP_NONE, TO(BOB)},
	};
	static const struct step alone = {"broadcast", ALICE, BROADCAST, STATION_MAC(1), LP_DROP_NONE, 0};
	struct place place;
	struct lp_rooms_config config = stations_config(NULL);
	(void)state;
	config.filters |= LP_FILTER_BIT(ISOLATION);
	open_place(&place, config);
	RUN(&place, steps);
	station_leave(place.rooms, &place.station[GATEWAY], LP_REASON_GOODBYE);
	run(&place, &alone, 1);
	close_place(&place);
}

/* The filters are applied by role. */
static void test_filters(void **state)
{
	static const struct part offer[] = {
		TYPE(0x0800), IP4(17), UDP(67, 68), BYTE(2), BYTES(300, 0), {PART_END, 0, 0, 0}};
	struct place place;
	unsigned targets;
	(void)state;
	open_place(&place, stations_config(NULL));
	assert_int_equal(send_parts(&place, ALICE, BROADCAST, STATION_MAC(1), offer, &targets), LP_DROP_ROGUE_DHCP);
	assert_int_equal(send_parts(&place, GATEWAY, BROADCAST, LAN(1), offer, &targets), LP_DROP_NONE);
	assert_int_equal(targets, TO(ALICE) | TO(BOB));
	close_place(&place);
}

/* A client that floods 1000 mDNS frames per second loses no ARP and no game broadcast, and neither does any other
   member. */
static void test_chatter_flood(void **state)
{
	struct place place;
	unsigned targets, passed = 0;
	(void)state;
	open_place(&place, stations_config(NULL));
	for (unsigned ms = 0; ms < 20000; ms++) {
		passed += send_parts(&place, ALICE, BROADCAST, STATION_MAC(1), mdns, &targets) == LP_DROP_NONE;
		if (ms % 20 == 0) /* 50 per second */
			assert_int_equal(
				send_parts(&place, ALICE, BROADCAST, STATION_MAC(1), arp, &targets), LP_DROP_NONE);
		if (ms % 4 == 0) /* 250 per second */
			assert_int_equal(
				send_parts(&place, ALICE, BROADCAST, STATION_MAC(1), game, &targets), LP_DROP_NONE);
		if (ms % 25 == 0)
			assert_int_equal(
				send_parts(&place, BOB, BROADCAST, STATION_MAC(2), mdns, &targets), LP_DROP_NONE);
		place.now_ns += LP_MS;
	}
	const struct lp_limit_row *row = lp_limit_row(LP_LIMIT_CHATTER);
	assert_in_range(passed, row->client.per_s * 20, row->client.per_s * 20 + row->client.burst);
	assert_int_equal(lp_peer_drops(place.station[ALICE].peer)[LP_DROP_LIMIT_BROADCAST], 20000 - passed);
	close_place(&place);
}

/* A storm on the LAN: the gateway's chatter and broadcasts are limited, ARP and unicast are not. */
static void test_lan_storm(void **state)
{
	struct place place;
	unsigned targets, passed = 0;
	(void)state;
	open_place(&place, stations_config(NULL));
	for (unsigned n = 0; n < 100000; n++) {
		passed += send_parts(&place, GATEWAY, BROADCAST, LAN(1), game, &targets) == LP_DROP_NONE;
		if (n % 100 == 0)
			assert_int_equal(send_parts(&place, GATEWAY, BROADCAST, LAN(2), arp, &targets), LP_DROP_NONE);
		assert_int_equal(send_parts(&place, GATEWAY, STATION_MAC(1), LAN(2), game, &targets), LP_DROP_NONE);
		place.now_ns += 20 * LP_US;
	}
	const struct lp_limit_row *row = lp_limit_row(LP_LIMIT_BROADCAST);
	assert_in_range(passed, row->gateway.per_s * 2, row->gateway.per_s * 2 + row->gateway.burst);
	close_place(&place);
}

/* Unknown unicast and the total have their own limits. */
static void test_other_limits(void **state)
{
	struct place place;
	struct lp_rooms_config config = stations_config(NULL);
	struct lp_limits limits;
	unsigned targets;
	(void)state;
	lp_limits_init(&limits);
	limits.client[LP_LIMIT_UNKNOWN] = (struct lp_rate){.per_s = 10, .burst = 3};
	limits.client[LP_LIMIT_TOTAL] = (struct lp_rate){.per_s = 1, .burst = 1};
	config.limits = limits;
	open_place(&place, config);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(send_parts(&place, ALICE, LAN(1), STATION_MAC(1), game, &targets), LP_DROP_NONE);
	assert_int_equal(send_parts(&place, ALICE, LAN(1), STATION_MAC(1), game, &targets), LP_DROP_LIMIT_UNKNOWN);
	/* A LAN station that was learned is not unknown any more. */
	assert_int_equal(send_parts(&place, GATEWAY, STATION_MAC(1), LAN(1), game, &targets), LP_DROP_NONE);
	assert_int_equal(send_parts(&place, ALICE, LAN(1), STATION_MAC(1), game, &targets), LP_DROP_NONE);
	while (send_parts(&place, ALICE, LAN(1), STATION_MAC(1), game, &targets) == LP_DROP_NONE)
		;
	assert_int_equal(send_parts(&place, ALICE, LAN(1), STATION_MAC(1), game, &targets), LP_DROP_LIMIT_TOTAL);
	assert_int_equal(send_parts(&place, ALICE, BROADCAST, STATION_MAC(1), game, &targets), LP_DROP_LIMIT_TOTAL);
	assert_int_equal(send_parts(&place, ALICE, BROADCAST, STATION_MAC(1), arp, &targets), LP_DROP_NONE);
	assert_int_equal(send_parts(&place, BOB, LAN(1), STATION_MAC(2), game, &targets), LP_DROP_NONE);
	close_place(&place);
}

/* A member that joins later gets frames immediately. */
static void test_join_later(void **state)
{
	static const struct step steps[] = {
		{"broadcast", ALICE, BROADCAST, STATION_MAC(1), LP_DROP_NONE, TO(BOB) | TO(GATEWAY) | TO(CAROL)},
		{"to it", ALICE, STATION_MAC(CAROL + 1), STATION_MAC(1), LP_DROP_NONE, TO(CAROL)},
		{"from it", CAROL, STATION_MAC(2), STATION_MAC(CAROL + 1), LP_DROP_NONE, TO(BOB)},
		{"the LAN to it", GATEWAY, STATION_MAC(CAROL + 1), LAN(1), LP_DROP_NONE, TO(CAROL)},
	};
	struct place place;
	(void)state;
	open_place(&place, stations_config(NULL));
	station_join(place.rooms, &place.station[CAROL], CAROL + 1, LP_ROLE_CLIENT, "PARTY");
	RUN(&place, steps);
	close_place(&place);
}

/* The last event about IP addresses. */
static struct {
	unsigned n_refused, n_moved;
	const struct lp_peer *peer, *owner;
} heard;

static void on_refused(
	void *ctx, const struct lp_peer *peer, const struct lp_addr *address, const struct lp_peer *owner)
{
	(void)ctx;
	assert_int_equal(address->family, 4);
	heard.n_refused++;
	heard.peer = peer;
	heard.owner = owner;
}

static void on_moved(void *ctx, const struct lp_peer *peer, const struct lp_addr *address, const struct lp_peer *owner)
{
	(void)ctx;
	assert_int_equal(address->family, 4);
	heard.n_moved++;
	heard.peer = peer;
	heard.owner = owner;
}

/* A proxy that the host permits replies for addresses of others; it neither announces them nor keeps them. */
static void test_proxy(void **state)
{
	static const struct part lan[] = {ARP_REQUEST(11, 10)}, use[] = {ARP_REQUEST(1, 10)};
	static const struct part reply[] = {ARP_REPLY(1, 10)}, other_mac[] = {ARP_REPLY(11, 10)};
	static const struct part free_one[] = {ARP_REPLY(1, 30)}, bob[] = {ARP_REQUEST(2, 30)};
	struct place place;
	unsigned targets;
	(void)state;
	open_place(&place, stations_config(NULL));
	assert_int_equal(send_parts(&place, GATEWAY, BROADCAST, LAN(1), lan, &targets), LP_DROP_NONE);
	for (unsigned proxy = 0; proxy < 2; proxy++) {
		enum lp_drop expected = proxy ? LP_DROP_NONE : LP_DROP_ADDRESS_THEFT;
		lp_peer_set_proxy(place.station[ALICE].peer, proxy);
		assert_int_equal(send_parts(&place, ALICE, STATION_MAC(2), STATION_MAC(1), reply, &targets), expected);
		assert_int_equal(
			send_parts(&place, ALICE, BROADCAST, STATION_MAC(1), use, &targets), LP_DROP_ADDRESS_THEFT);
		assert_int_equal(send_parts(&place, ALICE, STATION_MAC(2), STATION_MAC(1), other_mac, &targets),
			LP_DROP_ADDRESS_THEFT);
	}
	assert_int_equal(send_parts(&place, ALICE, STATION_MAC(2), STATION_MAC(1), free_one, &targets), LP_DROP_NONE);
	assert_int_equal(send_parts(&place, BOB, BROADCAST, STATION_MAC(2), bob, &targets), LP_DROP_NONE);
	close_place(&place);
}

/* ARP for addresses of the LAN and of other clients is dropped, and reported once a minute. */
static void test_address_guard(void **state)
{
	static const struct part lan[] = {ARP_REQUEST(11, 10)}, thief[] = {ARP_REQUEST(1, 10)};
	static const struct part other_mac[] = {ARP_REQUEST(11, 20)}, own[] = {ARP_REQUEST(1, 20)};
	static const struct part bob[] = {ARP_REQUEST(2, 20)};
	struct lp_room_events events = station_events;
	struct lp_rooms_config config = stations_config(NULL);
	struct place place;
	unsigned targets;
	(void)state;
	events.address_refused = on_refused;
	events.address_moved = on_moved;
	config.events = &events;
	memset(&heard, 0, sizeof heard);
	open_place(&place, config);
	struct lp_peer *alice = place.station[ALICE].peer;
	assert_int_equal(send_parts(&place, GATEWAY, BROADCAST, LAN(1), lan, &targets), LP_DROP_NONE);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(
			send_parts(&place, ALICE, BROADCAST, STATION_MAC(1), thief, &targets), LP_DROP_ADDRESS_THEFT);
	assert_true(heard.n_refused == 1 && heard.peer == alice && !heard.owner);
	assert_int_equal(
		send_parts(&place, ALICE, BROADCAST, STATION_MAC(1), other_mac, &targets), LP_DROP_ADDRESS_THEFT);
	assert_int_equal(heard.n_refused, 1);
	assert_int_equal(send_parts(&place, ALICE, BROADCAST, STATION_MAC(1), own, &targets), LP_DROP_NONE);
	assert_int_equal(send_parts(&place, BOB, BROADCAST, STATION_MAC(2), bob, &targets), LP_DROP_ADDRESS_THEFT);
	assert_true(heard.n_refused == 2 && heard.peer == place.station[BOB].peer && heard.owner == alice);
	place.now_ns += LP_ROOM_THEFT_NS;
	assert_int_equal(send_parts(&place, ALICE, BROADCAST, STATION_MAC(1), thief, &targets), LP_DROP_ADDRESS_THEFT);
	assert_int_equal(heard.n_refused, 3);
	/* The LAN uses Alice's address: she loses it. An announcement that a LAN station repeats for her does not
	 * count. */
	assert_int_equal(send_parts(&place, GATEWAY, BROADCAST, LAN(1), own, &targets), LP_DROP_NONE);
	assert_int_equal(heard.n_moved, 0);
	assert_int_equal(send_parts(&place, GATEWAY, BROADCAST, LAN(1), other_mac, &targets), LP_DROP_NONE);
	assert_true(heard.n_moved == 1 && heard.peer == alice && !heard.owner);
	assert_int_equal(send_parts(&place, ALICE, BROADCAST, STATION_MAC(1), own, &targets), LP_DROP_ADDRESS_THEFT);
	close_place(&place);
}

/* Without the filter everything passes, and nothing is learned. */
static void test_address_guard_off(void **state)
{
	static const struct part lan[] = {ARP_REQUEST(11, 10)}, thief[] = {ARP_REQUEST(1, 10)};
	struct lp_rooms_config config = stations_config(NULL);
	struct place place;
	unsigned targets;
	(void)state;
	config.filters &= ~LP_FILTER_BIT(ADDRESS_GUARD);
	open_place(&place, config);
	assert_int_equal(send_parts(&place, GATEWAY, BROADCAST, LAN(1), lan, &targets), LP_DROP_NONE);
	assert_int_equal(send_parts(&place, ALICE, BROADCAST, STATION_MAC(1), thief, &targets), LP_DROP_NONE);
	assert_int_equal(place.station[ALICE].peer->room->addresses.n_addresses, 0);
	close_place(&place);
}

static struct {
	unsigned n;
	enum lp_output last;
} limited;

static void on_limited(void *ctx, const struct lp_peer *from, enum lp_output output)
{
	(void)ctx;
	(void)from;
	limited.n++;
	limited.last = output;
}

static const struct part large[] = {TYPE(0x0800), IP4(17), UDP(27015, 27015), BYTES(1400, 0), {PART_END, 0, 0, 0}};

/* Bytes that are sent for |who| before the limit drops a frame; |src| is its MAC. */
static size_t sent_bytes(struct place *place, enum who who, uint64_t dst, uint64_t src)
{
	unsigned targets;
	size_t sent = 0;
	enum lp_drop drop;
	while ((drop = send_parts(place, who, dst, src, large, &targets)) == LP_DROP_NONE)
		sent += 1442U * (size_t)__builtin_popcount(targets);
	assert_int_equal(drop, LP_DROP_LIMIT_OUTPUT);
	return sent;
}

/* Each limit on output alone, with a burst of 512 KiB: of frames to one target and of broadcasts to two, for Alice, for
   Bob at the same source, and for Bob at another one. */
static void test_outputs(void **state)
{
	static const struct {
		enum lp_output output;
		bool unicast_limited, by_source;
		size_t copies; /* of every three bytes of a broadcast, those that count */
	} rows[] = {
		{LP_OUTPUT_TOTAL, true, false, 2},
		{LP_OUTPUT_ROOM, true, false, 2},
		{LP_OUTPUT_SOURCE, true, true, 2},
		{LP_OUTPUT_COPIES_ROOM, false, false, 1},
		{LP_OUTPUT_COPIES_SOURCE, false, true, 1},
	};
	static const size_t burst = 512U << 10;
	struct lp_room_events events = station_events;
	(void)state;
	events.output_limited = on_limited;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct lp_rooms_config config = stations_config(NULL);
		struct place place;
		unsigned targets;
		memset(config.outputs, 0, sizeof config.outputs);
		memset(&limited, 0, sizeof limited);
		config.outputs[rows[i].output].per_s = 1;
		config.limits.client[LP_LIMIT_BROADCAST].per_s = 0;
		config.events = &events;
		open_place(&place, config);
		struct lp_peer *bob = place.station[BOB].peer;
		assert_int_equal(bob->source_hash, place.station[ALICE].peer->source_hash);
		size_t sent = sent_bytes(&place, ALICE, BROADCAST, STATION_MAC(1));
		assert_in_range(sent * rows[i].copies / 2, burst - 3000, burst);
		assert_true(limited.n == 1 && limited.last == rows[i].output);
		assert_int_equal(sent_bytes(&place, BOB, BROADCAST, STATION_MAC(2)), 0);
		send_parts(
			&place, BOB, LAN(1), STATION_MAC(2), large, &targets); /* what may be left is for one target */
		enum lp_drop drop = send_parts(&place, BOB, LAN(1), STATION_MAC(2), large, &targets);
		assert_int_equal(drop, rows[i].unicast_limited ? LP_DROP_LIMIT_OUTPUT : LP_DROP_NONE);
		bob->source_hash ^= UINT64_C(0x5555); /* other buckets */
		drop = send_parts(&place, BOB, BROADCAST, STATION_MAC(2), large, &targets);
		assert_int_equal(drop, rows[i].by_source ? LP_DROP_NONE : LP_DROP_LIMIT_OUTPUT);
		assert_int_equal(limited.n, 1); /* once a minute for a room */
		close_place(&place);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stations),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_spoofing_allowed),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_leave),
		cmocka_unit_test(test_displaced),
		cmocka_unit_test(test_mac_limit),
		cmocka_unit_test(test_isolation),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_chatter_flood),
		cmocka_unit_test(test_lan_storm),
		cmocka_unit_test(test_other_limits),
		cmocka_unit_test(test_join_later),
		cmocka_unit_test(test_address_guard),
		cmocka_unit_test(test_proxy),
		cmocka_unit_test(test_outputs),
		cmocka_unit_test(test_address_guard_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
