/* Configuration files: their syntax, that the command line takes precedence, and the line number of each error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "cli_sample.h"

/* Reads a file of exactly |len| bytes. */
static int parse(
	const char *data, size_t len, struct sample *sample, struct lp_options *options, struct lp_failure *failure)
{
	char *exact = malloc(len ? len : 1);
	assert_non_null(exact);
	memcpy(exact, data, len);
	*failure = (struct lp_failure){0};
	sample_init(sample, options);
	int result = lp_options_parse_config(options, "x.conf", exact, len, failure);
	free(exact);
	return result;
}

/* All forms of a file. */
static void test_good(void **state)
{
	static const char file[] = "\xef\xbb\xbf# a comment\r\n"
				   "\n"
				   "  relay=h:1   # another\n"
				   "room = \"a # b\" # and one\n"
				   "reconnect = no\r\n"
				   "\ttiny\t=\t8\t\n"
				   "wait-time = 2m\n"
				   "tag = a#b\n"
				   "colour = red"; /* no newline at the end */
	struct sample sample;
	struct lp_options options;
	struct lp_failure failure;
	(void)state;
	int result = parse(file, sizeof file - 1, &sample, &options, &failure);
	assert_string_equal(failure.text, "");
	assert_int_equal(result, 0);
	assert_string_equal(sample.relay.host, "h");
	assert_string_equal(sample.room, "a # b");
	assert_false(sample.reconnect);
	assert_int_equal(sample.tiny, 8);
	assert_true(sample.wait_ns == 120 * LP_SEC);
	assert_int_equal(sample.n_tags, 1);
	assert_int_equal(sample.colour, COLOUR_RED);
	assert_true(lp_options_given(&options, "room"));
	assert_int_equal(lp_options_check_required(&options, &failure), 0);

	char *argv[] = {(char[]){"x"}, (char[]){"--tiny=9"}, (char[]){"--reconnect"}, NULL};
	assert_int_equal(lp_options_parse(&options, 3, argv, &failure), 0);
	assert_int_equal(sample.tiny, 9);
	assert_true(sample.reconnect);
	assert_string_equal(sample.room, "a # b");

	assert_int_equal(parse("", 0, &sample, &options, &failure), 0);
}

/* Each error states the file and the line. */
static void test_mistakes(void **state)
{
	static const struct {
		const char *file, *text;
	} rows[] = {
		{"room = a\nrom = b\n", "x.conf:2: there is no option 'rom'. Did you mean 'room'?"},
		{"wait_time = 1s\n", "x.conf:1: there is no option 'wait_time'. Did you mean 'wait-time'?"},
		{"frobnicate = 1\n",
			"x.conf:1: there is no option 'frobnicate'. 'lanparty-sample --help' lists all options"},
		{"\n\n\nroom\n", "x.conf:4: 'room' has no value. Write 'key = value'"},
		{"room =\n", "x.conf:1: room: the value is empty. Pass CODE"},
		{"room = \"a\n", "x.conf:1: room: a quote is not closed"},
		{"room = \"\n", "x.conf:1: room: a quote is not closed"},
		{"= a\n", "x.conf:1: there is no option ''. 'lanparty-sample --help' lists all options"},
		{"tiny = 8\n# x\ntiny = 9\n", "x.conf:3: 'tiny' is already on line 1"},
		{"tiny = 300\n", "x.conf:1: tiny: '300' is not a number from 1 to 255"},
		{"reconnect = maybe\n", "x.conf:1: reconnect: 'maybe' is neither on nor off"},
		{"no-reconnect = yes\n", "x.conf:1: there is no option 'no-reconnect'. Did you mean 'reconnect'?"},
		{"loud = on\n", "x.conf:1: 'loud' is for the command line only"},
		{"tag = bad\n", "x.conf:1: tag: 'bad' is no tag"},
		{"room = \033[31m\n", "x.conf:1: the line is not plain text in UTF-8"},
		{"\xff\xfer\n", "x.conf:1: the line is not plain text in UTF-8"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sample sample;
		struct lp_options options;
		struct lp_failure failure;
		assert_int_equal(parse(rows[i].file, strlen(rows[i].file), &sample, &options, &failure), LP_EINVAL);
		assert_string_equal(failure.text, rows[i].text);
	}
}

/* A NUL byte and an overlong line are refused. */
static void test_no_text(void **state)
{
	struct sample sample;
	struct lp_options options;
	struct lp_failure failure;
	char endless[5000];
	(void)state;
	assert_int_equal(parse("room = a\0b\n", 11, &sample, &options, &failure), LP_EINVAL);
	assert_string_equal(failure.text, "x.conf:1: the line is not plain text in UTF-8");
	memset(endless, 'a', sizeof endless);
	assert_int_equal(parse(endless, sizeof endless, &sample, &options, &failure), LP_EINVAL);
	assert_string_equal(failure.text, "x.conf:1: the line is longer than 4096 bytes");
	memset(endless, '#', 4096);
	endless[4096] = '\n';
	assert_int_equal(parse(endless, 4097, &sample, &options, &failure), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_no_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
