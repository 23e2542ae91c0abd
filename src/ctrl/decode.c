/* From JSON to structs, by the rows of the schema. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/error.h"
#include "base/failure.h"
#include "ctrl/schema.h"

_Static_assert(sizeof(enum lp_role) == sizeof(unsigned) && sizeof(enum lp_reject_code) == sizeof(unsigned) &&
		       sizeof(enum lp_reason) == sizeof(unsigned),
	"a word is stored as an unsigned int");

/* Reasons that readers return for an invalid value; NULL: valid. */
static const char out_of_range[] = "out of range";
static const char too_long[] = "too long";

/* Stores an integer in a field of 2, 4 or 8 bytes. */
static void store_uint(const struct lp_field *field, uint64_t value, char *to)
{
	uint16_t value16 = (uint16_t)value;
	uint32_t value32 = (uint32_t)value;
	if (field->size == sizeof value16)
		memcpy(to, &value16, sizeof value16);
	else if (field->size == sizeof value32)
		memcpy(to, &value32, sizeof value32);
	else
		memcpy(to, &value, sizeof value);
}

static const char *read_uint(const struct lp_field *field, const json_t *value, char *to)
{
	if (!json_is_integer(value))
		return "not an integer";
	json_int_t number = json_integer_value(value);
	if (number < 0 || (uint64_t)number < field->min || (uint64_t)number > field->max)
		return out_of_range;
	store_uint(field, (uint64_t)number, to);
	return NULL;
}

static const char *read_bool(const struct lp_field *field, const json_t *value, char *to)
{
	if (!json_is_boolean(value))
		return "not true or false";
	bool flag = json_is_true(value);
	memcpy(to, &flag, field->size);
	return NULL;
}

/* The JSON parser has checked that the string is UTF-8 without NUL. */
static const char *read_text(const struct lp_field *field, const json_t *value, char *to)
{
	if (!json_is_string(value))
		return "not a string";
	size_t len = json_string_length(value);
	if (len > field->max)
		return too_long;
	memcpy(to, json_string_value(value), len);
	return NULL;
}

/* Reads a room code as upper case. One that is too long becomes empty, which is not a valid code either. */
static const char *read_room(const struct lp_field *field, const json_t *value, char *to)
{
	const char *reason = read_text(field, value, to);
	if (reason == too_long)
		return NULL;
	if (!reason)
		lp_room_code_fold(to);
	return reason;
}

static const char *read_hex(const struct lp_field *field, const json_t *value, char *to)
{
	const char *reason = read_text(field, value, to);
	if (!reason && to[strspn(to, "0123456789abcdefABCDEF")])
		return "not hex digits";
	return reason;
}

static const char *read_mac(const struct lp_field *field, const json_t *value, char *to)
{
	struct lp_mac mac;
	if (!json_is_string(value))
		return "not a string";
	if (strlen(json_string_value(value)) >= LP_MAC_TEXT_MAX || lp_mac_parse(json_string_value(value), &mac) < 0)
		return "not a MAC address";
	memcpy(to, &mac, field->size);
	return NULL;
}

/* A word that is not in the field's list is the enum's last value. */
static const char *read_word(const struct lp_field *field, const json_t *value, char *to)
{
	if (!json_is_string(value))
		return "not a string";
	unsigned word = 0;
	while (word < field->words->n_words && strcmp(field->words->words[word], json_string_value(value)) != 0)
		word++;
	memcpy(to, &word, field->size);
	return NULL;
}

/* Reads counters by drop reason; reasons of a later version are ignored. */
static const char *read_drops(const struct lp_field *field, const json_t *value, char *to)
{
	if (!json_is_object(value))
		return "not an object";
	for (unsigned drop = LP_DROP_NONE + 1; drop < LP_DROP_COUNT; drop++) {
		const json_t *count = json_object_get(value, lp_drop_wire(drop));
		if (!count)
			continue;
		struct lp_field counter = {.size = sizeof(uint64_t), .max = field->max};
		const char *reason = read_uint(&counter, count, to + drop * sizeof(uint64_t));
		if (reason)
			return reason;
	}
	return NULL;
}

/* Reads numbers by peer id. Keys that are not ids are ignored. */
static const char *read_peer_values(const struct lp_field *field, const json_t *value, char *to)
{
	static const struct lp_field number = {.size = sizeof(uint32_t), .max = UINT32_MAX};
	struct lp_peer_values values = {0};
	const char *key;
	const json_t *item;
	(void)field;
	if (!json_is_object(value))
		return "not an object";
	for (void *at = json_object_iter((json_t *)(uintptr_t)value); at;
		at = json_object_iter_next((json_t *)(uintptr_t)value, at)) {
		key = json_object_iter_key(at);
		item = json_object_iter_value(at);
		char *end;
		unsigned long id = key[0] >= '1' && key[0] <= '9' ? strtoul(key, &end, 10) : 0;
		uint32_t read;
		const char *reason = read_uint(&number, item, (char *)&read);
		if (reason)
			return reason;
		if (id == 0 || id > UINT16_MAX || *end || values.n == LP_PEER_VALUES_MAX)
			continue;
		values.at[values.n].peer_id = (uint32_t)id;
		values.at[values.n++].value = read;
	}
	memcpy(to, &values, sizeof values);
	return NULL;
}

static const char *(*const readers[])(const struct lp_field *field, const json_t *value, char *to) = {
	[LP_FIELD_UINT] = read_uint,
	[LP_FIELD_BOOL] = read_bool,
	[LP_FIELD_TEXT] = read_text,
	[LP_FIELD_ROOM] = read_room,
	[LP_FIELD_HEX] = read_hex,
	[LP_FIELD_MAC] = read_mac,
	[LP_FIELD_WORD] = read_word,
	[LP_FIELD_DROPS] = read_drops,
	[LP_FIELD_PEER_VALUES] = read_peer_values,
};

/* |where|: the message, or the object in it. */
static int fail_field(struct lp_failure *failure, const char *where, const struct lp_field *field, const char *reason)
{
	if (reason == out_of_range && field->kind == LP_FIELD_UINT)
		return lp_fail(failure, LP_EMALFORMED, "%s: field '%s': not between %" PRIu64 " and %" PRIu64, where,
			field->name, field->min, field->max);
	if (reason == too_long)
		return lp_fail(failure, LP_EMALFORMED, "%s: field '%s': longer than %" PRIu64 " bytes", where,
			field->name, field->max);
	return lp_fail(failure, LP_EMALFORMED, "%s: field '%s': %s", where, field->name, reason);
}

static int read_fields(const char *where, const struct lp_field *fields, size_t n_fields, const json_t *object,
	struct lp_failure *failure, void *base);

/* Reads an array of objects into memory of its own. */
static int read_list(const struct lp_field *field, const json_t *array, struct lp_failure *failure, char *to)
{
	struct lp_list list = {.n = json_array_size(array)};
	if (list.n == 0)
		return 0;
	list.items = calloc(list.n, field->item_size);
	if (!list.items)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	memcpy(to, &list, sizeof list);
	for (size_t i = 0; i < list.n; i++) {
		const json_t *item = json_array_get(array, i);
		if (!json_is_object(item))
			return fail_field(failure, field->name, field, "not an array of objects");
		int result = read_fields(field->name, field->fields, field->n_fields, item, failure,
			(char *)list.items + i * field->item_size);
		if (result < 0)
			return result;
	}
	return 0;
}

/* Reads one field's value. */
static int read_field(
	const char *where, const struct lp_field *field, const json_t *value, struct lp_failure *failure, void *base)
{
	char *to = (char *)base + field->offset;
	const char *reason;
	if (field->kind == LP_FIELD_OBJECT && json_is_object(value))
		return read_fields(field->name, field->fields, field->n_fields, value, failure, base);
	if (field->kind == LP_FIELD_LIST && json_is_array(value))
		return read_list(field, value, failure, to);
	if (field->kind == LP_FIELD_OBJECT)
		reason = "not an object";
	else if (field->kind == LP_FIELD_LIST)
		reason = "not an array of objects";
	else
		reason = readers[field->kind](field, value, to);
	return reason ? fail_field(failure, where, field, reason) : 0;
}

/* Reads the fields of |object| into the struct at |base|, which is zero. */
static int read_fields(const char *where, const struct lp_field *fields, size_t n_fields, const json_t *object,
	struct lp_failure *failure, void *base)
{
	for (size_t i = 0; i < n_fields; i++) {
		const json_t *value = json_object_get(object, fields[i].name);
		int result = 0;
		if (value)
			result = read_field(where, &fields[i], value, failure, base);
		else if (!fields[i].optional)
			result = fail_field(failure, where, &fields[i], "missing");
		if (result < 0)
			return result;
	}
	return 0;
}

/* Reads the message's type, then its fields. */
static int read_message(const json_t *object, struct lp_failure *failure, struct lp_message *message)
{
	const json_t *type = json_object_get(object, "type");
	if (!json_is_object(object))
		return lp_fail(failure, LP_EMALFORMED, "control message: not a JSON object");
	if (!json_is_string(type))
		return lp_fail(
			failure, LP_EMALFORMED, "control message: field 'type': %s", type ? "not a string" : "missing");
	while (message->type < LP_MESSAGE_UNKNOWN &&
		strcmp(json_string_value(type), lp_message_wire(message->type)) != 0)
		message->type++;
	size_t n_fields = 0;
	const char *where = lp_message_wire(message->type);
	const struct lp_field *fields = lp_schema_fields(message->type, &n_fields);
	if (message->type == LP_MESSAGE_HELLO) {
		/* Another version may have a different hello, except for the version itself. */
		int result = read_fields(where, fields, 1, object, failure, message);
		if (result < 0 || message->hello.version != LP_PROTOCOL_VERSION)
			return result;
	}
	return read_fields(where, fields, n_fields, object, failure, message);
}

/* True if objects and arrays are not nested too deep: the JSON parser is recursive. */
static bool depth_bounded(const uint8_t *json, size_t len)
{
	unsigned depth = 0;
	bool in_string = false;
	for (size_t i = 0; i < len; i++) {
		uint8_t c = json[i];
		if (c == '"')
			in_string = !in_string;
		else if (in_string)
			i += c == '\\';
		else if ((c == '{' || c == '[') && ++depth > LP_JSON_DEPTH_MAX)
			return false;
		else if ((c == '}' || c == ']') && depth > 0)
			depth--;
	}
	return true;
}

/* The reason why a text is not JSON. jansson's own reason would quote bytes that a peer sent. */
static int fail_json(struct lp_failure *failure, const char *what, const json_error_t *error)
{
	const char *reason = "not JSON";
	switch (json_error_code(error)) {
	case json_error_out_of_memory:
		return lp_fail(failure, LP_ENOMEM, "%s: out of memory", what);
	case json_error_invalid_utf8:
		reason = "not UTF-8";
		break;
	case json_error_premature_end_of_input:
		reason = "not complete";
		break;
	case json_error_end_of_input_expected:
		reason = "more than one JSON value";
		break;
	case json_error_null_character:
	case json_error_null_byte_in_key:
		reason = "a NUL inside a string";
		break;
	case json_error_duplicate_key:
		reason = "a duplicate key";
		break;
	case json_error_numeric_overflow:
		reason = "a number that is too large";
		break;
	default:
		break;
	}
	return lp_fail(failure, LP_EMALFORMED, "%s: %s (near byte %d)", what, reason, error->position);
}

/* Parses a JSON text; |ret_root| is the caller's to release. */
static int parse(const char *what, const char *json, size_t len, struct lp_failure *failure, json_t **ret_root)
{
	json_error_t error;
	if (!depth_bounded((const uint8_t *)json, len))
		return lp_fail(failure, LP_EMALFORMED, "%s: nested deeper than %d", what, LP_JSON_DEPTH_MAX);
	*ret_root = json_loadb(json, len, JSON_REJECT_DUPLICATES, &error);
	return *ret_root ? 0 : fail_json(failure, what, &error);
}

int lp_fields_read(const char *what, const struct lp_field *fields, size_t n_fields, const char *json, size_t len,
	struct lp_failure *failure, void *base)
{
	json_t *root = NULL;
	int result = parse(what, json, len, failure, &root);
	if (result < 0)
		return result;
	if (json_is_object(root))
		result = read_fields(what, fields, n_fields, root, failure, base);
	else
		result = lp_fail(failure, LP_EMALFORMED, "%s: not a JSON object", what);
	json_decref(root);
	return result;
}

int lp_message_decode(const uint8_t *json, size_t len, struct lp_failure *failure, struct lp_message *ret_message)
{
	struct lp_message message;
	json_t *root = NULL;
	if (len > LP_MESSAGE_MAX)
		return lp_fail(failure, LP_EMALFORMED, "control message: longer than %u bytes", LP_MESSAGE_MAX);
	int result = parse("control message", (const char *)json, len, failure, &root);
	if (result < 0)
		return result;
	memset(&message, 0, sizeof message);
	result = read_message(root, failure, &message);
	json_decref(root);
	if (result == 0)
		memcpy(ret_message, &message, sizeof message);
	return result;
}
