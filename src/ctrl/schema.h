/* The shape of each control message: one row for each JSON field. Decoder, encoder and the tables of
   docs/protocol.md come from these rows. */
#ifndef LP_CTRL_SCHEMA_H
#define LP_CTRL_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctrl/message.h"

enum lp_field_kind {
	LP_FIELD_UINT,   /* integer, |min| to |max| */
	LP_FIELD_BOOL,   /* true or false */
	LP_FIELD_TEXT,   /* string of at most |max| bytes of UTF-8, no NUL */
	LP_FIELD_ROOM,   /* string; upper case, empty if longer than |max| bytes */
	LP_FIELD_HEX,    /* string of at most |max| hex digits */
	LP_FIELD_MAC,    /* string: a MAC address */
	LP_FIELD_WORD,   /* string: one of |words|, anything else counts as the last enum value */
	LP_FIELD_DROPS,  /* object: drop reasons to counters; unknown reasons are ignored, zeros not written */
	LP_FIELD_OBJECT, /* object of |n_fields| |fields| */
};

/* The words of an enum, in its order; the value after the last one is "other". */
struct lp_words {
	const char *const *words;
	unsigned n_words;
};

extern const struct lp_words lp_role_words, lp_reject_words, lp_reason_words;

struct lp_field {
	const char *name;
	enum lp_field_kind kind;
	bool optional;       /* absent means zero, false or empty, and such a value is not written */
	size_t offset, size; /* of the value in struct lp_message */
	uint64_t min, max;
	const struct lp_words *words;
	const struct lp_field *fields;
	size_t n_fields;
	const char *text; /* what it says, for docs/protocol.md */
};

/* The fields of a message; NULL for LP_MESSAGE_UNKNOWN. */
const struct lp_field *lp_schema_fields(enum lp_message_type type, size_t *ret_n_fields);

#endif
