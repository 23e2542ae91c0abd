#include "gateway/options.h"

static const struct lp_help_row commands[] = {
	{"status", "print the state of the running gateway"},
	{NULL, NULL},
};

static const struct lp_help_row examples[] = {
	{"lanparty-gateway --relay play.example.org:443 --relay-ca-cert relay.der --room FRIDAY-NIGHT --interface eth1",
		"bring the LAN behind eth1 into a room"},
	{NULL, NULL},
};

static const struct lp_help_row files[] = {
	{"/var/lib/lanparty-gateway/state.json", "the token that resumes the session of a gateway that was killed"},
	{"/run/lanparty/gateway.sock, $XDG_RUNTIME_DIR/lanparty/gateway.sock",
		"the default status socket of root's gateway, and of another user's"},
	{NULL, NULL},
};

static const struct lp_help_row signals[] = {
	{"SIGINT, SIGTERM", "say goodbye and end; a second one ends at once"},
	{"SIGHUP", "the same, since its terminal was closed; not where it was started with nohup"},
	{NULL, NULL},
};

const struct lp_program lp_gateway_program = {
	.name = "lanparty-gateway",
	.summary = "brings a LAN into a room of a relay",
	.about = "The gateway captures a wired interface with a cable in the party's switch and carries its frames to "
		 "the room's members, through a relay.",
	.commands = commands,
	.examples = examples,
	.files = files,
	.signals = signals,
	.see_also = "lanparty-relay(8), lanparty-client(8)",
};

const struct lp_option lp_gateway_option_rows[] = {
	{"interface", "IF", LP_TEXT(struct lp_gateway_options, interface), .group = "LAN", .required = true,
		.help = "the wired interface with the cable in the party's switch; it needs no address"},
	{"state", "FILE", LP_TEXT(struct lp_gateway_options, state_path),
		.standard = "/var/lib/lanparty-gateway/state.json",
		.help = "the file with the token that resumes the session after a crash; each gateway on a computer needs a "
			"file of its own"},
	{"frame-log", "WHAT", LP_FRAMELOG(struct lp_gateway_options, framelog), .group = "Diagnostics",
		.standard = "off",
		.help = "log single frames: all, drops, 1/N (every Nth), N/s (at most N per second), joined by commas; off"},
};
const size_t lp_gateway_option_rows_n = LP_OPTIONS_N(lp_gateway_option_rows);
