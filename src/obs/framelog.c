#include "obs/framelog.h"

#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/mac.h"
#include "obs/event.h"

/* Parses a decimal number up to a million; returns the rest of the string, or NULL. */
static const char *parse_number(const char *at, uint32_t *ret_value)
{
	uint32_t value = 0;
	const char *start = at;
	for (; *at >= '0' && *at <= '9'; at++) {
		value = value * 10 + (uint32_t)(*at - '0');
		if (value > 1000000)
			return NULL;
	}
	if (at == start)
		return NULL;
	*ret_value = value;
	return at;
}

/* Parses a word of the list. */
static bool parse_word(const char *word, struct lp_framelog_config *config)
{
	uint32_t value;
	const char *rest = parse_number(word, &value);
	if (strcmp(word, "all") == 0)
		return true;
	if (strcmp(word, "drops") == 0) {
		config->drops_only = true;
		return true;
	}
	if (rest && strcmp(rest, "/s") == 0) {
		config->per_s = value;
		return true;
	}
	if (rest && value == 1 && *rest == '/') {
		rest = parse_number(rest + 1, &config->one_in);
		return rest && !*rest && config->one_in > 0;
	}
	return false;
}

int lp_framelog_parse(const char *text, struct lp_failure *failure, struct lp_framelog_config *ret_config)
{
	struct lp_framelog_config config = {.one_in = 1, .per_s = LP_FRAMELOG_PER_S};
	if (strcmp(text, "off") == 0) {
		*ret_config = (struct lp_framelog_config){0};
		return 0;
	}
	for (const char *at = text;; at++) {
		char word[16];
		size_t n = strcspn(at, ",");
		if (n < sizeof word) {
			memcpy(word, at, n);
			word[n] = '\0';
		}
		if (n >= sizeof word || !parse_word(word, &config))
			return lp_fail(failure, LP_EINVAL,
				"'%s' is not a frame log. Use off, all, drops, 1/N, N/s, or a list such as drops,10/s",
				text);
		at += n;
		if (!*at)
			break;
	}
	*ret_config = config;
	return 0;
}

void lp_framelog_init(struct lp_framelog *framelog, const struct lp_framelog_config *config)
{
	*framelog = (struct lp_framelog){.config = *config};
	lp_ratelimit_init(&framelog->limit, config->per_s, config->per_s);
}

bool lp_framelog_wants_slow(struct lp_framelog *framelog, enum lp_drop drop, uint64_t now_ns)
{
	if (framelog->config.drops_only && drop == LP_DROP_NONE)
		return false;
	if (++framelog->skipped < framelog->config.one_in)
		return false;
	framelog->skipped = 0;
	return lp_bucket_take(&framelog->lines, &framelog->limit, 1, now_ns);
}

/* The fields of a line that are in the frame. */
struct shown {
	struct lp_mac source, destination;
	uint16_t type; /* EtherType, or length up to 1500 */
	uint16_t vlan; /* of the outer tag, 0 if there is none */
};

/* Parses addresses, tags and type; a field that is missing is 0. */
static void read_frame(const uint8_t *frame, size_t len, struct shown *ret_shown)
{
	struct lp_reader reader = lp_reader_init(frame, len);
	struct shown *shown = ret_shown;
	*shown = (struct shown){0};
	lp_reader_copy(&reader, shown->destination.octet, 6);
	lp_reader_copy(&reader, shown->source.octet, 6);
	shown->type = lp_reader_u16(&reader);
	for (int tags = 0; tags < 2 && (shown->type == 0x8100 || shown->type == 0x88a8 || shown->type == 0x9100);
		tags++) {
		uint16_t vlan = lp_reader_u16(&reader) & 0x0fff;
		shown->vlan = tags == 0 ? vlan : shown->vlan;
		shown->type = lp_reader_u16(&reader);
	}
}

void lp_framelog_write(const struct lp_log *log, const struct lp_frame_note *note)
{
	struct shown shown;
	char type[16];
	bool dropped = note->drop != LP_DROP_NONE;
	read_frame(note->frame, note->len, &shown);
	snprintf(type, sizeof type, shown.type < 0x600 ? "length %u" : "0x%04x", shown.type);
	lp_event_frame(log, note->room, note->peer_id, note->peer_name, note->direction, &shown.source,
		&shown.destination, type, shown.vlan, note->len, dropped ? "dropped" : "forwarded",
		dropped ? lp_drop_wire(note->drop) : "", note->n_targets);
}
