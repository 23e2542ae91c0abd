/* Peer links: unicast end to end between members of a room with keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/failure.h"
#include "base/units.h"
#include "directory/directory.h"
#include "link/link.h"
#include "member/member.h"
#include "member/state.h"
#include "party.h"
#include "peer/state.h"
#include "platform/fake/device/port.h"
#include "proto/offload.h"
#include "relay/state.h"
#include "report/status.h"
#include "room/room.h"
#include "room/transit.h"

#include "../unit/filter_rows.h"

struct fixture {
	char folder[64];
	struct lp_directory *directory;
	struct party *party;
	struct lp_invite host, player;
	struct party_member *gateway, *alice, *bob;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct lp_failure failure;
	struct lp_directory_room room = {.code = "LAN", .host_key = {7, 7}};
	uint8_t players[LP_INVITE_KEY];
	assert_non_null(f);
	snprintf(f->folder, sizeof f->folder, "/tmp/lp-sim-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	assert_int_equal(lp_directory_open(f->folder, &failure, &f->directory), 0);
	assert_int_equal(lp_invite_player_key(room.host_key, players), 0);
	memcpy(room.player_key, players, sizeof players);
	assert_int_equal(lp_directory_add_room(f->directory, &room, &failure), 0);
	f->host = (struct lp_invite){.room = "LAN", .host = true, .id = 1, .peer_secret = {9}};
	memcpy(f->host.admission_key, room.host_key, sizeof f->host.admission_key);
	f->player = (struct lp_invite){.room = "LAN", .id = 2, .peer_secret = {9}};
	assert_int_equal(lp_invite_key(players, 2, 0, 0, f->player.admission_key), 0);
	f->party = party_new(1);
	f->party->relay_config.directory = f->directory;
	f->party->relay_config.peer_links = LP_PEER_LINKS_AUTO;
	party_start_relay(f->party);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const files[] = {"rooms.sqlite", "rooms.sqlite-wal", "rooms.sqlite-shm"};
	struct fixture *f = *state;
	assert_int_equal(f->party->n_corrupt, 0);
	assert_int_equal(f->party->n_twice, 0);
	assert_int_equal(f->party->n_astray, 0);
	party_free(f->party);
	lp_directory_close(f->directory);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char path[128];
		snprintf(path, sizeof path, "%s/%s", f->folder, files[i]);
		unlink(path);
	}
	rmdir(f->folder);
	free(f);
	return 0;
}

/* A gateway and two clients, joined. */
static void gather(struct fixture *f)
{
	f->gateway = party_invite(f->party, LP_ROLE_GATEWAY, &f->host);
	f->alice = party_invite(f->party, LP_ROLE_CLIENT, &f->player);
	f->bob = party_invite(f->party, LP_ROLE_CLIENT, &f->player);
	assert_true(party_run_until_joined(f->party, 10 * LP_SEC));
}

/* The route of |from| to |to|, as its status has it. */
static const char *route(struct party_member *from, const struct party_member *to)
{
	static struct lp_status status;
	lp_member_status(party_lp_member(from), &status);
	for (size_t i = 0; i < status.n_members; i++)
		if (strcmp(status.members[i].name, to->name) == 0)
			return status.members[i].route;
	return "absent";
}

/* Waits until |from| has that route to |to|, while it sends to it. */
static void expect_route(struct party_member *from, const struct party_member *to, const char *expected)
{
	for (unsigned i = 0; i < 300 && strcmp(route(from, to), expected) != 0; i++) {
		party_send(from, to, 100, 1);
		party_run(from->party, 50 * LP_MS);
	}
	assert_string_equal(route(from, to), expected);
}

/* Sends |n| frames and expects that all arrive. */
static void expect_all(struct party_member *from, const struct party_member *to, unsigned n)
{
	uint64_t before = party_count(from, to);
	for (unsigned i = 0; i < n; i++) {
		party_send(from, to, i % 2 ? 1514 : 90, 1);
		party_run(from->party, LP_MS);
	}
	party_run(from->party, 500 * LP_MS);
	assert_int_equal(party_count(from, to) - before, n);
}

static struct lp_transit_totals transit(const struct party *party)
{
	struct lp_transit_totals totals;
	lp_rooms_transit_totals(party->relay->rooms, &totals);
	return totals;
}

/* The gateway's links come with the join, those of clients with the first unicast. Frames between members then pass the
   relay unopened; broadcasts still go through it. */
static void test_forwarded(void **state)
{
	struct fixture *f = *state;
	gather(f);
	assert_true(party_all_reach_all(f->party, 10 * LP_SEC));
	expect_route(f->alice, f->gateway, "forwarded");
	expect_route(f->bob, f->gateway, "forwarded");
	expect_route(f->alice, f->bob, "forwarded");
	expect_route(f->bob, f->alice, "forwarded");
	uint64_t opened = f->party->relay->counters.frames, passed = transit(f->party).datagrams;
	expect_all(f->alice, f->bob, 100);
	expect_all(f->bob, f->gateway, 100);
	expect_all(f->gateway, f->alice, 100);
	assert_int_equal(f->party->relay->counters.frames, opened);
	assert_true(transit(f->party).datagrams >= passed + 300);
	party_send(f->alice, NULL, 100, 1);
	party_run(f->party, 100 * LP_MS);
	assert_int_equal(f->party->relay->counters.frames, opened + 1);
	assert_int_equal(transit(f->party).foreign, 0);
	/* The relay tells members what it passed on for them, and a member knows what each link has carried. */
	struct lp_status status;
	party_run(f->party, 2 * f->party->relay->config.stats_interval_ns);
	lp_member_status(party_lp_member(f->alice), &status);
	assert_true(status.relay_stats.link_bytes_in > 50 * 1514 && status.relay_stats.link_bytes_out > 50 * 1514);
	for (size_t i = 0; i < status.n_members; i++)
		if (strcmp(status.members[i].name, f->bob->name) == 0)
			assert_in_range(status.members[i].bytes_out, 50 * 1514 + 50 * 90, 60 * 1514 + 60 * 90);
}

/* A member whose invite has another peer secret gets no link, and the frames arrive by the relay. */
static void test_wrong_secret(void **state)
{
	struct fixture *f = *state;
	struct lp_invite other = f->player;
	other.peer_secret[0] ^= 1;
	gather(f);
	struct party_member *carol = party_invite(f->party, LP_ROLE_CLIENT, &other);
	assert_true(party_run_until_joined(f->party, 10 * LP_SEC));
	for (unsigned i = 0; i < 40; i++) {
		party_send(f->alice, carol, 100, 1);
		party_send(carol, f->gateway, 100, 1);
		party_run(f->party, 50 * LP_MS);
	}
	assert_string_equal(route(f->alice, carol), "relay");
	assert_string_equal(route(carol, f->alice), "relay");
	assert_string_equal(route(f->gateway, carol), "relay");
	assert_int_equal(party_count(f->alice, carol), 40);
	assert_int_equal(party_count(carol, f->gateway), 40);
	expect_route(f->alice, f->bob, "forwarded");
}

/* A member that has no links, as an older program, exchanges frames by the relay with those that have. */
static void test_without(void **state)
{
	struct fixture *f = *state;
	gather(f);
	party_stop(f->bob);
	struct lp_tls *tls = f->bob->peer_tls;
	f->bob->peer_tls = NULL;
	party_start(f->bob);
	assert_true(party_run_until_joined(f->party, 10 * LP_SEC));
	assert_true(party_all_reach_all(f->party, 10 * LP_SEC));
	expect_route(f->alice, f->gateway, "forwarded");
	expect_all(f->alice, f->bob, 20);
	expect_all(f->bob, f->alice, 20);
	assert_string_equal(route(f->alice, f->bob), "relay");
	assert_string_equal(route(f->bob, f->alice), "relay");
	f->bob->peer_tls = tls;
}

/* A link without frames is closed after a minute, and made again when it is needed. */
static void test_idle(void **state)
{
	struct fixture *f = *state;
	gather(f);
	expect_route(f->alice, f->bob, "forwarded");
	party_run(f->party, LP_MESH_IDLE_NS + 3 * LP_SEC);
	assert_string_equal(route(f->alice, f->bob), "relay");
	assert_string_equal(route(f->bob, f->alice), "relay");
	expect_all(f->bob, f->alice, 5);
	expect_route(f->bob, f->alice, "forwarded");
	expect_all(f->alice, f->bob, 20);
}

/* A member whose process was killed makes its links again at its next start; the other end replaces its own. */
static void test_restart(void **state)
{
	struct fixture *f = *state;
	gather(f);
	struct party_member *members[] = {f->alice, f->bob, f->gateway};
	for (size_t i = 0; i < 3; i++) {
		expect_route(f->alice, f->bob, "forwarded");
		expect_route(f->bob, f->gateway, "forwarded");
		party_kill(members[i]);
		party_run(f->party, 500 * LP_MS);
		party_start(members[i]);
		assert_true(party_run_until_joined(f->party, 60 * LP_SEC));
		assert_true(party_all_reach_all(f->party, 60 * LP_SEC));
	}
	expect_route(f->alice, f->gateway, "forwarded");
	expect_route(f->gateway, f->bob, "forwarded");
	expect_all(f->gateway, f->bob, 20);
}

/* After a restart of the relay every member has another prefix; links are made again. */
static void test_relay_restart(void **state)
{
	struct fixture *f = *state;
	gather(f);
	expect_route(f->alice, f->bob, "forwarded");
	party_kill_relay(f->party);
	party_run(f->party, 2 * LP_SEC);
	party_start_relay(f->party);
	assert_true(party_run_until_joined(f->party, 60 * LP_SEC));
	assert_true(party_all_reach_all(f->party, 60 * LP_SEC));
	expect_route(f->alice, f->bob, "forwarded");
	expect_route(f->alice, f->gateway, "forwarded");
	expect_all(f->alice, f->bob, 20);
}

/* Datagrams for members are lost at the relay: frames go through the relay within a third of a second, and by the link
   when it works again. */
static void test_silent(void **state)
{
	struct fixture *f = *state;
	gather(f);
	expect_route(f->alice, f->bob, "forwarded");
	struct party_member *alice = f->alice, *bob = f->bob;
	struct lp_peer *peer = lp_rooms_find_id(f->party->relay->rooms, "LAN", 3);
	assert_non_null(peer);
	struct lp_addr address = *lp_peer_address(peer), nowhere = {.family = 4, .ip = {192, 0, 2, 99}, .port = 9};
	lp_peer_set_address(peer, &nowhere);
	uint64_t before = party_count(alice, bob);
	for (unsigned i = 0; i < 60; i++) {
		party_send(alice, bob, 100, 1);
		party_run(f->party, 16 * LP_MS);
	}
	assert_string_equal(route(alice, bob), "relay");
	assert_in_range(party_count(alice, bob) - before, 60 - 300 / 16, 60 - 180 / 16);
	lp_peer_set_address(peer, &address);
	expect_route(alice, bob, "forwarded");
	expect_all(alice, bob, 20);
}

/* Sends a frame on the link to |to|, whatever |from| would do. */
static void send_raw(struct party_member *from, const struct party_member *to, const uint8_t *frame, size_t len)
{
	struct lp_mesh *mesh = party_lp_member(from)->mesh;
	struct lp_mac_entry *entry = lp_mac_table_find(&mesh->macs, lp_mac_key(to->mac.octet), 0);
	struct lp_mesh_peer *peer = entry ? entry->owner : mesh->gateway;
	assert_int_equal(peer->state, LP_MESH_UP);
	lp_link_send(peer->link, 0, &(struct lp_bytes){frame, len}, 1, lp_world_now_ns(from->party->world));
	lp_member_flush(party_lp_member(from));
	party_run(from->party, 50 * LP_MS);
}

/* The events of a party: the number of logged frames. */
static void count_frames(void *ctx, enum lp_event event, const union lp_value *values)
{
	(void)values;
	if (event == LP_EVENT_frame)
		++*(unsigned *)ctx;
}

/* What the receiver of a link drops, and counts; a gateway's frame log has it. */
static void test_hostile(void **state)
{
	struct fixture *f = *state;
	unsigned n_logged = 0;
	f->party->framelog = (struct lp_framelog_config){.one_in = 1, .drops_only = true};
	f->party->log = (struct lp_log){.level = LP_LEVEL_DEBUG, .sink = count_frames, .ctx = &n_logged};
	gather(f);
	expect_route(f->bob, f->gateway, "forwarded");
	expect_route(f->bob, f->alice, "forwarded");
	expect_route(f->gateway, f->alice, "forwarded");
	const struct {
		struct party_member *from, *to;
		const struct lp_mac *src, *dst;
		uint16_t type;
		enum lp_drop drop;
	} rows[] = {
		{f->bob, f->alice, &f->bob->mac, &f->alice->mac, 0x0806, LP_DROP_MISROUTED},
		{f->bob, f->alice, &f->bob->mac, &(struct lp_mac){{255, 255, 255, 255, 255, 255}}, 0x8137,
			LP_DROP_MISROUTED},
		{f->bob, f->alice, &f->bob->mac, &f->gateway->mac, 0x8137, LP_DROP_MISROUTED},
		{f->bob, f->gateway, &f->bob->mac, &f->alice->mac, 0x8137, LP_DROP_MISROUTED},
		{f->bob, f->alice, &f->gateway->mac, &f->alice->mac, 0x8137, LP_DROP_SPOOFED_SOURCE},
		{f->bob, f->gateway, &f->alice->mac, &f->gateway->mac, 0x8137, LP_DROP_SPOOFED_SOURCE},
		{f->gateway, f->alice, &f->bob->mac, &f->alice->mac, 0x8137, LP_DROP_SPOOFED_SOURCE},
		{f->gateway, f->alice, &f->alice->mac, &f->alice->mac, 0x8137, LP_DROP_BAD_SOURCE},
		{f->bob, f->gateway, &f->bob->mac, &f->gateway->mac, 0x888e, LP_DROP_ACCESS_CONTROL},
		{f->bob, f->gateway, &f->bob->mac, &f->gateway->mac, 0x05e0, LP_DROP_MALFORMED_FRAME},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t frame[60] = {0};
		struct lp_link_counters before = {0}, after = {0};
		memcpy(frame, rows[i].dst->octet, 6);
		memcpy(frame + 6, rows[i].src->octet, 6);
		frame[12] = (uint8_t)(rows[i].type >> 8);
		frame[13] = (uint8_t)rows[i].type;
		frame[14] = 1; /* of 802.1X: the version */
		lp_mesh_count(party_lp_member(rows[i].to)->mesh, &before);
		send_raw(rows[i].from, rows[i].to, frame, sizeof frame);
		lp_mesh_count(party_lp_member(rows[i].to)->mesh, &after);
		if (after.drops[rows[i].drop] != before.drops[rows[i].drop] + 1)
			fail_msg("row %zu", i);
	}
	assert_int_equal(n_logged, 4); /* those to the gateway */
}

/* What the checks of a link made of a frame. */
struct verdict {
	unsigned n;
	enum lp_drop drop;
};

static void on_passed(
	void *ctx, uint16_t source, const char *link_route, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	struct verdict *verdict = ctx;
	(void)source, (void)link_route, (void)frame, (void)len, (void)now_ns;
	verdict->n++;
	verdict->drop = LP_DROP_NONE;
}

static void on_dropped(void *ctx, uint16_t source, const char *link_route, const uint8_t *frame, size_t len,
	enum lp_drop drop, uint64_t now_ns)
{
	struct verdict *verdict = ctx;
	(void)source, (void)link_route, (void)frame, (void)len, (void)now_ns;
	verdict->n++;
	verdict->drop = drop;
}

/* Checks that the link from |peer| has the filters' verdict about each row; |to|: the MAC of this end. */
static void check_rows(
	struct lp_mesh_peer *peer, struct verdict *verdict, uint64_t to, const struct row *rows, size_t n_rows)
{
	for (size_t i = 0; i < 2 * n_rows; i++) {
		const struct row *row = &rows[i / 2];
		uint8_t frame[FRAME_MAX];
		uint64_t dst = row->dst ? row->dst : i % 2 ? to : BROADCAST;
		enum lp_drop expected = peer->role == LP_ROLE_GATEWAY ? row->gateway : row->client;
		size_t len = make_frame(frame, dst, row->src ? row->src : STATION_MAC(1), row->parts);
		uint64_t now_ns = peer->mesh->now_ns += LP_SEC; /* within all limits */
		if (row->on)
			continue;
		verdict->n = 0;
		lp_mesh_on_frame(peer, peer->id, frame, len, now_ns);
		assert_int_equal(verdict->n, 1);
		bool as_expected = verdict->drop == expected;
		/* Beyond the filters, a link carries only what is for this end, and no claims that the relay did not
		 * see. */
		if (expected == LP_DROP_NONE && verdict->drop == LP_DROP_MISROUTED)
			as_expected = dst != to || peer->role == LP_ROLE_CLIENT;
		if (!as_expected)
			fail_msg("%s, from a %s: %s, not %s", row->text, lp_role_text(peer->role),
				lp_drop_wire(verdict->drop), lp_drop_wire(expected));
		if (verdict->drop == LP_DROP_NONE && dst != to)
			fail_msg("%s: passed, though it is not for this member", row->text);
	}
}

/* Every case of the filters' tests over a link, from a client and from a gateway. */
static void test_filters(void **state)
{
	struct fixture *f = *state;
	gather(f);
	expect_route(f->alice, f->bob, "forwarded");
	expect_route(f->alice, f->gateway, "forwarded");
	struct lp_mesh *mesh = party_lp_member(f->alice)->mesh;
	struct lp_mesh_events events = *mesh->config.events, counting = events;
	struct lp_mesh_config config = mesh->config;
	struct verdict verdict = {0};
	uint64_t now_ns = mesh->now_ns, to = lp_mac_key(f->alice->mac.octet);
	counting.frame = on_passed;
	counting.dropped = on_dropped;
	mesh->config.events = &counting;
	mesh->config.ctx = &verdict;
	for (size_t i = 0; i < mesh->n_peers; i++) {
		struct lp_mesh_peer *peer = mesh->peers[i];
		struct lp_mac mac = peer->mac;
		peer->mac = (struct lp_mac){{2, 0, 0, 0, 0, 1}}; /* the sender of the rows */
		check_rows(peer, &verdict, to, plain_rows, sizeof plain_rows / sizeof *plain_rows);
		check_rows(peer, &verdict, to, frame_rows, sizeof frame_rows / sizeof *frame_rows);
		check_rows(peer, &verdict, to, control_rows, sizeof control_rows / sizeof *control_rows);
		check_rows(peer, &verdict, to, router_rows, sizeof router_rows / sizeof *router_rows);
		check_rows(peer, &verdict, to, rogue_rows, sizeof rogue_rows / sizeof *rogue_rows);
		check_rows(peer, &verdict, to, evasion_rows, sizeof evasion_rows / sizeof *evasion_rows);
		peer->mac = mac;
		mesh->now_ns = now_ns;
	}
	mesh->config = config;
}

/* A relay that announces members that do not exist, other keys and other prefixes: there is a maximum of everything,
   and no link is made with anyone who does not have the announced key. The links that are up go on. */
static void test_hostile_relay(void **state)
{
	struct fixture *f = *state;
	gather(f);
	expect_route(f->alice, f->gateway, "forwarded");
	struct lp_mesh *mesh = party_lp_member(f->alice)->mesh;
	for (unsigned i = 0; i < 10000; i++) {
		struct lp_peer_event event = {
			.peer_id = (uint16_t)(100 + i), .role = LP_ROLE_CLIENT, .mac = {{2, 9, 9, 9}}};
		event.mac.octet[4] = (uint8_t)(i >> 8);
		event.mac.octet[5] = (uint8_t)i;
		memset(event.key, 'a', LP_KEY_HEX);
		snprintf(event.link, sizeof event.link, "%0*x", LP_LINK_PREFIX_HEX, 1000 + i);
		lp_mesh_peer(mesh, &event, true, mesh->now_ns);
		struct lp_mesh_peer *peer = lp_mesh_find(mesh, event.peer_id);
		if (peer)
			lp_mesh_want(peer);
		assert_in_range(mesh->n_peers, 1, LP_MESH_PEERS_MAX);
		assert_in_range(mesh->n_connecting, 0, LP_MESH_HANDSHAKES_MAX);
		assert_in_range(mesh->n_links, 0, LP_MESH_LINKS_MAX);
	}
	assert_int_equal(mesh->n_peers, LP_MESH_PEERS_MAX);
	expect_all(f->alice, f->gateway, 20);
	assert_string_equal(route(f->alice, f->gateway), "forwarded");
	/* Another key for a member that exists. */
	struct lp_mesh_peer *bob = lp_mesh_find(mesh, 3);
	assert_non_null(bob);
	assert_string_equal(bob->name, f->bob->name);
	for (size_t i = 0; i < sizeof bob->key; i++)
		bob->key[i] ^= 0x55;
	for (unsigned i = 0; i < 200; i++) {
		party_send(f->alice, f->bob, 100, 1);
		party_run(f->party, 50 * LP_MS);
		assert_int_not_equal(bob->state, LP_MESH_UP);
	}
	assert_int_equal(party_count(f->alice, f->bob), 200);
}

/* Bob's ARP for 10.0.0.10: he uses the address, and says so to everyone or to one member. */
static void write_arp(uint8_t frame[60], const struct lp_mac *from, const struct lp_mac *to)
{
	static const uint8_t head[] = {0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 2}, address[] = {10, 0, 0, 10};
	memset(frame, 0, 60);
	memcpy(frame, to->octet, 6);
	memcpy(frame + 6, from->octet, 6);
	memcpy(frame + 12, head, sizeof head);
	memcpy(frame + 22, from->octet, 6);
	memcpy(frame + 28, address, 4);
	memcpy(frame + 38, address, 4);
}

/* Frames that Alice drops because they came by a link. */
static uint64_t misrouted(const struct fixture *f)
{
	struct lp_link_counters counters = {0};
	lp_mesh_count(party_lp_member(f->alice)->mesh, &counters);
	return counters.drops[LP_DROP_MISROUTED];
}

/* A link is no way around the relay's guard: a claim of an IP address is accepted there only after the relay let it
   pass, and until the address is another's. */
static void test_claims(void **state)
{
	static const struct lp_mac everyone = {{255, 255, 255, 255, 255, 255}};
	struct fixture *f = *state;
	uint8_t to_alice[60], to_all[60], of_lan[60];
	gather(f);
	expect_route(f->bob, f->alice, "forwarded");
	write_arp(to_alice, &f->bob->mac, &f->alice->mac);
	write_arp(to_all, &f->bob->mac, &everyone);
	write_arp(of_lan, &f->gateway->mac, &everyone);
	send_raw(f->bob, f->alice, to_alice, sizeof to_alice);
	assert_int_equal(misrouted(f), 1);
	assert_true(lp_port_put(f->bob->port, &(struct lp_frame){.data = to_all, .len = sizeof to_all}));
	party_run(f->party, LP_SEC);
	send_raw(f->bob, f->alice, to_alice, sizeof to_alice);
	assert_int_equal(misrouted(f), 1);
	assert_true(lp_port_put(f->gateway->port, &(struct lp_frame){.data = of_lan, .len = sizeof of_lan}));
	party_run(f->party, LP_SEC);
	assert_true(lp_port_put(f->bob->port, &(struct lp_frame){.data = to_all, .len = sizeof to_all}));
	party_run(f->party, LP_SEC);
	assert_int_equal(f->party->relay->counters.drops[LP_DROP_ADDRESS_THEFT], 1);
	send_raw(f->bob, f->alice, to_alice, sizeof to_alice);
	assert_int_equal(misrouted(f), 2);
}

/* Members on the open internet find a direct route, which the relay does not see. */
static void test_direct(void **state)
{
	struct fixture *f = *state;
	f->party->direct = LP_DIRECT_GATEWAY;
	gather(f);
	expect_route(f->alice, f->gateway, "direct");
	expect_route(f->gateway, f->alice, "direct");
	expect_route(f->alice, f->bob, "forwarded"); /* players do not see each other's addresses */
	party_run(f->party, LP_SEC);
	uint64_t passed = transit(f->party).datagrams, opened = f->party->relay->counters.frames;
	expect_all(f->alice, f->gateway, 100);
	expect_all(f->gateway, f->alice, 100);
	assert_in_range(transit(f->party).datagrams - passed, 0, 10);
	assert_int_equal(f->party->relay->counters.frames, opened);
}

/* Sends between the players, and to the gateway, whose link has what the host allows. */
static void exchange(struct fixture *f)
{
	for (unsigned k = 0; k < 160; k++) {
		party_send(f->alice, f->bob, 100, 1);
		party_send(f->bob, f->alice, 100, 1);
		party_send(f->alice, f->gateway, 100, 1);
		party_send(f->bob, f->gateway, 100, 1);
		party_run(f->party, 50 * LP_MS);
	}
}

/* The room's host allows fewer direct routes than the players, also after a restart of its gateway. */
static void test_room_direct(void **state)
{
	static const struct {
		enum lp_direct allowed;
		const char *players, *gateway;
	} rows[] = {
		{LP_DIRECT_GATEWAY, "forwarded", "direct"},
		{LP_DIRECT_ALL, "direct", "direct"},
		{LP_DIRECT_OFF, "forwarded", "forwarded"},
	};
	struct fixture *f = *state;
	f->party->direct = LP_DIRECT_ALL;
	gather(f);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		party_stop(f->gateway);
		f->party->room_direct = rows[i].allowed;
		party_start(f->gateway);
		assert_true(party_run_until_joined(f->party, 60 * LP_SEC));
		for (unsigned k = 0; k < 100; k++) {
			party_send(f->alice, f->bob, 100, 1);
			party_send(f->bob, f->gateway, 100, 1);
			party_run(f->party, 50 * LP_MS);
		}
		assert_string_equal(route(f->alice, f->bob), rows[i].players);
		assert_string_equal(route(f->bob, f->alice), rows[i].players);
		assert_string_equal(route(f->bob, f->gateway), rows[i].gateway);
		expect_all(f->alice, f->bob, 20);
	}
}

/* NATs in front of two players, and the route that they find: only if one of them maps all remote addresses alike. */
static void test_nats(void **state)
{
	static const struct {
		enum lp_nat_kind mapping, filter;
	} nats[] = {
		{LP_NAT_INDEPENDENT, LP_NAT_INDEPENDENT},           /* full cone */
		{LP_NAT_INDEPENDENT, LP_NAT_ADDRESS},               /* restricted cone */
		{LP_NAT_INDEPENDENT, LP_NAT_ADDRESS_AND_PORT},      /* port restricted cone */
		{LP_NAT_ADDRESS_AND_PORT, LP_NAT_ADDRESS_AND_PORT}, /* symmetric */
	};
	static const char *const routes[4][4] = {
		{"direct", "direct", "direct", "direct"},
		{"direct", "direct", "direct", "direct"},
		{"direct", "direct", "direct", "forwarded"},
		{"direct", "direct", "forwarded", "forwarded"},
	};
	struct fixture *f = *state;
	f->party->direct = LP_DIRECT_ALL;
	gather(f);
	party_kill(f->alice);
	party_kill(f->bob);
	lp_host_set_nat(f->alice->host, "203.0.113.1", 0);
	lp_host_set_nat(f->bob->host, "203.0.113.2", 0);
	for (size_t i = 0; i < 16; i++) {
		lp_host_set_nat_kind(f->alice->host, nats[i / 4].mapping, nats[i / 4].filter);
		lp_host_set_nat_kind(f->bob->host, nats[i % 4].mapping, nats[i % 4].filter);
		party_start(f->alice);
		party_start(f->bob);
		assert_true(party_run_until_joined(f->party, 60 * LP_SEC));
		exchange(f);
		if (strcmp(route(f->alice, f->bob), routes[i / 4][i % 4]) != 0 ||
			strcmp(route(f->bob, f->alice), routes[i / 4][i % 4]) != 0)
			fail_msg("NATs %zu and %zu: %s, %s", i / 4, i % 4, route(f->alice, f->bob),
				route(f->bob, f->alice));
		expect_all(f->alice, f->bob, 20);
		party_kill(f->alice);
		party_kill(f->bob);
	}
}

/* Two players behind one NAT: in one network, by a NAT of a provider that returns what one sends to the outer address
   of the other (hairpin), and by one that does not. */
static void test_one_nat(void **state)
{
	static const struct {
		bool hairpin, lan;
		enum lp_nat_kind mapping;
		const char *route;
	} rows[] = {
		{false, true, LP_NAT_ADDRESS_AND_PORT, "direct"},
		{true, false, LP_NAT_INDEPENDENT, "direct"},
		{true, false, LP_NAT_ADDRESS_AND_PORT, "forwarded"},
		{false, false, LP_NAT_INDEPENDENT, "forwarded"},
	};
	struct fixture *f = *state;
	f->party->direct = LP_DIRECT_ALL;
	gather(f);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct party_member *players[] = {f->alice, f->bob};
		for (size_t k = 0; k < 2; k++) {
			party_kill(players[k]);
			lp_host_set_nat(players[k]->host, "203.0.113.1", 0);
			lp_host_set_nat_kind(players[k]->host, rows[i].mapping, LP_NAT_ADDRESS_AND_PORT);
			lp_host_set_nat_inside(players[k]->host, rows[i].hairpin, rows[i].lan);
		}
		party_start(f->alice);
		party_start(f->bob);
		assert_true(party_run_until_joined(f->party, 60 * LP_SEC));
		exchange(f);
		if (strcmp(route(f->alice, f->bob), rows[i].route) != 0 ||
			strcmp(route(f->bob, f->alice), rows[i].route) != 0)
			fail_msg("row %zu: %s, %s", i, route(f->alice, f->bob), route(f->bob, f->alice));
		expect_all(f->alice, f->bob, 20);
		expect_route(f->alice, f->gateway, "direct");
	}
}

/* A NAT that restarts gives other ports: the route is found again. */
static void test_rebind(void **state)
{
	struct fixture *f = *state;
	f->party->direct = LP_DIRECT_ALL;
	gather(f);
	party_kill(f->alice);
	party_kill(f->bob);
	lp_host_set_nat(f->alice->host, "203.0.113.1", 0);
	lp_host_set_nat(f->bob->host, "203.0.113.2", 0);
	party_start(f->alice);
	party_start(f->bob);
	assert_true(party_run_until_joined(f->party, 60 * LP_SEC));
	expect_route(f->alice, f->gateway, "direct");
	expect_route(f->bob, f->alice, "direct");
	expect_all(f->alice, f->bob, 50);
	lp_host_rebind(f->alice->host); /* the NAT restarts: other ports from now on */
	uint64_t before = party_count(f->alice, f->bob);
	for (unsigned i = 0; i < 120; i++) {
		party_send(f->alice, f->bob, 100, 1);
		party_run(f->party, 16 * LP_MS);
	}
	assert_in_range(party_count(f->alice, f->bob) - before, 120 - 320 / 16, 120);
	expect_route(f->alice, f->bob, "direct");
	expect_route(f->bob, f->alice, "direct");
}

/* The direct route goes dark in mid-game: the relay's takes over within 300 ms. Later the direct one is taken again. */
static void test_dark(void **state)
{
	struct fixture *f = *state;
	f->party->direct = LP_DIRECT_ALL;
	gather(f);
	expect_route(f->alice, f->bob, "direct");
	party_run(f->party, 2 * LP_SEC);
	for (unsigned i = 0; i < 60; i++) {
		party_send(f->alice, f->bob, 100, 1);
		party_run(f->party, 16 * LP_MS);
	}
	struct lp_addr bob;
	lp_addr_parse("198.51.100.3", 0, &bob);
	lp_host_block(f->alice->host, &bob);
	uint64_t before = party_count(f->alice, f->bob);
	for (unsigned i = 0; i < 120; i++) {
		party_send(f->alice, f->bob, 100, 1);
		party_run(f->party, 16 * LP_MS);
	}
	assert_string_equal(route(f->alice, f->bob), "forwarded");
	assert_in_range(party_count(f->alice, f->bob) - before, 120 - 300 / 16, 120);
	lp_host_block(f->alice->host, NULL);
	expect_route(f->alice, f->bob, "direct");
}

/* The relay is gone: frames go on by the direct route. When it is back, the links are made again. */
static void test_relay_away(void **state)
{
	struct fixture *f = *state;
	f->party->direct = LP_DIRECT_ALL;
	gather(f);
	expect_route(f->alice, f->bob, "direct");
	expect_route(f->bob, f->alice, "direct");
	party_kill_relay(f->party);
	uint64_t before = party_count(f->alice, f->bob);
	for (unsigned i = 0; i < 400; i++) {
		party_send(f->alice, f->bob, 100, 1);
		party_run(f->party, 25 * LP_MS);
	}
	assert_int_equal(party_count(f->alice, f->bob) - before, 400);
	party_start_relay(f->party);
	assert_true(party_run_until_joined(f->party, 60 * LP_SEC));
	assert_true(party_all_reach_all(f->party, 60 * LP_SEC));
	expect_route(f->alice, f->bob, "direct");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_forwarded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wrong_secret, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_without, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_idle, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_restart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_relay_restart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_silent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_claims, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_filters, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile_relay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_direct, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_room_direct, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nats, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_nat, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rebind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_dark, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_relay_away, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
