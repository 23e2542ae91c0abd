/* The command-line interface of the programs.

   An option is one row of a table: name, type with the struct field that it sets, bounds, default, group, help. From
   the rows are made the parsers of the command line and of the configuration file, --help, the manual page, and the
   suggestion for a misspelt name. A program adds its own tables to those that all programs share (cli/start.h); the
   default of an option is written as a user would write it, and parsed like any value.

   The command line wins over the configuration file, which wins over defaults. An error is one line that names the
   option, or file and line, the value, why it is invalid, and what to write instead.

   cli/ also prints: help.h and man_page.c format the tables, log.h is the sink of events (text or JSON, rate-limited),
   live.h draws a block of lines that is updated in place. It is the only module that writes to standard output and
   standard error, and it knows nothing of networks: what options mean is decided by the programs.

	static const struct lp_option rows[] = {
		{"room", "CODE", LP_TEXT(struct config, room), .group = "Room", .required = true,
			.help = "the room to join: 3 to 32 letters, digits and '-'"},
		{"stats-interval", "TIME", LP_DURATION(struct config, stats_ns, LP_SEC, 3600 * LP_SEC),
			.standard = "10s", .group = "Diagnostics", .help = "how often counters are exchanged"},
		{"reconnect", NULL, LP_SWITCH(struct config, reconnect), .standard = "on", .help = "…"},
	};
*/
#ifndef LP_CLI_OPTIONS_H
#define LP_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lp_failure;
struct lp_option;

#define LP_OPTION_SETS_MAX 8
#define LP_OPTION_WORDS_MAX 8
#define LP_OPTION_ROWS_MAX 128 /* of all tables of a program */

/* Parses |value| into |dest|. 0, or a negative LP_E* with a failure such as "'x' is not a MAC address. Use …", to which
   the caller adds the option's name. On failure |dest| is not changed. */
typedef int (*lp_option_parse_fn)(
	const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure);

/* A value of an option with a fixed set of words. */
struct lp_choice {
	const char *word; /* NULL ends the list */
	int value;
	const char *help; /* may be NULL */
};

struct lp_option {
	const char *name;         /* without dashes; also the key in a configuration file */
	const char *argument;     /* placeholder of the value in the help; NULL: a switch */
	lp_option_parse_fn parse; /* up to |choices|: set by one of the macros below */
	size_t offset, size;      /* of the field in the struct that was passed with the table */
	uint64_t min, max;        /* bounds, if the type has them */
	const struct lp_choice *choices;
	const char *standard; /* the default, as a user would write it; NULL: the field is not changed */
	const char *group;    /* heading in the help; NULL: that of the previous row */
	const char *help;     /* without capital and full stop */
	char letter;          /* 'w': -w is the same; 0: there is no short form */
	bool required;        /* unless there is a command */
	bool no_config;       /* not allowed in a configuration file */
	bool hidden;          /* not in the help */
};

/* The types. Arguments: the struct, the field. */
#define LP_FIELD_(type, field) .offset = offsetof(type, field), .size = sizeof(((type *)0)->field)
/* bool; --name and --no-name; "yes", "no", "on", "off", "true", "false" in a file */
#define LP_SWITCH(type, field) lp_option_switch, LP_FIELD_(type, field)
/* char[]; not empty, not longer than the array allows */
#define LP_TEXT(type, field) lp_option_text, LP_FIELD_(type, field)
/* char[]; a host name or a numeric address, without port */
#define LP_HOST(type, field) lp_option_host, LP_FIELD_(type, field)
/* an unsigned integer of 1, 2, 4 or 8 bytes */
#define LP_NUMBER(type, field, least, most) lp_option_number, LP_FIELD_(type, field), .min = (least), .max = (most)
/* uint64_t nanoseconds: 250ms, 15s, 2m, 1h, 3d; a bare number means seconds; 0 needs no unit */
#define LP_DURATION(type, field, least, most) lp_option_duration, LP_FIELD_(type, field), .min = (least), .max = (most)
/* an unsigned integer, bytes: 1500, 64k, 16M, 1G (powers of 1024) */
#define LP_SIZE(type, field, least, most) lp_option_size, LP_FIELD_(type, field), .min = (least), .max = (most)
/* struct lp_mac */
#define LP_MAC(type, field) lp_option_mac, LP_FIELD_(type, field)
/* struct lp_addr to listen on: ADDR:PORT, [ADDR]:PORT, *:PORT, PORT, PORT/udp (family 0: any address); PORT/tcp if
   the argument ends with that. |port|: the default; 0: the text must contain a port. */
#define LP_LISTEN(type, field, port) lp_option_listen, LP_FIELD_(type, field), .min = (port)
/* struct lp_hostport (cli/value.h): HOST:PORT, ADDR:PORT, [ADDR]:PORT. |port| as above. */
#define LP_HOSTPORT(type, field, port) lp_option_hostport, LP_FIELD_(type, field), .min = (port)
/* an enum or int: one of the words of |list| */
#define LP_CHOICE(type, field, list) lp_option_choice, LP_FIELD_(type, field), .choices = (list)
/* struct lp_framelog_config (obs/framelog.h): all, drops, 1/N, N/s, joined by commas; off */
#define LP_FRAMELOG(type, field) lp_option_framelog, LP_FIELD_(type, field)
/* parsed by |fn| */
#define LP_CUSTOM(type, field, fn) (fn), LP_FIELD_(type, field)

int lp_option_switch(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure);
int lp_option_text(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure);
int lp_option_host(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure);
int lp_option_number(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure);
int lp_option_duration(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure);
int lp_option_size(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure);
int lp_option_mac(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure);
int lp_option_listen(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure);
int lp_option_hostport(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure);
int lp_option_framelog(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure);
int lp_option_choice(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure);

/* A term and its help: a command, an example, a file, a signal, or an exit code. */
struct lp_help_row {
	const char *term; /* NULL ends the list */
	const char *help;
};

/* A program, for its help and its manual page. */
struct lp_program {
	const char *name;          /* "lanparty-relay" */
	const char *summary;       /* without capital and full stop: "a relay for LAN parties across the internet" */
	const char *about;         /* paragraphs, separated by an empty line; may be NULL */
	const char *argument;      /* "INVITE": an argument instead of a command; NULL: there is none */
	const char *argument_mark; /* what every such argument contains */
	/* Each may be NULL. A command is one or more words without dashes and the arguments that follow them: "status",
	   "room show CODE", "room add [CODE]". The first row's index is 0. */
	const struct lp_help_row *commands, *examples, *files, *signals;
	const char *see_also; /* "lanparty-gateway(8), lanparty-client(8)", or NULL */
};

/* A table, and the struct of its offsets. */
struct lp_option_set {
	const struct lp_option *rows;
	size_t n_rows;
	void *dest;
};

/* All options of a program. */
struct lp_options {
	const struct lp_program *program; /* borrowed */
	struct lp_option_set sets[LP_OPTION_SETS_MAX];
	size_t n_sets;
	bool given[LP_OPTION_ROWS_MAX]; /* by the command line or the file; index over the rows of all sets */
	int command;                    /* index into program->commands, or -1 */
	/* The arguments of the command, or the program's own one; they point into argv. */
	const char *words[LP_OPTION_WORDS_MAX];
	size_t n_words;
};

#define LP_OPTIONS_N(rows) (sizeof(rows) / sizeof((rows)[0]))

void lp_options_init(struct lp_options *options, const struct lp_program *program);
/* Adds a table and sets its defaults, which must be valid. |rows| and |dest| are borrowed. */
void lp_options_add(struct lp_options *options, const struct lp_option *rows, size_t n_rows, void *dest);
/* Parses the command line from argv[1] on. 0, or LP_EINVAL with the failure. */
int lp_options_parse(struct lp_options *options, int argc, char *const *argv, struct lp_failure *failure);
/* Sets |command| and |words| (cli/commands.c); lp_options_parse() calls it. */
int lp_options_find_command(struct lp_options *options, struct lp_failure *failure);
/* True if the command line names the command "room add". */
bool lp_options_is_command(const struct lp_options *options, const char *names);
/* Parses the content of a configuration file (cli/config_file.c). Call it before lp_options_parse(), which then
   overrides it. */
int lp_options_parse_config(
	struct lp_options *options, const char *path, const char *data, size_t len, struct lp_failure *failure);
/* The value of an option on the command line, without parsing the others; NULL: not given. */
const char *lp_options_peek(const struct lp_options *options, int argc, char *const *argv, const char *name);
/* 0, or LP_EINVAL with the first required option that was not given. */
int lp_options_check_required(const struct lp_options *options, struct lp_failure *failure);
/* True if the user gave the option. */
bool lp_options_given(const struct lp_options *options, const char *name);
/* The row with this name, its struct, and its index over all rows; NULL: none. */
const struct lp_option *lp_options_find(
	const struct lp_options *options, const char *name, size_t len, void **ret_dest, size_t *ret_number);
/* The option whose name is most similar to |name|, or NULL if none is similar. */
const char *lp_options_nearest(const struct lp_options *options, const char *name, size_t len);

#endif
