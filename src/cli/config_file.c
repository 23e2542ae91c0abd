#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/utf8.h"
#include "cli/options.h"

#define LINE_MAX_LEN 4096

/* A line of the file. */
struct place {
	const char *path;
	unsigned line;
};

/* True for white space around keys and values. */
static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Removes white space at both ends. */
static char *trim(char *text)
{
	while (is_space(*text))
		text++;
	size_t len = strlen(text);
	while (len > 0 && is_space(text[len - 1]))
		len--;
	text[len] = '\0';
	return text;
}

/* Removes a comment: from a '#' at the start or after white space, outside quotes, to the end. */
static void cut_comment(char *text)
{
	bool quoted = false;
	for (char *at = text; *at; at++) {
		if (*at == '"')
			quoted = !quoted;
		if (*at == '#' && !quoted && (at == text || is_space(at[-1]))) {
			*at = '\0';
			return;
		}
	}
}

/* Removes the quotes around a value. False if one of them is missing. */
static bool unquote(char **value)
{
	size_t len = strlen(*value);
	if ((*value)[0] != '"')
		return true;
	if (len < 2 || (*value)[len - 1] != '"')
		return false;
	(*value)[len - 1] = '\0';
	(*value)++;
	return true;
}

/* Fails with the most similar option, if there is one. */
static int fail_unknown(
	const struct lp_options *options, const struct place *place, const char *key, struct lp_failure *failure)
{
	const char *near = lp_options_nearest(options, key, strlen(key));
	if (near)
		return lp_fail(failure, LP_EINVAL, "%s:%u: there is no option '%s'. Did you mean '%s'?", place->path,
			place->line, key, near);
	return lp_fail(failure, LP_EINVAL, "%s:%u: there is no option '%s'. '%s --help' lists all options", place->path,
		place->line, key, options->program->name);
}

/* Parses a line, which may be modified. |lines|: for each option, the line that has set it. */
static int parse_line(
	struct lp_options *options, const struct place *place, char *line, unsigned *lines, struct lp_failure *failure)
{
	cut_comment(line);
	char *key = trim(line);
	if (!*key)
		return 0;
	char *equals = strchr(key, '=');
	if (!equals)
		return lp_fail(failure, LP_EINVAL, "%s:%u: '%s' has no value. Write 'key = value'", place->path,
			place->line, key);
	*equals = '\0';
	key = trim(key);
	char *value = trim(equals + 1);
	if (!unquote(&value))
		return lp_fail(failure, LP_EINVAL, "%s:%u: %s: a quote is not closed", place->path, place->line, key);

	void *dest;
	size_t number;
	const struct lp_option *option = lp_options_find(options, key, strlen(key), &dest, &number);
	if (!option)
		return fail_unknown(options, place, key, failure);
	if (option->no_config)
		return lp_fail(
			failure, LP_EINVAL, "%s:%u: '%s' is for the command line only", place->path, place->line, key);
	if (lines[number])
		return lp_fail(failure, LP_EINVAL, "%s:%u: '%s' is already on line %u", place->path, place->line, key,
			lines[number]);
	lines[number] = place->line;

	struct lp_failure why = {0};
	int result = option->parse(option, value, (char *)dest + option->offset, &why);
	if (result < 0)
		return lp_fail(failure, result, "%s:%u: %s: %s", place->path, place->line, key, why.text);
	options->given[number] = true;
	return 0;
}

/* True if the line is UTF-8, without controls except white space. */
static bool is_clean(const char *line, size_t len)
{
	uint32_t code;
	for (size_t i = 0, n; i < len; i += n) {
		n = lp_utf8_next(line + i, len - i, &code);
		if (n == 0 || (code < 0x20 && !is_space(line[i])) || code == 0x7f)
			return false;
	}
	return true;
}

int lp_options_parse_config(
	struct lp_options *options, const char *path, const char *data, size_t len, struct lp_failure *failure)
{
	unsigned lines[LP_OPTION_ROWS_MAX] = {0};
	struct place place = {.path = path};
	char line[LINE_MAX_LEN + 1];
	const char *end = data + len;
	if (len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
		data += 3; /* the byte order mark of editors on Windows */
	while (data < end) {
		const char *newline = memchr(data, '\n', (size_t)(end - data));
		size_t n = (size_t)((newline ? newline : end) - data);
		place.line++;
		if (n > LINE_MAX_LEN)
			return lp_fail(failure, LP_EINVAL, "%s:%u: the line is longer than %d bytes", path, place.line,
				LINE_MAX_LEN);
		if (!is_clean(data, n))
			return lp_fail(
				failure, LP_EINVAL, "%s:%u: the line is not plain text in UTF-8", path, place.line);
		memcpy(line, data, n);
		line[n] = '\0';
		int result = parse_line(options, &place, line, lines, failure);
		if (result < 0)
			return result;
		data = newline ? newline + 1 : end;
	}
	return 0;
}
