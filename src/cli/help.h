/* Formats help and manual page from the tables of options. */
#ifndef LP_CLI_HELP_H
#define LP_CLI_HELP_H

#include <stddef.h>

#include "cli/options.h"

struct lp_text;

/* Sufficient for the help or the manual page of any program. */
#define LP_HELP_TEXT_MAX (96 * 1024)

/* The exit codes that all programs share. */
extern const struct lp_help_row lp_exit_rows[];

/* Called for each row; |heading| is the group if the row is its first one, otherwise NULL. */
typedef void (*lp_help_fn)(void *ctx, const char *heading, const struct lp_option *option);

/* Calls |fn| for all rows that are not hidden, by groups, in the order of the groups' first rows. */
void lp_help_each(const struct lp_options *options, lp_help_fn fn, void *ctx);

/* Adds the output of --help, in lines of at most |width| characters unless a word is longer. */
void lp_help_text(const struct lp_options *options, size_t width, struct lp_text *text);
/* Adds the manual page in roff (man(7)). */
void lp_help_man_page(const struct lp_options *options, struct lp_text *text);
/* Adds a configuration file in which every option is commented out. */
void lp_help_sample_config(const struct lp_options *options, struct lp_text *text);

#endif
