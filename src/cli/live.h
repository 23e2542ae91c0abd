/* A block of lines at the bottom of a terminal that draws itself anew; log lines scroll by above it. */
#ifndef LP_CLI_LIVE_H
#define LP_CLI_LIVE_H

#include <stdbool.h>
#include <stdio.h>

struct lp_log_output;

struct lp_live {
	FILE *file;       /* the terminal; borrowed */
	unsigned n_lines; /* on the screen now */
};

/* Shares the terminal with |output|, whose lines make the block move down. Nothing is drawn before the first
   lp_live_show(). */
void lp_live_init(struct lp_live *live, FILE *file, struct lp_log_output *output);
/* Draws the block in the place of the one before; each line ends in a newline. */
void lp_live_show(struct lp_live *live, const char *block);
/* Takes the block off the screen. */
void lp_live_hide(struct lp_live *live);

#endif
