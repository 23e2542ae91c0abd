#include "obs/event.h"

#include <inttypes.h>
#include <string.h>

#include "base/addr.h"
#include "base/mac.h"

enum field_type {
#define X(type, c_type) FIELD_##type,
	LP_FIELD_TYPES(X)
#undef X
};

/* One field of a row. */
struct field {
	enum field_type type;
	const char *name;
};

/* One row of events.def.h. */
struct row {
	const char *name;
	enum lp_level level;
	const char *template; /* of the text line */
	const char *meaning;  /* for docs/events.md */
	const struct field *fields;
	size_t n_fields;
};

#define FIELD(field) FIELD_ field,
#define FIELD_(type, name) \
	{ \
		FIELD_##type, #name \
	}
#define LP_EVENT_ROW(name, level, template, meaning, ...) \
	static const struct field fields_of_##name[] = {LP_MAP(FIELD, __VA_ARGS__)};
#include "obs/events.def.h"
#undef LP_EVENT_ROW

static const struct row rows[] = {
#define LP_EVENT_ROW(name, level, template, meaning, ...) \
	{#name, LP_LEVEL_##level, template, meaning, fields_of_##name, \
		sizeof fields_of_##name / sizeof fields_of_##name[0]},
#include "obs/events.def.h"
#undef LP_EVENT_ROW
};

const char *lp_event_name(enum lp_event event)
{
	return (unsigned)event < LP_EVENT_COUNT ? rows[event].name : "unknown";
}

enum lp_level lp_event_level(enum lp_event event)
{
	return (unsigned)event < LP_EVENT_COUNT ? rows[event].level : LP_LEVEL_DEBUG;
}

void lp_event_emit(const struct lp_log *log, enum lp_event event, const union lp_value *values)
{
	if (lp_log_wants(log, rows[event].level))
		log->sink(log->ctx, event, values);
}

/* True if a value is empty, so that a [part] of the template with it is omitted. */
static bool is_empty(enum field_type type, const union lp_value *value)
{
	switch (type) {
	case FIELD_str:
		return !value->str || !*value->str;
	case FIELD_mac:
		return !value->mac;
	case FIELD_addr:
		return !value->addr || (value->addr->family == 0 && value->addr->port == 0);
	case FIELD_flag:
		return !value->flag;
	case FIELD_i64:
	case FIELD_time:
		return value->i64 == 0;
	case FIELD_u64:
	case FIELD_ns:
	case FIELD_bytes:
		break;
	}
	return value->u64 == 0;
}

/* Adds a value in its text form. */
static void add_text(struct lp_text *text, enum field_type type, const union lp_value *value)
{
	char buffer[LP_ADDR_TEXT_MAX];
	switch (type) {
	case FIELD_str:
		lp_text_escaped(text, value->str ? value->str : "");
		break;
	case FIELD_u64:
		lp_text_addf(text, "%" PRIu64, value->u64);
		break;
	case FIELD_i64:
		lp_text_addf(text, "%" PRId64, value->i64);
		break;
	case FIELD_flag:
		lp_text_add(text, value->flag ? "yes" : "no");
		break;
	case FIELD_mac:
		lp_text_add(text, value->mac ? lp_mac_format(value->mac, buffer) : "none");
		break;
	case FIELD_addr:
		lp_text_add(text, value->addr ? lp_addr_format(value->addr, buffer) : "none");
		break;
	case FIELD_ns:
		lp_text_duration(text, value->ns);
		break;
	case FIELD_bytes:
		lp_text_bytes(text, value->bytes);
		break;
	case FIELD_time:
		lp_text_time(text, value->time);
		break;
	}
}

/* Adds a value as JSON; durations in microseconds. */
static void add_json(struct lp_text *text, enum field_type type, const union lp_value *value)
{
	switch (type) {
	case FIELD_str:
		lp_text_json(text, value->str ? value->str : "");
		break;
	case FIELD_u64:
	case FIELD_bytes:
		lp_text_addf(text, "%" PRIu64, value->u64);
		break;
	case FIELD_i64:
		lp_text_addf(text, "%" PRId64, value->i64);
		break;
	case FIELD_flag:
		lp_text_add(text, value->flag ? "true" : "false");
		break;
	case FIELD_ns:
		lp_text_addf(text, "%" PRIu64, value->ns / 1000);
		break;
	case FIELD_mac:
	case FIELD_addr:
		if (is_empty(type, value)) {
			lp_text_add(text, "null");
			break;
		}
		/* fall through */
	case FIELD_time:
		lp_text_add(text, "\"");
		add_text(text, type, value);
		lp_text_add(text, "\"");
		break;
	}
}

/* The index of the field whose name is between |start| and |end|. All names in templates are names of fields: a unit
   test checks all rows. */
static size_t find_field(const struct row *row, const char *start, const char *end)
{
	size_t len = (size_t)(end - start);
	size_t i = 0;
	while (i < row->n_fields &&
		(strlen(row->fields[i].name) != len || memcmp(row->fields[i].name, start, len) != 0))
		i++;
	return i;
}

/* The end of the [part] that starts at |at| if a field in it is empty; NULL if the part is not omitted. */
static const char *skip_part(const struct row *row, const char *at, const union lp_value *values)
{
	const char *end = strchr(at, ']');
	while ((at = strchr(at, '{')) && at < end) {
		size_t i = find_field(row, at + 1, strchr(at, '}'));
		if (i < row->n_fields && is_empty(row->fields[i].type, &values[i]))
			return end + 1;
		at++;
	}
	return NULL;
}

void lp_event_text(struct lp_text *text, enum lp_event event, const union lp_value *values)
{
	const struct row *row = &rows[event];
	for (const char *at = row->template; *at;) {
		const char *next = *at == '[' ? skip_part(row, at + 1, values) : NULL;
		if (next) {
			at = next;
		} else if (*at == '[' || *at == ']') {
			at++;
		} else if (*at == '{') {
			const char *end = strchr(at, '}');
			size_t i = find_field(row, at + 1, end);
			if (i < row->n_fields)
				add_text(text, row->fields[i].type, &values[i]);
			at = end + 1;
		} else {
			size_t n = strcspn(at, "[]{");
			lp_text_addf(text, "%.*s", (int)n, at);
			at += n;
		}
	}
}

/* The suffix of a field's name in JSON, where the unit differs. */
static const char *unit_suffix(enum field_type type)
{
	return type == FIELD_ns ? "_us" : "";
}

void lp_event_json(struct lp_text *text, enum lp_event event, const union lp_value *values)
{
	const struct row *row = &rows[event];
	lp_text_addf(text, "\"level\":\"%s\",\"event\":\"%s\"", lp_level_text(row->level), row->name);
	for (size_t i = 0; i < row->n_fields; i++) {
		const struct field *field = &row->fields[i];
		lp_text_addf(text, ",\"%s%s\":", field->name, unit_suffix(field->type));
		add_json(text, field->type, &values[i]);
	}
}

void lp_event_markdown(struct lp_text *text, enum lp_event event)
{
	static const char *const types[] = {
		[FIELD_str] = "string",
		[FIELD_u64] = "number",
		[FIELD_i64] = "number, may be negative",
		[FIELD_flag] = "boolean",
		[FIELD_mac] = "MAC or null",
		[FIELD_addr] = "address or null",
		[FIELD_ns] = "microseconds",
		[FIELD_bytes] = "bytes",
		[FIELD_time] = "date (UTC)",
	};
	const struct row *row = &rows[event];
	lp_text_addf(text, "### %s\n\n%s\n\nLevel %s. Text: `%s`\n\n| field | JSON |\n|---|---|\n", row->name,
		row->meaning, lp_level_text(row->level), row->template);
	for (size_t i = 0; i < row->n_fields; i++) {
		const struct field *field = &row->fields[i];
		lp_text_addf(text, "| `%s%s` | %s |\n", field->name, unit_suffix(field->type), types[field->type]);
	}
	lp_text_add(text, "\n");
}
