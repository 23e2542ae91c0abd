#include "cli/live.h"

#include <stdio.h>
#include <string.h>

#include "cli/log.h"

/* Erases the block: moves up to its first line, and clears everything below. */
static void wipe(struct lp_live *live)
{
	char text[32];
	if (live->n_lines > 0) {
		/* A terminal writes ^C at the cursor. */
		int len = snprintf(text, sizeof text, "\r\033[%uA\033[J", live->n_lines);
		lp_log_output_write(live->output, text, (size_t)len);
	}
	live->n_lines = 0;
}

/* Erases the block before a log line; it is drawn again, below the line, by the next lp_live_show(). */
static void on_line(void *ctx, bool before)
{
	if (before)
		wipe(ctx);
}

void lp_live_init(struct lp_live *live, struct lp_log_output *output)
{
	*live = (struct lp_live){.output = output};
	output->around = on_line;
	output->around_ctx = live;
}

void lp_live_show(struct lp_live *live, const char *block)
{
	wipe(live);
	lp_log_output_write(live->output, block, strlen(block));
	for (; *block; block++)
		live->n_lines += *block == '\n';
}

void lp_live_hide(struct lp_live *live)
{
	wipe(live);
}
