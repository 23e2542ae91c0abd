/* The start of a program: the options that all programs share, help, version, and configuration file. */
#ifndef LP_CLI_START_H
#define LP_CLI_START_H

#include <stdbool.h>

#include "cli/completion.h"
#include "cli/options.h"
#include "obs/level.h"

/* Exit codes. */
enum lp_exit {
	LP_EXIT_OK = 0,      /* ended as requested */
	LP_EXIT_FAILURE = 1, /* a failure */
	LP_EXIT_USAGE = 2,   /* invalid command line or configuration file */
};

enum lp_log_format {
	LP_LOG_TEXT,
	LP_LOG_JSON,
};

/* The options that all programs share. */
struct lp_common_options {
	enum lp_log_format log_format;
	enum lp_level log_level;
	char config[4096]; /* path, or empty */
	char user[64];     /* --user; empty: the default */
	bool priority;
	bool help, version, man_page, sample_config;
	enum lp_shell completion;
};

/* Adds the shared options, parses configuration file and command line, and handles --help and --version. True: the
   program starts. False: it must exit with |ret_exit|; everything was printed. |options| was initialised by
   lp_options_init() and has the program's own tables. */
bool lp_start(struct lp_options *options, struct lp_common_options *common, int argc, char *const *argv, int *ret_exit);

#endif
