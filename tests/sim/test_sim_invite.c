/* Rooms with keys: who has an invite is in, and nothing that thieves have helps them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/hex.h"
#include "base/units.h"
#include "directory/directory.h"
#include "member/member.h"
#include "party.h"
#include "platform/loop/loop.h"
#include "quic/peer_identity.h"
#include "quic/tls/credentials.h"
#include "relay/host.h"
#include "relay/state.h"
#include "rogue.h"
#include "room/room.h"

struct fixture {
	char folder[64];
	struct lp_directory *directory;
	struct party *party;
	struct lp_directory_room room;
	struct lp_invite host, player;
	uint8_t players[LP_INVITE_KEY];
};

/* An invite as the host makes it. */
static struct lp_invite invite(const struct fixture *f, uint32_t id, uint32_t expires_unix_s, uint16_t uses)
{
	struct lp_invite invite = {.id = id, .expires_unix_s = expires_unix_s, .uses = uses};
	memcpy(invite.room, f->room.code, sizeof invite.room);
	assert_int_equal(lp_invite_key(f->players, id, expires_unix_s, uses, invite.admission_key), 0);
	return invite;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct lp_failure failure;
	assert_non_null(f);
	snprintf(f->folder, sizeof f->folder, "/tmp/lp-sim-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	assert_int_equal(lp_directory_open(f->folder, &failure, &f->directory), 0);
	f->room = (struct lp_directory_room){.code = "LAN", .host_key = {7, 7}};
	assert_int_equal(lp_invite_player_key(f->room.host_key, f->room.player_key), 0);
	memcpy(f->players, f->room.player_key, sizeof f->players);
	assert_int_equal(lp_directory_add_room(f->directory, &f->room, &failure), 0);
	f->host = (struct lp_invite){.room = "LAN", .host = true, .id = 1};
	memcpy(f->host.admission_key, f->room.host_key, sizeof f->host.admission_key);
	f->player = invite(f, 2, 0, 0);
	f->party = party_new(1);
	f->party->relay_config.directory = f->directory;
	party_start_relay(f->party);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const files[] = {"rooms.sqlite", "rooms.sqlite-wal", "rooms.sqlite-shm"};
	struct fixture *f = *state;
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

/* Expects that the relay refuses |member| with a text that contains |reason|. */
static void expect_refused(struct party *party, const struct party_member *member, const char *reason)
{
	for (unsigned i = 0; i < 100 && !member->ended; i++)
		party_run(party, 100 * LP_MS);
	assert_true(member->ended);
	if (!strstr(member->failure.text, reason))
		fail_msg("'%s' is not in '%s'", reason, member->failure.text);
}

/* Host and players with invites play; whoever knows the code alone stays out, as a player and as a gateway. */
static void test_party(void **state)
{
	struct fixture *f = *state;
	party_invite(f->party, LP_ROLE_GATEWAY, &f->host);
	party_invite(f->party, LP_ROLE_CLIENT, &f->player);
	party_invite(f->party, LP_ROLE_CLIENT, &f->player);
	assert_true(party_run_until_joined(f->party, 10 * LP_SEC));
	assert_true(party_all_reach_all(f->party, 10 * LP_SEC));
	assert_true(party_pictures_agree(f->party));
	expect_refused(f->party, party_add(f->party, LP_ROLE_CLIENT, "LAN"), "by invite alone");
	expect_refused(f->party, party_add(f->party, LP_ROLE_GATEWAY, "LAN"), "by invite alone");
	/* Plain rooms exist beside. */
	struct party_member *plain = party_add(f->party, LP_ROLE_CLIENT, "PLAIN");
	party_run(f->party, 2 * LP_SEC);
	assert_true(party_is_joined(plain));
}

/* A relay for rooms with keys alone has no plain rooms. */
static void test_keyed_relay(void **state)
{
	struct fixture *f = *state;
	party_kill_relay(f->party);
	f->party->relay_config.rooms = LP_ROOMS_KEYED;
	party_start_relay(f->party);
	struct party_member *player = party_invite(f->party, LP_ROLE_CLIENT, &f->player);
	assert_true(party_run_until_joined(f->party, 10 * LP_SEC));
	expect_refused(f->party, party_add(f->party, LP_ROLE_CLIENT, "PLAIN"), "by invite alone");
	assert_true(party_is_joined(player));
}

/* A relay that lists its rooms has plain rooms that its operator added, and no others. */
static void test_listed_relay(void **state)
{
	struct fixture *f = *state;
	struct lp_failure failure;
	struct lp_directory_room listed = {.code = "PLAIN", .plain = true};
	assert_int_equal(lp_directory_add_room(f->directory, &listed, &failure), 0);
	party_kill_relay(f->party);
	f->party->relay_config.rooms = LP_ROOMS_LISTED;
	party_start_relay(f->party);
	party_invite(f->party, LP_ROLE_CLIENT, &f->player);
	party_add(f->party, LP_ROLE_CLIENT, "PLAIN");
	assert_true(party_run_until_joined(f->party, 10 * LP_SEC));
	expect_refused(f->party, party_add(f->party, LP_ROLE_CLIENT, "OTHER"), "only the rooms of its operator");
	expect_refused(f->party, party_add(f->party, LP_ROLE_CLIENT, "LAN"), "by invite alone");
	party_kill_relay(f->party);
	f->party->relay_config.rooms = LP_ROOMS_KEYED;
	party_start_relay(f->party);
	expect_refused(f->party, party_add(f->party, LP_ROLE_CLIENT, "PLAIN"), "by invite alone");
}

/* A gateway creates its room, where plain rooms are allowed; nobody else can take it, and a source creates few. */
static void test_new_room(void **state)
{
	struct fixture *f = *state;
	struct lp_directory_room made;
	struct lp_failure failure;
	struct lp_invite host = {.room = "MADE", .host = true, .admission_key = {9}}, thief = host, player = f->player;
	uint8_t players[LP_INVITE_KEY];
	thief.admission_key[0] = 8;
	f->party->new_room = true;
	struct party_member *gateway = party_invite(f->party, LP_ROLE_GATEWAY, &host);
	assert_true(party_run_until_joined(f->party, 10 * LP_SEC));
	memcpy(player.room, host.room, sizeof player.room);
	assert_int_equal(lp_invite_player_key(host.admission_key, players), 0);
	assert_int_equal(lp_invite_key(players, player.id, 0, 0, player.admission_key), 0);
	party_invite(f->party, LP_ROLE_CLIENT, &player);
	assert_true(party_run_until_joined(f->party, 10 * LP_SEC));
	assert_true(party_all_reach_all(f->party, 10 * LP_SEC));
	expect_refused(f->party, party_invite(f->party, LP_ROLE_GATEWAY, &thief), "is not one of room MADE");
	/* The operator's word is the last: a gateway that was in the room does not create it again. */
	assert_int_equal(lp_directory_remove_room(f->directory, "MADE", &failure), 0);
	party_kill_relay(f->party);
	party_start_relay(f->party);
	expect_refused(f->party, gateway, "no room MADE");
	for (unsigned i = 0; i <= LP_INVITES_MADE_BURST; i++) {
		bool allowed = i < LP_INVITES_MADE_BURST; /* the new relay has counted none */
		snprintf(host.room, sizeof host.room, "MADE-%u", i);
		memcpy(gateway->room, host.room, sizeof host.room);
		party_kill(gateway);
		party_start(gateway);
		party_run(f->party, 2 * LP_SEC);
		assert_int_equal(party_is_joined(gateway), allowed);
		assert_int_equal(
			lp_directory_room(f->directory, host.room, &failure, &made), allowed ? 0 : LP_ENOTFOUND);
		assert_int_equal(made.made, true);
	}
}

/* A gateway creates no room where the operator lists them, and none over the heads of a plain room's members. */
static void test_no_new_room(void **state)
{
	struct fixture *f = *state;
	struct lp_invite host = {.room = "MADE", .host = true, .admission_key = {9}};
	party_add(f->party, LP_ROLE_CLIENT, "MADE");
	assert_true(party_run_until_joined(f->party, 10 * LP_SEC));
	f->party->new_room = true;
	expect_refused(f->party, party_invite(f->party, LP_ROLE_GATEWAY, &host), "in use without keys");
	party_kill_relay(f->party);
	f->party->relay_config.rooms = LP_ROOMS_LISTED;
	party_start_relay(f->party);
	expect_refused(
		f->party, party_invite(f->party, LP_ROLE_GATEWAY, &host), "cannot create room MADE at this relay");
}

/* Invites that the relay refuses, each with its reason. */
static void test_refused(void **state)
{
	struct fixture *f = *state;
	int64_t now = lp_loop_unix_s(f->party->relay_loop);
	struct lp_failure failure;
	struct lp_invite expired = invite(f, 3, (uint32_t)now - 1, 0), revoked = invite(f, 4, 0, 0);
	struct lp_invite once = invite(f, 5, (uint32_t)now + 3600, 1), longer = expired, stolen = f->player;
	struct lp_invite nowhere = f->player;
	longer.expires_unix_s = (uint32_t)now + 3600; /* its holder changed the date */
	stolen.admission_key[0] ^= 1;
	memcpy(nowhere.room, "NOWHERE", 8);
	assert_int_equal(lp_directory_revoke_invite(f->directory, "LAN", 4, now, &failure), 0);
	party_invite(f->party, LP_ROLE_CLIENT, &once);
	assert_true(party_run_until_joined(f->party, 10 * LP_SEC));
	const struct {
		const struct lp_invite *invite;
		enum lp_role role;
		const char *reason;
	} rows[] = {
		{&expired, LP_ROLE_CLIENT, "has expired"},
		{&revoked, LP_ROLE_CLIENT, "was revoked"},
		{&once, LP_ROLE_CLIENT, "used by as many members"},
		{&longer, LP_ROLE_CLIENT, "is not one of room LAN"},
		{&stolen, LP_ROLE_CLIENT, "is not one of room LAN"},
		{&f->player, LP_ROLE_GATEWAY, "is not one of room LAN"}, /* a player is no host */
		{&nowhere, LP_ROLE_CLIENT, "no room NOWHERE"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		expect_refused(f->party, party_invite(f->party, rows[i].role, rows[i].invite), rows[i].reason);
	assert_int_equal(f->party->relay->invites.n_wrong, 4);
}

/* The member that used an invite for one comes back with it, and after the relay was killed, too. */
static void test_comes_back(void **state)
{
	struct fixture *f = *state;
	struct lp_invite once = invite(f, 5, 0, 1);
	struct party_member *player = party_invite(f->party, LP_ROLE_CLIENT, &once);
	assert_true(party_run_until_joined(f->party, 10 * LP_SEC));
	party_kill(player);
	player->resume[0] = '\0'; /* the key alone resumes the membership, which the relay still holds */
	party_start(player);
	party_run(f->party, 3 * LP_SEC);
	assert_true(party_is_joined(player));
	party_kill_relay(f->party);
	party_start_relay(f->party);
	assert_true(party_run_until_joined(f->party, 60 * LP_SEC));
	party_run(f->party, 60 * LP_SEC);
	assert_true(party_is_joined(player));
}

/* Banned members stay out, locked rooms admit no newcomers; the others play on, and the host comes back. */
static void test_ban_and_lock(void **state)
{
	struct fixture *f = *state;
	struct lp_failure failure;
	struct party_member *host = party_invite(f->party, LP_ROLE_GATEWAY, &f->host);
	struct party_member *banned = party_invite(f->party, LP_ROLE_CLIENT, &f->player);
	assert_true(party_run_until_joined(f->party, 10 * LP_SEC));
	party_stop(banned);
	struct lp_directory_ban ban = {.name = "cheater"};
	memcpy(ban.member_key, banned->key, sizeof ban.member_key);
	assert_int_equal(lp_directory_ban(f->directory, "LAN", &ban, &failure), 0);
	party_start(banned);
	expect_refused(f->party, banned, "you are banned from room LAN");
	assert_int_equal(lp_directory_lock_room(f->directory, "LAN", true, &failure), 0);
	expect_refused(f->party, party_invite(f->party, LP_ROLE_CLIENT, &f->player), "room LAN is locked");
	party_stop(host);
	party_start(host);
	party_run(f->party, 3 * LP_SEC);
	assert_true(party_is_joined(host));
}

/* Whoever is in a room when it gets keys leaves it when the first member with an invite comes. */
static void test_squatter(void **state)
{
	struct fixture *f = *state;
	struct lp_failure failure;
	assert_int_equal(lp_directory_remove_room(f->directory, "LAN", &failure), 0);
	struct party_member *squatter = party_add(f->party, LP_ROLE_GATEWAY, "LAN");
	assert_true(party_run_until_joined(f->party, 10 * LP_SEC));
	assert_int_equal(lp_directory_add_room(f->directory, &f->room, &failure), 0);
	struct party_member *host = party_invite(f->party, LP_ROLE_GATEWAY, &f->host);
	party_run(f->party, 5 * LP_SEC);
	assert_true(party_is_joined(host));
	expect_refused(f->party, squatter, "by invite alone");
}

/* True if what the relay has sent contains |text|. */
static bool was_told(const struct rogue *rogue, const char *text)
{
	size_t len = strlen(text);
	for (size_t i = 0; i + len <= rogue->n_said; i++)
		if (memcmp(rogue->said + i, text, len) == 0)
			return true;
	return false;
}

static struct lp_host_reply replied;

static void ask(struct fixture *f, enum lp_host_action action, uint16_t peer_id, const char *target)
{
	struct lp_host_request request = {.request = 1, .action = action, .peer_id = peer_id};
	snprintf(request.target, sizeof request.target, "%s", target);
	lp_host_enter(f->party->relay_host);
	lp_host_request(f->party->relay, "LAN", &request, "host", &replied);
}

/* Members that the host removes leave the room before anything else happens, and do not come back by themselves. */
static void test_host(void **state)
{
	struct fixture *f = *state;
	party_invite(f->party, LP_ROLE_GATEWAY, &f->host);
	struct party_member *first = party_invite(f->party, LP_ROLE_CLIENT, &f->player);
	struct party_member *second = party_invite(f->party, LP_ROLE_CLIENT, &f->player);
	assert_true(party_run_until_joined(f->party, 10 * LP_SEC));
	struct lp_rooms *rooms = f->party->relay->rooms;
	ask(f, LP_HOST_KICK, lp_peer_id(lp_rooms_find_key(rooms, "LAN", first->key)), "");
	assert_true(replied.done);
	assert_null(lp_rooms_find_key(rooms, "LAN", first->key));
	expect_refused(f->party, first, "removed from the room by its host");
	party_reap(f->party);
	ask(f, LP_HOST_BAN, lp_peer_id(lp_rooms_find_key(rooms, "LAN", second->key)), "");
	assert_true(replied.done);
	expect_refused(f->party, second, "banned from the room by its host");
	party_reap(f->party);
	party_start(first);
	party_start(second);
	expect_refused(f->party, second, "you are banned");
	assert_true(party_is_joined(first));
	party_reap(f->party);
	ask(f, LP_HOST_UNBAN, 0, "client-7");
	assert_false(replied.done);
	ask(f, LP_HOST_UNBAN, 0, second->name);
	assert_true(replied.done);
	party_start(second);
	assert_true(party_run_until_joined(f->party, 10 * LP_SEC));
	uint16_t id = lp_peer_id(lp_rooms_find_key(rooms, "LAN", first->key));
	ask(f, LP_HOST_PROXY, id, "");
	assert_true(replied.done && strstr(replied.message, "may reply for addresses of others"));
	ask(f, LP_HOST_NO_PROXY, id, "");
	assert_true(replied.done && strstr(replied.message, "for its own addresses alone"));
	ask(f, LP_HOST_PROXY, lp_peer_id(lp_peer_gateway(lp_rooms_find_id(rooms, "LAN", id))), "");
	assert_false(replied.done);
	ask(f, LP_HOST_KICK, 999, "");
	assert_false(replied.done);
	ask(f, LP_HOST_REVOKE, 0, "");
	assert_false(replied.done);
}

/* A player that speaks as the host is disconnected. */
static void test_false_host(void **state)
{
	struct fixture *f = *state;
	struct party_member *player = party_invite(f->party, LP_ROLE_CLIENT, &f->player);
	assert_true(party_run_until_joined(f->party, 10 * LP_SEC));
	lp_host_enter(player->host);
	lp_member_ask(party_lp_member(player), &(struct lp_host_request){.request = 1, .action = LP_HOST_LOCK});
	party_run(f->party, 5 * LP_SEC);
	assert_int_equal(player->n_joined, 2); /* its connection was closed, and it joined again */
	struct lp_directory_room room;
	struct lp_failure failure;
	assert_int_equal(lp_directory_room(f->directory, "LAN", &failure, &room), 0);
	assert_false(room.locked);
}

/* A proof that belongs to another TLS session is worth nothing. */
static void test_replay(void **state)
{
	struct fixture *f = *state;
	static struct rogue first, second;
	struct lp_failure failure;
	char pem[LP_TLS_KEY_PEM], hex[LP_KEY_HEX + 1], hello[512];
	uint8_t member_key[LP_TLS_KEY_ID], exporter[LP_EXPORTER_BYTES], proof[LP_PROOF_BYTES];
	lp_tls_free(f->party->client_tls);
	assert_int_equal(lp_tls_member_key_new(&failure, pem), 0);
	assert_int_equal(lp_tls_client_pinned_new(f->party->relay_pin, &failure, &f->party->client_tls), 0);
	assert_int_equal(lp_tls_client_show_key(f->party->client_tls, pem, &failure, member_key), 0);
	rogue_open(&first, f->party, "198.51.100.61");
	rogue_open(&second, f->party, "198.51.100.62");
	assert_int_equal(lp_quic_export(first.conn, LP_ADMISSION_EXPORTER, exporter, sizeof exporter), 0);
	assert_int_equal(
		lp_invite_proof(f->player.admission_key, exporter, LP_ROLE_CLIENT, "LAN", member_key, proof), 0);
	snprintf(hello, sizeof hello,
		"{\"type\":\"hello\",\"version\":1,\"role\":\"client\",\"room\":\"LAN\",\"mac\":\"02:66:00:00:00:01\","
		"\"datagram_budget\":1400,\"software\":\"thief\",\"invite\":2,\"proof\":\"%s\"}",
		lp_hex_format(proof, sizeof proof, hex));
	rogue_say_json(&second, hello);
	party_run(f->party, LP_SEC);
	assert_true(was_told(&second, "unauthorized"));
	rogue_say_json(&first, hello);
	party_run(f->party, LP_SEC);
	assert_true(was_told(&first, "welcome"));
	rogue_close(&first);
	rogue_close(&second);
}

/* Sends a wrong proof from |ip|; true if it was compared, false if the source is slowed. */
static bool guess(struct fixture *f, const char *ip)
{
	static struct rogue rogue;
	rogue_open(&rogue, f->party, ip);
	rogue_say_json(&rogue,
		"{\"type\":\"hello\",\"version\":1,\"role\":\"client\",\"room\":\"LAN\",\"mac\":\"02:66:00:00:00:01\","
		"\"datagram_budget\":1400,\"software\":\"thief\",\"invite\":2,\"proof\":\"00\"}");
	party_run(f->party, 50 * LP_MS);
	bool compared = was_told(&rogue, "unauthorized");
	assert_int_not_equal(compared, was_told(&rogue, "too many wrong invites"));
	rogue_close(&rogue);
	return compared;
}

/* Guessing ends after a few wrong proofs from an address; others are not affected. */
static void test_guessing(void **state)
{
	struct fixture *f = *state;
	unsigned n_wrong = 0;
	for (unsigned i = 0; i < 2 * LP_INVITES_WRONG_BURST; i++)
		n_wrong += guess(f, "198.51.100.63");
	assert_in_range(n_wrong, LP_INVITES_WRONG_BURST, LP_INVITES_WRONG_BURST + 4);
	assert_int_equal(f->party->relay->invites.n_wrong, n_wrong);
	assert_int_equal(f->party->relay->invites.n_slowed, 2 * LP_INVITES_WRONG_BURST - n_wrong);
	party_invite(f->party, LP_ROLE_CLIENT, &f->player);
	assert_true(party_run_until_joined(f->party, 10 * LP_SEC));
}

/* Guesses from many addresses: each has one in 16 seconds when they are more than the room takes. Who has an invite
   comes in. */
static void test_many_guess(void **state)
{
	struct fixture *f = *state;
	char ip[32];
	for (unsigned i = 0; i < 2 * LP_INVITES_ROOM_BURST; i++) {
		snprintf(ip, sizeof ip, "198.51.100.%u", 100 + i / 8);
		(void)guess(f, ip);
	}
	assert_true(guess(f, "198.51.100.99"));
	assert_false(guess(f, "198.51.100.99"));
	party_invite(f->party, LP_ROLE_CLIENT, &f->player);
	assert_true(party_run_until_joined(f->party, 10 * LP_SEC));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_party, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_keyed_relay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_listed_relay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_new_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_new_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_comes_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ban_and_lock, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_squatter, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_host, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_false_host, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_replay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_guessing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many_guess, set_up, tear_down),
	};
	return cmocka_run_group_tests_name("invites", tests, NULL, NULL);
}
