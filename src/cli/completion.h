/* Completion scripts for bash, zsh and fish, from the tables of options. They complete commands, option names, the
   words of an option that has a fixed set, file names, and network interfaces. Other values are not completed. */
#ifndef LP_CLI_COMPLETION_H
#define LP_CLI_COMPLETION_H

#include "cli/options.h"

struct lp_text;

enum lp_shell {
	LP_SHELL_BASH,
	LP_SHELL_ZSH,
	LP_SHELL_FISH,
};

/* The words for an option that selects a shell. */
extern const struct lp_choice lp_shells[];

/* Adds the script that completes the program's command line in |shell|. Hidden options are left out. */
void lp_completion(const struct lp_options *options, enum lp_shell shell, struct lp_text *text);

#endif
