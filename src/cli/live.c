#include "cli/live.h"

#include "cli/log.h"

/* Erases the block: moves up to its first line, and clears everything below. */
static void wipe(struct lp_live *live)
{
	if (live->n_lines > 0)
		fprintf(live->file, "\r\033[%uA\033[J", live->n_lines); /* a terminal writes ^C at the cursor */
	live->n_lines = 0;
}

/* Erases the block before a log line; it is drawn again, below the line, by the next lp_live_show(). */
static void on_line(void *ctx, bool before)
{
	struct lp_live *live = ctx;
	if (!before)
		return;
	wipe(live);
	fflush(live->file);
}

void lp_live_init(struct lp_live *live, FILE *file, struct lp_log_output *output)
{
	*live = (struct lp_live){.file = file};
	output->around = on_line;
	output->around_ctx = live;
}

void lp_live_show(struct lp_live *live, const char *block)
{
	wipe(live);
	fputs(block, live->file);
	fflush(live->file);
	for (; *block; block++)
		live->n_lines += *block == '\n';
}

void lp_live_hide(struct lp_live *live)
{
	wipe(live);
	fflush(live->file);
}
