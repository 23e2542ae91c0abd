#include "cli/log.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "base/units.h"

#define LINE_MAX_LEN 16384

/* The appearance of a level. */
static const struct {
	const char *colour;   /* on a terminal */
	const char *priority; /* for systemd's journal: sd-daemon(3) */
	const char *word;     /* before the text */
} looks[] = {
	[LP_LEVEL_ERROR] = {"\033[31m", "<3>", "error: "},
	[LP_LEVEL_WARN] = {"\033[33m", "<4>", "warning: "},
	[LP_LEVEL_INFO] = {"", "<6>", ""},
	[LP_LEVEL_DEBUG] = {"\033[2m", "<7>", ""},
};

/* Adds the time of day on a terminal, otherwise the date and time in UTC with milliseconds. */
static void add_time(struct lp_text *text, bool terminal)
{
	struct timespec now;
	char of_day[16];
	clock_gettime(CLOCK_REALTIME, &now);
	if (terminal) {
		const struct tm *local = localtime(&now.tv_sec);
		if (local && strftime(of_day, sizeof of_day, "%H:%M:%S", local) > 0)
			lp_text_add(text, of_day);
		return;
	}
	lp_text_time(text, now.tv_sec);
	text->data[--text->len] = '\0'; /* the Z goes after the milliseconds */
	lp_text_addf(text, ".%03ldZ", now.tv_nsec / 1000000);
}

/* Formats a line of text. */
static void format_text(
	const struct lp_log_output *output, enum lp_event event, const union lp_value *values, struct lp_text *text)
{
	enum lp_level level = lp_event_level(event);
	if (output->no_time) {
		lp_text_add(text, looks[level].priority);
	} else {
		add_time(text, output->terminal);
		lp_text_add(text, " ");
	}
	if (output->colours)
		lp_text_add(text, looks[level].colour);
	lp_text_add(text, looks[level].word);
	lp_event_text(text, event, values);
	if (output->colours && *looks[level].colour)
		lp_text_add(text, "\033[0m");
}

/* Formats a line of JSON. An event that is too long is printed without its fields. */
static void format_json(enum lp_event event, const union lp_value *values, struct lp_text *text)
{
	lp_text_add(text, "{\"time\":\"");
	add_time(text, false);
	lp_text_add(text, "\",");
	size_t start = text->len;
	lp_event_json(text, event, values);
	if (text->cut) {
		text->len = start;
		text->cut = false;
		lp_text_addf(text, "\"level\":\"%s\",\"event\":\"%s\",\"cut\":true",
			lp_level_text(lp_event_level(event)), lp_event_name(event));
	}
	lp_text_add(text, "}");
}

void lp_log_output_write(struct lp_log_output *output, const char *data, size_t len)
{
	if (output->write) {
		output->write(output->write_ctx, data, len);
		return;
	}
	fwrite(data, 1, len, output->file);
	fflush(output->file);
}

static void print_line(struct lp_log_output *output, enum lp_event event, const union lp_value *values)
{
	struct lp_text text;
	char line[LINE_MAX_LEN + 8];
	lp_text_init(&text, line, LINE_MAX_LEN);
	if (output->format == LP_LOG_JSON)
		format_json(event, values, &text);
	else
		format_text(output, event, values, &text);
	line[text.len] = '\n';

	if (output->around)
		output->around(output->around_ctx, true);
	lp_log_output_write(output, line, text.len + 1);
	if (output->around)
		output->around(output->around_ctx, false);
	if (output->copy)
		print_line(output->copy, event, values);
}

/* Monotonic. */
static uint64_t clock_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * LP_SEC + (uint64_t)now.tv_nsec;
}

/* Prints an event, unless it exceeds the rate limit. `frame` has its own limit in obs/framelog. */
static void print_limited(struct lp_log_output *output, enum lp_event event, const union lp_value *values)
{
	uint64_t suppressed = output->suppressed[event];
	if (event != LP_EVENT_frame && !lp_bucket_take(&output->lines[event], &output->limit, 1, clock_ns())) {
		output->suppressed[event]++;
		return;
	}
	output->suppressed[event] = 0;
	if (suppressed > 0)
		lp_event_left_out(&output->log, lp_event_name(event), suppressed);
	print_line(output, event, values);
}

/* The sink. */
static void print_event(void *ctx, enum lp_event event, const union lp_value *values)
{
	struct lp_log_output *output = ctx;
	lp_lock_take(&output->lock);
	print_limited(output, event, values);
	lp_lock_release(&output->lock);
}

void lp_log_output_init(struct lp_log_output *output, const struct lp_common_options *common, FILE *file)
{
	const char *term = getenv("TERM"), *journal = getenv("JOURNAL_STREAM");
	bool terminal = isatty(fileno(file));
	*output = (struct lp_log_output){
		.log = {.level = common->log_level, .sink = print_event, .ctx = output},
		.file = file,
		.format = common->log_format,
		.terminal = terminal,
		.colours = terminal && term && strcmp(term, "dumb") != 0 && !getenv("NO_COLOR"),
		.no_time = !terminal && journal && *journal,
	};
	lp_ratelimit_init(&output->limit, LP_LOG_PER_S, LP_LOG_BURST);
}
