#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/units.h"
#include "bridge/bridge.h"
#include "bridge/probe.h"
#include "bridge/state.h"
#include "proto/mac_table.h"

#include "frame_parts.h"

/* Members 1 to 9 are remote, stations 11 to 19 are on the LAN. */
#define REMOTE(n) STATION_MAC(n)
#define LAN(n) STATION_MAC(10 + (n))
#define INTERFACE UINT64_C(0x001b21000001)
#define ROOM "PARTY"

struct place {
	struct lp_bridge *bridge;
	unsigned told[LP_BRIDGE_LOOP_COUNT];
	unsigned n_displaced;
	bool deaf;
	uint64_t now_ns;
};

static void on_loop(void *ctx, enum lp_bridge_loop loop)
{
	struct place *place = ctx;
	place->told[loop]++;
}

static void on_displaced(void *ctx, const struct lp_mac *mac)
{
	struct place *place = ctx;
	assert_int_equal(lp_mac_key(mac->octet), REMOTE(1));
	place->n_displaced++;
}

static void on_deaf(void *ctx, bool deaf)
{
	struct place *place = ctx;
	place->deaf = deaf;
}

/* The nonce of a room in these tests: the beginning of its code. */
static void room_nonce(const char *room, uint8_t nonce[LP_BRIDGE_NONCE])
{
	memset(nonce, 0, LP_BRIDGE_NONCE);
	memcpy(nonce, room, strnlen(room, LP_BRIDGE_NONCE));
}

/* The config that most tests use. */
static struct lp_bridge_config plain_config(struct place *place)
{
	struct lp_bridge_config config;
	lp_bridge_config_init(&config);
	config.sender[0] = 1;
	config.interface_mac = mac_of(INTERFACE);
	config.probe_ns = LP_NEVER;
	config.loop = on_loop;
	config.displaced = on_displaced;
	config.deaf = on_deaf;
	config.ctx = place;
	room_nonce(ROOM, config.room_nonce);
	return config;
}

static int setup(void **state)
{
	struct place *place = calloc(1, sizeof *place);
	*state = place;
	if (!place)
		return -1;
	place->now_ns = LP_SEC;
	struct lp_bridge_config config = plain_config(place);
	return lp_bridge_new(&config, place->now_ns, &place->bridge);
}

static int teardown(void **state)
{
	struct place *place = *state;
	lp_bridge_free(place->bridge);
	free(place);
	return 0;
}

/* Member |n| joins. */
static void join(struct place *place, uint16_t n)
{
	struct lp_mac mac = mac_of(REMOTE(n));
	lp_bridge_peer_joined(place->bridge, n, &mac, place->now_ns);
}

/* Takes all frames that are due; returns their number, and the source of the last. */
static unsigned take_frames(struct place *place, uint64_t *ret_src)
{
	uint8_t frame[LP_ETHER_FRAME_MIN];
	unsigned n = 0;
	while (lp_bridge_next_frame(place->bridge, place->now_ns, frame) != LP_BRIDGE_FRAME_NONE) {
		*ret_src = lp_mac_key(frame + 6);
		n++;
		assert_true(n < 10000);
	}
	assert_true(lp_bridge_deadline(place->bridge) > place->now_ns);
	return n;
}

enum side {
	FROM_LAN,
	FROM_TUNNEL,
};

/* A frame, and whether it may cross. */
struct step {
	const char *text;
	enum side side;
	uint64_t dst, src;
	enum lp_drop drop;
	struct part parts[PARTS_MAX];
};

/* Queries the bridge, and checks that a drop is counted. */
static enum lp_drop cross(struct place *place, const struct step *step)
{
	uint8_t frame[FRAME_MAX];
	const struct lp_bridge_counters *counters = lp_bridge_counters(place->bridge);
	const uint64_t *drops = step->side == FROM_LAN ? counters->lan_drops : counters->tunnel_drops;
	size_t len = make_frame(frame, step->dst, step->src, step->parts);
	uint64_t before[LP_DROP_COUNT];
	enum lp_drop drop;
	memcpy(before, drops, sizeof before);
	if (step->side == FROM_LAN)
		drop = lp_bridge_from_lan(place->bridge, &(struct lp_frame){.data = frame, .len = len}, place->now_ns);
	else
		drop = lp_bridge_from_tunnel(place->bridge, frame, len, place->now_ns);
	before[drop] += drop != LP_DROP_NONE;
	assert_memory_equal(before, drops, sizeof before);
	return drop;
}

/* Runs consecutive steps. */
static void run(struct place *place, const struct step *steps, size_t n_steps)
{
	for (size_t i = 0; i < n_steps; i++) {
		enum lp_drop drop = cross(place, &steps[i]);
		if (drop != steps[i].drop)
			fail_msg("%s: %s", steps[i].text, lp_drop_wire(drop));
	}
}

#define RUN(place, steps) run(place, steps, sizeof(steps) / sizeof *(steps))
#define IPV4_PING \
	{ \
		TYPE(0x0800), IP4(1), BYTE(8), BYTES(27, 0) \
	}
#define BPDU(type, flags) \
	{ \
		LEN(0), LLC(0x424203), BYTES(3, 0), BYTE(type), BYTE(flags), BYTES(30, 0) \
	}

static void test_crossing(void **state)
{
	static const struct step steps[] = {
		{"LAN to all", FROM_LAN, BROADCAST, LAN(1), LP_DROP_NONE, IPV4_PING},
		{"LAN to a group", FROM_LAN, 0x01005e0000fb, LAN(1), LP_DROP_NONE, IPV4_PING},
		{"LAN to a member", FROM_LAN, REMOTE(1), LAN(1), LP_DROP_NONE, IPV4_PING},
		{"the gateway itself to a member", FROM_LAN, REMOTE(1), INTERFACE, LP_DROP_NONE, IPV4_PING},
		{"LAN to LAN", FROM_LAN, LAN(1), LAN(2), LP_DROP_UNKNOWN_UNICAST, IPV4_PING},
		{"LAN to nobody known", FROM_LAN, LAN(9), LAN(2), LP_DROP_UNKNOWN_UNICAST, IPV4_PING},
		{"LAN to the gateway itself", FROM_LAN, INTERFACE, LAN(2), LP_DROP_UNKNOWN_UNICAST, IPV4_PING},
		{"an offer of DHCP", FROM_LAN, REMOTE(1), LAN(1), LP_DROP_NONE,
			{TYPE(0x0800), IP4(17), UDP(67, 68), BYTE(2)}},
		{"a router's advertisement", FROM_LAN, 0x333300000001, LAN(1), LP_DROP_NONE,
			{TYPE(0x86dd), IP6(58), BYTE(134)}},
		{"tagged", FROM_LAN, REMOTE(1), LAN(1), LP_DROP_NONE, {TAG(0x8100, 5), TYPE(0x0800), BYTES(1500, 0)}},
		{"too long", FROM_LAN, REMOTE(1), LAN(1), LP_DROP_OVERSIZE, {TYPE(0x0800), BYTES(1501, 0)}},
		{"a member's MAC on the LAN", FROM_LAN, BROADCAST, REMOTE(1), LP_DROP_SPOOFED_SOURCE, IPV4_PING},
		{"source is a group", FROM_LAN, REMOTE(1), BROADCAST, LP_DROP_BAD_SOURCE, IPV4_PING},
		{"source is zero", FROM_LAN, REMOTE(1), 0, LP_DROP_BAD_SOURCE, IPV4_PING},
		{"source is the destination", FROM_LAN, LAN(1), LAN(1), LP_DROP_BAD_SOURCE, IPV4_PING},
		{"malformed", FROM_LAN, REMOTE(1), LAN(1), LP_DROP_MALFORMED_FRAME, {TYPE(1510), BYTES(46, 0)}},
		{"no header", FROM_LAN, REMOTE(1), LAN(1), LP_DROP_MALFORMED_FRAME, {BYTE(8)}},
		{"spanning tree", FROM_LAN, 0x0180c2000000, LAN(1), LP_DROP_SWITCH_CONTROL, BPDU(0, 0)},
		{"LLDP", FROM_LAN, 0x0180c200000e, LAN(1), LP_DROP_SWITCH_CONTROL, {TYPE(0x88cc), BYTES(46, 0)}},
		{"member to all", FROM_TUNNEL, BROADCAST, REMOTE(1), LP_DROP_NONE, IPV4_PING},
		{"member to LAN", FROM_TUNNEL, LAN(1), REMOTE(1), LP_DROP_NONE, IPV4_PING},
		{"not yet told of", FROM_TUNNEL, LAN(1), REMOTE(3), LP_DROP_NONE, IPV4_PING},
		{"the answer to it", FROM_LAN, REMOTE(3), LAN(1), LP_DROP_NONE, IPV4_PING},
		{"a LAN's MAC", FROM_TUNNEL, BROADCAST, LAN(1), LP_DROP_SPOOFED_SOURCE, IPV4_PING},
		{"the gateway's MAC", FROM_TUNNEL, BROADCAST, INTERFACE, LP_DROP_SPOOFED_SOURCE, IPV4_PING},
		{"source is a group", FROM_TUNNEL, LAN(1), BROADCAST, LP_DROP_BAD_SOURCE, IPV4_PING},
		{"malformed", FROM_TUNNEL, LAN(1), REMOTE(1), LP_DROP_MALFORMED_FRAME, {TYPE(1510), BYTES(46, 0)}},
		{"spanning tree", FROM_TUNNEL, LAN(1), REMOTE(1), LP_DROP_SWITCH_CONTROL, BPDU(0, 0)},
		{"pause", FROM_TUNNEL, 0x0180c2000001, REMOTE(1), LP_DROP_SWITCH_CONTROL, {TYPE(0x8808), BYTES(46, 0)}},
		{"the longest", FROM_TUNNEL, LAN(1), REMOTE(1), LP_DROP_NONE,
			{TAG(0x8100, 5), TYPE(0x0800), BYTES(1500, 0)}},
		{"too long", FROM_TUNNEL, LAN(1), REMOTE(1), LP_DROP_OVERSIZE, {TYPE(0x0800), BYTES(1501, 0)}},
		{"another experiment with our type", FROM_LAN, BROADCAST, LAN(1), LP_DROP_NONE,
			{TYPE(0x88b5), BYTES(46, 1)}},
	};
	struct place *place = *state;
	join(place, 1);
	RUN(place, steps);
}

/* The MTU of the LAN and the room's are different. */
static void test_mtu(void **state)
{
	static const struct step steps[] = {
		{"to LAN, fits", FROM_TUNNEL, LAN(1), REMOTE(1), LP_DROP_NONE, {TYPE(0x0800), BYTES(1400, 0)}},
		{"to LAN, too long", FROM_TUNNEL, LAN(1), REMOTE(1), LP_DROP_OVERSIZE, {TYPE(0x0800), BYTES(1401, 0)}},
		{"to room, fits", FROM_LAN, REMOTE(1), LAN(1), LP_DROP_NONE, {TYPE(0x0800), BYTES(1300, 0)}},
		{"to room, too long", FROM_LAN, REMOTE(1), LAN(1), LP_DROP_OVERSIZE, {TYPE(0x0800), BYTES(1301, 0)}},
	};
	struct place place = {.now_ns = LP_SEC};
	struct lp_bridge_config config = plain_config(&place);
	(void)state;
	config.lan_mtu = 1400;
	assert_int_equal(lp_bridge_new(&config, place.now_ns, &place.bridge), 0);
	lp_bridge_set_room_mtu(place.bridge, 1300);
	join(&place, 1);
	RUN(&place, steps);
	lp_bridge_free(place.bridge);
}

/* For a super-frame, the size of its segments matters. */
static void test_super_frame(void **state)
{
	static const struct {
		struct lp_offload offload;
		enum lp_drop drop;
	} table[] = {
		{{.gso = LP_GSO_TCP4, .gso_size = 1460, .hdr_len = 54}, LP_DROP_NONE},
		{{.gso = LP_GSO_TCP4, .gso_size = 1461, .hdr_len = 54}, LP_DROP_OVERSIZE},
		{{.gso = LP_GSO_TCP4, .gso_size = 8960, .hdr_len = 54}, LP_DROP_OVERSIZE},
		{{.gso = LP_GSO_UDP, .gso_size = 1472}, LP_DROP_NONE},
		{{.gso = LP_GSO_UDP, .gso_size = 1473}, LP_DROP_OVERSIZE},
	};
	static const struct part parts[] = {TYPE(0x0800), IP4(6), BYTES(1900, 0), {PART_END, 0, 0, 0}};
	struct place *place = *state;
	uint8_t frame[FRAME_MAX];
	join(place, 1);
	size_t len = make_frame(frame, REMOTE(1), LAN(1), parts);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct lp_frame super = {.data = frame, .len = len, .offload = table[i].offload};
		assert_int_equal(lp_bridge_from_lan(place->bridge, &super, place->now_ns), table[i].drop);
	}
}

/* Takes the frames that are due; returns the number of each kind. */
static void count_frames(struct place *place, unsigned ret_n[LP_BRIDGE_FRAME_OBJECTION + 1])
{
	uint8_t frame[LP_ETHER_FRAME_MIN];
	enum lp_bridge_frame kind;
	memset(ret_n, 0, sizeof(unsigned) * (LP_BRIDGE_FRAME_OBJECTION + 1));
	while ((kind = lp_bridge_next_frame(place->bridge, place->now_ns, frame)) != LP_BRIDGE_FRAME_NONE)
		ret_n[kind]++;
}

/* A station on the LAN keeps its MAC: no refresh for a member with it, its frames are dropped, the relay is notified.
 */
static void test_lan_wins(void **state)
{
	static const struct step from_lan = {"", FROM_LAN, BROADCAST, REMOTE(1), LP_DROP_NONE, IPV4_PING};
	static const struct step from_tunnel = {"", FROM_TUNNEL, BROADCAST, REMOTE(1), LP_DROP_NONE, IPV4_PING};
	static const struct step to_station = {"", FROM_LAN, REMOTE(1), LAN(1), LP_DROP_NONE, IPV4_PING};
	struct place *place = *state;
	unsigned n[LP_BRIDGE_FRAME_OBJECTION + 1];
	assert_int_equal(cross(place, &from_lan), LP_DROP_NONE);
	join(place, 1);
	assert_int_equal(place->n_displaced, 1);
	count_frames(place, n);
	assert_int_equal(n[LP_BRIDGE_FRAME_OBJECTION], 1);
	assert_int_equal(n[LP_BRIDGE_FRAME_REFRESH], 0);
	assert_int_equal(cross(place, &from_tunnel), LP_DROP_SPOOFED_SOURCE);
	assert_int_equal(cross(place, &from_lan), LP_DROP_NONE);
	assert_int_equal(cross(place, &to_station), LP_DROP_UNKNOWN_UNICAST);
	/* Repeated at the interval of refreshes, in case it was lost. */
	place->now_ns += LP_BRIDGE_REFRESH_NS;
	count_frames(place, n);
	assert_int_equal(n[LP_BRIDGE_FRAME_OBJECTION], 1);
	lp_bridge_peer_left(place->bridge, 1);
	assert_int_equal(cross(place, &from_lan), LP_DROP_NONE);
	place->now_ns += LP_BRIDGE_REFRESH_NS;
	count_frames(place, n);
	assert_int_equal(n[LP_BRIDGE_FRAME_OBJECTION], 0);
}

/* A station that was silent when the member joined: it counts as soon as its frame cannot be the member's own, back by
   a loop. */
static void test_lan_wins_later(void **state)
{
	static const struct step from_lan = {"", FROM_LAN, BROADCAST, REMOTE(1), LP_DROP_NONE, IPV4_PING};
	static const struct step from_tunnel = {"", FROM_TUNNEL, BROADCAST, REMOTE(1), LP_DROP_NONE, IPV4_PING};
	struct place *place = *state;
	unsigned n[LP_BRIDGE_FRAME_OBJECTION + 1];
	join(place, 1);
	count_frames(place, n);
	assert_int_equal(n[LP_BRIDGE_FRAME_REFRESH], 1);
	place->now_ns += LP_SEC;
	assert_int_equal(cross(place, &from_tunnel), LP_DROP_NONE);
	place->now_ns += LP_BRIDGE_QUIET_NS - 1;
	assert_int_equal(cross(place, &from_lan), LP_DROP_SPOOFED_SOURCE);
	place->now_ns++;
	assert_int_equal(cross(place, &from_lan), LP_DROP_NONE);
	assert_int_equal(place->n_displaced, 1);
	assert_int_equal(cross(place, &from_tunnel), LP_DROP_SPOOFED_SOURCE);
	count_frames(place, n);
	assert_int_equal(n[LP_BRIDGE_FRAME_OBJECTION], 1);
	assert_int_equal(n[LP_BRIDGE_FRAME_REFRESH], 0);
	assert_int_equal(lp_bridge_counters(place->bridge)->members_displaced, 1);
}

/* Members join and leave, and with them their MACs; LAN stations age. */
static void test_members(void **state)
{
	static const struct step to_member = {"", FROM_LAN, REMOTE(1), LAN(1), LP_DROP_NONE, IPV4_PING};
	static const struct step from_lan = {"", FROM_LAN, BROADCAST, REMOTE(1), LP_DROP_NONE, IPV4_PING};
	static const struct step from_tunnel = {"", FROM_TUNNEL, BROADCAST, REMOTE(1), LP_DROP_NONE, IPV4_PING};
	struct place *place = *state;
	uint64_t src;
	assert_int_equal(cross(place, &to_member), LP_DROP_UNKNOWN_UNICAST);
	join(place, 1);
	assert_int_equal(cross(place, &to_member), LP_DROP_NONE);
	assert_int_equal(cross(place, &from_lan), LP_DROP_SPOOFED_SOURCE);
	assert_int_equal(cross(place, &from_tunnel), LP_DROP_NONE);
	join(place, 1); /* announced again: not a second member */
	join(place, 2);
	assert_int_equal(place->bridge->members.n, 2);
	lp_bridge_peer_left(place->bridge, 1);
	lp_bridge_peer_left(place->bridge, 1);
	lp_bridge_peer_left(place->bridge, 7);
	assert_int_equal(cross(place, &to_member), LP_DROP_UNKNOWN_UNICAST);
	assert_int_equal(cross(place, &from_lan), LP_DROP_NONE);
	place->now_ns += 300 * LP_SEC;
	assert_int_equal(cross(place, &from_tunnel), LP_DROP_NONE); /* the LAN entry has expired */
	place->now_ns += 200 * LP_SEC; /* a computer behind a client, which may be silent for a while */
	assert_int_equal(cross(place, &to_member), LP_DROP_NONE);
	assert_int_equal(cross(place, &from_lan), LP_DROP_NONE); /* it moved to the LAN */
	assert_int_equal(cross(place, &to_member), LP_DROP_UNKNOWN_UNICAST);
	place->now_ns += 300 * LP_SEC;
	assert_int_equal(cross(place, &from_tunnel), LP_DROP_NONE);
	assert_int_equal(cross(place, &from_lan), LP_DROP_SPOOFED_SOURCE); /* too soon: it may be an echo */
	place->now_ns += 300 * LP_SEC;
	assert_int_equal(cross(place, &to_member), LP_DROP_UNKNOWN_UNICAST); /* forgotten */
	/* A LAN station that keeps sending does not expire. */
	static const struct step local = {"", FROM_LAN, BROADCAST, LAN(1), LP_DROP_NONE, IPV4_PING};
	static const struct step pretends = {"", FROM_TUNNEL, BROADCAST, LAN(1), LP_DROP_NONE, IPV4_PING};
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(cross(place, &local), LP_DROP_NONE);
		place->now_ns += 200 * LP_SEC;
		assert_int_equal(cross(place, &pretends), LP_DROP_SPOOFED_SOURCE);
	}
	lp_bridge_peers_clear(place->bridge);
	assert_int_equal(place->bridge->members.n, 0);
	assert_int_equal(take_frames(place, &src), 0);
	/* A member whose MAC changes keeps one entry. */
	struct lp_mac mac = mac_of(REMOTE(5));
	join(place, 1);
	lp_bridge_peer_joined(place->bridge, 1, &mac, place->now_ns);
	assert_int_equal(cross(place, &to_member), LP_DROP_UNKNOWN_UNICAST);
	/* Two members with one MAC: the first to leave does not remove the other's. */
	join(place, 5);
	lp_bridge_peer_left(place->bridge, 1);
	static const struct step to_five = {"", FROM_LAN, REMOTE(5), LAN(1), LP_DROP_NONE, IPV4_PING};
	assert_int_equal(cross(place, &to_five), LP_DROP_NONE);
}

/* An ARP message of station |mac|; all octets of its IPv4 address are |sender|, those of the other's |target|. */
#define ARP(op, mac, sender, target) \
	{ \
		TYPE(0x0806), TYPE(1), TYPE(0x0800), TYPE(0x0604), TYPE(op), STATION(mac), BYTES(4, sender), \
			BYTES(6, 0), BYTES(4, target), BYTES(18, 0), \
		{ \
			PART_END, 0, 0, 0 \
		} \
	}

/* Asks what is due, as a LAN where the station 11.11.11.11 replies. Replies to MACs other than the interface's arrive
   only if |open|. Returns the number of questions. */
static unsigned ask(struct place *place, bool open)
{
	uint8_t frame[LP_ETHER_FRAME_MIN];
	enum lp_bridge_frame kind;
	unsigned n = 0;
	while ((kind = lp_bridge_next_frame(place->bridge, place->now_ns, frame)) != LP_BRIDGE_FRAME_NONE) {
		uint64_t src = lp_mac_key(frame + 6);
		struct step reply = {"", FROM_LAN, src, LAN(1), LP_DROP_NONE, ARP(2, 11, 11, 0)};
		if (kind != LP_BRIDGE_FRAME_QUESTION)
			continue;
		n++;
		if (frame[41] == 11 && (src == INTERFACE || open))
			assert_int_equal(cross(place, &reply), LP_DROP_UNKNOWN_UNICAST);
	}
	return n;
}

/* An interface that drops frames for MACs other than its own is found out, and what proves the contrary is noticed. */
static void test_deaf(void **state)
{
	static const struct step asks = {"", FROM_TUNNEL, BROADCAST, REMOTE(1), LP_DROP_NONE, ARP(1, 1, 1, 11)};
	static const struct step probes = {"", FROM_TUNNEL, BROADCAST, REMOTE(1), LP_DROP_NONE, ARP(1, 1, 0, 12)};
	static const struct step to_member = {"", FROM_LAN, REMOTE(1), LAN(1), LP_DROP_NONE, IPV4_PING};
	struct place *place = *state;
	join(place, 1);
	assert_int_equal(ask(place, true), 0); /* nobody to ask is known */
	assert_int_equal(cross(place, &asks), LP_DROP_NONE);
	for (unsigned i = 0; i < 4; i++) {
		assert_false(place->deaf);
		assert_int_equal(ask(place, false), 2);
		place->now_ns += LP_REACH_ASK_NS;
	}
	assert_true(place->deaf);
	place->now_ns += LP_REACH_ASK_AGAIN_NS;
	assert_int_equal(ask(place, false), 2);
	assert_true(place->deaf);
	place->now_ns += LP_REACH_ASK_AGAIN_NS;
	(void)ask(place, true); /* promiscuous mode was permitted */
	assert_false(place->deaf);
	place->now_ns += LP_REACH_ASK_AGAIN_NS;
	assert_int_equal(ask(place, true), 0);
	/* A frame for a member proves as much. What a member asks before it takes an address has no reply. */
	lp_reach_init(&place->bridge->reach, &place->bridge->config.interface_mac, &place->bridge->reach.foreign, 0);
	assert_int_equal(cross(place, &probes), LP_DROP_NONE);
	assert_int_equal(ask(place, true), 0);
	assert_int_equal(cross(place, &asks), LP_DROP_NONE);
	assert_int_equal(cross(place, &to_member), LP_DROP_NONE);
	assert_int_equal(ask(place, true), 0);
}

/* Bounds of members, and of learned LAN stations; frames still cross beyond them. */
static void test_bounds(void **state)
{
	struct place place = {.now_ns = LP_SEC};
	struct lp_bridge_config config = plain_config(&place);
	struct step step = {"", FROM_LAN, BROADCAST, 0, LP_DROP_NONE, IPV4_PING};
	struct lp_mac zero = {{0}};
	(void)state;
	config.max_members = 3;
	config.max_macs = 5;
	assert_int_equal(lp_bridge_new(&config, place.now_ns, &place.bridge), 0);
	for (uint16_t n = 1; n <= 10; n++)
		join(&place, n);
	assert_int_equal(place.bridge->members.n, 3);
	assert_int_equal(lp_bridge_counters(place.bridge)->members_refused, 7);
	for (unsigned n = 0; n < 20; n++) {
		step.src = LAN(n);
		assert_int_equal(cross(&place, &step), LP_DROP_NONE);
	}
	assert_int_equal(lp_bridge_counters(place.bridge)->macs_refused, 15);
	assert_int_equal(lp_bridge_station_count(place.bridge), 5);
	lp_bridge_peer_left(place.bridge, 1);
	lp_bridge_peer_joined(place.bridge, 11, &zero, place.now_ns);
	assert_int_equal(place.bridge->members.n, 2);
	lp_bridge_free(place.bridge);
	lp_bridge_free(NULL);
}

/* The Layer 2 Update frame, byte for byte. */
static void test_refresh_frame(void **state)
{
	static const uint8_t expected[LP_ETHER_FRAME_MIN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0, 0, 0, 0, 1,
		0x00, 0x06, 0x00, 0x01, 0xaf, 0x81, 0x01, 0x00};
	struct place *place = *state;
	uint8_t frame[LP_ETHER_FRAME_MIN];
	struct lp_ether ether;
	memset(frame, 0xee, sizeof frame);
	join(place, 1);
	assert_int_equal(lp_bridge_deadline(place->bridge), place->now_ns);
	assert_int_equal(lp_bridge_next_frame(place->bridge, place->now_ns, frame), LP_BRIDGE_FRAME_REFRESH);
	assert_memory_equal(frame, expected, sizeof frame);
	assert_int_equal(lp_ether_parse(frame, sizeof frame, &ether), LP_ETHER_OK);
	assert_int_equal(lp_bridge_next_frame(place->bridge, place->now_ns, frame), LP_BRIDGE_FRAME_NONE);
	assert_int_equal(lp_bridge_counters(place->bridge)->refreshes, 1);
}

/* Each MAC is announced on join, and then at most 60 s apart. */
static void test_refresh(void **state)
{
	struct place *place = *state;
	uint64_t last_ns[4] = {0}, src = 0;
	assert_int_equal(lp_bridge_deadline(place->bridge), LP_NEVER);
	for (uint16_t n = 1; n <= 3; n++) {
		join(place, n);
		assert_int_equal(take_frames(place, &src), 1);
		assert_int_equal(src, REMOTE(n));
		last_ns[n] = place->now_ns;
		place->now_ns += 10 * LP_SEC;
	}
	for (unsigned i = 0; i < 30; i++) {
		place->now_ns = lp_bridge_deadline(place->bridge);
		assert_int_equal(take_frames(place, &src), 1);
		size_t n = src - REMOTE(0);
		assert_in_range(n, 1, 3);
		assert_int_equal(place->now_ns - last_ns[n], LP_BRIDGE_REFRESH_NS);
		last_ns[n] = place->now_ns;
	}
	assert_true(LP_BRIDGE_REFRESH_NS <= 60 * LP_SEC);
	lp_bridge_peer_left(place->bridge, 2);
	place->now_ns += 60 * LP_SEC;
	assert_int_equal(take_frames(place, &src), 2);
	join(place, 1); /* announced again, as after a new connection */
	assert_int_equal(take_frames(place, &src), 1);
}

/* Which frames signal a topology change. */
static void test_topology_kinds(void **state)
{
	static const struct {
		const char *text;
		bool changes;
		struct part parts[PARTS_MAX];
	} table[] = {
		{"config", false, BPDU(0x00, 0x00)},
		{"config with the flag", true, BPDU(0x00, 0x01)},
		{"config, acknowledgement alone", false, BPDU(0x00, 0x80)},
		{"notification", true, BPDU(0x80, 0x00)},
		{"notification, short", true, {LEN(0), LLC(0x424203), BYTES(3, 0), BYTE(0x80)}},
		{"rapid", false, BPDU(0x02, 0x3c)},
		{"rapid with the flag", true, BPDU(0x02, 0x3d)},
		{"tagged", true, {TAG(0x8100, 5), LEN(0), LLC(0x424203), BYTES(3, 0), BYTE(2), BYTE(1)}},
		{"PVST+ with the flag", true,
			{LEN(0), SNAP(0x00000c, 0x010b), BYTES(3, 0), BYTE(2), BYTE(1), BYTES(30, 0)}},
		{"PVST+", false, {LEN(0), SNAP(0x00000c, 0x010b), BYTES(3, 0), BYTE(2), BYTE(0), BYTES(30, 0)}},
		{"CDP", false, {LEN(0), SNAP(0x00000c, 0x2000), BYTES(3, 0), BYTE(2), BYTE(1), BYTES(30, 0)}},
		{"another protocol", false, {LEN(0), LLC(0x424203), BYTE(0), BYTE(1), BYTE(0), BYTE(0x80), BYTE(1)}},
		{"a type that nobody knows", false, BPDU(0x07, 0x01)},
		{"cut before the flags", false, {LEN(0), LLC(0x424203), BYTES(4, 0)}},
		{"cut before the type", false, {LEN(0), LLC(0x424203), BYTES(3, 0)}},
		{"LLDP", false, {TYPE(0x88cc), BYTES(46, 1)}},
	};
	struct place *place = *state;
	uint64_t seen = 0;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct step step = {"", FROM_LAN, 0x01000ccccccd, LAN(1), LP_DROP_NONE, {{PART_END, 0, 0, 0}}};
		memcpy(step.parts, table[i].parts, sizeof step.parts);
		assert_int_equal(cross(place, &step), LP_DROP_SWITCH_CONTROL);
		seen += table[i].changes;
		if (lp_bridge_counters(place->bridge)->topology_changes != seen)
			fail_msg("%s", table[i].text);
	}
}

/* After a topology change all MACs are announced immediately; during a storm of changes at most every 2 s, and once at
   its end. */
static void test_topology(void **state)
{
	static const struct step change = {"", FROM_LAN, 0x0180c2000000, LAN(1), LP_DROP_NONE, BPDU(0x80, 0)};
	static const struct step from_tunnel = {
		"", FROM_TUNNEL, 0x0180c2000000, REMOTE(1), LP_DROP_NONE, BPDU(0x80, 0)};
	struct place *place = *state;
	uint64_t src;
	for (uint16_t n = 1; n <= 5; n++)
		join(place, n);
	assert_int_equal(take_frames(place, &src), 5);
	place->now_ns += LP_SEC;
	assert_int_equal(cross(place, &from_tunnel), LP_DROP_SWITCH_CONTROL); /* from no LAN of ours */
	assert_int_equal(take_frames(place, &src), 0);
	assert_int_equal(cross(place, &change), LP_DROP_SWITCH_CONTROL);
	assert_int_equal(lp_bridge_deadline(place->bridge), place->now_ns);
	assert_int_equal(take_frames(place, &src), 5);
	uint64_t refreshes = lp_bridge_counters(place->bridge)->refreshes;
	for (unsigned ms = 0; ms < 10000; ms++) {
		place->now_ns += LP_MS;
		cross(place, &change);
		take_frames(place, &src);
	}
	assert_int_equal(lp_bridge_counters(place->bridge)->refreshes - refreshes, 5 * 5);
	uint64_t due_ns = lp_bridge_deadline(place->bridge);
	assert_true(due_ns <= place->now_ns + LP_BRIDGE_TOPOLOGY_NS);
	if (due_ns > place->now_ns) {
		cross(place, &change);
		place->now_ns = lp_bridge_deadline(place->bridge);
		assert_int_equal(take_frames(place, &src), 5);
	}
	assert_int_equal(lp_bridge_deadline(place->bridge), place->now_ns + LP_BRIDGE_REFRESH_NS);
	/* A change right after a delayed one is delayed too. */
	cross(place, &change);
	assert_int_equal(take_frames(place, &src), 0);
	place->now_ns += LP_BRIDGE_TOPOLOGY_NS;
	assert_int_equal(take_frames(place, &src), 5);
}

/* A probe of |sender| of |room|. */
static size_t probe_frame(const char *room, uint8_t sender, uint64_t src, uint8_t frame[LP_ETHER_FRAME_MIN])
{
	struct lp_probe probe = {.sender = {sender}, .number = 7};
	struct lp_mac mac = mac_of(src);
	room_nonce(room, probe.room_nonce);
	lp_probe_write(&probe, &mac, frame);
	return LP_ETHER_FRAME_MIN;
}

/* A written probe reads back as the same; anything shorter or different is refused. */
static void test_probe_frame(void **state)
{
	uint8_t frame[LP_ETHER_FRAME_MIN], changed[LP_ETHER_FRAME_MIN];
	struct lp_probe probe;
	struct lp_ether ether;
	(void)state;
	memset(frame, 0xee, sizeof frame);
	probe_frame(ROOM, 3, INTERFACE, frame);
	assert_int_equal(lp_ether_parse(frame, sizeof frame, &ether), LP_ETHER_OK);
	assert_int_equal(lp_mac_key(frame), BROADCAST);
	assert_int_equal(lp_mac_key(frame + 6), INTERFACE);
	assert_true(lp_probe_read(frame, sizeof frame, &ether, &probe));
	assert_int_equal(probe.sender[0], 3);
	assert_int_equal(probe.number, 7);
	for (size_t len = LP_ETHER_HEADER; len < LP_ETHER_HEADER + 32; len++)
		assert_false(lp_probe_read(frame, len, &ether, &probe));
	for (size_t i = 12; i < LP_ETHER_HEADER + 9; i++) { /* type, magic, version */
		memcpy(changed, frame, sizeof changed);
		changed[i] ^= 0x10;
		if (lp_ether_parse(changed, sizeof changed, &ether) == LP_ETHER_OK)
			assert_false(lp_probe_read(changed, sizeof changed, &ether, &probe));
	}
}

/* Probes are sent on schedule. */
static void test_probing(void **state)
{
	struct place place = {.now_ns = LP_SEC};
	struct lp_bridge_config config = plain_config(&place);
	uint64_t src = 0;
	(void)state;
	config.probe_ns = LP_BRIDGE_PROBE_NS;
	assert_int_equal(lp_bridge_new(&config, place.now_ns, &place.bridge), 0);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(lp_bridge_deadline(place.bridge), place.now_ns);
		assert_int_equal(take_frames(&place, &src), 1);
		assert_int_equal(src, INTERFACE);
		assert_int_equal(lp_bridge_deadline(place.bridge), place.now_ns + LP_BRIDGE_PROBE_NS);
		place.now_ns += LP_BRIDGE_PROBE_NS;
	}
	assert_int_equal(lp_bridge_counters(place.bridge)->probes, 5);
	/* Each has its own number. */
	for (uint32_t number = 5; number < 8; number++) {
		uint8_t frame[LP_ETHER_FRAME_MIN];
		struct lp_ether ether;
		struct lp_probe probe;
		assert_int_equal(lp_bridge_next_frame(place.bridge, place.now_ns, frame), LP_BRIDGE_FRAME_PROBE);
		assert_int_equal(lp_ether_parse(frame, sizeof frame, &ether), LP_ETHER_OK);
		assert_true(lp_probe_read(frame, sizeof frame, &ether, &probe));
		assert_int_equal(probe.number, number);
		assert_memory_equal(probe.sender, config.sender, sizeof probe.sender);
		assert_memory_equal(probe.room_nonce, config.room_nonce, sizeof probe.room_nonce);
		place.now_ns += LP_BRIDGE_PROBE_NS;
	}
	assert_int_equal(take_frames(&place, &src), 1);
	join(&place, 1);
	assert_int_equal(take_frames(&place, &src), 1);
	assert_int_equal(src, REMOTE(1));
	lp_bridge_free(place.bridge);
}

/* Which probe has which meaning. */
static void test_loops(void **state)
{
	static const struct {
		enum side side;
		const char *room;
		uint8_t sender;
		int told; /* LP_BRIDGE_LOOP_COUNT: none */
	} table[] = {
		{FROM_TUNNEL, ROOM, 1, LP_BRIDGE_LOOP_TUNNEL},
		{FROM_TUNNEL, ROOM, 2, LP_BRIDGE_LOOP_OTHER_GATEWAY},
		{FROM_TUNNEL, "OTHER", 2, LP_BRIDGE_LOOP_COUNT},
		{FROM_LAN, ROOM, 1, LP_BRIDGE_LOOP_LAN},
		{FROM_LAN, ROOM, 2, LP_BRIDGE_LOOP_OTHER_GATEWAY},
		{FROM_LAN, "OTHER", 2, LP_BRIDGE_LOOP_COUNT},
	};
	struct place *place = *state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		uint8_t frame[LP_ETHER_FRAME_MIN];
		unsigned before[LP_BRIDGE_LOOP_COUNT];
		size_t len = probe_frame(table[i].room, table[i].sender, INTERFACE, frame);
		struct lp_frame from_lan = {.data = frame, .len = len};
		memcpy(before, place->told, sizeof before);
		/* Twice in a short time: logged once, counted twice. No probe ever crosses. */
		for (unsigned k = 0; k < 2; k++)
			assert_int_equal(table[i].side == FROM_LAN
						 ? lp_bridge_from_lan(place->bridge, &from_lan, place->now_ns)
						 : lp_bridge_from_tunnel(place->bridge, frame, len, place->now_ns),
				LP_DROP_SWITCH_CONTROL);
		if (table[i].told < LP_BRIDGE_LOOP_COUNT)
			before[table[i].told]++;
		assert_memory_equal(before, place->told, sizeof before);
		place->now_ns += 10 * LP_SEC;
	}
	assert_int_equal(lp_bridge_counters(place->bridge)->loops[LP_BRIDGE_LOOP_TUNNEL], 2);
	assert_int_equal(lp_bridge_counters(place->bridge)->loops[LP_BRIDGE_LOOP_OTHER_GATEWAY], 4);
	for (unsigned i = 0; i < LP_BRIDGE_LOOP_COUNT; i++)
		assert_true(strlen(lp_bridge_loop_text(i)) > 10);
}

/* One frame on the wrong side is late or lost, many are a loop. */
static void test_strays(void **state)
{
	static const struct step remote = {"", FROM_LAN, BROADCAST, REMOTE(1), LP_DROP_NONE, IPV4_PING};
	static const struct step local = {"", FROM_TUNNEL, BROADCAST, LAN(1), LP_DROP_NONE, IPV4_PING};
	static const struct step learn = {"", FROM_LAN, BROADCAST, LAN(1), LP_DROP_NONE, IPV4_PING};
	static const struct step member = {"", FROM_TUNNEL, BROADCAST, REMOTE(1), LP_DROP_NONE, IPV4_PING};
	struct place *place = *state;
	join(place, 1);
	assert_int_equal(cross(place, &learn), LP_DROP_NONE);
	for (unsigned i = 0; i < 20; i++) {
		place->now_ns += 300 * LP_MS;
		assert_int_equal(cross(place, &member), LP_DROP_NONE);
		assert_int_equal(cross(place, &remote), LP_DROP_SPOOFED_SOURCE);
		assert_int_equal(cross(place, &local), LP_DROP_SPOOFED_SOURCE);
	}
	assert_int_equal(place->told[LP_BRIDGE_LOOP_REMOTE_ON_LAN], 0);
	assert_int_equal(place->told[LP_BRIDGE_LOOP_LOCAL_IN_TUNNEL], 0);
	for (unsigned i = 0; i < 1000; i++) {
		place->now_ns += LP_MS;
		cross(place, &remote);
		cross(place, &local);
	}
	assert_int_equal(place->told[LP_BRIDGE_LOOP_REMOTE_ON_LAN], 1);
	assert_int_equal(place->told[LP_BRIDGE_LOOP_LOCAL_IN_TUNNEL], 1);
}

static const struct part arp[PARTS_MAX] = {TYPE(0x0806)};

/* Lets a frame from |src| to everyone come in by the interface, sent by the gateway's own computer or by the LAN. */
static void hear(struct place *place, uint64_t src, bool from_host)
{
	uint8_t data[FRAME_MAX];
	struct lp_frame frame = {.data = data, .from_host = from_host};
	frame.len = make_frame(data, UINT64_C(0xffffffffffff), src, arp);
	assert_int_equal(lp_bridge_from_lan(place->bridge, &frame, place->now_ns), LP_DROP_NONE);
}

/* Frames for the gateway's own computer go there, frames for LAN stations to the wire, and the rest to both. */
static void test_sides(void **state)
{
	struct place *place = *state;
	const uint64_t station = UINT64_C(0x020000000021), guest = UINT64_C(0x020000000022);
	hear(place, station, false);
	hear(place, guest, true);
	const struct {
		uint64_t dst;
		unsigned sides;
	} rows[] = {
		{INTERFACE, LP_BRIDGE_HOST},
		{station, LP_BRIDGE_WIRE},
		{guest, LP_BRIDGE_HOST},
		{UINT64_C(0x020000000023), LP_BRIDGE_WIRE | LP_BRIDGE_HOST},
		{UINT64_C(0xffffffffffff), LP_BRIDGE_WIRE | LP_BRIDGE_HOST},
		{UINT64_C(0x01005e000001), LP_BRIDGE_WIRE | LP_BRIDGE_HOST},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t frame[FRAME_MAX];
		make_frame(frame, rows[i].dst, REMOTE(1), arp);
		assert_int_equal(lp_bridge_sides(place->bridge, frame, place->now_ns), rows[i].sides);
	}
	/* A station that moves is followed. */
	hear(place, guest, false);
	uint8_t frame[FRAME_MAX];
	make_frame(frame, guest, REMOTE(1), arp);
	assert_int_equal(lp_bridge_sides(place->bridge, frame, place->now_ns), LP_BRIDGE_WIRE);
}

#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(test_crossing),
		cmocka_unit_test(test_mtu),
		PLACE_TEST(test_super_frame),
		PLACE_TEST(test_lan_wins),
		PLACE_TEST(test_lan_wins_later),
		PLACE_TEST(test_members),
		PLACE_TEST(test_deaf),
		cmocka_unit_test(test_bounds),
		PLACE_TEST(test_refresh_frame),
		PLACE_TEST(test_refresh),
		PLACE_TEST(test_topology_kinds),
		PLACE_TEST(test_topology),
		cmocka_unit_test(test_probe_frame),
		cmocka_unit_test(test_probing),
		PLACE_TEST(test_loops),
		PLACE_TEST(test_strays),
		PLACE_TEST(test_sides),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
