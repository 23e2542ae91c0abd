#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "invite/base62.h"
#include "invite/invite.h"
#include "invite/keys.h"

static struct lp_invite sample(void)
{
	struct lp_invite invite = {
		.relays = "play.example.org",
		.room = "FRIDAY-NIGHT",
		.has_pin = true,
		.id = 0xdeadbeef,
		.expires_unix_s = 1800000000,
		.uses = 12,
	};
	for (size_t i = 0; i < 16; i++) {
		invite.pin[i] = (uint8_t)(i * 17);
		invite.admission_key[i] = (uint8_t)(200 - i);
		invite.peer_secret[i] = (uint8_t)(i + 1);
	}
	return invite;
}

static void assert_same(const struct lp_invite *a, const struct lp_invite *b)
{
	assert_string_equal(a->relays, b->relays);
	assert_string_equal(a->room, b->room);
	assert_int_equal(a->host, b->host);
	assert_int_equal(a->has_pin, b->has_pin);
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->expires_unix_s, b->expires_unix_s);
	assert_int_equal(a->uses, b->uses);
	assert_memory_equal(a->pin, b->pin, 16);
	assert_memory_equal(a->admission_key, b->admission_key, 16);
	assert_memory_equal(a->peer_secret, b->peer_secret, 16);
}

static void test_base62(void **state)
{
	(void)state;
	for (size_t len = 0; len <= 17; len++) {
		for (unsigned fill = 0; fill < 256; fill += 51) {
			uint8_t data[17], back[17];
			char text[64];
			memset(data, (int)fill, sizeof data);
			lp_base62_encode(data, len, text);
			assert_int_equal(strlen(text), lp_base62_len(len));
			assert_int_equal(lp_base62_decode(text, back, len), 0);
			assert_memory_equal(data, back, len);
		}
	}
	uint8_t byte[8];
	assert_int_equal(lp_base62_decode("4_", byte, 1), LP_EMALFORMED);
	assert_int_equal(lp_base62_decode("48", byte, 1), LP_EMALFORMED); /* 256 */
	assert_int_equal(lp_base62_decode("zzzzzzzzzzz", byte, 8), LP_EMALFORMED);
	assert_int_equal(lp_base62_decode("4", byte, 1), LP_EMALFORMED);
}

static void test_round_trip(void **state)
{
	(void)state;
	static const char *const relays[] = {"a", "play.example.org", "play.example.org:4433",
		"[2001:db8::1]:443,203.0.113.1", "a.example,b.example"};
	for (size_t i = 0; i < sizeof relays / sizeof *relays; i++) {
		struct lp_invite invite = sample(), back;
		char text[LP_INVITE_TEXT_MAX + 1];
		snprintf(invite.relays, sizeof invite.relays, "%s", relays[i]);
		invite.host = i & 1;
		invite.has_pin = i & 2;
		assert_int_equal(lp_invite_format(&invite, NULL, text), 0);
		assert_true(lp_invite_is_one(text));
		assert_int_equal(lp_invite_parse(text, NULL, &back), 0);
		assert_same(&invite, &back);
	}
}

/* The longest room code leaves 48 characters for relays. */
static void test_length(void **state)
{
	(void)state;
	struct lp_invite invite = sample();
	char text[LP_INVITE_TEXT_MAX + 1];
	memset(invite.room, 'R', LP_ROOM_CODE_MAX);
	memset(invite.relays, 'h', 48);
	invite.relays[48] = '\0';
	assert_int_equal(lp_invite_format(&invite, NULL, text), 0);
	assert_int_equal(strlen(text), LP_INVITE_TEXT_MAX);
	assert_int_equal(lp_invite_parse(text, NULL, &invite), 0);
	invite.relays[48] = 'h';
	invite.relays[49] = '\0';
	assert_int_equal(lp_invite_format(&invite, NULL, text), LP_ETOOBIG);
}

static void test_chats(void **state)
{
	(void)state;
	struct lp_invite invite = sample(), back;
	char text[LP_INVITE_TEXT_MAX + 1], pasted[2 * LP_INVITE_TEXT_MAX];
	assert_int_equal(lp_invite_format(&invite, NULL, text), 0);
	snprintf(pasted, sizeof pasted, "  <%.60s\r\n%s>\n", text, text + 60);
	assert_int_equal(lp_invite_parse(pasted, NULL, &back), 0);
	assert_same(&invite, &back);
	snprintf(pasted, sizeof pasted, "`%s`", text);
	assert_int_equal(lp_invite_parse(pasted, NULL, &back), 0);
	/* Only letters and digits behind '#': nothing that a chat takes for markup. */
	assert_int_equal(
		strspn(strchr(text, '#') + 1, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"),
		strlen(strchr(text, '#') + 1));
}

/* Any one character that is changed, left out or doubled is noticed, in every part. */
static void test_damage(void **state)
{
	(void)state;
	struct lp_invite invite = sample(), back;
	char text[LP_INVITE_TEXT_MAX + 1], damaged[LP_INVITE_TEXT_MAX + 2];
	assert_int_equal(lp_invite_format(&invite, NULL, text), 0);
	size_t len = strlen(text);
	for (size_t i = strlen(LP_INVITE_SCHEME); i < len; i++) {
		memcpy(damaged, text, len + 1);
		damaged[i] = text[i] == 'x' ? 'y' : 'x';
		assert_int_equal(lp_invite_parse(damaged, NULL, &back), LP_EMALFORMED);
		memcpy(damaged, text, i);
		memcpy(damaged + i, text + i + 1, len - i);
		assert_int_equal(lp_invite_parse(damaged, NULL, &back), LP_EMALFORMED);
		memcpy(damaged, text, i + 1);
		memcpy(damaged + i + 1, text + i, len - i + 1);
		assert_int_equal(lp_invite_parse(damaged, NULL, &back), LP_EMALFORMED);
	}
}

/* What is wrong with a text, and a part of what its reader is advised. */
struct row {
	const char *text;
	const char *expected;
};

static void test_reasons(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"FRIDAY-NIGHT", "An invite begins with lanparty://"},
		{"https://play.example.org/FRIDAY-NIGHT#abc", "An invite begins with lanparty://"},
		{"lanparty://play.example.org", "it has no room"},
		{"lanparty://play.example.org/FRIDAY-NIGHT", "behind '#' is missing"},
		{"lanparty://play.example.org/FRIDAY-NIGHT#abc", "characters are missing"},
		{"lanparty://play.example.org/F#abc", "relay or room is not valid"},
		{"lanparty:///FRIDAY#abc", "relay or room is not valid"},
		{"lanparty://a,,b/FRIDAY#abc", "relay or room is not valid"},
		{"lanparty://a/FRIDAY#yzzzzzzzzzz", "are missing"},
		{"lanparty://a/FRIDAY#Kzzzzzzzzzz", "later version"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct lp_failure failure = {0};
		struct lp_invite invite;
		assert_int_equal(lp_invite_parse(rows[i].text, &failure, &invite), LP_EMALFORMED);
		if (!strstr(failure.text, rows[i].expected))
			fail_msg("%s: %s", rows[i].text, failure.text);
	}
}

static void test_expiry_and_relays(void **state)
{
	(void)state;
	struct lp_invite invite = sample();
	assert_false(lp_invite_is_expired(&invite, 1799999999));
	assert_true(lp_invite_is_expired(&invite, 1800000000));
	invite.expires_unix_s = 0;
	assert_false(lp_invite_is_expired(&invite, INT64_MAX));
	snprintf(invite.relays, sizeof invite.relays, "a.example:1,b.example");
	char relay[LP_INVITE_RELAYS_MAX + 1], text[LP_INVITE_TEXT_MAX + 1];
	assert_true(lp_invite_relay(&invite, 0, relay));
	assert_string_equal(relay, "a.example:1");
	assert_true(lp_invite_relay(&invite, 1, relay));
	assert_string_equal(relay, "b.example");
	assert_false(lp_invite_relay(&invite, 2, relay));
	lp_invite_redact(&invite, text);
	assert_string_equal(text, "lanparty://a.example:1,b.example/FRIDAY-NIGHT#…");
}

/* The key depends on everything that it vouches for, the proof on everything that it is bound to. */
static void test_keys(void **state)
{
	(void)state;
	uint8_t admission[LP_INVITE_KEY] = {1}, other[LP_INVITE_KEY] = {2}, key[LP_INVITE_KEY], changed[LP_INVITE_KEY];
	assert_int_equal(lp_invite_key(admission, 7, 1000, 0, key), 0);
	assert_int_equal(lp_invite_key(admission, 7, 1000, 0, changed), 0);
	assert_memory_equal(key, changed, sizeof key);
	lp_invite_key(admission, 8, 1000, 0, changed);
	assert_memory_not_equal(key, changed, sizeof key);
	lp_invite_key(admission, 7, 1001, 0, changed);
	assert_memory_not_equal(key, changed, sizeof key);
	lp_invite_key(admission, 7, 1000, 1, changed);
	assert_memory_not_equal(key, changed, sizeof key);
	lp_invite_key(other, 7, 1000, 0, changed);
	assert_memory_not_equal(key, changed, sizeof key);

	uint8_t exporter[LP_EXPORTER_BYTES] = {3}, exporter2[LP_EXPORTER_BYTES] = {4};
	uint8_t member[LP_MEMBER_KEY_BYTES] = {5}, member2[LP_MEMBER_KEY_BYTES] = {6};
	uint8_t proof[LP_PROOF_BYTES], proof2[LP_PROOF_BYTES];
	assert_int_equal(lp_invite_proof(key, exporter, LP_ROLE_CLIENT, "ROOM", member, proof), 0);
	assert_int_equal(lp_invite_proof(key, exporter, LP_ROLE_CLIENT, "ROOM", member, proof2), 0);
	assert_true(lp_invite_proof_equal(proof, proof2));
	lp_invite_proof(key, exporter2, LP_ROLE_CLIENT, "ROOM", member, proof2);
	assert_false(lp_invite_proof_equal(proof, proof2));
	lp_invite_proof(key, exporter, LP_ROLE_GATEWAY, "ROOM", member, proof2);
	assert_false(lp_invite_proof_equal(proof, proof2));
	lp_invite_proof(key, exporter, LP_ROLE_CLIENT, "ROOM2", member, proof2);
	assert_false(lp_invite_proof_equal(proof, proof2));
	lp_invite_proof(key, exporter, LP_ROLE_CLIENT, "ROOM", member2, proof2);
	assert_false(lp_invite_proof_equal(proof, proof2));
	lp_invite_proof(changed, exporter, LP_ROLE_CLIENT, "ROOM", member, proof2);
	assert_false(lp_invite_proof_equal(proof, proof2));
}

/* The host derives the players' keys from its own invite; a player's invite carries nothing but its own key. */
static void test_host_makes_invites(void **state)
{
	(void)state;
	struct lp_invite host = {.host = true, .id = 1, .admission_key = {9}}, player = {.id = 2};
	uint8_t room_players[LP_INVITE_KEY], key[LP_INVITE_KEY], expected[LP_INVITE_KEY];
	assert_int_equal(lp_invite_player_key(host.admission_key, room_players), 0);
	assert_memory_not_equal(room_players, host.admission_key, sizeof room_players);
	assert_int_equal(lp_invite_key_of(&host, key), 0);
	assert_int_equal(lp_invite_key(host.admission_key, 1, 0, 0, expected), 0);
	assert_memory_equal(key, expected, sizeof key);
	assert_int_equal(lp_invite_key(room_players, 2, 0, 0, player.admission_key), 0);
	assert_int_equal(lp_invite_key_of(&player, key), 0);
	assert_memory_equal(key, player.admission_key, sizeof key);
}

/* The proof between members depends on everything that it is made of, and on who sends it. */
static void test_peer_proof(void **state)
{
	uint8_t input[4][32] = {{1}, {2}, {3}, {4}}; /* secret, exporter, two keys */
	uint8_t proof[LP_PROOF_BYTES], other[LP_PROOF_BYTES];
	(void)state;
	assert_int_equal(lp_invite_peer_proof(input[0], input[1], input[2], input[3], proof), 0);
	assert_int_equal(lp_invite_peer_proof(input[0], input[1], input[2], input[3], other), 0);
	assert_true(lp_invite_proof_equal(proof, other));
	assert_int_equal(lp_invite_peer_proof(input[0], input[1], input[3], input[2], other), 0);
	assert_false(lp_invite_proof_equal(proof, other));
	for (size_t i = 0; i < 4; i++) {
		input[i][i ? 31 : LP_INVITE_KEY - 1] ^= 1;
		assert_int_equal(lp_invite_peer_proof(input[0], input[1], input[2], input[3], other), 0);
		assert_false(lp_invite_proof_equal(proof, other));
		input[i][i ? 31 : LP_INVITE_KEY - 1] ^= 1;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base62),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_chats),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_expiry_and_relays),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_host_makes_invites),
		cmocka_unit_test(test_peer_proof),
	};
	return cmocka_run_group_tests_name("invite", tests, NULL, NULL);
}
