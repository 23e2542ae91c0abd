#include "app/saved_session.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/system/file.h"

#define FILE_MAX_BYTES ((size_t)64 << 10)

/* Copies an optional string field; one that is too long is left out. */
static void copy_field(const json_t *root, const char *name, char *text, size_t size)
{
	const char *value = json_string_value(json_object_get(root, name));
	if (value && strlen(value) < size)
		memcpy(text, value, strlen(value) + 1);
}

static void read_gateways(const json_t *list, struct lp_saved_session *saved)
{
	for (size_t i = 0; i < json_array_size(list) && saved->n_gateways < LP_SAVED_GATEWAYS_MAX; i++) {
		struct lp_saved_gateway *gateway = &saved->gateways[saved->n_gateways];
		copy_field(json_array_get(list, i), "room", gateway->room, sizeof gateway->room);
		copy_field(json_array_get(list, i), "key", gateway->key, sizeof gateway->key);
		saved->n_gateways += gateway->room[0] && gateway->key[0];
	}
}

/* An array of the gateways; NULL without memory. */
static json_t *write_gateways(const struct lp_saved_session *saved)
{
	json_t *list = json_array();
	for (size_t i = 0; list && i < saved->n_gateways; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:s}", "room", saved->gateways[i].room, "key", saved->gateways[i].key));
	return list;
}

int lp_saved_session_meet(struct lp_saved_session *saved, const char *room, const char *key, bool accept)
{
	int result = 1;
	size_t i = 0;
	while (i < saved->n_gateways && strcmp(saved->gateways[i].room, room) != 0)
		i++;
	if (i < saved->n_gateways) {
		result = strcmp(saved->gateways[i].key, key) == 0 ? 0 : LP_EPERM;
		if (result == 0 || !accept)
			return result;
	} else if (saved->n_gateways < LP_SAVED_GATEWAYS_MAX) {
		saved->n_gateways++;
	} else {
		i = 0; /* forgets the oldest */
	}
	/* Moves the entry to the end. */
	memmove(&saved->gateways[i], &saved->gateways[i + 1], (saved->n_gateways - i - 1) * sizeof saved->gateways[0]);
	struct lp_saved_gateway *last = &saved->gateways[saved->n_gateways - 1];
	snprintf(last->room, sizeof last->room, "%s", room);
	snprintf(last->key, sizeof last->key, "%s", key);
	return result;
}

/* Decodes the file's JSON. */
static int decode(
	const char *path, const uint8_t *data, size_t len, struct lp_failure *failure, struct lp_saved_session *saved)
{
	json_error_t error;
	json_t *root = json_loadb((const char *)data, len, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return lp_fail(failure, LP_EMALFORMED,
			"%s: cannot be understood (line %d: %s). Repair it, or remove it to start with a new one", path,
			error.line, error.text);
	const char *mac = json_string_value(json_object_get(root, "mac"));
	int result = 0;
	if (!mac || lp_mac_parse(mac, &saved->mac) < 0)
		result = lp_fail(failure, LP_EMALFORMED,
			"%s: \"mac\" is not a MAC address. Repair the file, or remove it to start with a new one",
			path);
	copy_field(root, "relay", saved->relay, sizeof saved->relay);
	copy_field(root, "room", saved->room, sizeof saved->room);
	copy_field(root, "resume", saved->resume, sizeof saved->resume);
	read_gateways(json_object_get(root, "gateways"), saved);
	copy_field(root, "key", saved->key, sizeof saved->key);
	copy_field(root, "invite", saved->invite, sizeof saved->invite);
	const char *address = json_string_value(json_object_get(root, "address"));
	if (!address || lp_addr_parse(address, 0, &saved->address) < 0 || saved->address.port == 0)
		saved->address = (struct lp_addr){0};
	saved->udp_blocked = json_is_true(json_object_get(root, "udp_blocked"));
	json_decref(root);
	return result;
}

static int load(const char *path, struct lp_failure *failure, struct lp_saved_session *ret_saved)
{
	struct lp_saved_session saved = {0};
	uint8_t *data;
	size_t len;
	int result = lp_file_read(path, FILE_MAX_BYTES, failure, &data, &len);
	if (result < 0)
		return result;
	result = decode(path, data, len, failure, &saved);
	free(data);
	if (result == 0)
		*ret_saved = saved;
	return result;
}

int lp_saved_session_adopt(
	const char *path, const char *former, struct lp_failure *failure, struct lp_saved_session *ret_saved)
{
	struct lp_saved_session saved;
	struct lp_failure ignored;
	int result = load(former, failure, &saved);
	if (result == 0)
		result = lp_saved_session_save(path, &saved, failure);
	if (result < 0)
		return result;
	lp_file_remove(former, &ignored); /* a file that stays is not read again */
	*ret_saved = saved;
	return 0;
}

int lp_saved_session_load(const char *path, struct lp_failure *failure, struct lp_saved_session *ret_saved)
{
	static const struct {
		const char *path, *former;
	} defaults[] = {
		{"/var/lib/lanparty-client/identity.json", "/var/lib/softlan/lanparty-client-identity.json"},
		{"/var/lib/lanparty-gateway/state.json", "/var/lib/softlan/lanparty-gateway-state.json"},
	};
	struct lp_failure ignored;
	int result = load(path, failure, ret_saved);
	if (result != LP_ENOTFOUND)
		return result;
	/* A unit's user may not read the former file. Then the session begins as without one. */
	for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
		if (strcmp(path, defaults[i].path) == 0 &&
			lp_saved_session_adopt(path, defaults[i].former, &ignored, ret_saved) == 0)
			return 0;
	}
	return result;
}

int lp_saved_session_save(const char *path, const struct lp_saved_session *saved, struct lp_failure *failure)
{
	char mac[LP_MAC_TEXT_MAX], address[LP_ADDR_TEXT_MAX];
	json_t *root = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:o}", "mac",
		lp_mac_format(&saved->mac, mac), "relay", saved->relay, "room", saved->room, "resume", saved->resume,
		"key", saved->key, "invite", saved->invite, "address", lp_addr_format(&saved->address, address),
		"udp_blocked", saved->udp_blocked, "gateways", write_gateways(saved));
	char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	int result;
	json_decref(root);
	if (!text)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	result = lp_file_write(path, (const uint8_t *)text, strlen(text), true, failure);
	free(text);
	return result;
}

const char *lp_saved_session_token(const struct lp_saved_session *saved, const char *relay, const char *room)
{
	bool same = strcmp(saved->relay, relay) == 0 && strcmp(saved->room, room) == 0;
	return same ? saved->resume : "";
}
