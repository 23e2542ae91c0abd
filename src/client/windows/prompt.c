#include "client/windows/prompt.h"

#include <stdio.h>
#include <string.h>

#include "app/member_options.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/text.h"
#include "cli/options.h"
#include "ctrl/message.h"

/* One question: the option that its answer is for. */
static const struct {
	const char *option, *question;
	bool required;
} questions[] = {
	{"relay", "Relay (name or address, with :PORT if it is not 443)", true},
	{"room", "Room code", true},
	{"relay-ca-cert", "File with the relay's certificate, if you were given one", false},
	{"server-name", "Name in the relay's certificate, if it is another than the relay's", false},
	{"name", "Your name, as the others see it", false},
	{"inbound", "May other players reach games on this computer (yes or no; otherwise yes)", false},
};

#define N_QUESTIONS (sizeof questions / sizeof questions[0])

/* The answers, each as it was given; empty: none. */
struct answers {
	char text[N_QUESTIONS][LP_PROMPT_LINE_MAX];
};

/* Checks an answer as the command line would. */
static int check(size_t question, const char *answer, struct lp_failure *failure)
{
	struct lp_member_options values = {0};
	struct lp_options options;
	const struct lp_program program = {.name = "client"};
	/* An option of the client's own, which is in no table of this library. */
	if (strcmp(questions[question].option, "inbound") == 0)
		return strcmp(answer, "yes") == 0 || strcmp(answer, "no") == 0
			       ? 0
			       : lp_fail(failure, LP_EINVAL, "the answer is yes or no");
	char argument[LP_PROMPT_LINE_MAX + 64];
	char *const argv[] = {NULL, argument};
	lp_options_init(&options, &program);
	lp_options_add(&options, lp_member_option_rows, lp_member_option_rows_n, &values);
	snprintf(argument, sizeof argument, "--%s=%s", questions[question].option, answer);
	int result = lp_options_parse(&options, 2, argv, failure);
	if (result == 0 && values.room[0] && !lp_room_code_valid(values.room))
		result = lp_fail(failure, LP_EINVAL, "a room code has 3 to 32 letters, digits and '-'");
	if (result == 0 && strchr(answer, '"'))
		result = lp_fail(failure, LP_EINVAL, "an answer has no quotes");
	return result;
}

/* Takes white space, and the quotes that a path was copied with, off both ends. */
static char *trim(char *text)
{
	size_t len;
	while (*text == ' ' || *text == '\t')
		text++;
	len = strlen(text);
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t' || text[len - 1] == '\r'))
		len--;
	text[len] = '\0';
	if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
		text[len - 1] = '\0';
		text++;
	}
	return text;
}

/* Takes the answer out of a line, whose '=' is known. */
static void read_answer(char *line, char *equals, struct answers *answers)
{
	const char *key, *value = trim(equals + 1);
	*equals = '\0';
	key = trim(line);
	for (size_t i = 0; i < N_QUESTIONS; i++)
		if (strcmp(key, questions[i].option) == 0 && strlen(value) < sizeof answers->text[i] &&
			check(i, value, NULL) == 0)
			memcpy(answers->text[i], value, strlen(value) + 1);
}

/* Takes the answers out of the last file: lines of KEY = "VALUE", as write_file() makes them. */
static void read_file(const char *data, size_t len, struct answers *answers)
{
	char line[LP_PROMPT_LINE_MAX + 64];
	for (const char *end = data + len; data < end;) {
		const char *newline = memchr(data, '\n', (size_t)(end - data));
		size_t n = (size_t)((newline ? newline : end) - data);
		if (n < sizeof line) {
			memcpy(line, data, n);
			line[n] = '\0';
			char *equals = strchr(line, '=');
			if (equals)
				read_answer(line, equals, answers);
		}
		data = newline ? newline + 1 : end;
	}
}

/* Asks one question until its answer is a good one. False if there is none. */
static bool ask(const struct lp_prompt_io *io, size_t question, char answer[LP_PROMPT_LINE_MAX])
{
	char text[2 * LP_PROMPT_LINE_MAX], line[LP_PROMPT_LINE_MAX];
	struct lp_failure failure;
	for (;;) {
		const char *value;
		snprintf(text, sizeof text, answer[0] ? "%s [%s]: " : "%s: ", questions[question].question, answer);
		io->say(io->ctx, text);
		if (!io->read(io->ctx, line, sizeof line))
			return false;
		value = trim(line);
		if (!*value && (answer[0] || !questions[question].required))
			return true;
		/* What was there before is taken back by a dash. */
		if (strcmp(value, "-") == 0 && !questions[question].required) {
			answer[0] = '\0';
			return true;
		}
		if (!*value) {
			io->say(io->ctx, "  This is needed.\n");
		} else if (check(question, value, &failure) < 0) {
			snprintf(text, sizeof text, "  %s\n", failure.text);
			io->say(io->ctx, text);
		} else {
			memcpy(answer, value, strlen(value) + 1);
			return true;
		}
	}
}

bool lp_prompt_ask(const struct lp_prompt_io *io, const char *before, size_t len, struct lp_text *ret_file)
{
	struct answers answers = {0};
	bool any = false;
	if (before)
		read_file(before, len, &answers);
	for (size_t i = 0; i < N_QUESTIONS; i++)
		any = any || answers.text[i][0];
	if (any)
		io->say(io->ctx, "Enter takes what stands in brackets, '-' takes it away.\n");
	for (size_t i = 0; i < N_QUESTIONS; i++)
		if (!ask(io, i, answers.text[i]))
			return false;
	for (size_t i = 0; i < N_QUESTIONS; i++)
		if (answers.text[i][0])
			lp_text_addf(ret_file, "%s = \"%s\"\n", questions[i].option, answers.text[i]);
	return !ret_file->cut;
}
