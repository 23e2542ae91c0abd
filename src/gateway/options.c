#include "gateway/options.h"

#include "base/units.h"
#include "invite/invite.h"

static const struct lp_help_row commands[] = {
	{"invite", "make an invite for players and print it; --name is whom it is for"},
	{"players", "print who is in the room: number, MAC, key, name"},
	{"kick PLAYER", "remove a player, by name, MAC or number, from the room"},
	{"ban PLAYER", "remove a player, who cannot come back with the same key"},
	{"unban PLAYER", "let a banned player, by name or the first 8 digits of the key, come back"},
	{"lock", "admit no new players"},
	{"unlock", "admit new players again"},
	{"proxy PLAYER", "let a player reply to ARP and neighbour discovery for addresses of others until it leaves"},
	{"no-proxy PLAYER", "end that"},
	{"revoke ID", "refuse an invite from now on; players that are in the room stay"},
	{"invites",
		"print the invites that were made on this computer; those that are revoked or have expired without their text"},
	{"status", "print the state of the running gateway"},
	{"leave", "make the running gateway say goodbye and end"},
	{"page", "print the address of the running gateway's page, for the browser of this computer"},
	{"doctor [INVITE]",
		"check every step from the relay's name to the LAN, and print what is wrong and what helps"},
	{"capture",
		"write the frames of the running gateway as pcapng, each with what happened to it: lanparty-gateway "
		"capture | wireshark -k -i -"},
	{NULL, NULL},
};

static const struct lp_help_row examples[] = {
	{"lanparty-gateway 'lanparty://play.example.org/FRIDAY-NIGHT#...' --interface eth1",
		"bring the LAN behind eth1 into the room of the host's invite, which is remembered"},
	{"lanparty-gateway --relay play.example.org --relay-ca-cert relay.der --new-room --interface eth1",
		"create a room and bring the LAN into it, where the relay's operator permits that"},
	{"lanparty-gateway invite --expires 2d --uses 1 --name Anna", "an invite for one player"},
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
	.argument = "INVITE",
	.argument_mark = LP_INVITE_SCHEME,
	.see_also = "lanparty-relay(8), lanparty-client(8)",
};

static const struct lp_choice direct_maxima[] = {
	{"all", LP_DIRECT_ALL, "as each member chooses"},
	{"gateway", LP_DIRECT_GATEWAY, "not between players"},
	{"off", LP_DIRECT_OFF, "with none"},
	{NULL, 0, NULL},
};

const struct lp_option lp_gateway_option_rows[] = {
	{"interface", "IF", LP_TEXT(struct lp_gateway_options, interface), .group = "LAN", .required = true,
		.help = "the wired interface with the cable in the party's switch; it needs no address"},
	{"force", NULL, LP_SWITCH(struct lp_gateway_options, force), .standard = "off",
		.help = "start on a Wi-Fi interface, which does not carry the frames of remote players on nearly all networks"},
	{"state", "FILE", LP_TEXT(struct lp_gateway_options, state_path),
		.standard = "/var/lib/lanparty-gateway/state.json",
		.help = "the file with the token that resumes the session after a crash; each gateway on a computer needs a "
			"file of its own"},
	{"new-room", NULL, LP_SWITCH(struct lp_gateway_options, new_room), .group = "Invites", .standard = "off",
		.help = "create a room with keys at --relay, which must permit it; --room: its code (default: a random one); "
			"the next start is in the same room"},
	{"room-direct", "all|gateway|off", LP_CHOICE(struct lp_gateway_options, room_direct, direct_maxima),
		.standard = "all",
		.help = "limits the members' choice of direct routes in the room: all: no limit; gateway: none between players; "
			"off: none at all"},
	{"expires", "TIME", LP_DURATION(struct lp_gateway_options, expires_ns, 0, UINT64_C(3650) * 86400 * LP_SEC),
		.standard = "0", .no_config = true,
		.help = "with the command invite: nobody joins with it after this time; 0: it does not expire"},
	{"uses", "N", LP_NUMBER(struct lp_gateway_options, uses, 0, UINT16_MAX), .standard = "0", .no_config = true,
		.help = "with the command invite: this many members can join with it; 0: any number"},
	{"frame-log", "WHAT", LP_FRAMELOG(struct lp_gateway_options, framelog), .group = "Diagnostics",
		.standard = "off",
		.help = "log single frames: all, drops, 1/N (every Nth), N/s (at most N per second), joined by commas; off"},
};
const size_t lp_gateway_option_rows_n = LP_OPTIONS_N(lp_gateway_option_rows);
