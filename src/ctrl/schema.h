/* The shape of each control message: one row for each JSON field. Decoder, encoder and the tables of
   docs/protocol.md come from these rows. */
#ifndef LP_CTRL_SCHEMA_H
#define LP_CTRL_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/message.h"

enum lp_field_kind {
	LP_FIELD_UINT,        /* integer, |min| to |max| */
	LP_FIELD_BOOL,        /* true or false */
	LP_FIELD_TEXT,        /* string of at most |max| bytes of UTF-8, no NUL */
	LP_FIELD_ROOM,        /* string; upper case, empty if longer than |max| bytes */
	LP_FIELD_HEX,         /* string of at most |max| hex digits */
	LP_FIELD_MAC,         /* string: a MAC address */
	LP_FIELD_WORD,        /* string: one of |words|; anything else is the last enum value */
	LP_FIELD_DROPS,       /* object: drop reasons to counters; unknown reasons are ignored, zeros not written */
	LP_FIELD_PEER_VALUES, /* object: peer ids to microseconds, stored as a struct lp_peer_values; more than fit are
			       * ignored
			       */
	LP_FIELD_OBJECT,      /* object of |n_fields| |fields| */
	LP_FIELD_LIST,        /* array of objects of |n_fields| |fields|, stored as a struct lp_list */
};

/* A list of structs. The reader allocates |items|; the caller frees them. */
struct lp_list {
	void *items;
	size_t n;
};

/* The words of an enum, in its order; the value after the last one is "other". */
struct lp_words {
	const char *const *words;
	unsigned n_words;
};

extern const struct lp_words lp_role_words, lp_reject_words, lp_reason_words, lp_host_action_words;

struct lp_field {
	const char *name;
	enum lp_field_kind kind;
	bool optional;       /* absent means zero, false or empty, and such a value is not written */
	size_t offset, size; /* of the value in the struct; in an object's fields: in the struct around the object */
	uint64_t min, max;
	const struct lp_words *words;
	const struct lp_field *fields;
	size_t n_fields;
	size_t item_size; /* of a list: sizeof one item, to which the offsets of |fields| apply */
	const char *text; /* for docs/protocol.md */
};

struct lp_failure;
struct lp_text;

/* Appends the struct at |base| as one JSON object. Counters above INT64_MAX are written as INT64_MAX. 0, or LP_EINVAL
   for a number or a word out of its field's range. */
int lp_fields_write(const struct lp_field *fields, size_t n_fields, const void *base, struct lp_text *json);
/* The same as malloc'd text with a NUL; NULL if it cannot be written or memory is short. */
char *lp_fields_json(const struct lp_field *fields, size_t n_fields, const void *base);
/* Reads one JSON object of |len| bytes into the zeroed struct at |base|. Unknown fields are ignored, absent optional
   ones stay zero. |what| names the object in failures. 0, LP_EMALFORMED or LP_ENOMEM; lists that were read by then are
   the caller's to free in any case. */
int lp_fields_read(const char *what, const struct lp_field *fields, size_t n_fields, const char *json, size_t len,
	struct lp_failure *failure, void *base);

/* The fields of a message; NULL for LP_MESSAGE_UNKNOWN. */
const struct lp_field *lp_schema_fields(enum lp_message_type type, size_t *ret_n_fields);

#endif
