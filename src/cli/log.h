/* Prints events: text or JSON lines on standard error, one write a line. */
#ifndef LP_CLI_LOG_H
#define LP_CLI_LOG_H

#include <stdbool.h>
#include <stdio.h>

#include "base/ratelimit.h"
#include "cli/start.h"
#include "obs/event.h"

/* Lines of one event: so many at once, as when all members of a full relay come back after a restart, and so many a
   second. Others can cause most events; they are not to fill the disk, nor to hold the loop up. */
#define LP_LOG_BURST 5000U
#define LP_LOG_PER_S 10U

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
	struct lp_ratelimit limit; /* of the lines of each event */
	struct lp_bucket lines[LP_EVENT_COUNT];
	uint64_t suppressed[LP_EVENT_COUNT]; /* lines since the last one that was printed */
};

/* Prints to |file|, which is usually stderr and is borrowed. */
void lp_log_output_init(struct lp_log_output *output, const struct lp_common_options *common, FILE *file);

#endif
