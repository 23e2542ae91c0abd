/* The words of the enums in message.h. */
#include "ctrl/schema.h"

static const char *const role_words[] = {
#define X(name, wire) wire,
	LP_ROLES(X)
#undef X
};

static const char *const reject_words[] = {
#define X(name, wire, text, retry) wire,
	LP_REJECTS(X)
#undef X
};

static const char *const reject_texts[] = {
#define X(name, wire, text, retry) text,
	LP_REJECTS(X)
#undef X
};

static const bool reject_may_retry[] = {
#define X(name, wire, text, retry) retry,
	LP_REJECTS(X)
#undef X
};

static const char *const host_action_words[] = {
#define X(name, wire) wire,
	LP_HOST_ACTIONS(X)
#undef X
};

static const char *const reason_words[] = {
#define X(name, wire) wire,
	LP_REASONS(X)
#undef X
};

const struct lp_words lp_role_words = {role_words, LP_ROLE_OTHER};
const struct lp_words lp_reject_words = {reject_words, LP_REJECT_OTHER};
const struct lp_words lp_reason_words = {reason_words, LP_REASON_OTHER};
const struct lp_words lp_host_action_words = {host_action_words, LP_HOST_OTHER};

/* The word of an enum's value. */
static const char *word_of(const struct lp_words *words, unsigned value)
{
	return value < words->n_words ? words->words[value] : "other";
}

const char *lp_role_text(enum lp_role role)
{
	return word_of(&lp_role_words, role);
}

const char *lp_reject_wire(enum lp_reject_code code)
{
	return word_of(&lp_reject_words, code);
}

const char *lp_reject_text(enum lp_reject_code code)
{
	return (unsigned)code < LP_REJECT_OTHER ? reject_texts[code] : "the relay does not admit this member";
}

bool lp_reject_may_retry(enum lp_reject_code code)
{
	return (unsigned)code < LP_REJECT_OTHER && reject_may_retry[code];
}

const char *lp_reason_wire(enum lp_reason reason)
{
	return word_of(&lp_reason_words, reason);
}

const char *lp_host_action_wire(enum lp_host_action action)
{
	return word_of(&lp_host_action_words, action);
}

bool lp_room_code_valid(const char *code)
{
	size_t len = 0;
	for (; code[len]; len++) {
		char c = code[len];
		bool good = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
		if (!good || len == LP_ROOM_CODE_MAX)
			return false;
	}
	return len >= LP_ROOM_CODE_MIN;
}

void lp_room_code_fold(char *code)
{
	for (; *code; code++) {
		if (*code >= 'a' && *code <= 'z')
			*code = (char)(*code - 'a' + 'A');
	}
}

uint8_t lp_room_steer(const char *code)
{
	/* FNV-1a of 32 bits, folded into one byte. */
	uint32_t hash = UINT32_C(2166136261);
	for (; *code; code++)
		hash = (hash ^ (uint8_t)*code) * UINT32_C(16777619);
	hash ^= hash >> 16;
	return (uint8_t)(hash ^ hash >> 8);
}
