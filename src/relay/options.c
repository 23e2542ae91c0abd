#include "relay/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "proto/stations.h"
#include "relay/workers.h"
#include "room/room.h"

static const struct lp_choice room_policies[] = {
	{"open", LP_ROOMS_OPEN, "plain rooms too"},
	{"listed", LP_ROOMS_LISTED, "rooms that the operator added alone"},
	{"keyed", LP_ROOMS_KEYED, "rooms with keys alone"},
	{NULL, 0, NULL},
};

static const struct lp_choice peer_links[] = {
	{"auto", LP_PEER_LINKS_AUTO, "members of rooms with keys"},
	{"on", LP_PEER_LINKS_ON, "all members"},
	{"off", LP_PEER_LINKS_OFF, "none"},
	{NULL, 0, NULL},
};

static const struct lp_help_row commands[] = {
	{"welcome", "print the host's invite of the first room with keys, which is created if there is none"},
	{"room add [CODE]",
		"create a room with keys and print its host's invite, or list a plain room (--plain); without CODE: "
		"with a random code"},
	{"room list", "print the rooms that were added"},
	{"room show CODE", "print a room with keys and its host's invite"},
	{"room invite CODE", "print the host's invite of a room with keys, and nothing else"},
	{"room remove CODE", "remove a room with keys; its invites are worthless then"},
	{"kick ROOM PLAYER", "remove a member, by its number or name, from a room of the running relay"},
	{"ban ROOM PLAYER", "the same in a room with keys; the member cannot come back with the same key"},
	{"status", "print the state of the running relay, as a table"},
	{"page", "print the address of the running relay's page, for the browser of this computer"},
	{"doctor",
		"check the running relay, its name, certificate and firewall, and print what is wrong and what helps"},
	{"capture", "write the frames of the running relay as pcapng, each with what happened to it: lanparty-relay "
		    "capture | wireshark -k -i -"},
	{NULL, NULL},
};

static const struct lp_help_row examples[] = {
	{"lanparty-relay --listen 443/udp --server-name play.example.org --dev-cert-der-out relay.der",
		"a relay with a certificate of its own; give relay.der to the members"},
	{"lanparty-relay --cert fullchain.pem --key privkey.pem", "with a certificate of a public CA"},
	{"lanparty-relay room add FRIDAY-NIGHT --public play.example.org",
		"a room with keys, beside the running relay; send its invite to the host of the party"},
	{"lanparty-relay status", "who is in which room"},
	{NULL, NULL},
};

static const struct lp_help_row files[] = {
	{"relay.pem, relay.key", "in --state-dir: the self-signed certificate, made at the first start, and its key"},
	{"/run/lanparty/relay.sock, $XDG_RUNTIME_DIR/lanparty/relay.sock",
		"the default status socket of root's relay, and of another user's"},
	{"rooms.sqlite", "in --state-dir: rooms with keys, uses of their invites, bans; the keys in it are secrets"},
	{"reset.secret", "in --state-dir: signs the resets that notify members of a restart"},
	{NULL, NULL},
};

static const struct lp_help_row signals[] = {
	{"SIGINT, SIGTERM", "notify all members, then end; a second one ends immediately"},
	{"SIGHUP", "read the certificate and its key again, without disconnecting members"},
	{NULL, NULL},
};

const struct lp_program lp_relay_program = {
	.name = "lanparty-relay",
	.summary = "carries a LAN party's Ethernet frames between its members",
	.about =
		"The relay listens on one UDP port, and on a TCP port for networks that block UDP, and carries Ethernet frames, as QUIC DATAGRAMs, between the "
		"members of each room: one gateway at the party, clients anywhere.",
	.commands = commands,
	.examples = examples,
	.files = files,
	.signals = signals,
	.see_also = "lanparty-gateway(8), lanparty-client(8)",
};

/* The |min| of the rows whose limit is not in enum lp_limit. */
#define LIMIT_JOINS LP_LIMIT_COUNT
#define LIMIT_OUTPUT (LP_LIMIT_COUNT + 1)

/* Parses a limit, "RATE" or "RATE/BURST"; "off" means unlimited. The row's |min| is the enum lp_limit, LIMIT_JOINS or
   LIMIT_OUTPUT.
 */
static int parse_rate(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure)
{
	struct lp_rate rate = {0};
	const char *unit = option->min == LIMIT_JOINS    ? "members"
			   : option->min == LIMIT_OUTPUT ? "kbit"
							 : lp_limit_row((enum lp_limit)option->min)->unit;
	char *end;
	if (strcmp(value, "off") != 0) {
		unsigned long long per_s = strtoull(value, &end, 10), burst = 0;
		if (end != value && *end == '/') {
			const char *start = end + 1;
			burst = strtoull(start, &end, 10);
			if (end == start)
				return lp_fail(failure, LP_EINVAL, "'%s': a number must follow the '/'", value);
		}
		if (end == value || *end || value[0] == '-' || per_s > UINT32_MAX || burst > UINT32_MAX)
			return lp_fail(failure, LP_EINVAL,
				"'%s' is not a limit. Use RATE or RATE/BURST, in %s per second and %s at once, "
				"such as 1000 or 1000/2000, or off",
				value, unit, unit);
		rate = (struct lp_rate){.per_s = (uint32_t)per_s, .burst = (uint32_t)burst};
	}
	*(struct lp_rate *)dest = rate;
	return 0;
}

/* Parses where metrics are served. A port without an address means loopback, so a '*' would mislead. The system takes
   port 0 as any port, but here it means that metrics are off. */
static int parse_metrics(const struct lp_option *option, const char *value, void *dest, struct lp_failure *failure)
{
	if (value[0] == '*')
		return lp_fail(failure, LP_EINVAL,
			"'%s' is not an address. Use 0.0.0.0:PORT or [::]:PORT for every address", value);
	int result = lp_option_listen(option, value, dest, failure);
	if (result == 0 && ((struct lp_addr *)dest)->port == 0)
		return lp_fail(failure, LP_EINVAL, "'%s': a port is a number from 1 to 65535", value);
	return result;
}

const struct lp_option lp_relay_option_rows[] = {
	{"listen", "ADDR:PORT|PORT/udp", LP_LISTEN(struct lp_relay_options, relay.listen, 0), .group = "Network",
		.standard = "443/udp",
		.help = "UDP port to listen on; without an address: every address, IPv4 and IPv6"},
	{"workers", "N", LP_NUMBER(struct lp_relay_options, workers, 0, LP_WORKERS_MAX), .standard = "0",
		.help = "threads that share the port, each with its own rooms; 0: one for each processor"},
	{"listen-tls", "ADDR:PORT|PORT/tcp", LP_LISTEN(struct lp_relay_options, relay.listen_tls, 0),
		.help = "TCP port for members whose network blocks UDP; they expect the same number as that of the UDP port (default: none)"},
	{"proxy-protocol", NULL, LP_SWITCH(struct lp_relay_options, relay.proxy_protocol), .standard = "off",
		.help = "a load balancer in front of the TCP port announces each member's address (PROXY protocol, version 2)"},
	{"cert", "FILE", LP_TEXT(struct lp_relay_options, cert_path), .group = "Certificate",
		.help = "certificate with its chain, PEM (default: a self-signed one, made at the first start)"},
	{"key", "FILE", LP_TEXT(struct lp_relay_options, key_path), .help = "private key of --cert, PEM"},
	{"server-name", "NAME", LP_HOST(struct lp_relay_options, server_name), .standard = "lanparty-relay.local",
		.help = "name of the self-signed certificate; if given, an existing certificate is checked for it"},
	{"state-dir", "DIR", LP_TEXT(struct lp_relay_options, state_dir), .standard = "/var/lib/lanparty-relay",
		.help = "folder of the self-signed certificate, its key and the reset secret"},
	{"dev-cert-der-out", "FILE", LP_TEXT(struct lp_relay_options, der_out_path),
		.help = "write the certificate as DER, for the members' --relay-ca-cert"},
	{"public", "HOST[:PORT][,...]", LP_TEXT(struct lp_relay_options, public_relays),
		.help = "where members reach this relay, for invites (default: --server-name and the port; with the command welcome "
			"also the public IPv4 address of this host)"},
	{"rooms", "open|listed|keyed", LP_CHOICE(struct lp_relay_options, relay.rooms, room_policies), .group = "Rooms",
		.standard = "open",
		.help = "who may use the relay: open: anyone, in plain rooms, beside the rooms with keys; listed: members of "
			"the rooms that 'room add' made; keyed: members with an invite alone"},
	{"peer-links", "auto|on|off", LP_CHOICE(struct lp_relay_options, relay.peer_links, peer_links),
		.standard = "auto",
		.help = "which members may exchange unicast by connections of their own, which the relay passes on unopened: "
			"auto: those of rooms with keys; on: all; off: none"},
	{"plain", NULL, LP_SWITCH(struct lp_relay_options, plain), .no_config = true, .standard = "off",
		.help = "with the command room add: the room has no keys, and everyone who knows its code is admitted"},
	{"room-mtu", "BYTES", LP_NUMBER(struct lp_relay_options, relay.room_mtu, 1280, 1500), .group = "Rooms",
		.standard = "1500",
		.help = "IP bytes of the largest packet in a room; frames too large for a path travel in fragments"},
	{"max-rooms", "N", LP_NUMBER(struct lp_relay_options, relay.max_rooms, 1, 1000000), .standard = "1000",
		.help = "maximum number of rooms; plain rooms without a gateway give way to rooms with one"},
	{"max-rooms-per-address", "N", LP_NUMBER(struct lp_relay_options, relay.max_rooms_per_source, 0, 1000000),
		.standard = "16",
		.help = "maximum number of plain rooms that members at one IPv4 address or IPv6 /48 open; 0: no limit"},
	{"max-peers", "N", LP_NUMBER(struct lp_relay_options, relay.max_peers, 1, 1000000), .standard = "4096",
		.help = "maximum number of members, all rooms together"},
	{"max-peers-per-room", "N",
		LP_NUMBER(struct lp_relay_options, relay.max_peers_per_room, 1, LP_ROOM_TARGETS_MAX), .standard = "256",
		.help = "maximum number of members of a room, including the gateway"},
	{"max-macs-per-gateway", "N", LP_NUMBER(struct lp_relay_options, relay.max_macs_per_gateway, 1, 1000000),
		.standard = "4096", .help = "maximum number of LAN stations behind a gateway"},
	{"max-stations-per-client", "N", LP_NUMBER(struct lp_relay_options, relay.max_stations, 1, LP_STATIONS_MAX),
		.standard = "8",
		.help = "maximum number of MAC addresses that a client may send from if it asks for more than its own (its "
			"option --stations); 1: its own alone"},
	{"limit-joins", "RATE[/BURST]", LP_CUSTOM(struct lp_relay_options, relay.joins, parse_rate), .min = LIMIT_JOINS,
		.standard = "4/256",
		.help = "new members of a room per second, and burst; members that reconnect are not counted; off: no "
			"limit"},
	{"max-connections-per-address", "N", LP_NUMBER(struct lp_relay_options, relay.max_conns_per_source, 0, 1000000),
		.group = "Protection", .standard = "64",
		.help = "maximum number of connections from one IPv4 address or IPv6 /64, and four times as many from an "
			"IPv6 /48; 0: no limit"},
	{"max-handshakes", "N", LP_NUMBER(struct lp_relay_options, relay.max_handshakes, 1, 1000000), .standard = "128",
		.help = "handshakes in progress, or started within 10 s, above which new connections must first prove their address "
			"(Retry)"},
	{"max-handshakes-per-address", "N",
		LP_NUMBER(struct lp_relay_options, relay.max_handshakes_per_source, 1, 1000000), .standard = "32",
		.help = "maximum number of handshakes in progress, or started within a second, from one address; more are ignored"},
	{"malformed-limit", "N", LP_NUMBER(struct lp_relay_options, relay.malformed_limit, 1, 1000000),
		.standard = "100", .help = "malformed DATAGRAMs within 10 s after which a member is disconnected"},
	{"queue", "BYTES", LP_SIZE(struct lp_relay_options, relay.queue_max_bytes, 64 << 10, 64 << 20),
		.standard = "2M", .help = "maximum size of the queue to one member"},
	{"queues", "BYTES", LP_SIZE(struct lp_relay_options, relay.pool_max_bytes, 1 << 20, UINT64_C(1) << 36),
		.standard = "256M", .help = "maximum size of all queues together"},
#define X(name, wire, on, drop, roles, kinds, function, text) \
	{"filter-" wire, NULL, LP_SWITCH(struct lp_relay_options, filters[LP_FILTER_##name]), .group = "Filters", \
		.standard = (on) ? "on" : "off", .help = "drop " text},
	LP_FILTERS(X)
#undef X
#define STANDARD(rate, burst) (rate) ? #rate "/" #burst : "off"
#define X(name, wire, unit, drop, client_rate, client_burst, gateway_rate, gateway_burst, text) \
	{"limit-" wire, "RATE[/BURST]", \
		LP_CUSTOM(struct lp_relay_options, relay.limits.client[LP_LIMIT_##name], parse_rate), \
		.min = LP_LIMIT_##name, .group = "Limits per client, per second", \
		.standard = STANDARD(client_rate, client_burst), .help = unit ": " text}, \
		{"gateway-limit-" wire, "RATE[/BURST]", \
			LP_CUSTOM(struct lp_relay_options, relay.limits.gateway[LP_LIMIT_##name], parse_rate), \
			.min = LP_LIMIT_##name, .standard = STANDARD(gateway_rate, gateway_burst), \
			.help = "the same per gateway, in " unit},
		LP_LIMITS(X)
#undef X
#define X(name, wire, kbit, text) \
	{"limit-" wire, "RATE[/BURST]", \
		LP_CUSTOM(struct lp_relay_options, relay.outputs[LP_OUTPUT_##name], parse_rate), .min = LIMIT_OUTPUT, \
		.group = "Limits on what the relay sends, per second", .standard = (kbit) ? #kbit : "off", \
		.help = "kbit: " text},
			LP_OUTPUTS(X)
#undef X
#undef STANDARD
				{"idle-timeout", "TIME",
					LP_DURATION(struct lp_relay_options, relay.idle_timeout_ns, 5 * LP_SEC,
						600 * LP_SEC),
					.group = "Times", .standard = "20s",
					.help = "a member that sends nothing for this long is disconnected"},
	{"hello-timeout", "TIME", LP_DURATION(struct lp_relay_options, relay.hello_timeout_ns, LP_SEC, 60 * LP_SEC),
		.standard = "5s", .help = "a connection that sends no hello within this time is closed"},
	{"stats-interval", "TIME", LP_DURATION(struct lp_relay_options, relay.stats_interval_ns, LP_SEC, 3600 * LP_SEC),
		.standard = "10s", .help = "how often members and relay exchange counters"},
	{"metrics", "ADDR:PORT|PORT", LP_CUSTOM(struct lp_relay_options, metrics, parse_metrics),
		.group = "Diagnostics",
		.help = "serve GET /metrics for Prometheus at http://ADDR:PORT/metrics; without an address: on loopback"},
	{"frame-log", "WHAT", LP_FRAMELOG(struct lp_relay_options, relay.framelog), .standard = "off",
		.help = "log single frames: all, drops, 1/N (every Nth), N/s (at most N per second), joined by commas; off"},
	{"room", "CODE", LP_TEXT(struct lp_relay_options, room), .group = "Capture", .no_config = true,
		.help = "with the command capture: only frames of this room"},
};
const size_t lp_relay_option_rows_n = LP_OPTIONS_N(lp_relay_option_rows);

int lp_relay_options_apply(struct lp_relay_options *options, struct lp_failure *failure)
{
	struct lp_relay_config *relay = &options->relay;
	if (options->key_path[0] && !options->cert_path[0])
		return lp_fail(failure, LP_EINVAL, "--key without --cert. Pass the certificate too");
	if (options->cert_path[0] && !options->key_path[0])
		return lp_fail(failure, LP_EINVAL, "--cert without --key. Pass the certificate's private key too");
	if (strcmp(options->der_out_path, "-") == 0)
		return lp_fail(failure, LP_EINVAL,
			"--dev-cert-der-out: '-' is not a path. Use /dev/stdout for standard output");
	if (relay->proxy_protocol && relay->listen_tls.port == 0)
		return lp_fail(failure, LP_EINVAL, "--proxy-protocol without --listen-tls. Pass the TCP port too");
	if (options->metrics.port != 0 && options->metrics.family == 0) {
		options->metrics.family = 4;
		memcpy(options->metrics.ip, (const uint8_t[]){127, 0, 0, 1}, 4);
	}
	if (relay->max_peers_per_room > relay->max_peers)
		relay->max_peers_per_room = relay->max_peers;
	for (int i = 0; i < LP_FILTER_COUNT; i++) {
		uint32_t bit = UINT32_C(1) << i;
		relay->filters = options->filters[i] ? relay->filters | bit : relay->filters & ~bit;
	}
	return 0;
}
