#include "cli_sample.h"

#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"

/* An option that may come more than once. */
static int parse_tag(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure)
{
	(void)option;
	if (strcmp(value, "bad") == 0)
		return lp_fail(failure, LP_EINVAL, "'%s' is no tag", value);
	++*(unsigned *)dest;
	return 0;
}

static const struct lp_choice colours[] = {
	{"red", COLOUR_RED, "as roses"},
	{"green", COLOUR_GREEN, NULL},
	{NULL, 0, NULL},
};

static const struct lp_option network_rows[] = {
	{"listen", "ADDR:PORT", LP_LISTEN(struct sample, listen, 0), .standard = "443/udp", .group = "Network",
		.help = "where to listen"},
	{"relay", "HOST:PORT", LP_HOSTPORT(struct sample, relay, 443), .required = true, .help = "whom to join"},
	{"server-name", "NAME", LP_HOST(struct sample, server_name), .help = "its name"},
	{"virtual-mac", "MAC", LP_MAC(struct sample, mac), .help = "a MAC"},
};

static const struct lp_option other_rows[] = {
	{"room", "CODE", LP_TEXT(struct sample, room), .group = "Room", .help = "the room, with a \"quote\" and a \\"},
	{"reconnect", NULL, LP_SWITCH(struct sample, reconnect), .standard = "on", .help = "come back"},
	{"wait-time", "TIME", LP_DURATION(struct sample, wait_ns, LP_SEC, 3600 * LP_SEC), .standard = "10s",
		.group = "Figures", .help = "how long"},
	{"buffer-size", "SIZE", LP_SIZE(struct sample, size, 1, UINT32_MAX), .standard = "64k", .help = "how much"},
	{"tiny", "N", LP_NUMBER(struct sample, tiny, 1, 255), .standard = "7", .help = "a little"},
	{"huge", "N", LP_NUMBER(struct sample, huge, 0, UINT64_MAX), .help = "a lot"},
	{"colour", "red|green", LP_CHOICE(struct sample, colour, colours), .standard = "green", .help = "which"},
	{"tag", "TAG", LP_CUSTOM(struct sample, n_tags, parse_tag), .help = "one more tag"},
	{"loud", NULL, LP_SWITCH(struct sample, loud), .no_config = true, .group = "Network", .help = "be loud"},
	{"secret", NULL, LP_SWITCH(struct sample, loud), .hidden = true, .help = "nobody sees this"},
};

static const struct lp_help_row commands[] = {{"status", "show the state"}, {"stop", "end it"},
	{"room add [CODE]", "add one"}, {"room show CODE", "show one"}, {NULL, NULL}};
static const struct lp_help_row examples[] = {{"sample --relay a:1 \"x\"", "Does it."}, {NULL, NULL}};

const struct lp_program sample_program = {
	.name = "lanparty-sample",
	.summary = "shows options",
	.about = "One paragraph with enough words in it that a narrow page has to wrap them somewhere.\n\n.Two",
	.commands = commands,
	.examples = examples,
	.see_also = "lanparty-relay(8)",
};

void sample_init(struct sample *sample, struct lp_options *options)
{
	memset(sample, 0, sizeof *sample); /* padding too: tests compare bytes */
	lp_options_init(options, &sample_program);
	lp_options_add(options, network_rows, LP_OPTIONS_N(network_rows), sample);
	lp_options_add(options, other_rows, LP_OPTIONS_N(other_rows), sample);
}
