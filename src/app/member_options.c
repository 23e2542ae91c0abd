#include "app/member_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "base/utf8.h"
#include "platform/system/chain.h"
#include "platform/system/file.h"
#include "platform/system/user_name.h"
#include "quic/tls/credentials.h"

#define CA_FILE_MAX_BYTES ((size_t)1 << 20)

static const struct lp_choice transports[] = {
	{"auto", LP_TRANSPORT_AUTO, "UDP if it gets through, otherwise TCP"},
	{"udp", LP_TRANSPORT_UDP, "UDP alone"},
	{"tls", LP_TRANSPORT_TLS, "TLS over TCP alone"},
	{NULL, 0, NULL},
};

static const struct lp_choice direct_policies[] = {
	{"all", LP_DIRECT_ALL, "with all members"},
	{"gateway", LP_DIRECT_GATEWAY, "between clients and the gateway"},
	{"off", LP_DIRECT_OFF, "with none"},
	{NULL, 0, NULL},
};

const struct lp_option lp_member_option_rows[] = {
	{"relay", "HOST:PORT", LP_HOSTPORT(struct lp_member_options, relay, LP_RELAY_PORT), .group = "Relay",
		.help = "the relay to join, by name or address, for a room without invites; without a port: 443"},
	{"server-name", "NAME", LP_HOST(struct lp_member_options, server_name),
		.help = "the name that the relay's certificate must be for (default: HOST of --relay)"},
	{"relay-ca-cert", "FILE", LP_TEXT(struct lp_member_options, ca_path),
		.help = "trust this certificate, PEM or DER: the relay's own, or the CA that signed it (default: the CAs "
			"that this system trusts)"},
	{"transport", "auto|udp|tls", LP_CHOICE(struct lp_member_options, transport, transports), .standard = "auto",
		.help = "how to reach the relay: auto: by UDP, or by TLS over TCP while UDP does not get through; udp: by UDP "
			"alone; tls: by TLS over TCP alone"},
	{"tls-port", "PORT", LP_NUMBER(struct lp_member_options, tls_port, 1, 65535),
		.help = "TCP port of the relay's --listen-tls (default: the relay's UDP port)"},
	{"proxy", "URL|none", LP_CUSTOM(struct lp_member_options, proxy, lp_proxy_option),
		.help = "HTTP proxy for TLS over TCP, http://[USER:PASSWORD@]HOST:PORT; none: no proxy (default: this "
			"system's, on Linux from https_proxy)"},
	{"reconnect", NULL, LP_SWITCH(struct lp_member_options, reconnect), .standard = "on",
		.help = "reconnect when the connection is lost; --no-reconnect: end the program"},
	{"room", "CODE", LP_TEXT(struct lp_member_options, room), .group = "Room",
		.help = "a room without invites: 3 to 32 letters, digits and '-'; anyone who knows it can join"},
	{"invite-file", "FILE", LP_TEXT(struct lp_member_options, invitation.path), .no_config = true,
		.help = "read the invite from a file, which keeps it out of the list of processes; -: from standard input"},
	{"name", "NAME", LP_TEXT(struct lp_member_options, name),
		.help = "the name that other players see, up to 63 bytes; -: none (default: USER@HOST of this computer)"},
	{"peer-links", NULL, LP_SWITCH(struct lp_member_options, peer_links), .group = "Peer links", .standard = "on",
		.help = "exchange unicast with members of a room with keys end to end encrypted, which the relay passes on "
			"unopened; --no-peer-links: by the relay alone"},
	{"direct", "all|gateway|off", LP_CHOICE(struct lp_member_options, direct, direct_policies),
		.standard = "gateway",
		.help = "with which members to look for a route without the relay, for which both learn each other's IP "
			"addresses: gateway: between a player and the party's gateway; all: between players, too; off: none"},
	{"mss-clamp", NULL, LP_SWITCH(struct lp_member_options, clamp_mss), .group = "Frames", .standard = "on",
		.help = "keep TCP segments so small that no frame needs fragments"},
	{"offload", NULL, LP_SWITCH(struct lp_member_options, offload), .standard = "on",
		.help = "exchange frames of up to 64 KiB with this system where it can; only tests need it off"},
	{"udp-offload", NULL, LP_SWITCH(struct lp_member_options, udp_offload), .standard = "on",
		.help = "let this system merge and split the tunnel's UDP datagrams; --no-udp-offload helps if pings pass but "
			"downloads or uploads stall, because of a network driver's defect"},
	{"snapshot-interval", "TIME", LP_DURATION(struct lp_member_options, snapshot_ns, 0, 3600 * LP_SEC),
		.group = "Diagnostics", .standard = "30s", .help = "interval of the figures in the log; 0: never"},
};
const size_t lp_member_option_rows_n = LP_OPTIONS_N(lp_member_option_rows);

/* The system's own opinion of a chain whose CA is not in its list. */
static bool on_chain(void *ctx, const struct lp_bytes *certs, size_t n_certs, const char *name)
{
	(void)ctx;
	return lp_chain_check(certs, n_certs, name) == 0;
}

/* Loads the certificates to trust. */
static int load_trust(const char *path, struct lp_failure *failure, struct lp_tls **ret_tls)
{
	struct lp_failure why = {0};
	uint8_t *data;
	size_t len;
	int result;
	if (!path[0]) {
		result = lp_tls_client_new(NULL, 0, &why, ret_tls);
		if (result < 0)
			lp_fail(failure, result,
				"%s. Install those that the system trusts, or pass the relay's file with "
				"--relay-ca-cert",
				why.text);
		else
			lp_tls_client_ask_chain(*ret_tls, on_chain, NULL);
		return result;
	}
	result = lp_file_read(path, CA_FILE_MAX_BYTES, &why, &data, &len);
	if (result < 0)
		return lp_fail(failure, result, "--relay-ca-cert: %s. Check the path, and that this user may read it",
			why.text);
	result = lp_tls_client_new(data, len, &why, ret_tls);
	free(data);
	if (result < 0)
		lp_fail(failure, result, "%s: %s. Pass the relay's certificate, PEM or DER, to --relay-ca-cert", path,
			why.text);
	return result;
}

/* Writes the relay as an invite has it. */
static int format_relay(
	const struct lp_member_options *options, struct lp_failure *failure, char relays[LP_INVITE_RELAYS_MAX + 1])
{
	const struct lp_hostport *relay = &options->relay;
	bool is_ipv6 = strchr(relay->host, ':') != NULL;
	char port[8] = "";
	if (relay->port != LP_RELAY_PORT)
		snprintf(port, sizeof port, ":%u", relay->port);
	int len = snprintf(relays, LP_INVITE_RELAYS_MAX + 1, "%s%s%s%s", is_ipv6 ? "[" : "", relay->host,
		is_ipv6 ? "]" : "", port);
	return len <= LP_INVITE_RELAYS_MAX ? 0 : lp_fail(failure, LP_EINVAL, "--relay is too long for an invite");
}

int lp_member_options_relay(
	const struct lp_member_options *options, struct lp_failure *failure, struct lp_invite *ret_invite)
{
	struct lp_tls *tls;
	if (!options->relay.host[0])
		return lp_fail(
			failure, LP_EINVAL, "--relay is missing. Pass --relay HOST:PORT (where to create the room)");
	int result = format_relay(options, failure, ret_invite->relays);
	if (result == 0)
		result = load_trust(options->ca_path, failure, &tls);
	if (result < 0)
		return result;
	result = lp_tls_client_pin(tls, ret_invite->pin);
	lp_tls_free(tls);
	ret_invite->has_pin = result == 0;
	if (result == LP_EUNSUPPORTED)
		return lp_fail(failure, LP_EINVAL,
			"%s is the certificate of a CA, which does not fit into an invite. Pass the relay's own",
			options->ca_path);
	if (result < 0 && result != LP_ENOTFOUND)
		return lp_fail(failure, result, "%s: the key of the certificate cannot be read", options->ca_path);
	if (!ret_invite->has_pin && options->server_name[0] && strcmp(options->server_name, options->relay.host) != 0)
		return lp_fail(failure, LP_EINVAL,
			"an invite without a pinned certificate has no name beside the relay's. Pass --relay with the name "
			"that the certificate is for, or the relay's own certificate with --relay-ca-cert");
	return 0;
}

/* Takes the relays of the invite. */
static int take_relays(const struct lp_invite *invite, struct lp_failure *failure, struct lp_member_config *config)
{
	static const struct lp_option row = {.argument = "HOST:PORT", .min = LP_RELAY_PORT};
	char text[LP_INVITE_RELAYS_MAX + 1];
	while (config->n_relays < LP_MEMBER_RELAYS_MAX && lp_invite_relay(invite, config->n_relays, text)) {
		struct lp_member_relay *relay = &config->relays[config->n_relays];
		struct lp_hostport to;
		int result = lp_option_hostport(&row, text, &to, failure);
		if (result < 0)
			return result;
		memcpy(relay->host, to.host, sizeof relay->host);
		memcpy(relay->server_name, to.host, sizeof relay->server_name);
		relay->port = to.port;
		config->n_relays++;
	}
	return 0;
}

/* Takes relay, trust and room from the invite. */
static int take_invite(const struct lp_invite *invite, struct lp_failure *failure, struct lp_member_config *config,
	struct lp_tls **ret_tls)
{
	int result = take_relays(invite, failure, config);
	if (result < 0)
		return result;
	memcpy(config->room, invite->room, sizeof config->room);
	config->invite = invite;
	return invite->has_pin ? lp_tls_client_pinned_new(invite->pin, failure, ret_tls)
			       : load_trust("", failure, ret_tls);
}

/* Names the member after its user and computer, without what is not UTF-8, or does not fit. */
static void set_default_name(char ret_name[LP_NAME_MAX + 1])
{
	char name[512];
	uint32_t code;
	size_t at = 0, n;
	lp_user_name(name, sizeof name);
	size_t len = strlen(name);
	while (at < len && (n = lp_utf8_next(name + at, len - at, &code)) > 0 && at + n <= LP_NAME_MAX)
		at += n;
	memcpy(ret_name, name, at);
	ret_name[at] = '\0';
}

/* Takes relay, trust and room from the options. */
static int take_options(const struct lp_member_options *options, struct lp_failure *failure,
	struct lp_member_config *config, struct lp_tls **ret_tls)
{
	struct lp_member_relay *relay = &config->relays[0];
	if (!options->relay.host[0] && !options->room[0])
		return lp_fail(failure, LP_EINVAL,
			"there is nothing to join. Pass the invite that you got from the party's host, or --relay "
			"HOST:PORT and --room CODE");
	if (!options->relay.host[0])
		return lp_fail(failure, LP_EINVAL, "--relay is missing. Pass --relay HOST:PORT (the relay to join)");
	if (!options->room[0])
		return lp_fail(failure, LP_EINVAL, "--room is missing. Pass --room CODE (the room to be in)");
	if (!lp_room_code_valid(options->room))
		return lp_fail(failure, LP_EINVAL, "--room '%s': a room code has 3 to 32 letters, digits and '-'",
			options->room);
	config->n_relays = 1;
	relay->port = options->relay.port;
	snprintf(relay->host, sizeof relay->host, "%s", options->relay.host);
	snprintf(relay->server_name, sizeof relay->server_name, "%s",
		options->server_name[0] ? options->server_name : options->relay.host);
	snprintf(config->room, sizeof config->room, "%s", options->room);
	return load_trust(options->ca_path, failure, ret_tls);
}

int lp_member_options_apply(const struct lp_member_options *options, const char *software, const char *key_pem,
	struct lp_failure *failure, struct lp_member_config *config, struct lp_tls **ret_tls)
{
	lp_member_config_init(config);
	if (!options->name[0])
		set_default_name(config->name);
	else if (strcmp(options->name, "-") != 0)
		snprintf(config->name, sizeof config->name, "%s", options->name);
	snprintf(config->software, sizeof config->software, "%s %s", software, LP_VERSION);
	config->reconnect = options->reconnect;
	config->direct = options->direct;
	config->udp_offload = options->udp_offload;
	config->transport = options->transport;
	config->tls_port = options->tls_port;
	int result = options->invitation.found ? take_invite(&options->invitation.invite, failure, config, ret_tls)
					       : take_options(options, failure, config, ret_tls);
	if (result == 0)
		result = lp_tls_client_show_key(*ret_tls, key_pem, failure, config->key);
	if (result == 0)
		config->tls = *ret_tls;
	if (result == 0 && config->transport != LP_TRANSPORT_UDP)
		lp_proxy_choose(options->proxy, config->relays[0].host, &config->proxy);
	if (options->invitation.found)
		memcpy(config->peer_secret, options->invitation.invite.peer_secret, sizeof config->peer_secret);
	return result;
}
