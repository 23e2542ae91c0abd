#include "client/options.h"
#include "invite/invite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "proto/stations.h"

static const struct lp_help_row commands[] = {
	{"status", "print the state of the running client"},
	{"leave", "make the running client say goodbye and end"},
	{"page", "print the address of the running client's page, for the browser of this computer"},
	{"doctor [INVITE]",
		"check every step from the relay's name to the LAN, and print what is wrong and what helps"},
	{"games", "listen for 10 s, and print which games and services announce themselves on the LAN"},
	{"capture", "write the frames of the running client as pcapng, each with what happened to it: lanparty-client "
		    "capture | wireshark -k -i -"},
	{NULL, NULL},
};

static const struct lp_help_row examples[] = {
	{"lanparty-client 'lanparty://play.example.org/FRIDAY-NIGHT#...'",
		"join the room of an invite, which is remembered; the next time: lanparty-client"},
	{"lanparty-client --relay play.example.org:443 --relay-ca-cert relay.der --room FRIDAY-NIGHT",
		"join a room, and get an address from the LAN"},
	{"lanparty-client --relay play.example.org --room FRIDAY-NIGHT --address 192.168.77.50/24",
		"on a LAN without a DHCP server: join with an address that the host assigned"},
	{NULL, NULL},
};

static const struct lp_help_row files[] = {
	{"/var/lib/lanparty-client/identity.json",
		"the MAC address that was made at the first start, and the token of the last place in a room"},
	{"/run/lanparty/client.sock, $XDG_RUNTIME_DIR/lanparty/client.sock",
		"the default status socket of root's client, and of another user's"},
	{NULL, NULL},
};

static const struct lp_help_row signals[] = {
	{"SIGINT, SIGTERM", "say goodbye, remove the TAP, end; a second one ends at once"},
	{"SIGHUP", "the same, since its terminal was closed; not where it was started with nohup"},
	{NULL, NULL},
};

const struct lp_program lp_client_program = {
	.name = "lanparty-client",
	.summary = "puts this computer on the LAN of a party elsewhere",
	.about =
		"The client makes a virtual Ethernet adapter (TAP) and carries its frames to the room's other members, "
		"through a relay: a LAN cable to the party's switch.",
	.commands = commands,
	.examples = examples,
	.files = files,
	.signals = signals,
	.argument = "INVITE",
	.argument_mark = LP_INVITE_SCHEME,
	.see_also = "lanparty-gateway(8), lanparty-relay(8)",
};

/* Reads "192.168.77.50/24". */
static int parse_address(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure)
{
	struct lp_client_address *address = dest;
	(void)option;
	const char *slash = strchr(value, '/');
	char text[LP_ADDR_TEXT_MAX], *end;
	struct lp_addr ip;
	if (!slash || (size_t)(slash - value) >= sizeof text)
		goto fail;
	snprintf(text, sizeof text, "%.*s", (int)(slash - value), value);
	if (lp_addr_parse(text, 0, &ip) < 0 || ip.port || ip.scope_id || slash[1] < '0' || slash[1] > '9')
		goto fail;
	unsigned long bits = strtoul(slash + 1, &end, 10);
	if (*end || bits == 0 || bits > (ip.family == 4 ? 32 : 128))
		goto fail;
	*address = (struct lp_client_address){.ip = ip, .prefix_bits = (uint8_t)bits};
	return 0;
fail:
	return lp_fail(
		failure, LP_EINVAL, "'%s' is not an address with a prefix length. Write it as 192.168.77.50/24", value);
}

const struct lp_option lp_client_option_rows[] = {
	{"tap", "NAME", LP_TEXT(struct lp_client_options, tap), .group = "Adapter", .standard = "lan0",
		.help = "the name of the virtual adapter; it is made at the start and removed at the end"},
	{"broadcast-routes", NULL, LP_SWITCH(struct lp_client_options, broadcast_routes), .standard = "on",
		.help = "what programs send to 255.255.255.255 or to an IPv4 multicast group goes to the LAN, as games need "
			"it; --no-broadcast-routes leaves it to the default route"},
	{"dhcp", NULL, LP_SWITCH(struct lp_client_options, dhcp), .standard = "on",
		.help = "ask the LAN for an IP address, with dhcpcd; --no-dhcp leaves it to another DHCP client of yours"},
	{"address", "ADDR/BITS", LP_CUSTOM(struct lp_client_options, address, parse_address),
		.help = "use this IP address and prefix length instead of DHCP, as in 192.168.77.50/24"},
	{"virtual-mac", "MAC", LP_MAC(struct lp_client_options, mac),
		.help = "use this MAC address instead of the saved one: unicast and locally administered"},
	{"stations", "N", LP_NUMBER(struct lp_client_options, stations, 1, LP_STATIONS_MAX), .standard = "1",
		.help = "carry the frames of N MAC addresses, to bring a console or another computer that is bridged to the "
			"adapter; 1: of this computer alone"},
	{"lan-internet", NULL, LP_SWITCH(struct lp_client_options, lan_internet), .standard = "off",
		.help = "accept the LAN's default route, so that this computer's internet traffic goes through the party's "
			"router; without it the LAN only gives this computer an address"},
	{"lan-dns", NULL, LP_SWITCH(struct lp_client_options, lan_dns), .standard = "off",
		.help = "accept the LAN's name servers, search domains and proxies, which then see every name that this "
			"computer looks up"},
	{"accept-new-gateway", NULL, LP_SWITCH(struct lp_client_options, accept_new_gateway), .no_config = true,
		.help = "accept another gateway than before in the room of the invite, and remember it"},
	{"identity", "FILE", LP_TEXT(struct lp_client_options, identity_path),
		.standard = "/var/lib/lanparty-client/identity.json",
		.help = "the file with the MAC address and the token that resumes the session after a crash"},
};
const size_t lp_client_option_rows_n = LP_OPTIONS_N(lp_client_option_rows);
const char *const lp_client_rights_advice = "run with sudo";
const struct lp_client_guard_ops *const lp_client_guard_ops = NULL;
