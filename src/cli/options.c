#include "cli/options.h"

#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"

void lp_options_init(struct lp_options *options, const struct lp_program *program)
{
	*options = (struct lp_options){.program = program, .command = -1};
}

void lp_options_add(struct lp_options *options, const struct lp_option *rows, size_t n_rows, void *dest)
{
	size_t total = n_rows;
	for (size_t i = 0; i < options->n_sets; i++)
		total += options->sets[i].n_rows;
	assert(options->n_sets < LP_OPTION_SETS_MAX && total <= LP_OPTION_ROWS_MAX);

	for (size_t i = 0; i < n_rows; i++) {
		assert(!lp_options_find(options, rows[i].name, strlen(rows[i].name), NULL, NULL));
		if (!rows[i].standard)
			continue;
		int result = rows[i].parse(&rows[i], rows[i].standard, (char *)dest + rows[i].offset, NULL);
		assert(result >= 0);
		(void)result;
	}
	options->sets[options->n_sets++] = (struct lp_option_set){.rows = rows, .n_rows = n_rows, .dest = dest};
}

const struct lp_option *lp_options_find(
	const struct lp_options *options, const char *name, size_t len, void **ret_dest, size_t *ret_number)
{
	size_t number = 0;
	for (size_t i = 0; i < options->n_sets; i++) {
		const struct lp_option_set *set = &options->sets[i];
		for (size_t j = 0; j < set->n_rows; j++, number++) {
			if (strlen(set->rows[j].name) != len || memcmp(set->rows[j].name, name, len) != 0)
				continue;
			if (ret_dest)
				*ret_dest = set->dest;
			if (ret_number)
				*ret_number = number;
			return &set->rows[j];
		}
	}
	return NULL;
}

bool lp_options_given(const struct lp_options *options, const char *name)
{
	size_t number;
	return lp_options_find(options, name, strlen(name), NULL, &number) && options->given[number];
}

/* An argument of the command line that is an option. */
struct word {
	const char *name; /* without dashes and without "no-" */
	size_t len;
	const char *value; /* after '=', or NULL */
	bool off;          /* --no-name */
	const struct lp_option *option;
	void *dest;
	size_t number;
};

/* Splits "--name", "--name=value" or "--no-name" and finds its row; |word->option| NULL: there is none. */
static void find_word(const struct lp_options *options, const char *argument, struct word *ret_word)
{
	struct word word = {.name = argument + 2};
	const char *equals = strchr(word.name, '=');
	word.len = equals ? (size_t)(equals - word.name) : strlen(word.name);
	word.value = equals ? equals + 1 : NULL;
	word.option = lp_options_find(options, word.name, word.len, &word.dest, &word.number);
	if (!word.option && word.len > 3 && memcmp(word.name, "no-", 3) == 0) {
		const struct lp_option *option = lp_options_find(
			options, word.name + 3, word.len - 3, &word.dest, &word.number);
		if (option && !option->argument) {
			word.option = option;
			word.off = true;
		}
	}
	*ret_word = word;
}

/* Finds the row of the short form "-w". */
static void find_letter(const struct lp_options *options, const char *argument, struct word *ret_word)
{
	size_t number = 0;
	*ret_word = (struct word){.name = argument + 1, .len = strlen(argument + 1)};
	for (size_t i = 0; i < options->n_sets; i++) {
		const struct lp_option_set *set = &options->sets[i];
		for (size_t j = 0; j < set->n_rows; j++, number++) {
			if (!set->rows[j].letter || argument[1] != set->rows[j].letter || argument[2])
				continue;
			ret_word->option = &set->rows[j];
			ret_word->dest = set->dest;
			ret_word->number = number;
		}
	}
}

/* Fails with the most similar option, if there is one. */
static int fail_unknown(const struct lp_options *options, const struct word *word, struct lp_failure *failure)
{
	const char *near = lp_options_nearest(options, word->name, word->len);
	if (!near && word->len > 3 && memcmp(word->name, "no-", 3) == 0) {
		near = lp_options_nearest(options, word->name + 3, word->len - 3);
		if (near && !lp_options_find(options, near, strlen(near), NULL, NULL)->argument)
			return lp_fail(failure, LP_EINVAL, "there is no option --%.*s. Did you mean --no-%s?",
				(int)word->len, word->name, near);
		near = NULL;
	}
	if (near)
		return lp_fail(failure, LP_EINVAL, "there is no option --%.*s. Did you mean --%s?", (int)word->len,
			word->name, near);
	return lp_fail(failure, LP_EINVAL, "there is no option --%.*s. '%s --help' lists all options", (int)word->len,
		word->name, options->program->name);
}

/* Parses the option argv[*i], and argv[*i + 1] if that is its value. */
static int parse_option(struct lp_options *options, int argc, char *const *argv, int *i, struct lp_failure *failure)
{
	struct word word;
	bool is_letter = argv[*i][1] != '-';
	if (is_letter)
		find_letter(options, argv[*i], &word);
	else
		find_word(options, argv[*i], &word);
	if (!word.option && is_letter)
		return lp_fail(failure, LP_EINVAL, "'%s' is not an option. Options start with two dashes", argv[*i]);
	if (!word.option)
		return fail_unknown(options, &word, failure);

	const char *value = word.value;
	if (!word.option->argument && value)
		return lp_fail(failure, LP_EINVAL, "--%.*s takes no value. Use --%s or --no-%s", (int)word.len,
			word.name, word.option->name, word.option->name);
	if (!word.option->argument)
		value = word.off ? "off" : "on";
	else if (!value && *i + 1 < argc)
		value = argv[++*i];
	else if (!value)
		return lp_fail(failure, LP_EINVAL, "--%s needs a value. Use --%s %s", word.option->name,
			word.option->name, word.option->argument);

	struct lp_failure why = {0};
	int result = word.option->parse(word.option, value, (char *)word.dest + word.option->offset, &why);
	if (result < 0)
		return lp_fail(failure, result, "--%s: %s", word.option->name, why.text);
	options->given[word.number] = true;
	return 0;
}

/* Keeps an argument without dashes, which belongs to a command. */
static int add_word(struct lp_options *options, const char *argument, struct lp_failure *failure)
{
	if (options->n_words == LP_OPTION_WORDS_MAX)
		return lp_fail(failure, LP_EINVAL, "unexpected argument '%s'. Options start with '--'", argument);
	options->words[options->n_words++] = argument;
	return 0;
}

int lp_options_parse(struct lp_options *options, int argc, char *const *argv, struct lp_failure *failure)
{
	int result = 0;
	bool only_words = false;
	for (int i = 1; i < argc && result >= 0; i++) {
		const char *argument = argv[i];
		if (only_words || argument[0] != '-' || argument[1] == '\0')
			result = add_word(options, argument, failure);
		else if (strcmp(argument, "--") == 0)
			only_words = true;
		else
			result = parse_option(options, argc, argv, &i, failure);
	}
	return result < 0 ? result : lp_options_find_command(options, failure);
}

const char *lp_options_peek(const struct lp_options *options, int argc, char *const *argv, const char *name)
{
	const char *found = NULL;
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		struct word word;
		if (argv[i][0] != '-' || argv[i][1] != '-')
			continue;
		find_word(options, argv[i], &word);
		if (!word.option)
			continue;
		const char *value = word.value ? word.value : word.off ? "off" : "on";
		if (word.option->argument && !word.value)
			value = ++i < argc ? argv[i] : NULL;
		if (strcmp(word.option->name, name) == 0)
			found = value;
	}
	return found;
}

int lp_options_check_required(const struct lp_options *options, struct lp_failure *failure)
{
	size_t number = 0;
	for (size_t i = 0; i < options->n_sets; i++) {
		const struct lp_option_set *set = &options->sets[i];
		for (size_t j = 0; j < set->n_rows; j++, number++) {
			const struct lp_option *option = &set->rows[j];
			if (option->required && !options->given[number])
				return lp_fail(failure, LP_EINVAL, "--%s is missing. Pass --%s %s (%s)", option->name,
					option->name, option->argument ? option->argument : "", option->help);
		}
	}
	return 0;
}
