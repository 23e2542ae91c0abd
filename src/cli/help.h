/* The help and the manual page that the tables of options make. */
#ifndef LP_CLI_HELP_H
#define LP_CLI_HELP_H

#include <stddef.h>

#include "cli/options.h"

struct lp_text;

/* What is enough for the help or the manual page of any program here. */
#define LP_HELP_TEXT_MAX (96 * 1024)

/* The exit codes that all programs share. */
extern const struct lp_help_row lp_exit_rows[];

/* Called for each row of a table; |heading| is its group if it is the first of it, NULL otherwise. */
typedef void (*lp_help_fn)(void *ctx, const char *heading, const struct lp_option *option);

/* Goes through all rows that are not hidden, group by group, in the order in which groups first appear. */
void lp_help_each(const struct lp_options *options, lp_help_fn fn, void *ctx);

/* Adds what --help prints, in lines of at most |width| characters where words allow it. */
void lp_help_text(const struct lp_options *options, size_t width, struct lp_text *text);
/* Adds the manual page in roff (man(7)). */
void lp_help_man_page(const struct lp_options *options, struct lp_text *text);

#endif
