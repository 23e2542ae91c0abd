/* The log's sink: prints events as lines of text or JSON, with one write per line. */
#ifndef LP_CLI_LOG_H
#define LP_CLI_LOG_H

#include <stdbool.h>
#include <stdio.h>

#include "base/lock.h"
#include "base/ratelimit.h"
#include "cli/start.h"
#include "obs/event.h"

/* Rate limit per event, because peers can cause most events, and lines cost disk space and time. The burst lets all
   members of a full relay reconnect after a restart. */
#define LP_LOG_BURST 5000U
#define LP_LOG_PER_S 10U

struct lp_log_output {
	struct lp_log log; /* pass &output->log to the emitting modules */
	FILE *file;
	/* Writes instead of to |file|; NULL: to the file. */
	void (*write)(void *ctx, const char *data, size_t len);
	void *write_ctx;
	struct lp_log_output *copy; /* gets each line as well; NULL: none */
	enum lp_log_format format;
	bool terminal; /* prints the time of day instead of the date */
	bool colours;
	bool no_time; /* the reader adds the time, such as systemd's journal */
	/* Called before and after each line, for the live view. May be NULL. */
	void (*around)(void *ctx, bool before);
	void *around_ctx;
	struct lp_lock lock;       /* for programs with several threads; set it before they start */
	struct lp_ratelimit limit; /* of each event */
	struct lp_bucket lines[LP_EVENT_COUNT];
	uint64_t suppressed[LP_EVENT_COUNT]; /* lines since the last one that was printed */
};

/* Prints to |file|, which is usually stderr and is borrowed. */
void lp_log_output_init(struct lp_log_output *output, const struct lp_common_options *common, FILE *file);
/* Writes text to where the lines go, for the live view. */
void lp_log_output_write(struct lp_log_output *output, const char *data, size_t len);

#endif
