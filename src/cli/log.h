/* Prints events: text or JSON lines on standard error, one write a line. */
#ifndef LP_CLI_LOG_H
#define LP_CLI_LOG_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/start.h"
#include "obs/event.h"

struct lp_log_output {
	struct lp_log log; /* hand &output->log to whoever has something to tell */
	FILE *file;
	enum lp_log_format format;
	bool terminal; /* the time of day instead of a date */
	bool colours;
	bool no_time; /* who reads adds the time: systemd's journal */
	/* Called before and after each line, so that a live view can make way; NULL: nobody. */
	void (*around)(void *ctx, bool before);
	void *around_ctx;
};

/* Prints to |file|, which is usually stderr and is borrowed. */
void lp_log_output_init(struct lp_log_output *output, const struct lp_common_options *common, FILE *file);

#endif
