/* From structs to JSON, by the rows of the schema. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"
#include "ctrl/schema.h"

/* The buffer of lp_fields_json() doubles from the first size to at most the second. */
#define JSON_FIRST_BYTES ((size_t)16 << 10)
#define JSON_MAX_BYTES ((size_t)64 << 20)

/* The integer in a field of 2, 4 or 8 bytes. */
static uint64_t load_uint(const struct lp_field *field, const char *from)
{
	uint16_t value16;
	uint32_t value32;
	uint64_t value;
	if (field->size == sizeof value16)
		return memcpy(&value16, from, sizeof value16), value16;
	if (field->size == sizeof value32)
		return memcpy(&value32, from, sizeof value32), value32;
	return memcpy(&value, from, sizeof value), value;
}

/* A counter that is too large for JSON libraries is written as the largest that they accept. */
static int write_uint(const struct lp_field *field, const char *from, struct lp_text *json)
{
	uint64_t value = load_uint(field, from);
	if (field->max == INT64_MAX && value > INT64_MAX)
		value = INT64_MAX;
	if (value < field->min || value > field->max)
		return LP_EINVAL;
	lp_text_addf(json, "%" PRIu64, value);
	return 0;
}

static int write_bool(const struct lp_field *field, const char *from, struct lp_text *json)
{
	bool flag;
	memcpy(&flag, from, field->size);
	lp_text_add(json, flag ? "true" : "false");
	return 0;
}

/* A byte that is not UTF-8 (a text that was cut within a character) becomes '?', so that the text does not become
   longer than the receiver accepts. */
static int write_text(const struct lp_field *field, const char *from, struct lp_text *json)
{
	char text[LP_TEXT_MAX + 1];
	uint32_t code;
	size_t len = strnlen(from, field->max);
	for (size_t i = 0; i < len;) {
		size_t n = lp_utf8_next(from + i, len - i, &code);
		if (n > 0)
			memcpy(text + i, from + i, n);
		else
			text[i] = '?';
		i += n ? n : 1;
	}
	text[len] = '\0';
	lp_text_json(json, text);
	return 0;
}

static int write_mac(const struct lp_field *field, const char *from, struct lp_text *json)
{
	struct lp_mac mac;
	char text[LP_MAC_TEXT_MAX];
	memcpy(&mac, from, field->size);
	lp_text_json(json, lp_mac_format(&mac, text));
	return 0;
}

static int write_word(const struct lp_field *field, const char *from, struct lp_text *json)
{
	unsigned word;
	memcpy(&word, from, field->size);
	if (word > field->words->n_words)
		return LP_EINVAL;
	lp_text_json(json, word < field->words->n_words ? field->words->words[word] : "other");
	return 0;
}

/* Writes the drop counters that are not zero. */
static int write_drops(const struct lp_field *field, const char *from, struct lp_text *json)
{
	struct lp_field counter = {.size = sizeof(uint64_t), .max = field->max};
	const char *comma = "";
	lp_text_add(json, "{");
	for (unsigned drop = LP_DROP_NONE + 1; drop < LP_DROP_COUNT; drop++) {
		const char *at = from + drop * sizeof(uint64_t);
		if (load_uint(&counter, at) == 0)
			continue;
		lp_text_addf(json, "%s\"%s\":", comma, lp_drop_wire(drop));
		write_uint(&counter, at, json);
		comma = ",";
	}
	lp_text_add(json, "}");
	return 0;
}

static int write_peer_values(const struct lp_field *field, const char *from, struct lp_text *json)
{
	struct lp_peer_values values;
	(void)field;
	memcpy(&values, from, sizeof values);
	lp_text_add(json, "{");
	for (uint32_t i = 0; i < values.n && i < LP_PEER_VALUES_MAX; i++)
		lp_text_addf(
			json, "%s\"%" PRIu32 "\":%" PRIu32, i ? "," : "", values.at[i].peer_id, values.at[i].value);
	lp_text_add(json, "}");
	return 0;
}

static int (*const writers[])(const struct lp_field *field, const char *from, struct lp_text *json) = {
	[LP_FIELD_UINT] = write_uint,
	[LP_FIELD_BOOL] = write_bool,
	[LP_FIELD_TEXT] = write_text,
	[LP_FIELD_ROOM] = write_text,
	[LP_FIELD_HEX] = write_text,
	[LP_FIELD_MAC] = write_mac,
	[LP_FIELD_WORD] = write_word,
	[LP_FIELD_DROPS] = write_drops,
	[LP_FIELD_PEER_VALUES] = write_peer_values,
};

/* True if an optional field has the value that its absence means. */
static bool is_absent(const struct lp_field *field, const char *from)
{
	size_t i = 0;
	if (!field->optional)
		return false;
	if (field->kind == LP_FIELD_TEXT || field->kind == LP_FIELD_HEX)
		return from[0] == '\0';
	if (field->kind == LP_FIELD_DROPS)
		i = sizeof(uint64_t); /* "none" is not a reason */
	while (i < field->size && from[i] == 0)
		i++;
	return i == field->size;
}

static int write_fields(
	const struct lp_field *fields, size_t n_fields, const void *base, const char *comma, struct lp_text *json);

/* Writes an array of objects. */
static int write_list(const struct lp_field *field, const char *from, struct lp_text *json)
{
	struct lp_list list;
	memcpy(&list, from, sizeof list);
	lp_text_add(json, "[");
	for (size_t i = 0; i < list.n && !json->cut; i++) {
		lp_text_add(json, i ? ",{" : "{");
		int result = write_fields(
			field->fields, field->n_fields, (const char *)list.items + i * field->item_size, "", json);
		if (result < 0)
			return result;
		lp_text_add(json, "}");
	}
	lp_text_add(json, "]");
	return 0;
}

/* Writes the fields that are not absent, each with |comma| before it. */
static int write_fields(
	const struct lp_field *fields, size_t n_fields, const void *base, const char *comma, struct lp_text *json)
{
	for (size_t i = 0; i < n_fields; i++) {
		const struct lp_field *field = &fields[i];
		const char *from = (const char *)base + field->offset;
		int result;
		if (is_absent(field, from))
			continue;
		lp_text_addf(json, "%s\"%s\":", comma, field->name);
		comma = ",";
		if (field->kind == LP_FIELD_LIST)
			result = write_list(field, from, json);
		else if (field->kind == LP_FIELD_OBJECT) {
			lp_text_add(json, "{");
			result = write_fields(field->fields, field->n_fields, base, "", json);
			lp_text_add(json, "}");
		} else {
			result = writers[field->kind](field, from, json);
		}
		if (result < 0)
			return result;
	}
	return 0;
}

int lp_fields_write(const struct lp_field *fields, size_t n_fields, const void *base, struct lp_text *json)
{
	lp_text_add(json, "{");
	int result = write_fields(fields, n_fields, base, "", json);
	lp_text_add(json, "}");
	return result;
}

char *lp_fields_json(const struct lp_field *fields, size_t n_fields, const void *base)
{
	char *data = NULL;
	for (size_t size = JSON_FIRST_BYTES; size <= JSON_MAX_BYTES; size *= 2) {
		struct lp_text json;
		char *larger = realloc(data, size);
		if (!larger)
			break;
		data = larger;
		lp_text_init(&json, data, size);
		if (lp_fields_write(fields, n_fields, base, &json) < 0)
			break;
		if (!json.cut)
			return data;
	}
	free(data);
	return NULL;
}

int lp_message_encode(const struct lp_message *message, uint8_t *data, size_t size)
{
	struct lp_text json;
	struct lp_writer prefix = lp_writer_init(data, size < 4 ? size : 4);
	size_t n_fields = 0;
	const struct lp_field *fields = lp_schema_fields(message->type, &n_fields);
	if (!fields)
		return LP_EINVAL;
	if (size < 5)
		return LP_ETOOBIG;
	lp_text_init(&json, (char *)data + 4, size - 4);
	lp_text_addf(&json, "{\"type\":\"%s\"", lp_message_wire(message->type));
	int result = write_fields(fields, n_fields, message, ",", &json);
	lp_text_add(&json, "}");
	if (result < 0)
		return result;
	if (json.cut)
		return LP_ETOOBIG;
	lp_writer_u32(&prefix, (uint32_t)json.len);
	return (int)(json.len + 4);
}
