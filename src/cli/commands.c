/* Finds the command that the words of the command line name. */
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "cli/options.h"

/* A command's term as words: "room show CODE" has two that name it and one argument that must be there; "[CODE]" need
   not be there. */
struct shape {
	size_t n_names, n_required, n_optional;
	const char *required; /* the first one */
};

static size_t word_len(const char *text)
{
	return strcspn(text, " ");
}

/* The next word of a term; "" after the last. */
static const char *next_word(const char *text)
{
	text += word_len(text);
	return text + strspn(text, " ");
}

static bool is_name(const char *word)
{
	return *word >= 'a' && *word <= 'z';
}

static struct shape shape_of(const char *term)
{
	struct shape shape = {0};
	for (; *term; term = next_word(term)) {
		if (is_name(term)) {
			shape.n_names++;
		} else if (*term == '[') {
			shape.n_optional++;
		} else {
			shape.required = shape.required ? shape.required : term;
			shape.n_required++;
		}
	}
	return shape;
}

/* True if the words begin with the names of the term. */
static bool matches(const struct lp_options *options, const char *term)
{
	size_t i = 0;
	for (; is_name(term); term = next_word(term), i++) {
		size_t len = word_len(term);
		if (i >= options->n_words || strlen(options->words[i]) != len ||
			memcmp(options->words[i], term, len) != 0)
			return false;
	}
	return true;
}

static int fail_unexpected(const char *word, struct lp_failure *failure)
{
	return lp_fail(failure, LP_EINVAL, "unexpected argument '%s'. Options start with '--'", word);
}

/* Checks the arguments of the command and removes its names from the words. */
static int take_arguments(struct lp_options *options, const char *term, struct lp_failure *failure)
{
	struct shape shape = shape_of(term);
	size_t n_arguments = options->n_words - shape.n_names;
	if (n_arguments > shape.n_required + shape.n_optional)
		return fail_unexpected(options->words[shape.n_names + shape.n_required + shape.n_optional], failure);
	if (n_arguments < shape.n_required)
		return lp_fail(
			failure, LP_EINVAL, "%s is missing. Use '%s %s'", shape.required, options->program->name, term);
	memmove(options->words, options->words + shape.n_names, n_arguments * sizeof options->words[0]);
	options->n_words = n_arguments;
	return 0;
}

int lp_options_find_command(struct lp_options *options, struct lp_failure *failure)
{
	const struct lp_program *program = options->program;
	if (options->n_words == 0)
		return 0;
	for (int i = 0; program->commands && program->commands[i].term; i++) {
		if (!matches(options, program->commands[i].term))
			continue;
		options->command = i;
		return take_arguments(options, program->commands[i].term, failure);
	}
	if (program->argument && strstr(options->words[0], program->argument_mark))
		return options->n_words == 1 ? 0 : fail_unexpected(options->words[1], failure);
	if (!program->commands)
		return fail_unexpected(options->words[0], failure);
	return lp_fail(failure, LP_EINVAL, "there is no command '%s'. '%s --help' lists all commands",
		options->words[0], program->name);
}

bool lp_options_is_command(const struct lp_options *options, const char *names)
{
	if (options->command < 0)
		return false;
	const char *term = options->program->commands[options->command].term;
	size_t len = strlen(names);
	return strncmp(term, names, len) == 0 && (term[len] == '\0' || (term[len] == ' ' && !is_name(term + len + 1)));
}
