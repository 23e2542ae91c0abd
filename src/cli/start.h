/* The beginning of every program's main(): the options that all share, help, version, configuration file. */
#ifndef LP_CLI_START_H
#define LP_CLI_START_H

#include <stdbool.h>

#include "cli/completion.h"
#include "cli/options.h"
#include "obs/level.h"

/* Exit codes. */
enum lp_exit {
	LP_EXIT_OK = 0,      /* ended as it was asked to */
	LP_EXIT_FAILURE = 1, /* something did not work */
	LP_EXIT_USAGE = 2,   /* the command line or the configuration file is wrong */
};

enum lp_log_format {
	LP_LOG_TEXT,
	LP_LOG_JSON,
};

/* What the options that all programs share say. */
struct lp_common_options {
	enum lp_log_format log_format;
	enum lp_level log_level;
	char config[4096]; /* path, or empty */
	bool priority;
	bool help, version, man_page;
	enum lp_shell completion;
};

/* Adds the shared options, reads command line and configuration file, and answers --help and --version. True: the
   program goes on. False: it is to end with |ret_exit|, everything has been printed. |options| was made by
   lp_options_init() and has the program's own tables. */
bool lp_start(struct lp_options *options, struct lp_common_options *common, int argc, char *const *argv, int *ret_exit);

#endif
