#include "client/app.h"

#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "client/client.h"
#include "client/identity.h"
#include "obs/event.h"
#include "platform/loop/loop.h"
#include "platform/system/sandbox.h"

/* Keeps the token of our place, so that a client that was killed takes it again at once. An empty token forgets it. */
static void keep_place(struct lp_client_app *app, const char *resume)
{
	if (!app->options.has_mac)
		lp_app_keep_place(&app->life, app->options.identity_path, &app->place, resume);
}

/* The relay took us in, and the TAP is up: the right to make and set up adapters has done its work. */
static void on_joined(void *ctx, const struct lp_welcome *welcome)
{
	struct lp_client_app *app = ctx;
	struct lp_failure failure;
	if (lp_drop_privileges(&failure) < 0)
		lp_event_warned(&app->life.output.log, failure.text);
	keep_place(app, welcome->resume);
}

/* The state changed. */
static void on_changed(void *ctx)
{
	struct lp_client_app *app = ctx;
	lp_app_changed(&app->life);
}

/* The client is done. */
static void on_ended(void *ctx, const struct lp_failure *failure)
{
	struct lp_client_app *app = ctx;
	if (!failure)
		keep_place(app, "");
	lp_app_ended(&app->life, failure);
}

/* The program is asked to end. */
static void on_stop(void *ctx)
{
	struct lp_client_app *app = ctx;
	lp_client_stop(app->client);
}

/* Decides on the MAC: the one that was asked for, or the kept one. */
static int load_identity(struct lp_client_app *app, struct lp_failure *failure, struct lp_client_config *config)
{
	const struct lp_client_options *options = &app->options;
	struct lp_failure why;
	config->mac = options->mac;
	if (options->has_mac && lp_mac_is_client(&options->mac))
		return 0;
	if (options->has_mac)
		return lp_fail(failure, LP_EINVAL,
			"--virtual-mac: not a unicast, locally administered address: the second digit must be 2, 6, a "
			"or e, as in 02:5a:00:00:00:01");
	int result = lp_identity_load(options->identity_path, &why, &app->place);
	if (result == LP_EPERM)
		return lp_fail(failure, result, "%s: %s", why.text, lp_client_rights_advice);
	if (result < 0)
		return lp_fail(failure, result, "%s", why.text);
	config->mac = app->place.mac;
	lp_event_identity(&app->life.output.log, options->identity_path, "in use", &app->place.mac);
	lp_app_take_place(&app->life, &app->place, &config->member);
	return 0;
}

/* Where the notes about changes to the computer are kept: beside the identity. */
static int find_journal(struct lp_client_app *app, struct lp_failure *failure)
{
	static const char name[] = "lanparty-client-journal.json";
	const char *path = app->options.identity_path;
	size_t folder = strlen(path);
	while (folder > 0 && path[folder - 1] != '/' && path[folder - 1] != '\\')
		folder--;
	if (folder + sizeof name > sizeof app->journal_path)
		return lp_fail(failure, LP_ETOOBIG, "--identity: the path is too long");
	memcpy(app->journal_path, path, folder);
	memcpy(app->journal_path + folder, name, sizeof name);
	return 0;
}

/* The adapter kept a MAC of its own: from now on that is ours. */
static void adopt_mac(struct lp_client_app *app, const struct lp_mac *mac)
{
	struct lp_failure failure;
	app->place.mac = *mac;
	lp_event_identity(&app->life.output.log, app->options.identity_path, "takes the adapter's MAC", mac);
	if (lp_saved_session_save(app->options.identity_path, &app->place, &failure) < 0)
		lp_event_warned(&app->life.output.log, failure.text);
}

/* Makes everything; the client begins to look for its relay. */
static int start(struct lp_client_app *app, struct lp_failure *failure)
{
	struct lp_app *life = &app->life;
	struct lp_client_config config = {
		.tap_name = app->options.tap[0] ? app->options.tap : NULL,
		.mac_forced = app->options.has_mac,
		.offload = life->options.offload,
		.broadcast_routes = app->options.broadcast_routes,
		.clamp_mss = life->options.clamp_mss,
		.joined = on_joined,
		.changed = on_changed,
		.ended = on_ended,
		.ctx = app,
	};
	int result = lp_app_begin(life, failure, &config.member);
	if (result == 0)
		result = load_identity(app, failure, &config);
	if (result == 0 && lp_client_guards_routes && (result = find_journal(app, failure)) == 0)
		config.journal_path = app->journal_path;
	if (result == 0)
		result = lp_client_new(life->loop, &config, failure, &app->client);
	if (result < 0)
		return result;
	const struct lp_mac *mac = lp_client_mac(app->client);
	if (!lp_mac_equal(mac, &config.mac))
		adopt_mac(app, mac);
	return lp_app_show(
		life, LP_ROLE_CLIENT, lp_client_member(app->client), lp_client_tap_name(app->client), mac, failure);
}

int lp_client_app_run(struct lp_client_app *app, int argc, char *const *argv)
{
	struct lp_options options;
	int code;
	app->life.stop = on_stop;
	app->life.ctx = app;
	if (!lp_app_options(&app->life, &lp_client_program, lp_client_option_rows, lp_client_option_rows_n,
		    &app->options, argc, argv, &options, &code))
		return code;
	app->options.has_mac = lp_options_given(&options, "virtual-mac");
	if (start(app, &app->life.failure) == 0)
		lp_loop_run(app->life.loop);
	lp_app_hide(&app->life);
	lp_client_free(app->client);
	return lp_app_end(&app->life);
}
