#include <string.h>

#include "base/text.h"
#include "cli/help.h"

#define WIDTH 100

/* Adds a comment, wrapped between words. */
static void add_comment(struct lp_text *text, const char *words)
{
	size_t column = 0;
	while (*words) {
		size_t len = strcspn(words, " \n");
		if (column > 0 && column + 1 + len > WIDTH) {
			lp_text_add(text, "\n");
			column = 0;
		}
		lp_text_addf(text, "%s%.*s", column == 0 ? "# " : " ", (int)len, words);
		column += len + (column == 0 ? 2 : 1);
		words += len;
		words += strspn(words, " \n");
	}
	lp_text_add(text, "\n");
}

/* Adds an option, commented out, with its default or what its value looks like. */
static void add_option(void *ctx, const char *heading, const struct lp_option *option)
{
	struct lp_text *text = ctx;
	if (option->no_config)
		return;
	if (heading)
		lp_text_addf(text, "\n## %s\n", heading);
	lp_text_add(text, "\n");
	add_comment(text, option->help);
	const char *value = option->standard ? option->standard : option->argument;
	lp_text_addf(text, "#%s = %s\n", option->name, value ? value : "off");
}

void lp_help_sample_config(const struct lp_options *options, struct lp_text *text)
{
	char about[400];
	struct lp_text line;
	lp_text_init(&line, about, sizeof about);
	lp_text_addf(&line,
		"Options of %s, which are those of its command line; see %s(8). To set one, remove the '#' before its name. "
		"The values below are the defaults; one in capitals only shows what the value looks like. Options on the "
		"command line, for example in the systemd unit, have priority over this file.",
		options->program->name, options->program->name);
	add_comment(text, about);
	lp_help_each(options, add_option, text);
}
