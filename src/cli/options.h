/* The options of a program: tables with one row each, from which come the parser of the command line and of the
   configuration file, --help, and the manual page.

	static const struct lp_option rows[] = {
		{"room", "CODE", LP_TEXT(struct config, room), .group = "Room", .required = true,
		 .help = "the room to join: 3 to 32 letters, digits and '-'"},
		{"stats-interval", "TIME", LP_DURATION(struct config, stats_ns, LP_SEC, 3600 * LP_SEC), .standard =
   "10s", .group = "Diagnostics", .help = "how often counters are exchanged"},
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
#define LP_OPTION_ROWS_MAX 128 /* of all tables of a program together */

/* Reads |value| into |dest|. 0, or a negative LP_E* with a failure such as "'x' is not a MAC address: use …"; the
   caller puts the option's name before it. On failure |dest| is as it was. */
typedef int (*lp_option_parse_fn)(
	const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure);

/* A word that an option takes, and its value in an enum. */
struct lp_choice {
	const char *word; /* NULL ends the list */
	int value;
	const char *help; /* may be NULL */
};

struct lp_option {
	const char *name;         /* without the dashes; also the key in a configuration file */
	const char *argument;     /* what stands for the value in the help; NULL for a switch */
	lp_option_parse_fn parse; /* from here to |choices|: by one of the macros below */
	size_t offset, size;      /* of the field in the struct that was given with the table */
	uint64_t min, max;        /* bounds, where the type has them */
	const struct lp_choice *choices;
	const char *standard; /* the default, as the user would write it; NULL: the field stays as it was */
	const char *group;    /* heading in the help; NULL: that of the row before */
	const char *help;     /* without a capital and a full stop */
	bool required;        /* unless a command was named */
	bool no_config;       /* not allowed in a configuration file */
	bool hidden;          /* not in the help */
};

/* The types, each with the struct and the field that gets the value. */
#define LP_FIELD_(type, field) .offset = offsetof(type, field), .size = sizeof(((type *)0)->field)
/* bool; --name and --no-name; "yes", "no", "on", "off", "true", "false" in a file */
#define LP_SWITCH(type, field) lp_option_switch, LP_FIELD_(type, field)
/* char[]; not empty, not longer than the array allows */
#define LP_TEXT(type, field) lp_option_text, LP_FIELD_(type, field)
/* char[]; the name of a host or a numeric address, without a port */
#define LP_HOST(type, field) lp_option_host, LP_FIELD_(type, field)
/* an unsigned integer of 1, 2, 4 or 8 bytes */
#define LP_NUMBER(type, field, least, most) lp_option_number, LP_FIELD_(type, field), .min = (least), .max = (most)
/* uint64_t nanoseconds: 250ms, 15s, 2m, 1h, 3d; a bare number means seconds; 0 needs no unit */
#define LP_DURATION(type, field, least, most) lp_option_duration, LP_FIELD_(type, field), .min = (least), .max = (most)
/* an unsigned integer, bytes: 1500, 64k, 16M, 1G (powers of 1024) */
#define LP_SIZE(type, field, least, most) lp_option_size, LP_FIELD_(type, field), .min = (least), .max = (most)
/* struct lp_mac */
#define LP_MAC(type, field) lp_option_mac, LP_FIELD_(type, field)
/* struct lp_addr to listen on: ADDR:PORT, [ADDR]:PORT, *:PORT, PORT, PORT/udp (family 0: every address). |port|:
   without one in the text; 0: there must be one. */
#define LP_LISTEN(type, field, port) lp_option_listen, LP_FIELD_(type, field), .min = (port)
/* struct lp_hostport (cli/value.h): HOST:PORT, ADDR:PORT, [ADDR]:PORT. |port| as above. */
#define LP_HOSTPORT(type, field, port) lp_option_hostport, LP_FIELD_(type, field), .min = (port)
/* an enum or int: one of the words of |list| */
#define LP_CHOICE(type, field, list) lp_option_choice, LP_FIELD_(type, field), .choices = (list)
/* struct lp_framelog_config (obs/framelog.h): all, drops, 1/N, N/s, joined by commas; off */
#define LP_FRAMELOG(type, field) lp_option_framelog, LP_FIELD_(type, field)
/* whatever |fn| makes of it */
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

/* A line of help with what it belongs to: a command, an example, a file, a signal, an exit code. */
struct lp_help_row {
	const char *term; /* NULL ends the list */
	const char *help;
};

/* What a program is, for its help and its manual page. */
struct lp_program {
	const char *name;    /* "lanparty-relay" */
	const char *summary; /* half a sentence: "a relay for LAN parties across the internet" */
	const char *about;   /* paragraphs, separated by an empty line; may be NULL */
	/* Each may be NULL. A command is a first word without dashes; the first row's index is 0. */
	const struct lp_help_row *commands, *examples, *files, *signals;
	const char *see_also; /* "lanparty-gateway(8), lanparty-client(8)", or NULL */
};

/* One table, and the struct that its offsets are meant for. */
struct lp_option_set {
	const struct lp_option *rows;
	size_t n_rows;
	void *dest;
};

/* All options of a program while they are read. */
struct lp_options {
	const struct lp_program *program; /* borrowed */
	struct lp_option_set sets[LP_OPTION_SETS_MAX];
	size_t n_sets;
	bool given[LP_OPTION_ROWS_MAX]; /* by the command line or the file; rows of all sets in a row */
	int command;                    /* index into program->commands, or -1 */
};

#define LP_OPTIONS_N(rows) (sizeof(rows) / sizeof((rows)[0]))

void lp_options_init(struct lp_options *options, const struct lp_program *program);
/* Adds a table (borrowed, as |dest| is) and puts its defaults in place. Asserts that they are valid. */
void lp_options_add(struct lp_options *options, const struct lp_option *rows, size_t n_rows, void *dest);
/* Reads the command line; argv[0] is passed over. LP_EINVAL with one line that says what is wrong. */
int lp_options_parse(struct lp_options *options, int argc, char *const *argv, struct lp_failure *failure);
/* Reads the bytes of a configuration file (cli/config_file.c). Call it before lp_options_parse(), which then wins. */
int lp_options_parse_config(
	struct lp_options *options, const char *path, const char *data, size_t len, struct lp_failure *failure);
/* Finds the value that the command line gives to a text option without reading the others; NULL if it is not there. */
const char *lp_options_peek(const struct lp_options *options, int argc, char *const *argv, const char *name);
/* LP_EINVAL with the first option that must be given and is not. */
int lp_options_check_required(const struct lp_options *options, struct lp_failure *failure);
/* True if the user gave the option. */
bool lp_options_given(const struct lp_options *options, const char *name);
/* The row of that name, the struct it is for, and its number among all rows; NULL if there is none. */
const struct lp_option *lp_options_find(
	const struct lp_options *options, const char *name, size_t len, void **ret_dest, size_t *ret_number);
/* The option whose name is most like |name|, or NULL if none is near. */
const char *lp_options_nearest(const struct lp_options *options, const char *name, size_t len);

#endif
