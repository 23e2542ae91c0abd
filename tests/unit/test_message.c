/* Control messages: what is accepted, what is refused and for which reason, and that encoding loses nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/error.h"
#include "base/failure.h"
#include "ctrl/message.h"
#include "ctrl/schema.h"

#define HELLO_REST \
	"\"role\":\"client\",\"room\":\"PARTY-1\",\"mac\":\"02:00:00:00:00:01\",\"datagram_budget\":1200," \
	"\"software\":\"t 1\""
#define HELLO "{\"type\":\"hello\",\"version\":1," HELLO_REST "}"
#define JOINED "{\"type\":\"peer_joined\",\"peer_id\":7,\"role\":\"gateway\",\"mac\":\"0a:1b:2c:3d:4e:5f\"}"
#define STATS_REST \
	"\"frames_in\":1,\"frames_out\":2,\"bytes_in\":3,\"bytes_out\":4,\"datagrams_in\":5,\"datagrams_out\":6"
#define STATS "{\"type\":\"stats\"," STATS_REST "}"

/* Received messages, and the same after encoding (NULL: unchanged). */
static const struct {
	const char *in, *out;
	enum lp_message_type type;
} good[] = {
	{HELLO, NULL, LP_MESSAGE_HELLO},
	{"{\"type\":\"hello\",\"version\":1,\"role\":\"gateway\",\"room\":\"ABC\",\"mac\":\"00:00:00:00:00:00\","
	 "\"datagram_budget\":0,\"name\":\"J\\u00fcrgen \\ud83c\\udfae\",\"software\":\"\",\"resume\":\"00ffAB\"}",
		"{\"type\":\"hello\",\"version\":1,\"role\":\"gateway\",\"room\":\"ABC\",\"mac\":\"00:00:00:00:00:00\","
		"\"datagram_budget\":0,\"name\":\"Jürgen 🎮\",\"software\":\"\",\"resume\":\"00ffAB\"}",
		LP_MESSAGE_HELLO},
	/* any order, any white space, either case, either separator, fields of a later version, empty options */
	{" {\"software\":\"t 1\",\"datagram_budget\":1200,\"later\":{\"a\":[1,2.5,null]},\n\"name\":\"\","
	 "\"mac\":\"02-00-00-00-00-01\",\"room\":\"party-1\",\"role\":\"client\",\"version\":1,\"type\":\"hello\"}\t",
		HELLO, LP_MESSAGE_HELLO},
	/* another version: other fields are ignored */
	{"{\"type\":\"hello\",\"version\":2}",
		"{\"type\":\"hello\",\"version\":2,\"role\":\"client\",\"room\":\"\",\"mac\":\"00:00:00:00:00:00\","
		"\"datagram_budget\":0,\"software\":\"\"}",
		LP_MESSAGE_HELLO},
	{"{\"type\":\"hello\",\"role\":5,\"room\":[],\"version\":0}",
		"{\"type\":\"hello\",\"version\":0,\"role\":\"client\",\"room\":\"\",\"mac\":\"00:00:00:00:00:00\","
		"\"datagram_budget\":0,\"software\":\"\"}",
		LP_MESSAGE_HELLO},
	{"{\"type\":\"welcome\",\"peer_id\":1,\"room\":\"ABC\",\"mtu\":1500,\"gateway_present\":false}", NULL,
		LP_MESSAGE_WELCOME},
	{"{\"type\":\"welcome\",\"peer_id\":65535,\"room\":\"ABC\",\"mtu\":65535,\"gateway_present\":true,"
	 "\"unfragmented_mtu\":1422,\"stats_interval_s\":10,\"resume\":\"0123456789abcdef\",\"limits\":{"
	 "\"broadcast_pps\":500,\"unknown_pps\":100,\"total_kbps\":4294967295,\"peers\":64}}",
		NULL, LP_MESSAGE_WELCOME},
	{"{\"type\":\"welcome\",\"peer_id\":1,\"room\":\"ABC\",\"mtu\":576,\"gateway_present\":true,"
	 "\"limits\":{\"peers\":3,\"later\":true}}",
		"{\"type\":\"welcome\",\"peer_id\":1,\"room\":\"ABC\",\"mtu\":576,\"gateway_present\":true,"
		"\"limits\":{\"peers\":3}}",
		LP_MESSAGE_WELCOME},
	{"{\"type\":\"reject\",\"code\":\"bad_room\",\"message\":\"no\"}", NULL, LP_MESSAGE_REJECT},
	{"{\"type\":\"reject\",\"code\":\"redirect\",\"message\":\"\",\"address\":\"r2.example:443\"}", NULL,
		LP_MESSAGE_REJECT},
	{"{\"type\":\"reject\",\"code\":\"full_moon\",\"message\":\"no\"}",
		"{\"type\":\"reject\",\"code\":\"other\",\"message\":\"no\"}", LP_MESSAGE_REJECT},
	{JOINED, NULL, LP_MESSAGE_PEER_JOINED},
	{"{\"type\":\"peer_joined\",\"peer_id\":7,\"role\":\"judge\",\"mac\":\"0A:1B:2C:3D:4E:5F\",\"name\":\"\\u001b["
	 "1m\\\"\\\\\"}",
		"{\"type\":\"peer_joined\",\"peer_id\":7,\"role\":\"other\",\"mac\":\"0a:1b:2c:3d:4e:5f\",\"name\":\"\\u001b["
		"1m\\\"\\\\\"}",
		LP_MESSAGE_PEER_JOINED},
	{"{\"type\":\"peer_left\",\"peer_id\":7,\"reason\":\"timeout\"}", NULL, LP_MESSAGE_PEER_LEFT},
	{"{\"type\":\"peer_left\",\"peer_id\":7,\"reason\":\"bored\",\"name\":3}",
		"{\"type\":\"peer_left\",\"peer_id\":7,\"reason\":\"other\"}", LP_MESSAGE_PEER_LEFT},
	{STATS, NULL, LP_MESSAGE_STATS},
	{"{\"type\":\"stats\"," STATS_REST ",\"drops\":{\"oversize\":9,\"not_joined\":9223372036854775807},"
	 "\"rtt_us\":12000,\"packets_lost\":3,\"gateway_present\":true,\"gateway_rtt_us\":900,"
	 "\"unfragmented_mtu\":1150,\"link_bytes_in\":5,\"link_bytes_out\":6,\"lan_deaf\":true,\"lan_down\":true}",
		NULL, LP_MESSAGE_STATS},
	{"{\"type\":\"stats\"," STATS_REST ",\"peer_rtts\":{\"7\":12000,\"65535\":0}}", NULL, LP_MESSAGE_STATS},
	{"{\"type\":\"stats\"," STATS_REST ",\"peer_rtts\":{\"0\":1,\"65536\":2,\"7x\":3,\"\":4,\"-1\":5,\"8\":6}}",
		"{\"type\":\"stats\"," STATS_REST ",\"peer_rtts\":{\"8\":6}}", LP_MESSAGE_STATS},
	{"{\"type\":\"stats\"," STATS_REST ",\"drops\":{\"gremlins\":\"many\",\"none\":-1,\"oversize\":0},"
	 "\"rtt_us\":0}",
		STATS, LP_MESSAGE_STATS},
	{"{\"type\":\"disconnect\",\"code\":\"restarting\",\"message\":\"back soon\"}", NULL, LP_MESSAGE_DISCONNECT},
};

/* Refused texts, with the start of the reason. Byte positions are from the JSON library. */
static const struct {
	const char *in, *reason;
} bad[] = {
	{"", "control message: not complete (near byte "},
	{"{\"type\":\"hello\"", "control message: not complete (near byte "},
	{"nonsense", "control message: not JSON (near byte "},
	{"[]", "control message: not a JSON object"},
	{"\"hello\"", "control message: not JSON (near byte "},
	{"{}{}", "control message: more than one JSON value (near byte "},
	{"{}", "control message: field 'type': missing"},
	{"{\"type\":1}", "control message: field 'type': not a string"},
	{"{\"type\":\"stats\",\"type\":\"stats\"}", "control message: a duplicate key (near byte "},
	{"{\"type\":\"later\",\"a\":{\"b\":1,\"b\":2}}", "control message: a duplicate key (near byte "},
	{"{\"type\":\"a\\u0000b\"}", "control message: a NUL inside a string (near byte "},
	{"{\"a\\u0000b\":1}", "control message: a NUL inside a string (near byte "},
	{"{\"type\":\"\xff\"}", "control message: not UTF-8 (near byte "},
	{"{\"type\":\"\xc0\x80\"}", "control message: not UTF-8 (near byte "},
	{"{\"type\":\"\xed\xa0\x80\"}", "control message: not UTF-8 (near byte "},
	{"{\"type\":\"\xf5\x80\x80\x80\"}", "control message: not UTF-8 (near byte "},
	{"{\"type\":\"\\ud800\"}", "control message: not JSON (near byte "},
	{"{\"type\":\"a\nb\"}", "control message: not JSON (near byte "},
	{"{\"type\":\"later\",\"n\":18446744073709551616}", "control message: a number that is too large (near byte "},
	{"[[[[[[[[[[[[[[[[[", "control message: nested deeper than 16"},
	{"{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", "control message: nested deeper than 16"},
	{"{\"type\":\"hello\",\"version\":1,\"role\":\"client\",\"room\":\"ABC\",\"mac\":\"02:00:00:00:00\"}",
		"hello: field 'mac': not a MAC address"},
	{"{\"type\":\"hello\",\"version\":1,\"role\":\"client\",\"room\":\"ABC\",\"mac\":\"02:00:00:00:00:01:02\"}",
		"hello: field 'mac': not a MAC address"},
	{"{\"type\":\"hello\",\"version\":1," HELLO_REST ",\"resume\":\"0g\"}",
		"hello: field 'resume': not hex digits"},
	{"{\"type\":\"hello\",\"version\":-1}", "hello: field 'version': not between 0 and 4294967295"},
	{"{\"type\":\"hello\",\"version\":1.0}", "hello: field 'version': not an integer"},
	{"{\"type\":\"stats\"," STATS_REST ",\"drops\":{\"oversize\":-1}}", "stats: field 'drops': out of range"},
	{"{\"type\":\"stats\"," STATS_REST ",\"drops\":{\"oversize\":true}}", "stats: field 'drops': not an integer"},
	{"{\"type\":\"welcome\",\"peer_id\":1,\"room\":\"ABC\",\"mtu\":1500,\"gateway_present\":true,"
	 "\"limits\":{\"peers\":\"3\"}}",
		"limits: field 'peers': not an integer"},
};

/* Decodes a text from memory of exactly its size. */
static int decode(const char *json, struct lp_failure *failure, struct lp_message *ret_message)
{
	size_t len = strlen(json);
	uint8_t *exact = malloc(len ? len : 1);
	assert_non_null(exact);
	memcpy(exact, json, len);
	int result = lp_message_decode(exact, len, failure, ret_message);
	free(exact);
	return result;
}

/* Encodes, checks the length prefix, and returns the JSON in |text|. */
static void encode(const struct lp_message *message, char text[LP_MESSAGE_ENCODED_MAX])
{
	uint8_t data[LP_MESSAGE_ENCODED_MAX];
	int len = lp_message_encode(message, data, sizeof data);
	assert_in_range(len, 5, sizeof data);
	assert_int_equal(data[0] << 24 | data[1] << 16 | data[2] << 8 | data[3], len - 4);
	memcpy(text, data + 4, (size_t)len - 4);
	text[len - 4] = '\0';
}

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct lp_message message;
		struct lp_failure failure = {0};
		char out[LP_MESSAGE_ENCODED_MAX];
		if (decode(good[i].in, &failure, &message) < 0)
			fail_msg("%s: %s", good[i].in, failure.text);
		assert_int_equal(message.type, good[i].type);
		encode(&message, out);
		assert_string_equal(out, good[i].out ? good[i].out : good[i].in);
	}
}

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct lp_message message = {.type = LP_MESSAGE_REJECT}, before = message;
		struct lp_failure failure = {0};
		assert_int_equal(decode(bad[i].in, &failure, &message), LP_EMALFORMED);
		assert_int_equal(decode(bad[i].in, NULL, &message), LP_EMALFORMED);
		if (strncmp(failure.text, bad[i].reason, strlen(bad[i].reason)) != 0)
			fail_msg("%s: '%s', not '%s'", bad[i].in, failure.text, bad[i].reason);
		assert_int_equal(failure.code, LP_EMALFORMED);
		assert_memory_equal(&message, &before, sizeof message);
	}
}

static void test_values(void **state)
{
	(void)state;
	struct lp_message m;
	assert_int_equal(decode(HELLO, NULL, &m), 0);
	assert_int_equal(m.hello.version, 1);
	assert_int_equal(m.hello.role, LP_ROLE_CLIENT);
	assert_string_equal(m.hello.room, "PARTY-1");
	assert_memory_equal(m.hello.mac.octet, "\x02\0\0\0\0\x01", 6);
	assert_int_equal(m.hello.datagram_budget, 1200);
	assert_string_equal(m.hello.software, "t 1");
	assert_string_equal(m.hello.name, "");

	assert_int_equal(decode(good[6].in, NULL, &m), 0);
	assert_int_equal(m.welcome.peer_id, 65535);
	assert_true(m.welcome.gateway_present);
	assert_int_equal(m.welcome.unfragmented_mtu, 1422);
	assert_int_equal(m.welcome.stats_interval_s, 10);
	assert_int_equal(m.welcome.limits.broadcast_pps, 500);
	assert_int_equal(m.welcome.limits.unknown_pps, 100);
	assert_int_equal(m.welcome.limits.total_kbps, UINT32_MAX);
	assert_int_equal(m.welcome.limits.peers, 64);

	assert_int_equal(decode("{\"type\":\"stats\"," STATS_REST ",\"drops\":{\"oversize\":9}}", NULL, &m), 0);
	assert_int_equal(m.stats.counters.frames_in, 1);
	assert_int_equal(m.stats.counters.datagrams_out, 6);
	assert_int_equal(m.stats.counters.drops[LP_DROP_OVERSIZE], 9);
}

static void test_unknown_type(void **state)
{
	(void)state;
	struct lp_message m;
	uint8_t data[64];
	assert_int_equal(decode("{\"type\":\"later\",\"version\":\"x\"}", NULL, &m), 0);
	assert_int_equal(m.type, LP_MESSAGE_UNKNOWN);
	assert_int_equal(lp_message_encode(&m, data, sizeof data), LP_EINVAL);
	assert_int_equal(decode("{\"type\":\"unknown\"}", NULL, &m), 0);
	assert_int_equal(m.type, LP_MESSAGE_UNKNOWN);
	/* Brackets in a string do not count as nesting, whatever is escaped before them. */
	assert_int_equal(decode("{\"type\":\"later\",\"s\":\"\\\"[[[[[[[[[[[[[[[[[[[[\"}", NULL, &m), 0);
	assert_int_equal(decode("{\"type\":\"later\",\"s\":\"\\\\\",\"t\":\"[[[[[[[[[[[[[[[[[[[[\"}", NULL, &m), 0);
}

/* A room text that is not a code is passed on to the room, which rejects it with bad_room; one that is too long is
   never truncated to a code that another room might have. */
static void test_room_text(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"ab", "AB"},
		{"", ""},
		{"no spaces!", "NO SPACES!"},
		{"0123456789abcdefghijklmnopqrstuv", "0123456789ABCDEFGHIJKLMNOPQRSTUV"},
		{"0123456789abcdefghijklmnopqrstuvw", ""},
		{"äöü", "äöü"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char json[512];
		struct lp_message m;
		snprintf(json, sizeof json,
			"{\"type\":\"hello\",\"version\":1,\"role\":\"client\",\"room\":\"%s\","
			"\"mac\":\"ff:ff:ff:ff:ff:ff\",\"datagram_budget\":1,\"software\":\"\"}",
			rows[i].in);
		assert_int_equal(decode(json, NULL, &m), 0);
		assert_string_equal(m.hello.room, rows[i].out);
	}
}

/* A complete message of each type, from which fields are removed or changed. */
static const char *const complete[] = {
	[LP_MESSAGE_HELLO] = "{\"type\":\"hello\",\"version\":1," HELLO_REST
			     ",\"stations\":2,\"name\":\"n\",\"resume\":\"00\","
			     "\"invite\":1,\"invite_expires\":2,\"invite_uses\":3,\"proof\":\"00\",\"new_room\":\"00\","
			     "\"links\":true}",
	[LP_MESSAGE_WELCOME] =
		"{\"type\":\"welcome\",\"peer_id\":1,\"room\":\"ABC\",\"mtu\":1500,"
		"\"gateway_present\":true,\"unfragmented_mtu\":1,\"stats_interval_s\":1,"
		"\"resume\":\"00\",\"limits\":{\"broadcast_pps\":1,\"unknown_pps\":1,"
		"\"total_kbps\":1,\"stations\":2,\"peers\":1},\"probe\":\"00\",\"link\":\"00\",\"seen\":\"a\"}",
	[LP_MESSAGE_REJECT] = "{\"type\":\"reject\",\"code\":\"bad_mac\",\"message\":\"m\",\"address\":\"a\","
			      "\"steer\":\"0a\",\"mac\":\"02:00:00:00:00:01\"}",
	[LP_MESSAGE_PEER_JOINED] = "{\"type\":\"peer_joined\",\"peer_id\":7,\"role\":\"client\","
				   "\"mac\":\"02:00:00:00:00:01\",\"name\":\"n\",\"key\":\"00\",\"link\":\"00\"}",
	[LP_MESSAGE_PEER_LEFT] = "{\"type\":\"peer_left\",\"peer_id\":7,\"reason\":\"goodbye\"}",
	[LP_MESSAGE_STATS] =
		"{\"type\":\"stats\"," STATS_REST ",\"drops\":{\"oversize\":1},\"rtt_us\":1,"
		"\"packets_lost\":1,\"gateway_present\":true,\"gateway_rtt_us\":1,"
		"\"peer_rtts\":{\"7\":1},"
		"\"unfragmented_mtu\":1,\"link_bytes_in\":1,\"link_bytes_out\":1,\"lan_deaf\":true,\"lan_down\":true,"
		"\"lan_sent_for\":{\"7\":1},\"lan_sent\":1,\"seen\":\"a\"}",
	[LP_MESSAGE_DISCONNECT] = "{\"type\":\"disconnect\",\"code\":\"goodbye\",\"message\":\"m\"}",
	[LP_MESSAGE_HOST_REQUEST] = "{\"type\":\"host_request\",\"request\":1,\"action\":\"kick\",\"peer_id\":2,"
				    "\"invite\":3,\"target\":\"n\"}",
	[LP_MESSAGE_HOST_REPLY] = "{\"type\":\"host_reply\",\"request\":1,\"done\":true,\"message\":\"m\"}",
	[LP_MESSAGE_LINK_PROOF] = "{\"type\":\"link_proof\",\"proof\":\"00\",\"direct\":\"all\"}",
	[LP_MESSAGE_LINK_OFFER] = "{\"type\":\"link_offer\",\"addresses\":\"a\"}",
};

/* Decodes |root| with |name| in the object |in| replaced (NULL: removed), and expects |reason|; NULL: accepted. */
static void expect_with(json_t *root, json_t *in, const char *name, json_t *value, const char *reason)
{
	json_t *old = json_incref(json_object_get(in, name));
	struct lp_message message;
	struct lp_failure failure = {0};
	assert_non_null(old);
	if (value)
		json_object_set_new(in, name, value);
	else
		json_object_del(in, name);
	char *text = json_dumps(root, JSON_COMPACT);
	int result = decode(text, &failure, &message);
	if ((result < 0) != (reason != NULL) || (reason && !strstr(failure.text, reason)))
		fail_msg("%s: '%s', not '%s'", text, failure.text, reason ? reason : "accepted");
	if (reason && !strstr(failure.text, name))
		fail_msg("%s: '%s' does not name the field", text, failure.text);
	free(text);
	json_object_set_new(in, name, old);
}

/* A string of |len| times the character |c|. */
static json_t *repeated(char c, size_t len)
{
	char text[1024];
	memset(text, c, len);
	return json_stringn(text, len);
}

/* Violates one field's row in every way, and tests its limits. */
static void try_field(json_t *root, json_t *in, const struct lp_field *field)
{
	static const char *const types[] = {
		[LP_FIELD_UINT] = "not an integer",
		[LP_FIELD_BOOL] = "not true or false",
		[LP_FIELD_TEXT] = "not a string",
		[LP_FIELD_ROOM] = "not a string",
		[LP_FIELD_HEX] = "not a string",
		[LP_FIELD_MAC] = "not a string",
		[LP_FIELD_WORD] = "not a string",
		[LP_FIELD_DROPS] = "not an object",
		[LP_FIELD_PEER_VALUES] = "not an object",
		[LP_FIELD_OBJECT] = "not an object",
	};
	const char *wrong_type = types[field->kind], *name = field->name;
	expect_with(root, in, name, NULL, field->optional ? NULL : "missing");
	expect_with(root, in, name, json_null(), wrong_type);
	expect_with(root, in, name, json_array(), wrong_type);
	expect_with(root, in, name, json_real(1.5), wrong_type);
	if (strcmp(wrong_type, "not a string") != 0)
		expect_with(root, in, name, json_string("1"), wrong_type);
	else
		expect_with(root, in, name, json_integer(1), wrong_type);
	if (field->kind == LP_FIELD_UINT) {
		expect_with(root, in, name, json_integer((json_int_t)field->min - 1), "not between");
		if (strcmp(name, "version") != 0)
			expect_with(root, in, name, json_integer((json_int_t)field->min), NULL);
		expect_with(root, in, name, json_integer((json_int_t)field->max), NULL);
		if (field->max < INT64_MAX)
			expect_with(root, in, name, json_integer((json_int_t)field->max + 1), "not between");
	}
	if (field->kind == LP_FIELD_TEXT || field->kind == LP_FIELD_HEX) {
		expect_with(root, in, name, repeated('a', field->max), NULL);
		expect_with(root, in, name, repeated('a', field->max + 1), "longer than");
	}
	for (size_t i = 0; field->kind == LP_FIELD_OBJECT && i < field->n_fields; i++)
		try_field(root, json_object_get(in, name), &field->fields[i]);
}

static void test_every_field(void **state)
{
	(void)state;
	for (unsigned type = 0; type < LP_MESSAGE_UNKNOWN; type++) {
		size_t n_fields = 0;
		const struct lp_field *fields = lp_schema_fields(type, &n_fields);
		json_t *root = json_loads(complete[type], 0, NULL);
		assert_non_null(root);
		assert_int_equal(json_object_size(root), n_fields + 1);
		for (size_t i = 0; i < n_fields; i++)
			try_field(root, root, &fields[i]);
		json_decref(root);
	}
}

/* splitmix64: the same numbers on every machine. */
static uint64_t random_u64(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* A number of any magnitude within a range. */
static uint64_t random_in(uint64_t *seed, uint64_t min, uint64_t max)
{
	uint64_t value = random_u64(seed) >> random_u64(seed) % 64;
	return value >= min && value <= max ? value : min + value % (max - min + 1);
}

/* A text of up to |max| bytes with control characters and characters of all lengths. */
static void random_text(uint64_t *seed, char *to, size_t max)
{
	static const char *const pieces[] = {
		"a", "Z", "\"", "\\", "/", "\x01", "\x1b", "\n", "\x7f", "ü", "€", "🎮", "\u202e"};
	size_t len = random_u64(seed) % (max + 1);
	for (size_t at = 0;;) {
		const char *piece = pieces[random_u64(seed) % (sizeof pieces / sizeof pieces[0])];
		if (at + strlen(piece) > len)
			return;
		memcpy(to + at, piece, strlen(piece));
		at += strlen(piece);
	}
}

/* Fills one field with a random value that its row permits. */
static void random_field(uint64_t *seed, const struct lp_field *field, struct lp_message *message)
{
	char *to = (char *)message + field->offset;
	uint64_t number = random_in(seed, field->min, field->max);
	unsigned word = field->words ? (unsigned)(random_u64(seed) % (field->words->n_words + 1)) : 0;
	bool flag = random_u64(seed) & 1;
	if (field->optional && random_u64(seed) % 3 == 0)
		return;
	switch (field->kind) {
	case LP_FIELD_UINT:
		memcpy(to, &number, field->size); /* little-endian, like every machine that runs the tests */
		break;
	case LP_FIELD_BOOL:
		memcpy(to, &flag, 1);
		break;
	case LP_FIELD_TEXT:
	case LP_FIELD_ROOM:
		random_text(seed, to, field->max);
		break;
	case LP_FIELD_HEX:
		for (size_t i = random_u64(seed) % (field->max + 1); i > 0; i--)
			to[i - 1] = "0123456789abcdef"[random_u64(seed) % 16];
		break;
	case LP_FIELD_MAC:
		memcpy(to, &number, 6);
		break;
	case LP_FIELD_WORD:
		memcpy(to, &word, sizeof word);
		break;
	case LP_FIELD_DROPS:
		for (size_t i = 1; i < LP_DROP_COUNT; i++)
			message->stats.counters.drops[i] = random_u64(seed) & 1 ? random_in(seed, 0, INT64_MAX) : 0;
		break;
	case LP_FIELD_PEER_VALUES: {
		struct lp_peer_values *values = (void *)((char *)message + field->offset);
		values->n = (uint32_t)random_in(seed, 0, LP_PEER_VALUES_MAX);
		for (uint32_t i = 0; i < values->n; i++) {
			values->at[i].peer_id = 1 + i * 1000;
			values->at[i].value = (uint32_t)random_u64(seed);
		}
	} break;
	case LP_FIELD_OBJECT:
		for (size_t i = 0; i < field->n_fields; i++)
			random_field(seed, &field->fields[i], message);
		break;
	case LP_FIELD_LIST: /* no message has one: test_fields */
		break;
	}
}

static void test_round_trip(void **state)
{
	(void)state;
	uint64_t seed = 1;
	for (unsigned n = 0; n < 20000; n++) {
		struct lp_message message, again;
		struct lp_failure failure = {0};
		char text[LP_MESSAGE_ENCODED_MAX];
		size_t n_fields = 0;
		memset(&message, 0, sizeof message);
		message.type = n % LP_MESSAGE_UNKNOWN;
		const struct lp_field *fields = lp_schema_fields(message.type, &n_fields);
		for (size_t i = 0; i < n_fields; i++)
			random_field(&seed, &fields[i], &message);
		if (message.type == LP_MESSAGE_HELLO)
			message.hello.version = LP_PROTOCOL_VERSION;
		if (message.type == LP_MESSAGE_HELLO || message.type == LP_MESSAGE_WELCOME) {
			char *room = message.type == LP_MESSAGE_HELLO ? message.hello.room : message.welcome.room;
			for (; *room; room++)
				*room = *room == 'a' ? 'A' : *room;
		}
		encode(&message, text);
		if (decode(text, &failure, &again) < 0)
			fail_msg("%s: %s", text, failure.text);
		assert_memory_equal(&message, &again, sizeof message);
	}
}

static void test_saturates(void **state)
{
	(void)state;
	struct lp_message m = {.type = LP_MESSAGE_STATS}, again;
	char text[LP_MESSAGE_ENCODED_MAX];
	m.stats.counters.bytes_in = UINT64_MAX;
	m.stats.counters.drops[LP_DROP_DEVICE] = UINT64_MAX - 1;
	m.stats.counters.frames_out = INT64_MAX;
	encode(&m, text);
	assert_int_equal(decode(text, NULL, &again), 0);
	assert_int_equal(again.stats.counters.bytes_in, INT64_MAX);
	assert_int_equal(again.stats.counters.drops[LP_DROP_DEVICE], INT64_MAX);
	assert_int_equal(again.stats.counters.frames_out, INT64_MAX);
}

/* A message that the other end would refuse is not encoded. */
static void test_encode_refuses(void **state)
{
	(void)state;
	uint8_t data[LP_MESSAGE_ENCODED_MAX];
	struct lp_message m = {.type = LP_MESSAGE_PEER_LEFT};
	assert_int_equal(lp_message_encode(&m, data, sizeof data), LP_EINVAL);
	m.peer.peer_id = 1;
	assert_true(lp_message_encode(&m, data, sizeof data) > 0);
	m.peer.reason = LP_REASON_OTHER + 1;
	assert_int_equal(lp_message_encode(&m, data, sizeof data), LP_EINVAL);
	m = (struct lp_message){.type = LP_MESSAGE_WELCOME, .welcome = {.peer_id = 1, .mtu = 575}};
	assert_int_equal(lp_message_encode(&m, data, sizeof data), LP_EINVAL);
}

/* Every text at its maximum length, of the longest characters: it still fits exactly. */
static void test_largest_fits(void **state)
{
	(void)state;
	uint8_t data[LP_MESSAGE_ENCODED_MAX], small[LP_MESSAGE_ENCODED_MAX];
	for (unsigned type = 0; type < LP_MESSAGE_UNKNOWN; type++) {
		struct lp_message m = {.type = type};
		size_t n_fields = 0;
		const struct lp_field *fields = lp_schema_fields(type, &n_fields);
		for (size_t i = 0; i < n_fields; i++) {
			char *to = (char *)&m + fields[i].offset;
			if (fields[i].kind == LP_FIELD_UINT)
				memcpy(to, &fields[i].max, fields[i].size);
			else if (fields[i].kind == LP_FIELD_DROPS || fields[i].kind == LP_FIELD_OBJECT ||
				 fields[i].kind == LP_FIELD_PEER_VALUES)
				memset(to, 0xff, fields[i].size);
			else if (fields[i].kind != LP_FIELD_WORD && fields[i].kind != LP_FIELD_BOOL)
				memset(to, 1, fields[i].size - 1);
		}
		int len = lp_message_encode(&m, data, sizeof data);
		assert_true(len > 0);
		for (int size = 0; size <= len; size++)
			assert_int_equal(lp_message_encode(&m, small, (size_t)size), LP_ETOOBIG);
		assert_int_equal(lp_message_encode(&m, small, (size_t)len + 1), len);
		assert_memory_equal(small, data, (size_t)len);
	}
}

/* A text that was truncated inside a character, or has another encoding, does not make a message that the peer
   refuses. */
static void test_text_not_utf8(void **state)
{
	(void)state;
	struct lp_message m = {.type = LP_MESSAGE_DISCONNECT}, again;
	char text[LP_MESSAGE_ENCODED_MAX];
	memset(m.disconnect.message, 0xfc, LP_TEXT_MAX - 2);
	strcat(m.disconnect.message, "\xe2\x82");
	encode(&m, text);
	assert_int_equal(decode(text, NULL, &again), 0);
	assert_int_equal(strlen(again.disconnect.message), LP_TEXT_MAX);
	assert_int_equal(strspn(again.disconnect.message, "?"), LP_TEXT_MAX);
}

static void test_room_code(void **state)
{
	(void)state;
	static const struct {
		const char *code;
		bool valid;
	} rows[] = {
		{"ABC", true},
		{"a-9", true},
		{"---", true},
		{"AB", false},
		{"", false},
		{"AB C", false},
		{"AB_", false},
		{"AB.", false},
		{"ÄBC", false},
		{"0123456789ABCDEFGHIJKLMNOPQRSTUV", true},
		{"0123456789ABCDEFGHIJKLMNOPQRSTUVW", false},
		{"AB\n", false},
		{"AB@", false},
		{"AB[", false},
		{"AB/", false},
		{"AB:", false},
		{"AB`", false},
		{"AB{", false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (lp_room_code_valid(rows[i].code) != rows[i].valid)
			fail_msg("'%s'", rows[i].code);
	char code[] = "az-AZ-09{`@[";
	lp_room_code_fold(code);
	assert_string_equal(code, "AZ-AZ-09{`@[");
}

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(lp_role_text(LP_ROLE_GATEWAY), "gateway");
	assert_string_equal(lp_role_text(LP_ROLE_OTHER), "other");
	assert_string_equal(lp_role_text((enum lp_role)99), "other");
	assert_string_equal(lp_reject_wire(LP_REJECT_MTU_TOO_SMALL), "mtu_too_small");
	assert_string_equal(lp_reject_wire(LP_REJECT_OTHER), "other");
	assert_non_null(strstr(lp_reject_text(LP_REJECT_ROOM_FULL), "full"));
	/* Examples of docs/protocol.md. */
	assert_int_equal(lp_room_steer("LAN"), 0x04);
	assert_int_equal(lp_room_steer("FRIDAY-NIGHT"), 0xcc);
	assert_true(lp_reject_may_retry(LP_REJECT_ROOM_FULL));
	assert_false(lp_reject_may_retry(LP_REJECT_BAD_VERSION));
	assert_false(lp_reject_may_retry(LP_REJECT_OTHER));
	assert_string_equal(lp_reason_wire(LP_REASON_PROTOCOL), "protocol_error");
	assert_string_equal(lp_reason_wire(LP_REASON_OTHER), "other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_unknown_type),
		cmocka_unit_test(test_room_text),
		cmocka_unit_test(test_every_field),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_saturates),
		cmocka_unit_test(test_encode_refuses),
		cmocka_unit_test(test_largest_fits),
		cmocka_unit_test(test_text_not_utf8),
		cmocka_unit_test(test_room_code),
		cmocka_unit_test(test_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
