#include "gateway/invite_book.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/hex.h"
#include "base/wipe.h"
#include "invite/keys.h"
#include "platform/system/file.h"
#include "platform/system/random.h"

#define FILE_MAX_BYTES ((size_t)256 << 10)

int lp_invite_book_path(const char *state_path, char *path, size_t size)
{
	static const char suffix[] = ".json";
	size_t len = strlen(state_path);
	if (len > sizeof suffix && strcmp(state_path + len - (sizeof suffix - 1), suffix) == 0)
		len -= sizeof suffix - 1;
	int n = snprintf(path, size, "%.*s-invites.json", (int)len, state_path);
	return n < 0 || (size_t)n >= size ? LP_ETOOBIG : 0;
}

/* An integer field within its range; 0 if it is not there. */
static uint64_t number(const json_t *object, const char *name, uint64_t max)
{
	json_int_t value = json_integer_value(json_object_get(object, name));
	return value < 0 || (uint64_t)value > max ? 0 : (uint64_t)value;
}

static void read_entry(const json_t *object, struct lp_invite_entry *entry)
{
	const char *name = json_string_value(json_object_get(object, "name"));
	*entry = (struct lp_invite_entry){
		.id = (uint32_t)number(object, "id", UINT32_MAX),
		.expires_unix_s = (uint32_t)number(object, "expires", UINT32_MAX),
		.created_unix_s = (uint32_t)number(object, "created", UINT32_MAX),
		.uses = (uint16_t)number(object, "uses", UINT16_MAX),
		.revoked = json_is_true(json_object_get(object, "revoked")),
	};
	snprintf(entry->name, sizeof entry->name, "%s", name ? name : "");
}

/* Reads the file's JSON. A book of another room leaves |book| as it is. */
static int decode(
	const char *path, const uint8_t *data, size_t len, struct lp_failure *failure, struct lp_invite_book *book)
{
	json_error_t error;
	json_t *root = json_loadb((const char *)data, len, JSON_REJECT_DUPLICATES, &error);
	const char *room = json_string_value(json_object_get(root, "room"));
	const char *secret = json_string_value(json_object_get(root, "peer_secret"));
	const json_t *list = json_object_get(root, "invites");
	int result = 0;
	if (!room || !secret || !json_is_array(list) || json_array_size(list) > LP_INVITE_BOOK_MAX) {
		result = lp_fail(failure, LP_EMALFORMED,
			"%s: cannot be understood. Repair it, or remove it to start with a new one", path);
	} else if (strcmp(room, book->room) == 0 &&
		   lp_hex_parse(secret, book->peer_secret, sizeof book->peer_secret) == 0) {
		for (size_t i = 0; i < json_array_size(list); i++)
			read_entry(json_array_get(list, i), &book->entries[book->n_entries++]);
	}
	json_decref(root);
	return result;
}

int lp_invite_book_load(const char *path, const char *room, struct lp_failure *failure, struct lp_invite_book *ret_book)
{
	uint8_t *data;
	size_t len;
	*ret_book = (struct lp_invite_book){0};
	snprintf(ret_book->room, sizeof ret_book->room, "%s", room);
	lp_random_fill(ret_book->peer_secret, sizeof ret_book->peer_secret);
	int result = lp_file_read(path, FILE_MAX_BYTES, failure, &data, &len);
	if (result == LP_ENOTFOUND)
		return 0;
	if (result < 0)
		return result;
	result = decode(path, data, len, failure, ret_book);
	lp_wipe(data, len);
	free(data);
	return result;
}

int lp_invite_book_save(const char *path, const struct lp_invite_book *book, struct lp_failure *failure)
{
	char secret[2 * LP_INVITE_KEY + 1];
	json_t *list = json_array();
	for (size_t i = 0; i < book->n_entries; i++) {
		const struct lp_invite_entry *entry = &book->entries[i];
		json_array_append_new(
			list, json_pack("{s:I, s:I, s:I, s:i, s:b, s:s}", "id", (json_int_t)entry->id, "expires",
				      (json_int_t)entry->expires_unix_s, "created", (json_int_t)entry->created_unix_s,
				      "uses", (int)entry->uses, "revoked", (int)entry->revoked, "name", entry->name));
	}
	json_t *root = json_pack("{s:s, s:s, s:o}", "room", book->room, "peer_secret",
		lp_hex_format(book->peer_secret, sizeof book->peer_secret, secret), "invites", list);
	char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	json_decref(root);
	if (!text)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	int result = lp_file_write(path, (const uint8_t *)text, strlen(text), true, failure);
	free(text);
	return result;
}

int lp_invite_book_secret(
	const char *state_path, const char *room, struct lp_failure *failure, uint8_t ret_secret[LP_INVITE_KEY])
{
	struct lp_invite_book *book = malloc(sizeof *book);
	char path[4096];
	if (!book)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	int result = lp_invite_book_path(state_path, path, sizeof path);
	if (result < 0)
		lp_fail(failure, result, "%s: the path is too long", state_path);
	else
		result = lp_invite_book_load(path, room, failure, book);
	if (result == 0)
		result = lp_invite_book_save(path, book, failure);
	if (result == 0)
		memcpy(ret_secret, book->peer_secret, sizeof book->peer_secret);
	lp_wipe(book, sizeof *book);
	free(book);
	return result;
}

struct lp_invite_entry *lp_invite_book_find(struct lp_invite_book *book, uint32_t id)
{
	for (size_t i = 0; i < book->n_entries; i++)
		if (book->entries[i].id == id)
			return &book->entries[i];
	return NULL;
}

int lp_invite_book_add(struct lp_invite_book *book, const struct lp_invite_entry *entry, struct lp_failure *failure,
	const struct lp_invite_entry **ret_entry)
{
	if (book->n_entries == LP_INVITE_BOOK_MAX)
		return lp_fail(failure, LP_EFULL, "there are %d invites already. Use one of them", LP_INVITE_BOOK_MAX);
	struct lp_invite_entry *added = &book->entries[book->n_entries];
	*added = *entry;
	do
		lp_random_fill((uint8_t *)&added->id, sizeof added->id);
	while (added->id == 0 || lp_invite_book_find(book, added->id)); /* searches the others alone */
	book->n_entries++;
	*ret_entry = added;
	return 0;
}

int lp_invite_book_format(const struct lp_invite_book *book, const struct lp_invite_entry *entry,
	const struct lp_invite *host, struct lp_failure *failure, char ret_text[LP_INVITE_TEXT_MAX + 1])
{
	struct lp_invite invite = *host;
	uint8_t players[LP_INVITE_KEY];
	invite.host = false;
	invite.id = entry->id;
	invite.expires_unix_s = entry->expires_unix_s;
	invite.uses = entry->uses;
	memcpy(invite.peer_secret, book->peer_secret, sizeof invite.peer_secret);
	int result = lp_invite_player_key(host->admission_key, players);
	if (result == 0)
		result = lp_invite_key(players, invite.id, invite.expires_unix_s, invite.uses, invite.admission_key);
	if (result < 0)
		lp_fail(failure, result, "%s", lp_error_text(result));
	else
		result = lp_invite_format(&invite, failure, ret_text);
	lp_wipe(players, sizeof players);
	lp_wipe(&invite, sizeof invite);
	return result;
}
