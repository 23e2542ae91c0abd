#include "client/identity.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/file.h"
#include "platform/random.h"

#define FILE_MAX_BYTES ((size_t)64 << 10)

/* A random MAC that a client may have: unicast, locally administered. */
static void random_mac(struct lp_mac *mac)
{
	lp_random_fill(mac->octet, sizeof mac->octet);
	mac->octet[0] = (uint8_t)((mac->octet[0] & 0xfc) | 0x02);
}

/* Copies an optional string field; one that is too long is left out. */
static void copy_field(const json_t *root, const char *name, char *text, size_t size)
{
	const char *value = json_string_value(json_object_get(root, name));
	if (value && strlen(value) < size)
		memcpy(text, value, strlen(value) + 1);
}

/* Takes an identity out of the file's JSON. */
static int decode(const char *path, const uint8_t *data, size_t len, struct lp_failure *failure,
                  struct lp_identity *identity)
{
	json_error_t error;
	json_t *root = json_loadb((const char *)data, len, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return lp_fail(failure, LP_EMALFORMED,
		               "%s: not an identity file (line %d: %s): repair it, or remove it for a new identity",
		               path, error.line, error.text);
	const char *mac = json_string_value(json_object_get(root, "mac"));
	int result = 0;
	if (!mac || lp_mac_parse(mac, &identity->mac) < 0 || !lp_mac_is_client(&identity->mac))
		result = lp_fail(failure, LP_EMALFORMED,
		                 "%s: \"mac\" is not a unicast, locally administered MAC address: repair the file, or "
		                 "remove it for a new identity",
		                 path);
	copy_field(root, "relay", identity->relay, sizeof identity->relay);
	copy_field(root, "room", identity->room, sizeof identity->room);
	copy_field(root, "resume", identity->resume, sizeof identity->resume);
	json_decref(root);
	return result;
}

int lp_identity_load(const char *path, struct lp_failure *failure, struct lp_identity *ret_identity)
{
	struct lp_identity identity = {0};
	uint8_t *data;
	size_t len;
	struct lp_failure why;
	int result = lp_file_read(path, FILE_MAX_BYTES, &why, &data, &len);
	if (result == LP_ENOTFOUND) {
		random_mac(&identity.mac);
		result = lp_identity_save(path, &identity, failure);
	} else if (result == 0) {
		result = decode(path, data, len, failure, &identity);
		free(data);
	} else {
		lp_fail(failure, result, "%s", why.text);
	}
	if (result == 0)
		*ret_identity = identity;
	return result;
}

int lp_identity_save(const char *path, const struct lp_identity *identity, struct lp_failure *failure)
{
	char mac[LP_MAC_TEXT_MAX];
	json_t *root = json_pack("{s:s, s:s, s:s, s:s}", "mac", lp_mac_format(&identity->mac, mac), "relay",
	                         identity->relay, "room", identity->room, "resume", identity->resume);
	char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	int result = LP_ENOMEM;
	json_decref(root);
	if (!text)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	result = lp_file_write(path, (const uint8_t *)text, strlen(text), true, failure);
	free(text);
	return result;
}
