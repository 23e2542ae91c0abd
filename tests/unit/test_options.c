/* The command line: each type's values, the forms of options, and one line of help for each error. */
#include "cli/options.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/completion.h"
#include "cli/help.h"
#include "cli_sample.h"

#define ARGS_MAX 8

/* Parses a command line whose words are separated by '\n'. */
static int parse(const char *line, struct sample *sample, struct lp_options *options, struct lp_failure *failure)
{
	char copy[600], *argv[ARGS_MAX + 2] = {(char[]){"lanparty-sample"}};
	int argc = 1;
	*failure = (struct lp_failure){0};
	sample_init(sample, options);
	assert_true(strlen(line) < sizeof copy);
	memcpy(copy, line, strlen(line) + 1);
	for (char *word = copy; *line && word; argc++) {
		assert_true(argc <= ARGS_MAX);
		argv[argc] = word;
		word = strchr(word, '\n');
		if (word)
			*word++ = '\0';
	}
	return lp_options_parse(options, argc, argv, failure);
}

/* Without arguments, defaults are set, and no option counts as given. */
static void test_defaults(void **state)
{
	struct sample sample;
	struct lp_options options;
	struct lp_failure failure;
	char text[LP_ADDR_TEXT_MAX];
	(void)state;
	assert_int_equal(parse("", &sample, &options, &failure), 0);
	assert_string_equal(lp_addr_format(&sample.listen, text), "*:443");
	assert_true(sample.reconnect);
	assert_false(sample.loud);
	assert_true(sample.wait_ns == 10 * LP_SEC);
	assert_int_equal(sample.size, 65536);
	assert_int_equal(sample.tiny, 7);
	assert_int_equal(sample.colour, COLOUR_GREEN);
	assert_int_equal(options.command, -1);
	assert_false(lp_options_given(&options, "tiny"));
	assert_false(lp_options_given(&options, "nonsense"));
	assert_int_equal(lp_options_check_required(&options, &failure), LP_EINVAL);
	assert_string_equal(failure.text, "--relay is missing. Pass --relay HOST:PORT (whom to join)");
}

/* Both forms, switches in both directions, the last value counts, commands, and the words after "--". */
static void test_forms(void **state)
{
	struct sample sample;
	struct lp_options options;
	struct lp_failure failure;
	(void)state;
	assert_int_equal(parse("--tiny\n8\n--colour=red\n--no-reconnect\n--loud", &sample, &options, &failure), 0);
	assert_int_equal(sample.tiny, 8);
	assert_int_equal(sample.colour, COLOUR_RED);
	assert_false(sample.reconnect);
	assert_true(sample.loud);
	assert_true(lp_options_given(&options, "tiny"));
	assert_true(lp_options_given(&options, "reconnect"));
	assert_false(lp_options_given(&options, "room"));
	assert_int_equal(parse("--tiny=8\n--tiny=9\n--no-reconnect\n--reconnect", &sample, &options, &failure), 0);
	assert_int_equal(sample.tiny, 9);
	assert_true(sample.reconnect);
	assert_int_equal(parse("--room=a=b", &sample, &options, &failure), 0);
	assert_string_equal(sample.room, "a=b");
	assert_int_equal(parse("--room\n--tiny", &sample, &options, &failure), 0);
	assert_string_equal(sample.room, "--tiny");
	assert_int_equal(parse("--tag=a\n--tag\nb\n--tag=c", &sample, &options, &failure), 0);
	assert_int_equal(sample.n_tags, 3);
	assert_int_equal(parse("room\nadd\n--tiny=8\nX-1", &sample, &options, &failure), 0);
	assert_true(lp_options_is_command(&options, "room add"));
	assert_false(lp_options_is_command(&options, "room"));
	assert_int_equal(options.n_words, 1);
	assert_int_equal(parse("room\nadd", &sample, &options, &failure), 0);
	assert_int_equal(options.n_words, 0);
	assert_int_equal(parse("room\nshow\nX-1", &sample, &options, &failure), 0);
	assert_true(lp_options_is_command(&options, "room show"));
	assert_int_equal(parse("stop\n--tiny=8", &sample, &options, &failure), 0);
	assert_int_equal(options.command, 1);
	assert_int_equal(parse("--relay=h\n--\nstatus", &sample, &options, &failure), 0);
	assert_int_equal(options.command, 0);
	assert_int_equal(lp_options_check_required(&options, &failure), 0);
}

/* Each error has one line with what is wrong and what to do. */
static void test_mistakes(void **state)
{
	static const struct {
		const char *line, *text;
	} rows[] = {
		{"--rom=x", "there is no option --rom. Did you mean --room?"},
		{"--orom=x", "there is no option --orom. Did you mean --room?"},
		{"--buffer", "there is no option --buffer. Did you mean --buffer-size?"},
		{"--wiat-time=1s", "there is no option --wiat-time. Did you mean --wait-time?"},
		{"--secrt", "there is no option --secrt. 'lanparty-sample --help' lists all options"},
		{"--frobnicate=1", "there is no option --frobnicate. 'lanparty-sample --help' lists all options"},
		{"--no-reconect", "there is no option --no-reconect. Did you mean --no-reconnect?"},
		{"--no-buffer", "there is no option --no-buffer. 'lanparty-sample --help' lists all options"},
		{"--no-secrt", "there is no option --no-secrt. 'lanparty-sample --help' lists all options"},
		{"--no-tiny", "there is no option --no-tiny. 'lanparty-sample --help' lists all options"},
		{"-x", "'-x' is not an option. Options start with two dashes"},
		{"go", "there is no command 'go'. 'lanparty-sample --help' lists all commands"},
		{"status\nstop", "unexpected argument 'stop'. Options start with '--'"},
		{"room", "there is no command 'room'. 'lanparty-sample --help' lists all commands"},
		{"room\nshow", "CODE is missing. Use 'lanparty-sample room show CODE'"},
		{"room\nadd\na\nb", "unexpected argument 'b'. Options start with '--'"},
		{"-", "there is no command '-'. 'lanparty-sample --help' lists all commands"},
		{"--room", "--room needs a value. Use --room CODE"},
		{"--room=", "--room: the value is empty. Pass CODE"},
		{"--room=123456789", "--room: the value has 9 bytes, the maximum is 8"},
		{"--reconnect=yes", "--reconnect takes no value. Use --reconnect or --no-reconnect"},
		{"--no-reconnect=1", "--no-reconnect takes no value. Use --reconnect or --no-reconnect"},
		{"--tag=bad", "--tag: 'bad' is no tag"},
		{"--listen=443/tcp",
			"--listen: '443/tcp' is not a listen address. Use ADDR:PORT or [IPV6]:PORT, with a "
			"numeric address"},
		{"--room=\033[31m-------", "--room: the value has 12 bytes, the maximum is 8"},
		{"--colour=\033[31m", "--colour: '\\x1b[31m' is not a valid value. Use red or green"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sample sample;
		struct lp_options options;
		struct lp_failure failure;
		assert_int_equal(parse(rows[i].line, &sample, &options, &failure), LP_EINVAL);
		assert_string_equal(failure.text, rows[i].text);
	}
}

/* Values of each type: the result, or a refusal, which leaves the field unchanged. */
static void test_values(void **state)
{
	static const struct {
		const char *line;  /* one option */
		const char *value; /* the result, or NULL */
	} rows[] = {
		{"--tiny=1", "1"},
		{"--tiny=255", "255"},
		{"--tiny=0", NULL},
		{"--tiny=256", NULL},
		{"--tiny=-1", NULL},
		{"--tiny=+1", NULL},
		{"--tiny= 1", NULL},
		{"--tiny=1x", NULL},
		{"--tiny=", NULL},
		{"--tiny=99999999999999999999999", NULL},
		{"--huge=18446744073709551615", "18446744073709551615"},
		{"--huge=18446744073709551616", NULL},
		{"--wait-time=15s", "15000000000"},
		{"--wait-time=15", "15000000000"},
		{"--wait-time=2500ms", "2500000000"},
		{"--wait-time=2m", "120000000000"},
		{"--wait-time=1h", "3600000000000"},
		{"--wait-time=999ms", NULL},
		{"--wait-time=2h", NULL},
		{"--wait-time=1.5s", NULL},
		{"--wait-time=1 s", NULL},
		{"--wait-time=1fortnight", NULL},
		{"--wait-time=9999999999999999999d", NULL},
		{"--buffer-size=1500", "1500"},
		{"--buffer-size=64k", "65536"},
		{"--buffer-size=1MiB", "1048576"},
		{"--buffer-size=3G", "3221225472"},
		{"--buffer-size=4G", NULL},
		{"--buffer-size=0", NULL},
		{"--buffer-size=k", NULL},
		{"--buffer-size=99999999999999999G", NULL},
		{"--buffer-size=17179869185G", NULL}, /* 1G, modulo 2^64 */
		{"--colour=red", "3"},
		{"--colour=RED", NULL},
		{"--colour=blue", NULL},
		{"--virtual-mac=02-5a-00-00-00-01", "02:5a:00:00:00:01"},
		{"--virtual-mac=02:5a:00:00:00", NULL},
		{"--listen=443/udp", "*:443"},
		{"--listen=8443", "*:8443"},
		{"--listen=*:8443", "*:8443"},
		{"--listen=*:0", NULL},
		{"--listen=*:443/udp", NULL},
		{"--listen=*", NULL},
		{"--listen=0/udp", NULL},
		{"--listen=65536/udp", NULL},
		{"--listen=443/tcp", NULL},
		{"--listen=127.0.0.1:443", "127.0.0.1:443"},
		{"--listen=127.0.0.1:0", "127.0.0.1"},
		{"--listen=[::1]:443", "[::1]:443"},
		{"--listen=[fe80::1%2]:443", "[fe80::1%2]:443"},
		{"--listen=127.0.0.1", NULL},
		{"--listen=::1", NULL},
		{"--listen=::", NULL},
		{"--listen=::0", NULL},
		{"--listen=2001:db8::1:0", NULL},
		{"--listen=[::0]", NULL},
		{"--listen=[::]:0", "::"},
		{"--listen=localhost:443", NULL},
		{"--listen=", NULL},
		{"--relay=relay.example.net:4433", "relay.example.net 4433"},
		{"--relay=relay.example.net", "relay.example.net 443"},
		{"--relay=192.0.2.1:4433", "192.0.2.1 4433"},
		{"--relay=192.0.2.1", "192.0.2.1 443"},
		{"--relay=[2001:db8::1]:4433", "2001:db8::1 4433"},
		{"--relay=2001:db8::1", "2001:db8::1 443"},
		{"--relay=2001:db8::1:443", NULL},
		{"--relay=[2001:db8::1:443]", "2001:db8::1:443 443"},
		{"--relay=fe80::1%3", "fe80::1%3 443"},
		{"--relay=a_b-c.d:1", "a_b-c.d 1"},
		{"--relay=host:0", NULL},
		{"--relay=host:65536", NULL},
		{"--relay=host:", NULL},
		{"--relay=:443", NULL},
		{"--relay=", NULL},
		{"--relay=https://host:443", NULL},
		{"--relay=host name:443", NULL},
		{"--relay=-host:443", NULL},
		{"--relay=host:443:443", NULL},
		{"--relay=host.example.:443", "host.example. 443"},
		{"--relay=host..example:443", NULL},
		{"--relay=.:443", NULL},
		{"--server-name=play.example.org", "play.example.org"},
		{"--server-name=192.0.2.1", "192.0.2.1"},
		{"--server-name=2001:db8::1", "2001:db8::1"},
		{"--server-name=a b", NULL},
		{"--server-name=x..y", NULL},
		{"--server-name=x.", NULL},
		{"--server-name=play.example.org:443", NULL},
		{"--server-name=192.0.2.1:443", NULL},
		{"--server-name=[2001:db8::1]:443", NULL},
		{"--server-name=", NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sample sample, before;
		struct lp_options options;
		struct lp_failure failure;
		char value[400], address[LP_ADDR_TEXT_MAX], mac[LP_MAC_TEXT_MAX];
		struct lp_text text;
		sample_init(&before, &options);
		int result = parse(rows[i].line, &sample, &options, &failure);
		if (!rows[i].value) {
			if (result != LP_EINVAL)
				fail_msg("%s was taken", rows[i].line);
			assert_memory_equal(&sample, &before, sizeof sample);
			assert_true(strlen(failure.text) > 0);
			continue;
		}
		if (result != 0)
			fail_msg("%s: %s", rows[i].line, failure.text);
		lp_text_init(&text, value, sizeof value);
		switch (rows[i].line[2]) {
		case 't':
			lp_text_addf(&text, "%u", sample.tiny);
			break;
		case 'h':
			lp_text_addf(&text, "%" PRIu64, sample.huge);
			break;
		case 'w':
			lp_text_addf(&text, "%" PRIu64, sample.wait_ns);
			break;
		case 'b':
			lp_text_addf(&text, "%u", sample.size);
			break;
		case 'c':
			lp_text_addf(&text, "%d", (int)sample.colour);
			break;
		case 'v':
			lp_text_add(&text, lp_mac_format(&sample.mac, mac));
			break;
		case 'l':
			lp_text_add(&text, lp_addr_format(&sample.listen, address));
			break;
		case 's':
			lp_text_add(&text, sample.server_name);
			break;
		default:
			lp_text_addf(&text, "%s %u", sample.relay.host, sample.relay.port);
		}
		assert_string_equal(value, rows[i].value);
	}
}

/* A host name of 253 characters fits, one more does not. */
static void test_long_host(void **state)
{
	struct sample sample;
	struct lp_options options;
	struct lp_failure failure;
	char line[300] = "--relay=";
	(void)state;
	memset(line + 8, 'h', 254);
	assert_int_equal(parse(line, &sample, &options, &failure), LP_EINVAL);
	line[8 + 253] = '\0';
	assert_int_equal(parse(line, &sample, &options, &failure), 0);
	assert_int_equal(strlen(sample.relay.host), 253);
}

/* The lookahead finds the last value, and does not mistake an option's value for an option. */
static void test_peek(void **state)
{
	struct sample sample;
	struct lp_options options;
	char *argv[] = {(char[]){"x"}, (char[]){"--room"}, (char[]){"--loud"}, (char[]){"--nonsense"},
		(char[]){"--tiny=3"}, (char[]){"--"}, (char[]){"--huge=1"}, NULL};
	(void)state;
	sample_init(&sample, &options);
	assert_string_equal(lp_options_peek(&options, 7, argv, "room"), "--loud");
	assert_null(lp_options_peek(&options, 7, argv, "loud"));
	assert_string_equal(lp_options_peek(&options, 7, argv, "tiny"), "3");
	assert_null(lp_options_peek(&options, 7, argv, "huge"));
	assert_null(lp_options_peek(&options, 2, argv, "room"));
}

/* The help has every row except hidden ones, keeps groups together, shows defaults, and no line is wider than
   requested. */
static void test_help(void **state)
{
	static char data[LP_HELP_TEXT_MAX];
	struct sample sample;
	struct lp_options options;
	struct lp_text text;
	(void)state;
	sample_init(&sample, &options);
	lp_text_init(&text, data, sizeof data);
	lp_help_text(&options, 72, &text);
	assert_false(text.cut);
	assert_non_null(strstr(data, "Usage: lanparty-sample [COMMAND] [OPTION...]\n"));
	assert_non_null(strstr(data, "\n  --listen ADDR:PORT          where to listen (default: 443/udp)\n"));
	assert_non_null(strstr(data, "\n  --relay HOST:PORT           whom to join (required)\n"));
	assert_non_null(strstr(data, "\n  --[no-]reconnect            come back (default: on)\n"));
	/* --loud belongs to the first group although its table comes later. */
	assert_true(strstr(data, "--loud") < strstr(data, "\nRoom:\n"));
	assert_null(strstr(data, "secret"));
	assert_non_null(strstr(data, "\nCommands:\n  status "));
	assert_non_null(strstr(data, "\nExamples:\n  sample --relay a:1 \"x\"\n      Does it.\n"));
	assert_non_null(strstr(data, "\nExit codes:\n"));
	for (const char *line = data; *line; line += strcspn(line, "\n") + 1) {
		assert_true(strcspn(line, "\n") <= 72);
		assert_true(strcspn(line, "\n") == 0 || line[strcspn(line, "\n") - 1] != ' ');
	}
}

/* The manual page has the same content, with roff's own characters escaped. */
static void test_man_page(void **state)
{
	static char data[LP_HELP_TEXT_MAX];
	struct sample sample;
	struct lp_options options;
	struct lp_text text;
	(void)state;
	sample_init(&sample, &options);
	lp_text_init(&text, data, sizeof data);
	lp_help_man_page(&options, &text);
	assert_false(text.cut);
	assert_memory_equal(data, ".TH LANPARTY-SAMPLE 8 ", 22);
	assert_non_null(strstr(data, ".TP\n\\fB\\-\\-wait\\-time\\fR \\fITIME\\fR\nhow long.\nDefault: 10s.\n"));
	assert_non_null(strstr(data, "\\fB\\-\\-reconnect\\fR, \\fB\\-\\-no\\-reconnect\\fR\n"));
	assert_non_null(strstr(data, "with a \\(dqquote\\(dq and a \\e.\n"));
	assert_non_null(strstr(data, ".PP\n\\&.Two\n"));
	assert_non_null(strstr(data, ".br\n\\fBred\\fR: as roses\n"));
	assert_non_null(strstr(data, ".SH SEE ALSO\nlanparty\\-relay(8)\n"));
	assert_null(strstr(data, "secret"));
}

/* Completion scripts list commands, both forms of a switch and the words of a choice, quote what the shell would
   interpret, and leave hidden options out. */
static void test_completion(void **state)
{
	static const char *const expected[][4] = {
		[LP_SHELL_BASH] = {"\t--colour) words='red green' ;;\n", "words=\"status stop room $words\"",
			" --reconnect --no-reconnect ", "complete -F _lanparty_sample lanparty-sample\n"},
		[LP_SHELL_ZSH] = {"#compdef lanparty-sample\n", "'--colour=[which]:red|green:(red green)'",
			"'--listen=[where to listen]:ADDR\\:PORT:'", "'--room=[the room, with a \"quote\" and a \\\\]"},
		[LP_SHELL_FISH] = {"-n __fish_use_subcommand -a status -d 'show the state'\n",
			" -l colour -x -a 'red green' -d 'which'\n", " -l no-reconnect -d 'do not come back'\n",
			" -l room -x -d 'the room, with a \"quote\" and a \\\\'\n"},
	};
	static char data[LP_HELP_TEXT_MAX];
	struct sample sample;
	struct lp_options options;
	struct lp_text text;
	(void)state;
	sample_init(&sample, &options);
	for (const struct lp_choice *shell = lp_shells; shell->word; shell++) {
		lp_text_init(&text, data, sizeof data);
		lp_completion(&options, (enum lp_shell)shell->value, &text);
		assert_false(text.cut);
		for (size_t i = 0; i < 4; i++) {
			if (!strstr(data, expected[shell->value][i]))
				fail_msg("%s: no '%s' in:\n%s", shell->word, expected[shell->value][i], data);
		}
		assert_null(strstr(data, "secret"));
	}
}

/* The sample configuration has every option of a file with its default, in lines that are all comments. */
static void test_sample_config(void **state)
{
	static char data[LP_HELP_TEXT_MAX];
	struct sample sample;
	struct lp_options options;
	struct lp_text text;
	(void)state;
	sample_init(&sample, &options);
	lp_text_init(&text, data, sizeof data);
	lp_help_sample_config(&options, &text);
	assert_false(text.cut);
	assert_non_null(strstr(data, "\n## Network\n\n# where to listen\n#listen = 443/udp\n"));
	assert_non_null(strstr(data, "\n# whom to join\n#relay = HOST:PORT\n"));
	assert_non_null(strstr(data, "\n# come back\n#reconnect = on\n"));
	assert_null(strstr(data, "secret"));
	assert_null(strstr(data, "loud"));
	for (const char *line = data; *line; line += strcspn(line, "\n") + 1)
		assert_true(*line == '#' || *line == '\n');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_long_host),
		cmocka_unit_test(test_peek),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_man_page),
		cmocka_unit_test(test_completion),
		cmocka_unit_test(test_sample_config),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
