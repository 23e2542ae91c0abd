/* A block of lines at the bottom of a terminal that is updated in place; log lines scroll above it. */
#ifndef LP_CLI_LIVE_H
#define LP_CLI_LIVE_H

struct lp_log_output;

struct lp_live {
	struct lp_log_output *output; /* the terminal; borrowed */
	unsigned n_lines;             /* on the screen */
};

/* Shares the terminal of |output|: its lines appear above the block. */
void lp_live_init(struct lp_live *live, struct lp_log_output *output);
/* Draws the block, replacing the previous one; each line ends in a newline. */
void lp_live_show(struct lp_live *live, const char *block);
/* Erases the block. */
void lp_live_hide(struct lp_live *live);

#endif
