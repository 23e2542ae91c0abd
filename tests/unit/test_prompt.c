/* The questions of a start without options: which are asked, which answers are accepted, and which are saved. */
#include "client/windows/prompt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "app/member_options.h"
#include "base/text.h"
#include "cli/options.h"

#define ANSWERS_MAX 16

/* A user at the console. */
struct person {
	const char *const *answers; /* terminated by NULL */
	size_t n_given;
	char heard[16384];
	struct lp_text text;
};

static void on_say(void *ctx, const char *text)
{
	struct person *person = ctx;
	lp_text_add(&person->text, text);
}

static bool on_read(void *ctx, char *line, size_t size)
{
	struct person *person = ctx;
	if (!person->answers[person->n_given])
		return false;
	snprintf(line, size, "%s", person->answers[person->n_given++]);
	return true;
}

static const struct {
	const char *name;
	const char *before; /* NULL: the first time */
	const char *answers[ANSWERS_MAX];
	const char *file;  /* NULL: the answers end too soon */
	const char *heard; /* a part of the output */
} rows[] = {
	{"only what is needed", NULL, {"play.example.org", "friday", "", "", "", ""},
		"relay = \"play.example.org\"\nroom = \"friday\"\n", "Relay"},
	{"everything", NULL, {"192.0.2.1:4433", "FRIDAY-NIGHT", "C:\\Users\\Jo Doe\\relay.der", "lanparty", "Jörg", ""},
		"relay = \"192.0.2.1:4433\"\nroom = \"FRIDAY-NIGHT\"\nrelay-ca-cert = \"C:\\Users\\Jo Doe\\relay.der\"\n"
		"server-name = \"lanparty\"\nname = \"Jörg\"\n",
		"Your name"},
	{"white space, and a path as Windows copies it", NULL,
		{"  a.example \t", " LAN ", "\"C:\\a b.der\"", "", "", ""},
		"relay = \"a.example\"\nroom = \"LAN\"\nrelay-ca-cert = \"C:\\a b.der\"\n", "certificate"},
	{"needed answers are asked for again", NULL, {"", "", "a.example", "", "LAN", "", "", "", ""},
		"relay = \"a.example\"\nroom = \"LAN\"\n", "This is needed."},
	{"wrong answers are asked for again", NULL,
		{"a.example:99999", "a.example", "x", "not a room!", "LAN", "", "", "", ""},
		"relay = \"a.example\"\nroom = \"LAN\"\n", "a room code has 3 to 32 letters"},
	{"quotes would not survive the file", NULL, {"a.example", "LAN", "", "", "the \"boss\" here", "the boss", ""},
		"relay = \"a.example\"\nroom = \"LAN\"\nname = \"the boss\"\n", "no quotes"},
	{"enter takes the last answers", "relay = \"a.example\"\nroom = \"LAN\"\nname = \"Jo\"\n",
		{"", "", "", "", "", ""}, "relay = \"a.example\"\nroom = \"LAN\"\nname = \"Jo\"\n", "[a.example]"},
	{"other answers replace them", "relay = \"a.example\"\r\nroom = \"LAN\"\r\nname = \"Jo\"",
		{"b.example", "", "", "", "Al", ""}, "relay = \"b.example\"\nroom = \"LAN\"\nname = \"Al\"\n", "[Jo]"},
	{"a dash takes one away", "relay = \"a.example\"\nroom = \"LAN\"\nname = \"Jo\"\n", {"", "", "", "", "-", ""},
		"relay = \"a.example\"\nroom = \"LAN\"\n", "'-' takes it away"},
	{"but not one that is needed", "relay = \"a.example\"\nroom = \"LAN\"\n", {"", "-", "LAN-2", "", "", "", ""},
		"relay = \"a.example\"\nroom = \"LAN-2\"\n", "a room code"},
	{"what is wrong in the file is not offered", "relay\nroom = \"!\"\nname=\"Jo\"\nwhat = \"ever\"\n\"\n=\n",
		{"a.example", "LAN", "", "", "", ""}, "relay = \"a.example\"\nroom = \"LAN\"\nname = \"Jo\"\n", "[Jo]"},
	{"games of this computer", NULL, {"a.example", "LAN", "", "", "", "perhaps", "no"},
		"relay = \"a.example\"\nroom = \"LAN\"\ninbound = \"no\"\n", "yes or no"},
	{"nobody there", NULL, {NULL}, NULL, "Relay"},
	{"nobody any more", NULL, {"a.example", "LAN"}, NULL, "certificate"},
};

/* The client's own option. */
struct own {
	bool inbound;
};
static const struct lp_option inbound_row = {
	"inbound", NULL, LP_SWITCH(struct own, inbound), .standard = "on", .help = ""};

/* The program reads the saved answers. */
static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		static struct person person;
		const struct lp_prompt_io io = {.say = on_say, .read = on_read, .ctx = &person};
		static const struct lp_program program = {.name = "client"};
		struct lp_member_options values = {0};
		struct own own = {0};
		struct lp_options options;
		char file[8192];
		struct lp_text text;

		print_message("%s\n", rows[i].name);
		person = (struct person){.answers = rows[i].answers};
		lp_text_init(&person.text, person.heard, sizeof person.heard);
		lp_text_init(&text, file, sizeof file);
		bool answered = lp_prompt_ask(&io, rows[i].before, rows[i].before ? strlen(rows[i].before) : 0, &text);
		assert_non_null(strstr(person.heard, rows[i].heard));
		assert_int_equal(answered, rows[i].file != NULL);
		if (!answered)
			continue;
		assert_string_equal(file, rows[i].file);
		/* All answers were used. */
		assert_null(rows[i].answers[person.n_given]);
		lp_options_init(&options, &program);
		lp_options_add(&options, lp_member_option_rows, lp_member_option_rows_n, &values);
		lp_options_add(&options, &inbound_row, 1, &own);
		assert_int_equal(lp_options_parse_config(&options, "room.conf", file, text.len, NULL), 0);
		assert_int_equal(lp_options_check_required(&options, NULL), 0);
	}
}

/* A file without space for the answers is refused. */
static void test_no_room(void **state)
{
	static const char *const answers[] = {"a.example", "LAN", "", "", "", "", NULL};
	static struct person person = {.answers = answers};
	const struct lp_prompt_io io = {.say = on_say, .read = on_read, .ctx = &person};
	char file[16];
	struct lp_text text;

	(void)state;
	lp_text_init(&person.text, person.heard, sizeof person.heard);
	lp_text_init(&text, file, sizeof file);
	assert_false(lp_prompt_ask(&io, NULL, 0, &text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests_name("prompt", tests, NULL, NULL);
}
