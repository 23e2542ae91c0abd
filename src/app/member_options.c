#include "app/member_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "member/member.h"
#include "platform/system/chain.h"
#include "platform/system/file.h"
#include "quic/tls/credentials.h"

#define CA_FILE_MAX_BYTES ((size_t)1 << 20)

const struct lp_option lp_member_option_rows[] = {
	{"relay", "HOST:PORT", LP_HOSTPORT(struct lp_member_options, relay, LP_RELAY_PORT), .group = "Relay",
		.required = true, .help = "the relay to join, by name or address; without a port: 443"},
	{"server-name", "NAME", LP_HOST(struct lp_member_options, server_name),
		.help = "the name that the relay's certificate must be for (default: HOST of --relay)"},
	{"relay-ca-cert", "FILE", LP_TEXT(struct lp_member_options, ca_path),
		.help = "trust this certificate, PEM or DER: the relay's own, or the CA that signed it (default: the CAs "
			"that this system trusts)"},
	{"reconnect", NULL, LP_SWITCH(struct lp_member_options, reconnect), .standard = "on",
		.help = "reconnect when the connection is lost; --no-reconnect: end the program"},
	{"room", "CODE", LP_TEXT(struct lp_member_options, room), .group = "Room", .required = true,
		.help = "the room to be in: 3 to 32 letters, digits and '-'; anyone who knows it can join"},
	{"name", "NAME", LP_TEXT(struct lp_member_options, name),
		.help = "the name that other players see, up to 63 bytes"},
	{"mss-clamp", NULL, LP_SWITCH(struct lp_member_options, clamp_mss), .group = "Frames", .standard = "on",
		.help = "keep TCP segments so small that no frame needs fragments"},
	{"offload", NULL, LP_SWITCH(struct lp_member_options, offload), .standard = "on",
		.help = "exchange frames of up to 64 KiB with this system where it can; only tests need it off"},
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
				"%s: install those that the system trusts, or pass the relay's file with "
				"--relay-ca-cert",
				why.text);
		else
			lp_tls_client_ask_chain(*ret_tls, on_chain, NULL);
		return result;
	}
	result = lp_file_read(path, CA_FILE_MAX_BYTES, &why, &data, &len);
	if (result < 0)
		return lp_fail(failure, result, "--relay-ca-cert: %s: check the path, and that this user may read it",
			why.text);
	result = lp_tls_client_new(data, len, &why, ret_tls);
	free(data);
	if (result < 0)
		lp_fail(failure, result, "%s: %s: pass --relay-ca-cert the relay's certificate, PEM or DER", path,
			why.text);
	return result;
}

int lp_member_options_apply(const struct lp_member_options *options, const char *software, struct lp_failure *failure,
	struct lp_member_config *config, struct lp_tls **ret_tls)
{
	const char *server_name = options->server_name[0] ? options->server_name : options->relay.host;
	int result;
	if (!lp_room_code_valid(options->room))
		return lp_fail(failure, LP_EINVAL, "--room '%s': a room code has 3 to 32 letters, digits and '-'",
			options->room);
	lp_member_config_init(config);
	config->n_relays = 1;
	config->relays[0].port = options->relay.port;
	snprintf(config->relays[0].host, sizeof config->relays[0].host, "%s", options->relay.host);
	snprintf(config->relays[0].server_name, sizeof config->relays[0].server_name, "%s", server_name);
	snprintf(config->room, sizeof config->room, "%s", options->room);
	snprintf(config->name, sizeof config->name, "%s", options->name);
	snprintf(config->software, sizeof config->software, "%s %s", software, LP_VERSION);
	config->reconnect = options->reconnect;
	result = load_trust(options->ca_path, failure, ret_tls);
	if (result == 0)
		config->tls = *ret_tls;
	return result;
}
