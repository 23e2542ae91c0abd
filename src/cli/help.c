#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define COLUMN 30 /* of the help of a row */

const struct lp_help_row lp_exit_rows[] = {
	{"0", "success: the program was stopped by a signal, or the command succeeded"},
	{"1", "failure; the last line states what failed, on what, why, and what to do"},
	{"2", "invalid command line or configuration file"},
	{NULL, NULL},
};

/* The row with index |number| over all sets, and its group; NULL: there is none. */
static const struct lp_option *row_at(const struct lp_options *options, size_t number, const char **group)
{
	*group = "Options";
	for (size_t i = 0; i < options->n_sets; i++) {
		const struct lp_option_set *set = &options->sets[i];
		for (size_t j = 0; j < set->n_rows; j++) {
			if (set->rows[j].group)
				*group = set->rows[j].group;
			if (number-- == 0)
				return &set->rows[j];
		}
	}
	return NULL;
}

void lp_help_each(const struct lp_options *options, lp_help_fn fn, void *ctx)
{
	bool done[LP_OPTION_ROWS_MAX] = {false};
	const struct lp_option *first, *option;
	const char *group, *other;
	for (size_t i = 0; (first = row_at(options, i, &group)); i++) {
		if (done[i])
			continue;
		const char *heading = group;
		for (size_t j = i; (option = row_at(options, j, &other)); j++) {
			if (done[j] || strcmp(other, group) != 0)
				continue;
			done[j] = true;
			if (option->hidden)
				continue;
			fn(ctx, heading, option);
			heading = NULL;
		}
	}
}

/* A text with wrapped lines. */
struct page {
	struct lp_text *text;
	size_t width;
	size_t column; /* characters in the line */
};

/* The number of characters in |len| bytes of UTF-8. */
static size_t count_characters(const char *string, size_t len)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)string[i] & 0xc0) != 0x80;
	return n;
}

static void end_line(struct page *page)
{
	lp_text_add(page->text, "\n");
	page->column = 0;
}

static void indent_to(struct page *page, size_t column)
{
	for (; page->column < column; page->column++)
		lp_text_add(page->text, " ");
}

/* Adds a string without wrapping. */
static void add(struct page *page, const char *string)
{
	lp_text_add(page->text, string);
	page->column += count_characters(string, strlen(string));
}

/* Adds words, and continues at column |indent| of the next line if they don't fit. Newlines are kept. */
static void add_wrapped(struct page *page, size_t indent, const char *words)
{
	bool first = true;
	while (*words) {
		size_t len = strcspn(words, " \n");
		size_t n = count_characters(words, len);
		if (!first && page->column + 1 + n > page->width)
			end_line(page);
		else if (!first && page->column > indent)
			add(page, " ");
		indent_to(page, indent);
		lp_text_addf(page->text, "%.*s", (int)len, words);
		page->column += n;
		first = false;
		words += len;
		for (; *words == ' ' || *words == '\n'; words++) {
			if (*words == '\n')
				end_line(page);
		}
	}
}

/* Adds a term and its explanation in two columns. */
static void add_row(struct page *page, const char *term, const char *help)
{
	indent_to(page, 2);
	add(page, term);
	if (help && *help) {
		if (page->column + 2 > COLUMN)
			end_line(page);
		indent_to(page, COLUMN);
		add_wrapped(page, COLUMN, help);
	}
	end_line(page);
}

/* Adds an option's row, under its heading if it is the first of a group. */
static void add_option(void *ctx, const char *heading, const struct lp_option *option)
{
	struct page *page = ctx;
	char term[120], help[1200];
	struct lp_text text;
	if (heading) {
		end_line(page);
		add(page, heading);
		add(page, ":");
		end_line(page);
	}
	bool on = option->standard && strcmp(option->standard, "on") == 0;
	char letter[8] = "";
	if (option->letter)
		snprintf(letter, sizeof letter, "-%c, ", option->letter);
	snprintf(term, sizeof term, "%s--%s%s%s%s", letter, !option->argument && on ? "[no-]" : "", option->name,
		option->argument ? " " : "", option->argument ? option->argument : "");
	lp_text_init(&text, help, sizeof help);
	lp_text_add(&text, option->help);
	if (option->required)
		lp_text_add(&text, " (required)");
	else if (option->standard && (option->argument || on))
		lp_text_addf(&text, " (default: %s)", option->standard);
	add_row(page, term, help);
}

/* Adds a list of rows under a heading, unless |rows| is NULL. |below|: the explanation is below its term. */
static void add_list(struct page *page, const char *heading, const struct lp_help_row *rows, bool below)
{
	if (!rows)
		return;
	end_line(page);
	add(page, heading);
	end_line(page);
	for (; rows->term; rows++) {
		if (!below) {
			add_row(page, rows->term, rows->help);
			continue;
		}
		add_row(page, rows->term, NULL);
		indent_to(page, 6);
		add_wrapped(page, 6, rows->help);
		end_line(page);
	}
}

void lp_help_text(const struct lp_options *options, size_t width, struct lp_text *text)
{
	const struct lp_program *program = options->program;
	struct page page = {.text = text, .width = width};
	add(&page, "Usage: ");
	add(&page, program->name);
	add(&page, program->argument   ? " [INVITE|COMMAND] [OPTION...]"
		   : program->commands ? " [COMMAND] [OPTION...]"
				       : " [OPTION...]");
	end_line(&page);
	end_line(&page);
	add_wrapped(&page, 0, program->name);
	add(&page, ": ");
	add_wrapped(&page, 0, program->summary);
	end_line(&page);
	if (program->about) {
		end_line(&page);
		add_wrapped(&page, 0, program->about);
		end_line(&page);
	}
	add_list(&page, "Commands:", program->commands, false);
	lp_help_each(options, add_option, &page);
	add_list(&page, "Signals:", program->signals, false);
	add_list(&page, "Files:", program->files, false);
	add_list(&page, "Examples:", program->examples, true);
	add_list(&page, "Exit codes:", lp_exit_rows, false);
}
