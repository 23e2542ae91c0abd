#include "cli/completion.h"

#include <string.h>

#include "base/text.h"
#include "cli/help.h"

const struct lp_choice lp_shells[] = {
	{"bash", LP_SHELL_BASH, NULL},
	{"zsh", LP_SHELL_ZSH, NULL},
	{"fish", LP_SHELL_FISH, NULL},
	{NULL, 0, NULL},
};

/* How the value of an option is completed. */
enum value {
	VALUE_NONE, /* a switch has no value */
	VALUE_WORDS,
	VALUE_FILE,
	VALUE_INTERFACE,
	VALUE_OTHER,
};

static enum value value_of(const struct lp_option *option)
{
	if (!option->argument)
		return VALUE_NONE;
	if (option->choices)
		return VALUE_WORDS;
	if (strcmp(option->argument, "FILE") == 0 || strcmp(option->argument, "DIR") == 0 ||
		strcmp(option->argument, "PATH") == 0)
		return VALUE_FILE;
	return strcmp(option->argument, "IF") == 0 ? VALUE_INTERFACE : VALUE_OTHER;
}

/* True for a switch that also has the form --no-NAME in the help. */
static bool has_negation(const struct lp_option *option)
{
	return !option->argument && option->standard && strcmp(option->standard, "on") == 0;
}

static void add_words(const struct lp_option *option, struct lp_text *text)
{
	for (const struct lp_choice *choice = option->choices; choice->word; choice++)
		lp_text_addf(text, "%s%s", choice == option->choices ? "" : " ", choice->word);
}

/* Adds the first part of a help text, up to a ';' or a newline, inside of single quotes. |specials| get a backslash;
   a single quote becomes |quote|. */
static void add_help(const char *help, const char *specials, const char *quote, struct lp_text *text)
{
	for (; *help && *help != ';' && *help != '\n'; help++) {
		if (*help == '\'')
			lp_text_add(text, quote);
		else
			lp_text_addf(text, "%s%c", strchr(specials, *help) ? "\\" : "", *help);
	}
}

/* What the functions for single options need. */
struct script {
	const struct lp_program *program;
	struct lp_text *text;
};

/* The program's name as part of a shell function's name. */
static void add_function_name(const struct script *script)
{
	lp_text_add(script->text, "_");
	for (const char *c = script->program->name; *c; c++)
		lp_text_addf(script->text, "%c", *c == '-' ? '_' : *c);
}

/* One branch of bash's case that completes the value of an option. */
static void add_bash_value(void *ctx, const char *heading, const struct lp_option *option)
{
	const struct script *script = ctx;
	(void)heading;
	if (!option->argument)
		return;
	lp_text_addf(script->text, "\t--%s) ", option->name);
	switch (value_of(option)) {
	case VALUE_WORDS:
		lp_text_add(script->text, "words='");
		add_words(option, script->text);
		lp_text_add(script->text, "' ;;\n");
		break;
	case VALUE_FILE:
		lp_text_add(script->text, "compopt -o default; return ;;\n");
		break;
	case VALUE_INTERFACE:
		lp_text_add(script->text, "words=$(ls /sys/class/net 2>/dev/null) ;;\n");
		break;
	default:
		lp_text_add(script->text, "return ;;\n");
		break;
	}
}

static void add_bash_name(void *ctx, const char *heading, const struct lp_option *option)
{
	const struct script *script = ctx;
	(void)heading;
	lp_text_addf(script->text, " --%s", option->name);
	if (has_negation(option))
		lp_text_addf(script->text, " --no-%s", option->name);
}

/* True if the row's first word is that of the row before: "room add", "room list". */
static bool repeats(const struct lp_program *program, const struct lp_help_row *row)
{
	size_t len = strcspn(row->term, " ");
	return row != program->commands && strncmp(row->term, row[-1].term, len) == 0 &&
	       strcspn(row[-1].term, " ") == len;
}

/* Bash splits --NAME=VALUE into three words. */
static void add_bash(const struct lp_options *options, struct script *script)
{
	struct lp_text *text = script->text;
	lp_text_addf(text, "# bash completion for %s\n", script->program->name);
	add_function_name(script);
	lp_text_add(text, "()\n{\n\tlocal word=$2 option=$3 words\n"
			  "\tif [ \"$word\" = = ]; then word=; fi\n"
			  "\tif [ \"$option\" = = ]; then option=${COMP_WORDS[COMP_CWORD - 2]}; fi\n"
			  "\tif [ \"$2\" = = ]; then option=${COMP_WORDS[COMP_CWORD - 1]}; fi\n"
			  "\tcase $option in\n");
	lp_help_each(options, add_bash_value, script);
	lp_text_add(text, "\t*)\n\t\twords='");
	lp_help_each(options, add_bash_name, script);
	lp_text_add(text, "'\n");
	if (script->program->commands) {
		lp_text_add(text, "\t\tif [ \"$COMP_CWORD\" = 1 ]; then words=\"");
		for (const struct lp_help_row *row = script->program->commands; row->term; row++)
			if (!repeats(script->program, row))
				lp_text_addf(text, "%.*s ", (int)strcspn(row->term, " "), row->term);
		lp_text_add(text, "$words\"; fi\n");
	}
	lp_text_add(text, "\t\t;;\n\tesac\n\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\ncomplete -F ");
	add_function_name(script);
	lp_text_addf(text, " %s\n", script->program->name);
}

/* The value's part of an option for zsh's _arguments. */
static void add_zsh_value(const struct lp_option *option, struct lp_text *text)
{
	if (!option->argument)
		return;
	lp_text_add(text, ":");
	for (const char *c = option->argument; *c; c++)
		lp_text_addf(text, "%s%c", *c == ':' ? "\\" : "", *c);
	lp_text_add(text, ":");
	switch (value_of(option)) {
	case VALUE_WORDS:
		lp_text_add(text, "(");
		add_words(option, text);
		lp_text_add(text, ")");
		break;
	case VALUE_FILE:
		lp_text_add(text, "_files");
		break;
	case VALUE_INTERFACE:
		lp_text_add(text, "_net_interfaces");
		break;
	default:
		break;
	}
}

static void add_zsh_option(void *ctx, const char *heading, const struct lp_option *option)
{
	const struct script *script = ctx;
	struct lp_text *text = script->text;
	(void)heading;
	lp_text_addf(text, " \\\n\t'--%s%s[", option->name, option->argument ? "=" : "");
	add_help(option->help, "[]\\", "'\\''", text);
	lp_text_add(text, "]");
	add_zsh_value(option, text);
	lp_text_add(text, "'");
	if (!has_negation(option))
		return;
	lp_text_addf(text, " \\\n\t'--no-%s[do not ", option->name);
	add_help(option->help, "[]\\", "'\\''", text);
	lp_text_add(text, "]'");
}

static void add_zsh(const struct lp_options *options, struct script *script)
{
	struct lp_text *text = script->text;
	lp_text_addf(text, "#compdef %s\n_arguments", script->program->name);
	if (script->program->commands) {
		lp_text_add(text, " \\\n\t'1:command:((");
		for (const struct lp_help_row *row = script->program->commands; row->term; row++) {
			if (repeats(script->program, row))
				continue;
			lp_text_addf(text, "%s%.*s\\:\"", row == script->program->commands ? "" : " ",
				(int)strcspn(row->term, " "), row->term);
			add_help(row->help, ":\"\\()", "'\\''", text);
			lp_text_add(text, "\"");
		}
		lp_text_add(text, "))'");
	}
	lp_help_each(options, add_zsh_option, script);
	lp_text_add(text, "\n");
}

static void add_fish_option(void *ctx, const char *heading, const struct lp_option *option)
{
	const struct script *script = ctx;
	struct lp_text *text = script->text;
	(void)heading;
	lp_text_addf(text, "complete -c %s -l %s", script->program->name, option->name);
	switch (value_of(option)) {
	case VALUE_NONE:
		break;
	case VALUE_WORDS:
		lp_text_add(text, " -x -a '");
		add_words(option, text);
		lp_text_add(text, "'");
		break;
	case VALUE_FILE:
		lp_text_add(text, " -r -F");
		break;
	case VALUE_INTERFACE:
		lp_text_add(text, " -x -a '(__fish_print_interfaces)'");
		break;
	case VALUE_OTHER:
		lp_text_add(text, " -x");
		break;
	}
	lp_text_add(text, " -d '");
	add_help(option->help, "\\", "\\'", text);
	lp_text_add(text, "'\n");
	if (!has_negation(option))
		return;
	lp_text_addf(text, "complete -c %s -l no-%s -d 'do not ", script->program->name, option->name);
	add_help(option->help, "\\", "\\'", text);
	lp_text_add(text, "'\n");
}

static void add_fish(const struct lp_options *options, struct script *script)
{
	struct lp_text *text = script->text;
	const char *name = script->program->name;
	lp_text_addf(text, "complete -c %s -f\n", name);
	for (const struct lp_help_row *row = script->program->commands; row && row->term; row++) {
		if (repeats(script->program, row))
			continue;
		lp_text_addf(text, "complete -c %s -n __fish_use_subcommand -a %.*s -d '", name,
			(int)strcspn(row->term, " "), row->term);
		add_help(row->help, "\\", "\\'", text);
		lp_text_add(text, "'\n");
	}
	lp_help_each(options, add_fish_option, script);
}

void lp_completion(const struct lp_options *options, enum lp_shell shell, struct lp_text *text)
{
	struct script script = {.program = options->program, .text = text};
	switch (shell) {
	case LP_SHELL_BASH:
		add_bash(options, &script);
		break;
	case LP_SHELL_ZSH:
		add_zsh(options, &script);
		break;
	case LP_SHELL_FISH:
		add_fish(options, &script);
		break;
	}
}
