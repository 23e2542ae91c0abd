/* Events: log lines with typed fields.

   Modules report what happened by events, and only programs print. An event is declared once, as a row of
   obs/events.def.h. From the row come an enum value, a function lp_event_NAME(log, fields…) with one parameter per
   field, a line of text, a JSON object, and a section of docs/events.md. So the fields of an event are the same for
   people and for programs, and the compiler checks each call.

   A log is a level and a sink. An emitting module borrows a struct lp_log and does not know its sink. An event
   below the level costs one comparison. The sink formats the event with lp_event_text() or lp_event_json(), which write
   into a buffer of the caller and escape all strings, because peers choose many of them. Rate limits are the sink's
   task (cli/log.h).

   Besides events the module has the other things that programs show: drop reasons (obs/drop.h), counters
   (obs/counters.h), the frame log (obs/framelog.h), and Prometheus' text format (obs/prometheus.h). All of them write
   into buffers. Names in JSON are stable: programs depend on them; texts may change. */
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

/* The types of fields: X(type, C type). Pointers are valid until the sink returns; NULL is an empty value. */
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

/* The value of a field. The row determines which member is valid. */
union lp_value {
#define X(type, c_type) c_type type;
	LP_FIELD_TYPES(X)
#undef X
};

/* A destination of events. */
struct lp_log {
	enum lp_level level; /* the least important level that is logged */
	void (*sink)(void *ctx, enum lp_event event, const union lp_value *values);
	void *ctx;
};

/* True if events of this level are logged. |log| may be NULL: no event is. */
static inline bool lp_log_wants(const struct lp_log *log, enum lp_level level)
{
	return log && level <= log->level;
}

/* The name of an event, as in JSON. */
const char *lp_event_name(enum lp_event event);
enum lp_level lp_event_level(enum lp_event event);
/* Adds the event as a line of text, without time and newline. Strings are escaped. */
void lp_event_text(struct lp_text *text, enum lp_event event, const union lp_value *values);
/* Adds the event as members of a JSON object, without braces: "level":"info","event":"peer_left","room":"LAN",…
   If text->cut is set afterwards, the JSON is incomplete and must be discarded. */
void lp_event_json(struct lp_text *text, enum lp_event event, const union lp_value *values);
/* Adds the event's section of docs/events.md. */
void lp_event_markdown(struct lp_text *text, enum lp_event event);

/* Calls the log's sink if the event's level is logged. For the typed functions below. */
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
