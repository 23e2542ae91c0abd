#include "cli/start.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/text.h"
#include "cli/help.h"

#define CONFIG_MAX (256 * 1024) /* bytes of a configuration file */
#define HELP_WIDTH 80

static const struct lp_choice log_formats[] = {
	{"text", LP_LOG_TEXT, "lines of text"},
	{"json", LP_LOG_JSON, "one JSON object per line, see docs/events.md"},
	{NULL, 0, NULL},
};

static const struct lp_choice log_levels[] = {
#define X(name, text) {text, LP_LEVEL_##name, NULL},
	LP_LEVELS(X)
#undef X
		{NULL, 0, NULL},
};

static const struct lp_option common_rows[] = {
	{"priority", NULL, LP_SWITCH(struct lp_common_options, priority), .standard = "on", .group = "General",
		.help = "give frames priority over other programs (Linux: real-time scheduling, if permitted)"},
	{"user", "NAME", LP_TEXT(struct lp_common_options, user),
		.help = "Linux, started by root: the user to run as once everything is open; root: no change (default: lanparty "
			"if it exists, else the user of sudo, else nobody)"},
	{"log-format", "text|json", LP_CHOICE(struct lp_common_options, log_format, log_formats), .standard = "text",
		.help = "format of events on standard error"},
	{"log-level", "LEVEL", LP_CHOICE(struct lp_common_options, log_level, log_levels), .standard = "info",
		.help = "least important level that is logged: error, warn, info or debug"},
	{"config", "FILE", LP_TEXT(struct lp_common_options, config), .no_config = true,
		.help = "read options from a file with lines 'key = value'; the command line overrides them"},
	{"help", NULL, LP_SWITCH(struct lp_common_options, help), .no_config = true,
		.help = "print this help and exit"},
	{"version", NULL, LP_SWITCH(struct lp_common_options, version), .no_config = true,
		.help = "print the version and exit"},
	{"man-page", NULL, LP_SWITCH(struct lp_common_options, man_page), .no_config = true, .hidden = true,
		.help = "print the manual page in roff and exit"},
	{"sample-config", NULL, LP_SWITCH(struct lp_common_options, sample_config), .no_config = true, .hidden = true,
		.help = "print a configuration file with every option commented out and exit"},
	{"completion", "SHELL", LP_CHOICE(struct lp_common_options, completion, lp_shells), .no_config = true,
		.hidden = true, .help = "print the completion script for bash, zsh or fish and exit"},
};

/* Reads a file; the caller frees |*ret_data|. */
static int read_file(const char *path, struct lp_failure *failure, char **ret_data, size_t *ret_len)
{
	int result = 0;
	char *data = NULL;
	FILE *file = fopen(path, "rb");
	int code = file ? 0 : errno;
	if (code)
		return lp_fail(failure, LP_EIO, "--config: cannot read %s: %s. %s", path, strerror(code),
			code == EACCES ? "Let the user that runs this program read it" : "Check the path");
	data = malloc(CONFIG_MAX + 1);
	if (!data) {
		result = lp_fail(failure, LP_ENOMEM, "%s: out of memory", path);
		goto done;
	}
	size_t len = fread(data, 1, CONFIG_MAX + 1, file);
	if (ferror(file))
		result = lp_fail(
			failure, LP_EIO, "--config: cannot read %s: %s. Pass a text file", path, strerror(errno));
	else if (len > CONFIG_MAX)
		result = lp_fail(failure, LP_ETOOBIG, "--config: %s is larger than %d bytes. Pass a configuration file",
			path, CONFIG_MAX);
	if (result < 0)
		goto done;
	*ret_data = data;
	*ret_len = len;
	data = NULL;
done:
	free(data);
	fclose(file);
	return result;
}

/* Parses the configuration file, if --config was given. */
static int read_config(struct lp_options *options, int argc, char *const *argv, struct lp_failure *failure)
{
	const char *path = lp_options_peek(options, argc, argv, "config");
	char *data = NULL;
	size_t len = 0;
	if (!path)
		return 0;
	int result = read_file(path, failure, &data, &len);
	if (result < 0)
		return result;
	result = lp_options_parse_config(options, path, data, len, failure);
	free(data);
	return result;
}

/* Prints the output of |format|. */
static int print(
	const struct lp_options *options, void (*format)(const struct lp_options *options, struct lp_text *text))
{
	struct lp_text text;
	char *data = malloc(LP_HELP_TEXT_MAX);
	if (!data)
		return LP_EXIT_FAILURE;
	lp_text_init(&text, data, LP_HELP_TEXT_MAX);
	format(options, &text);
	bool written = fwrite(data, 1, text.len, stdout) == text.len && fflush(stdout) == 0;
	if (!written)
		fprintf(stderr, "%s: cannot write to standard output: %s\n", options->program->name, strerror(errno));
	free(data);
	return written && !text.cut ? LP_EXIT_OK : LP_EXIT_FAILURE;
}

static void format_help(const struct lp_options *options, struct lp_text *text)
{
	lp_help_text(options, HELP_WIDTH, text);
}

static void format_version(const struct lp_options *options, struct lp_text *text)
{
	lp_text_addf(text, "%s %s (ngtcp2 %s)\n", options->program->name, LP_VERSION, LP_NGTCP2_VERSION);
}

static void format_bash(const struct lp_options *options, struct lp_text *text)
{
	lp_completion(options, LP_SHELL_BASH, text);
}

static void format_zsh(const struct lp_options *options, struct lp_text *text)
{
	lp_completion(options, LP_SHELL_ZSH, text);
}

static void format_fish(const struct lp_options *options, struct lp_text *text)
{
	lp_completion(options, LP_SHELL_FISH, text);
}

/* Handles the options that print a text and exit. False: none of them was given. */
static bool print_requested(const struct lp_options *options, int argc, char *const *argv, int *ret_exit)
{
	static const struct {
		const char *name, *value, *abbreviation;
		void (*format)(const struct lp_options *options, struct lp_text *text);
	} texts[] = {
		{"help", "on", "-h", format_help},
		{"version", "on", "-V", format_version},
		{"man-page", "on", "", lp_help_man_page},
		{"sample-config", "on", "", lp_help_sample_config},
		{"completion", "bash", "", format_bash},
		{"completion", "zsh", "", format_zsh},
		{"completion", "fish", "", format_fish},
	};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		const char *value = lp_options_peek(options, argc, argv, texts[i].name);
		bool given = value && strcmp(value, texts[i].value) == 0;
		if (!given && !(argc == 2 && strcmp(argv[1], texts[i].abbreviation) == 0))
			continue;
		*ret_exit = print(options, texts[i].format);
		return true;
	}
	return false;
}

bool lp_start(struct lp_options *options, struct lp_common_options *common, int argc, char *const *argv, int *ret_exit)
{
	struct lp_failure failure = {0};
	*common = (struct lp_common_options){0};
	lp_options_add(options, common_rows, LP_OPTIONS_N(common_rows), common);
	if (print_requested(options, argc, argv, ret_exit))
		return false;

	int result = read_config(options, argc, argv, &failure);
	if (result >= 0)
		result = lp_options_parse(options, argc, argv, &failure);
	if (result >= 0 && options->command < 0)
		result = lp_options_check_required(options, &failure);
	if (result >= 0)
		return true;
	fprintf(stderr, "%s: %s\n", options->program->name, failure.text);
	*ret_exit = LP_EXIT_USAGE;
	return false;
}
