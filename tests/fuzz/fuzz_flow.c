/* Any frame against the flow hash and the congestion mark of the egress queues, and the frame log's text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "obs/event.h"
#include "obs/framelog.h"
#include "proto/flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* Lines of the log have no control characters, whatever is in the frame. */
static void on_event(void *ctx, enum lp_event event, const union lp_value *values)
{
	char line[4096];
	struct lp_text text;
	(void)ctx;
	lp_text_init(&text, line, sizeof line);
	lp_event_text(&text, event, values);
	for (const char *at = line; *at; at++)
		check((unsigned char)*at >= 0x20 && *at != 0x7f);
	lp_text_init(&text, line, sizeof line);
	lp_event_json(&text, event, values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct lp_log log = {.level = LP_LEVEL_DEBUG, .sink = on_event};
	uint8_t *frame = calloc(1, len ? len : 1);
	check(frame != NULL);
	if (len)
		memcpy(frame, data, len);
	uint64_t hash = lp_flow_hash(frame, len, 1);
	bool marked = lp_ecn_mark(frame, len);
	check(marked || len == 0 || memcmp(frame, data, len) == 0);
	if (marked) { /* the mark changes neither the flow nor, a second time, the frame */
		uint8_t *again = malloc(len);
		check(again && lp_flow_hash(frame, len, 1) == hash);
		memcpy(again, frame, len);
		check(lp_ecn_mark(again, len) && memcmp(again, frame, len) == 0);
		free(again);
	}
	const struct lp_frame_note note = {.room = "R", .peer_id = 1, .direction = "in", .frame = frame, .len = len};
	lp_framelog_write(&log, &note);
	free(frame);
	return 0;
}
