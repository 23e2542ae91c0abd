#include "client/options.h"
#include "client/windows/guard.h"
#include "invite/invite.h"

static const struct lp_help_row commands[] = {
	{"status", "print the state of the running client"},
	{"leave", "make the running client say goodbye and end"},
	{"page", "print the address of the running client's page, for the browser of this computer"},
	{"doctor [INVITE]",
		"check every step from the relay's name to the LAN, and print what is wrong and what helps"},
	{"capture",
		"write the frames of the running client as pcapng, each with what happened to it: lanparty-client-win "
		"capture | wireshark -k -i -"},
	{NULL, NULL},
};

static const struct lp_help_row examples[] = {
	{"lanparty-client-win", "ask for relay and room, and join"},
	{"lanparty-client-win --relay play.example.org:443 --relay-ca-cert relay.der --room FRIDAY-NIGHT",
		"join a room; Windows then gets an address from the LAN by itself"},
	{"lanparty-client-win --list-adapters", "list the TAP adapters of this computer"},
	{"lanparty-client-win --make-adapter", "make an adapter for the client alone"},
	{NULL, NULL},
};

static const struct lp_help_row files[] = {
	{"%ProgramData%\\lanparty\\lanparty-client-identity.json",
		"the MAC address that was made at the first start, and the token of the last place in a room"},
	{"%ProgramData%\\lanparty\\lanparty-client-journal.json",
		"what was changed on this computer and is put back at the end, or at the next start after a crash"},
	{"%ProgramData%\\lanparty\\lanparty-client-room.conf",
		"the last answers to the questions of a start without options"},
	{"%ProgramData%\\lanparty\\lanparty-client-win-status",
		"port and token of the running client, for the command status; only administrators can read it"},
	{NULL, NULL},
};

static const struct lp_help_row signals[] = {
	{"Ctrl-C, closing the window, logoff, shutdown", "say goodbye, put everything back, end"},
	{NULL, NULL},
};

const struct lp_program lp_client_program = {
	.name = "lanparty-client-win",
	.summary = "puts this computer on the LAN of a party elsewhere",
	.about =
		"The client takes a virtual Ethernet adapter (TAP-Windows6) and carries its frames to the room's other "
		"members, through a relay: a LAN cable to the party's switch. The internet connection stays as it is.",
	.commands = commands,
	.examples = examples,
	.files = files,
	.signals = signals,
	.argument = "INVITE",
	.argument_mark = LP_INVITE_SCHEME,
	.see_also = "lanparty-gateway(8), lanparty-relay(8)",
};

const struct lp_option lp_client_option_rows[] = {
	{"adapter", "NAME|GUID", LP_TEXT(struct lp_client_options, tap), .group = "Adapter",
		.help = "the TAP-Windows6 adapter to use, by its connection's name or its GUID (default: the "
			"adapter LAN Party, or else the first)"},
	{"inbound", NULL, LP_SWITCH(struct lp_client_options, inbound), .standard = "on",
		.help = "let the LAN's computers reach games on this one: make the adapter's network private, or add "
			"firewall rules, until the end"},
	{"list-adapters", NULL, LP_SWITCH(struct lp_client_options, action), .no_config = true,
		.help = "list the TAP-Windows6 adapters and end"},
	{"make-adapter", NULL, LP_SWITCH(struct lp_client_options, action), .no_config = true,
		.help = "make an adapter of the client's own, called LAN Party, and end; the TAP-Windows6 driver must be "
			"installed"},
	{"remove-adapter", NULL, LP_SWITCH(struct lp_client_options, action), .no_config = true,
		.help = "remove the adapter LAN Party and end"},
	{"install-service", NULL, LP_SWITCH(struct lp_client_options, action), .group = "Service", .no_config = true,
		.help = "register this program as the service that the LAN Party window uses, and end"},
	{"uninstall-service", NULL, LP_SWITCH(struct lp_client_options, action), .no_config = true,
		.help = "make the service's client leave, remove the service, and end"},
	{"serve", NULL, LP_SWITCH(struct lp_client_options, action), .no_config = true,
		.help = "do what the service does, until Ctrl-C"},
	{"service", NULL, LP_SWITCH(struct lp_client_options, action), .no_config = true, .hidden = true,
		.help = "started by Windows' service manager"},
	{"virtual-mac", "MAC", LP_MAC(struct lp_client_options, mac), .group = "Adapter",
		.help = "use this MAC address instead of the saved one: unicast and locally administered"},
	{"lan-internet", NULL, LP_SWITCH(struct lp_client_options, lan_internet), .standard = "off",
		.help = "accept the LAN's default route, so that this computer's internet traffic goes through the party's "
			"router; without it the LAN only gives this computer an address"},
	{"lan-dns", NULL, LP_SWITCH(struct lp_client_options, lan_dns), .standard = "off",
		.help = "accept the LAN's name servers, search domains and proxies, which then see every name that this "
			"computer looks up"},
	{"accept-new-gateway", NULL, LP_SWITCH(struct lp_client_options, accept_new_gateway), .no_config = true,
		.help = "accept another gateway than before in the room of the invite, and remember it"},
	{"identity", "FILE", LP_TEXT(struct lp_client_options, identity_path),
		.help = "where the MAC address and the place in the room are kept from one start to the next (default: "
			"%ProgramData%\\lanparty\\lanparty-client-identity.json)"},
};
const size_t lp_client_option_rows_n = LP_OPTIONS_N(lp_client_option_rows);
const char *const lp_client_rights_advice = "run as administrator";
const struct lp_client_guard_ops *const lp_client_guard_ops = &lp_windows_guard_ops;
