#include "invite/invite.h"

#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/siphash.h"
#include "base/wipe.h"
#include "invite/base62.h"

#define VERSION 1
#define FLAG_HOST 1
#define FLAG_PIN 2
#define BODY_BYTES (1 + LP_INVITE_PIN + 4 + 4 + 2 + LP_INVITE_KEY + LP_INVITE_KEY)
#define CHECKSUM_BYTES 4
#define DATA_BYTES (BODY_BYTES + CHECKSUM_BYTES)

#define COPY_AGAIN "Copy the whole invite again, from lanparty:// to its last character"

/* Detects damage, not forgery: the relay refuses a forged invite. */
static uint32_t checksum(const char *relays, const char *room, const uint8_t body[BODY_BYTES])
{
	static const uint8_t key[LP_SIPHASH_KEY] = "lanparty invite";
	uint8_t input[LP_INVITE_RELAYS_MAX + LP_ROOM_CODE_MAX + 2 + BODY_BYTES] = {0};
	struct lp_writer writer = lp_writer_init(input, sizeof input);
	lp_writer_bytes(&writer, relays, strlen(relays) + 1);
	lp_writer_bytes(&writer, room, strlen(room) + 1);
	lp_writer_bytes(&writer, body, BODY_BYTES);
	uint32_t sum = (uint32_t)lp_siphash(key, input, lp_writer_len(&writer));
	lp_wipe(input, sizeof input);
	return sum;
}

/* A relay is letters, digits and what addresses and ports need; names are checked when they are looked up. */
static bool relays_are_valid(const char *relays)
{
	size_t part = 0;
	for (const char *at = relays;; at++) {
		if (*at == ',' || *at == '\0') {
			if (part == 0)
				return false;
			part = 0;
			if (*at == '\0')
				return true;
			continue;
		}
		bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9');
		if (!letter && !strchr(".-:[]", *at))
			return false;
		part++;
	}
}

void lp_invite_room_code(const uint8_t random[LP_INVITE_CODE_RANDOM], char ret_code[LP_ROOM_CODE_MAX + 1])
{
	static const char letters[] = "BCDFGHJKMNPQRSTVWXZ23456789";
	size_t len = 0;
	for (size_t i = 0; i < LP_INVITE_CODE_RANDOM; i++) {
		if (i == LP_INVITE_CODE_RANDOM / 2)
			ret_code[len++] = '-';
		ret_code[len++] = letters[random[i] % (sizeof letters - 1)];
	}
	ret_code[len] = '\0';
}

bool lp_invite_is_one(const char *text)
{
	while (*text && strchr(" \t\r\n\"'`<", *text))
		text++;
	return strncmp(text, LP_INVITE_SCHEME, sizeof LP_INVITE_SCHEME - 1) == 0;
}

/* Copies |text| without white space and what chats put around a link. False if it is longer than any invite. */
static bool trim(const char *text, char ret_text[LP_INVITE_TEXT_MAX + 1])
{
	size_t len = 0;
	for (; *text; text++) {
		if (strchr(" \t\r\n\"'`<>", *text))
			continue;
		if (len == LP_INVITE_TEXT_MAX)
			return false;
		ret_text[len++] = *text;
	}
	ret_text[len] = '\0';
	return true;
}

/* Cuts "RELAYS/ROOM#DATA" at its separators, in place. NULL on success, otherwise what is missing. */
static const char *cut(char *text, char **ret_room, char **ret_data)
{
	char *slash = strchr(text, '/');
	if (!slash)
		return "it has no room";
	char *hash = strchr(slash, '#');
	if (!hash)
		return "the part behind '#' is missing";
	*slash = *hash = '\0';
	*ret_room = slash + 1;
	*ret_data = hash + 1;
	return NULL;
}

static void read_body(const uint8_t body[BODY_BYTES], struct lp_invite *invite)
{
	struct lp_reader reader = lp_reader_init(body, BODY_BYTES);
	uint8_t head = lp_reader_u8(&reader);
	invite->host = head & FLAG_HOST;
	invite->has_pin = head & FLAG_PIN;
	lp_reader_copy(&reader, invite->pin, sizeof invite->pin);
	invite->id = lp_reader_u32(&reader);
	invite->expires_unix_s = lp_reader_u32(&reader);
	invite->uses = lp_reader_u16(&reader);
	lp_reader_copy(&reader, invite->admission_key, sizeof invite->admission_key);
	lp_reader_copy(&reader, invite->peer_secret, sizeof invite->peer_secret);
}

static void write_body(const struct lp_invite *invite, uint8_t ret_body[BODY_BYTES])
{
	struct lp_writer writer = lp_writer_init(ret_body, BODY_BYTES);
	lp_writer_u8(
		&writer, (uint8_t)(VERSION << 4 | (invite->host ? FLAG_HOST : 0) | (invite->has_pin ? FLAG_PIN : 0)));
	lp_writer_bytes(&writer, invite->pin, sizeof invite->pin);
	lp_writer_u32(&writer, invite->id);
	lp_writer_u32(&writer, invite->expires_unix_s);
	lp_writer_u16(&writer, invite->uses);
	lp_writer_bytes(&writer, invite->admission_key, sizeof invite->admission_key);
	lp_writer_bytes(&writer, invite->peer_secret, sizeof invite->peer_secret);
}

/* Reads DATA and compares its checksum. */
static int parse_data(const char *data, const char *relays, const char *room, struct lp_failure *failure,
	uint8_t ret_body[BODY_BYTES])
{
	uint8_t bytes[DATA_BYTES];
	/* The version comes first, so that an invite of a later version is recognised whatever its length. */
	uint8_t first[8];
	if (lp_base62_decode(data, first, sizeof first) == 0 && first[0] >> 4 > VERSION)
		return lp_fail(failure, LP_EMALFORMED,
			"this invite is of a later version than this program understands. Install the current version");
	size_t len = strlen(data), expected = lp_base62_len(DATA_BYTES);
	if (len != expected)
		return lp_fail(failure, LP_EMALFORMED, "the invite is damaged: %zu characters are %s. " COPY_AGAIN,
			len < expected ? expected - len : len - expected, len < expected ? "missing" : "too many");
	if (lp_base62_decode(data, bytes, sizeof bytes) < 0 || bytes[0] >> 4 != VERSION ||
		checksum(relays, room, bytes) !=
			lp_reader_u32(&(struct lp_reader){bytes + BODY_BYTES, bytes + DATA_BYTES, false}))
		return lp_fail(failure, LP_EMALFORMED, "the invite is damaged: a character was changed. " COPY_AGAIN);
	memcpy(ret_body, bytes, BODY_BYTES);
	lp_wipe(bytes, sizeof bytes);
	return 0;
}

int lp_invite_parse(const char *text, struct lp_failure *failure, struct lp_invite *ret_invite)
{
	if (!lp_invite_is_one(text))
		return lp_fail(failure, LP_EMALFORMED, "not an invite. An invite begins with " LP_INVITE_SCHEME);
	char copy[LP_INVITE_TEXT_MAX + 1];
	if (!trim(text, copy))
		return lp_fail(failure, LP_EMALFORMED,
			"the invite is damaged: it has more than %d characters. " COPY_AGAIN, LP_INVITE_TEXT_MAX);
	char *relays = copy + sizeof LP_INVITE_SCHEME - 1, *room, *data;
	const char *missing = cut(relays, &room, &data);
	if (missing)
		return lp_fail(failure, LP_EMALFORMED, "the invite is damaged: %s. " COPY_AGAIN, missing);
	lp_room_code_fold(room);
	if (!lp_room_code_valid(room) || !relays_are_valid(relays) || strlen(relays) > LP_INVITE_RELAYS_MAX)
		return lp_fail(
			failure, LP_EMALFORMED, "the invite is damaged: its relay or room is not valid. " COPY_AGAIN);
	uint8_t body[BODY_BYTES];
	int result = parse_data(data, relays, room, failure, body);
	if (result == 0) {
		struct lp_invite invite = {.host = false};
		memcpy(invite.relays, relays, strlen(relays) + 1);
		memcpy(invite.room, room, strlen(room) + 1);
		read_body(body, &invite);
		*ret_invite = invite;
		lp_wipe(&invite, sizeof invite);
	}
	lp_wipe(body, sizeof body);
	lp_wipe(copy, sizeof copy);
	return result;
}

int lp_invite_format(const struct lp_invite *invite, struct lp_failure *failure, char ret_text[LP_INVITE_TEXT_MAX + 1])
{
	char room[LP_ROOM_CODE_MAX + 1];
	memcpy(room, invite->room, sizeof room);
	lp_room_code_fold(room);
	if (!lp_room_code_valid(room) || !relays_are_valid(invite->relays))
		return lp_fail(failure, LP_EINVAL, "'%s', '%s': not a relay and a room code", invite->relays, room);
	uint8_t bytes[DATA_BYTES];
	write_body(invite, bytes);
	struct lp_writer writer = lp_writer_init(bytes + BODY_BYTES, CHECKSUM_BYTES);
	lp_writer_u32(&writer, checksum(invite->relays, room, bytes));
	char data[DATA_BYTES * 2], text[LP_INVITE_TEXT_MAX + 1];
	lp_base62_encode(bytes, sizeof bytes, data);
	int len = snprintf(text, sizeof text, LP_INVITE_SCHEME "%s/%s#%s", invite->relays, room, data);
	int result = 0;
	if (len < 0 || (size_t)len >= sizeof text)
		result = lp_fail(failure, LP_ETOOBIG,
			"the invite would have %d characters, %d are possible. Use shorter relay names or fewer of them",
			len, LP_INVITE_TEXT_MAX);
	else
		memcpy(ret_text, text, (size_t)len + 1);
	lp_wipe(bytes, sizeof bytes);
	lp_wipe(data, sizeof data);
	lp_wipe(text, sizeof text);
	return result;
}

bool lp_invite_is_expired(const struct lp_invite *invite, int64_t now_unix_s)
{
	return invite->expires_unix_s && now_unix_s >= (int64_t)invite->expires_unix_s;
}

bool lp_invite_relay(const struct lp_invite *invite, size_t index, char ret_relay[LP_INVITE_RELAYS_MAX + 1])
{
	const char *start = invite->relays;
	for (; index && start; index--) {
		start = strchr(start, ',');
		start = start ? start + 1 : NULL;
	}
	if (!start || !*start)
		return false;
	size_t len = strcspn(start, ",");
	memcpy(ret_relay, start, len);
	ret_relay[len] = '\0';
	return true;
}

void lp_invite_redact(const struct lp_invite *invite, char ret_text[LP_INVITE_TEXT_MAX + 1])
{
	snprintf(ret_text, LP_INVITE_TEXT_MAX + 1, LP_INVITE_SCHEME "%s/%s#…", invite->relays, invite->room);
}
