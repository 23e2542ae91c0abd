#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/help.h"

/* Adds text, with roff's special characters escaped. An empty line becomes a paragraph. */
static void add(struct lp_text *text, const char *string)
{
	bool line_start = text->len == 0 || text->data[text->len - 1] == '\n';
	for (; *string && !text->cut; string++) {
		if (line_start && (*string == '.' || *string == '\''))
			lp_text_add(text, "\\&");
		if (string[0] == '\n' && string[1] == '\n') {
			lp_text_add(text, "\n.PP\n");
			string++;
			line_start = true;
			continue;
		}
		line_start = *string == '\n';
		if (*string == '\\')
			lp_text_add(text, "\\e");
		else if (*string == '-')
			lp_text_add(text, "\\-");
		else if (*string == '"')
			lp_text_add(text, "\\(dq");
		else
			lp_text_addf(text, "%c", *string);
	}
}

static void add_section(struct lp_text *text, const char *name)
{
	lp_text_addf(text, ".SH %s\n", name);
}

/* Adds a section with a list of terms and explanations, unless |rows| is NULL. */
static void add_list(struct lp_text *text, const char *section, const struct lp_help_row *rows)
{
	if (!rows)
		return;
	add_section(text, section);
	for (; rows->term; rows++) {
		lp_text_add(text, ".TP\n.B ");
		add(text, rows->term);
		lp_text_add(text, "\n");
		add(text, rows->help);
		lp_text_add(text, "\n");
	}
}

/* Adds an option; |heading|: its group, if it is the first of it. */
static void add_option(void *ctx, const char *heading, const struct lp_option *option)
{
	struct lp_text *text = ctx;
	if (heading) {
		lp_text_add(text, ".SS ");
		add(text, heading);
		lp_text_add(text, "\n");
	}
	lp_text_add(text, ".TP\n\\fB");
	add(text, "--");
	add(text, option->name);
	lp_text_add(text, "\\fR");
	if (option->argument) {
		lp_text_add(text, " \\fI");
		add(text, option->argument);
		lp_text_add(text, "\\fR");
	} else if (option->standard && strcmp(option->standard, "on") == 0) {
		lp_text_add(text, ", \\fB");
		add(text, "--no-");
		add(text, option->name);
		lp_text_add(text, "\\fR");
	}
	lp_text_add(text, "\n");
	add(text, option->help);
	lp_text_add(text, ".\n");
	if (option->required)
		lp_text_add(text, "This option is required.\n");
	if (option->standard && option->argument) {
		lp_text_add(text, "Default: ");
		add(text, option->standard);
		lp_text_add(text, ".\n");
	}
	for (const struct lp_choice *choice = option->choices; choice && choice->word; choice++) {
		if (!choice->help)
			continue;
		lp_text_add(text, ".br\n\\fB");
		add(text, choice->word);
		lp_text_add(text, "\\fR: ");
		add(text, choice->help);
		lp_text_add(text, "\n");
	}
}

/* Adds the title, NAME and SYNOPSIS. */
static void add_head(struct lp_text *text, const struct lp_program *program)
{
	char upper[64];
	size_t i;
	for (i = 0; program->name[i] && i < sizeof upper - 1; i++)
		upper[i] = (char)(program->name[i] >= 'a' && program->name[i] <= 'z' ? program->name[i] - 32
										     : program->name[i]);
	upper[i] = '\0';
	lp_text_addf(text, ".TH %s 8 \"\" \"softlan-vpn %s\" \"softlan-vpn\"\n", upper, LP_VERSION);
	add_section(text, "NAME");
	add(text, program->name);
	lp_text_add(text, " \\- ");
	add(text, program->summary);
	lp_text_add(text, "\n");
	add_section(text, "SYNOPSIS");
	lp_text_add(text, ".B ");
	add(text, program->name);
	lp_text_addf(text, "\n%s[\\fIOPTION\\fR...]\n",
		program->argument   ? "[\\fIINVITE\\fR|\\fICOMMAND\\fR] "
		: program->commands ? "[\\fICOMMAND\\fR] "
				    : "");
}

void lp_help_man_page(const struct lp_options *options, struct lp_text *text)
{
	const struct lp_program *program = options->program;
	add_head(text, program);
	add_section(text, "DESCRIPTION");
	add(text, program->about ? program->about : program->summary);
	lp_text_add(text, "\n");
	add_list(text, "COMMANDS", program->commands);
	add_section(text, "OPTIONS");
	lp_help_each(options, add_option, text);
	add_section(text, "CONFIGURATION FILE");
	add(text,
		"The file given by --config has a line \"key = value\" per option. The key is the option's name without "
		"dashes. The value of a switch is on or off. A comment starts with '#'. A value that starts or ends with "
		"white space, or contains '#', must be in double quotes. Options on the command line override the file.\n");
	add_list(text, "EXIT STATUS", lp_exit_rows);
	add_list(text, "SIGNALS", program->signals);
	add_list(text, "FILES", program->files);
	add_list(text, "EXAMPLES", program->examples);
	if (program->see_also) {
		add_section(text, "SEE ALSO");
		add(text, program->see_also);
		lp_text_add(text, "\n");
	}
}
