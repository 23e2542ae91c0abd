/* Events with typed fields. For each row of obs/events.def.h there is a function lp_event_NAME(log, fields…), which
   hands the event to the log's sink; the sink makes text or JSON of it with the functions below. */
#ifndef LP_OBS_EVENT_H
#define LP_OBS_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "obs/level.h"
#include "obs/map.h"

struct lp_addr;
struct lp_mac;

enum lp_event {
#define LP_EVENT_ROW(name, level, template, meaning, ...) LP_EVENT_##name,
#include "obs/events.def.h"
#undef LP_EVENT_ROW
	LP_EVENT_COUNT,
};

/* The types of fields: X(type, type in C). Pointers are valid until the sink returns and may be NULL: empty. */
#define LP_FIELD_TYPES(X) \
	X(str, const char *) \
	X(u64, uint64_t) \
	X(i64, int64_t) \
	X(flag, bool) \
	X(mac, const struct lp_mac *) \
	X(addr, const struct lp_addr *) \
	X(ns, uint64_t) \
	X(bytes, uint64_t) \
	X(time, int64_t)

/* The value of a field. Which member counts says the row. */
union lp_value {
#define X(type, c_type) c_type type;
	LP_FIELD_TYPES(X)
#undef X
};

/* Where events go. */
struct lp_log {
	enum lp_level level; /* the last level that is wanted */
	void (*sink)(void *ctx, enum lp_event event, const union lp_value *values);
	void *ctx;
};

/* True if somebody listens to events of this level. |log| may be NULL: nobody does. */
static inline bool lp_log_wants(const struct lp_log *log, enum lp_level level)
{
	return log && level <= log->level;
}

/* The name of an event, as in JSON. */
const char *lp_event_name(enum lp_event event);
enum lp_level lp_event_level(enum lp_event event);
/* Adds the event as a line of text without time and newline. What peers made up is escaped. */
void lp_event_text(struct lp_text *text, enum lp_event event, const union lp_value *values);
/* Adds the event as members of a JSON object, without braces: "level":"info","event":"peer_left","room":"LAN",…
   When text->cut is set afterwards the JSON is broken and must be thrown away. */
void lp_event_json(struct lp_text *text, enum lp_event event, const union lp_value *values);
/* Adds the event's section of docs/events.md. */
void lp_event_markdown(struct lp_text *text, enum lp_event event);

/* Hands an event to the log's sink if it is wanted. For the typed functions below. */
void lp_event_emit(const struct lp_log *log, enum lp_event event, const union lp_value *values);

/* The typed functions: a field (type, name) becomes a parameter, and an element of the array of values. */
#define X(type, c_type) typedef c_type lp_field_##type;
LP_FIELD_TYPES(X)
#undef X
#define LP_EVENT_PARAM(field) , LP_EVENT_PARAM_ field
#define LP_EVENT_PARAM_(type, name) lp_field_##type name
#define LP_EVENT_VALUE(field) LP_EVENT_VALUE_ field,
#define LP_EVENT_VALUE_(type, name) \
	{ \
		.type = name \
	}

#define LP_EVENT_ROW(name, level, template, meaning, ...) \
	static inline void lp_event_##name(const struct lp_log *log LP_MAP(LP_EVENT_PARAM, __VA_ARGS__)) \
	{ \
		const union lp_value values[] = {LP_MAP(LP_EVENT_VALUE, __VA_ARGS__)}; \
		lp_event_emit(log, LP_EVENT_##name, values); \
	}
#include "obs/events.def.h"
#undef LP_EVENT_ROW

#endif
