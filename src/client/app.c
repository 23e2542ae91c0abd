#include "client/app.h"

#include <string.h>

#include "app/games_command.h"
#include "base/error.h"
#include "base/failure.h"
#include "client/client.h"
#include "client/identity.h"
#include "obs/event.h"
#include "platform/system/sandbox.h"
#include "report/status.h"

/* The TAP is up: the right to create and configure adapters is no longer needed. */
static void on_joined(void *ctx)
{
	struct lp_client_app *client = ctx;
	struct lp_failure failure;
	if (lp_drop_privileges(&failure) < 0)
		lp_event_warned(&client->app.app.output.log, failure.text);
}

/* Compares the gateway with the one that was in this room before. Its key is what stays when a relay, or a host's
   invite in the wrong hands, puts another gateway in front of the player. */
static void on_gateway(void *ctx, const struct lp_peer_event *gateway)
{
	struct lp_client_app *client = ((struct lp_member_app *)ctx)->app.ctx;
	struct lp_member_app *app = &client->app;
	struct lp_failure failure = {0};
	bool accept = client->options.accept_new_gateway;
	if (!app->options.invitation.found || !gateway->key[0])
		return;
	int result = lp_saved_session_meet(&app->saved, app->options.room, gateway->key, accept);
	if (result == LP_EPERM && !accept) {
		lp_fail(&failure, result,
			"the gateway of room %s is not the one that was there before: its key begins with %.16s. Ask the "
			"party's host whether the gateway was moved or set up again. If so, start once with "
			"--accept-new-gateway",
			app->options.room, gateway->key);
		lp_member_fail(lp_client_member(client->client), &failure);
		return;
	}
	if (result != 0 && app->saved_path && lp_saved_session_save(app->saved_path, &app->saved, &failure) < 0)
		lp_event_warned(&app->app.output.log, failure.text);
}

static void on_count(void *ctx, struct lp_status *status)
{
	struct lp_client_app *client = ctx;
	status->lan_answered = client->client && lp_client_lan_answered(client->client);
}

static void on_stop(void *ctx)
{
	struct lp_client_app *client = ctx;
	lp_client_stop(client->client, client->app.app.hurried);
}

/* Sets the MAC: that of --virtual-mac or the saved one. */
static int load_identity(struct lp_client_app *client, struct lp_failure *failure, struct lp_client_config *config)
{
	const struct lp_client_options *options = &client->options;
	struct lp_saved_session *saved = &client->app.saved;
	struct lp_failure why;
	config->mac = options->mac;
	if (options->has_mac && lp_mac_is_client(&options->mac))
		return 0;
	if (options->has_mac)
		return lp_fail(failure, LP_EINVAL,
			"--virtual-mac: not a unicast, locally administered address: the second digit must be 2, 6, a "
			"or e, as in 02:5a:00:00:00:01");
	client->app.saved_path = options->identity_path;
	int result = lp_identity_load(options->identity_path, &why, saved, &client->made);
	if (result == LP_EPERM)
		return lp_fail(failure, result, "%s: %s", why.text, lp_client_rights_advice);
	if (result < 0)
		return lp_fail(failure, result, "%s", why.text);
	config->mac = saved->mac;
	return 0;
}

/* Sets what follows from the room of the last session. */
static void compare_session(const struct lp_client_app *client, struct lp_client_config *config)
{
	const struct lp_saved_session *saved = &client->app.saved;
	if (client->options.has_mac)
		return;
	config->new_room = strcmp(saved->room, client->app.options.room) != 0 ||
			   strcmp(saved->relay, client->app.relay) != 0;
	lp_event_identity(&client->app.app.output.log, client->options.identity_path, client->made ? "made" : "in use",
		&saved->mac);
	lp_member_app_resume(&client->app, &config->member);
}

/* Sets the path of the journal of changes to the computer: in the folder of the identity. */
static int find_journal(struct lp_client_app *client, struct lp_failure *failure)
{
	static const char name[] = "lanparty-client-journal.json";
	const char *path = client->options.identity_path;
	size_t folder = strlen(path);
	while (folder > 0 && path[folder - 1] != '/' && path[folder - 1] != '\\')
		folder--;
	if (folder + sizeof name > sizeof client->journal_path)
		return lp_fail(failure, LP_ETOOBIG, "--identity: the path is too long");
	memcpy(client->journal_path, path, folder);
	memcpy(client->journal_path + folder, name, sizeof name);
	return 0;
}

/* The adapter kept its own MAC, which becomes the identity's. */
static void adopt_mac(struct lp_client_app *client, const struct lp_mac *mac)
{
	const char *path = client->options.identity_path;
	struct lp_failure failure;
	client->app.saved.mac = *mac;
	lp_event_identity(&client->app.app.output.log, path, "takes the adapter's MAC", mac);
	if (lp_saved_session_save(path, &client->app.saved, &failure) < 0)
		lp_event_warned(&client->app.app.output.log, failure.text);
}

/* The TAP is open. Capabilities to configure it stay until it is up. */
static void on_opened(void *ctx)
{
	struct lp_member_app *app = ctx;
	lp_member_app_confine(app, app->saved_path);
}

/* Creates the client, which starts to connect. */
static int start(struct lp_client_app *client, const struct lp_options *options, struct lp_failure *failure)
{
	struct lp_member_app *app = &client->app;
	struct lp_client_config config = {
		.tap_name = client->options.tap[0] ? client->options.tap : NULL,
		.mac_forced = client->options.has_mac,
		.offload = app->options.offload,
		.stations = client->options.stations,
		.broadcast_routes = client->options.broadcast_routes,
		.inbound = client->options.inbound,
		.accept = {.accept_routes = client->options.lan_internet, .accept_dns = client->options.lan_dns},
		.dhcp = client->options.dhcp && !client->options.address.ip.family,
		.address = client->options.address.ip,
		.prefix_bits = client->options.address.prefix_bits,
		.clamp_mss = app->options.clamp_mss,
		.guard_ops = lp_client_guard_ops,
		.journal_path = client->journal_path,
		.opened = on_opened,
		.joined = lp_member_app_joined,
		.gateway = on_gateway,
		.changed = lp_member_app_changed,
		.ended = lp_member_app_ended,
		.ctx = app,
	};
	int result = load_identity(client, failure, &config);
	if (result == 0)
		result = lp_member_app_begin(app, options, LP_ROLE_CLIENT, failure, &config.member);
	if (result < 0)
		return result;
	compare_session(client, &config);
	if (config.guard_ops)
		result = find_journal(client, failure);
	if (result == 0)
		result = lp_client_new(app->app.loop, &config, failure, &client->client);
	if (result < 0)
		return result;
	const struct lp_mac *mac = lp_client_mac(client->client);
	if (!lp_mac_equal(mac, &config.mac))
		adopt_mac(client, mac);
	return lp_member_app_report(app, LP_ROLE_CLIENT, lp_client_member(client->client),
		lp_client_tap_name(client->client), lp_client_tap_id(client->client), mac, failure);
}

int lp_client_app_run(struct lp_client_app *client, int argc, char *const *argv)
{
	struct lp_member_app *app = &client->app;
	struct lp_options options;
	struct lp_failure failure;
	int code;
	app->app.stop = on_stop;
	app->app.ctx = client;
	app->joined = on_joined;
	app->count = on_count;
	if (!lp_member_app_options(app, &lp_client_program, lp_client_option_rows, lp_client_option_rows_n,
		    &client->options, argc, argv, &options, &code))
		return code;
	client->options.has_mac = lp_options_given(&options, "virtual-mac");
	if (lp_options_is_command(&options, "games"))
		return lp_games_command(
			&lp_client_program, &app->control, client->options.tap, app->capture_options.seconds);
	if (lp_options_is_command(&options, "doctor")) {
		(void)lp_saved_session_load(client->options.identity_path, &failure, &app->saved); /* for the invite */
		return lp_doctor_member_command(app, &options, LP_ROLE_CLIENT, client->options.tap);
	}
	if (start(client, &options, &failure) == 0)
		lp_app_run(&app->app);
	else
		app->app.failure = failure;
	lp_member_app_unreport(app);
	lp_client_free(client->client);
	return lp_member_app_end(app);
}
