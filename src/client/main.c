/* lanparty-client: options, signals, and the life of one client on Linux. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "cli/log.h"
#include "cli/start.h"
#include "client/client.h"
#include "client/identity.h"
#include "client/options.h"
#include "obs/event.h"
#include "platform/loop.h"
#include "quic/tls.h"

/* Everything that the program has. */
struct app {
	struct lp_client_options options;
	struct lp_common_options common;
	struct lp_log_output output;
	struct lp_identity identity;
	char relay[256]; /* as in the identity file */
	struct lp_client_config config;
	struct lp_loop *loop;
	struct lp_tls *tls;
	struct lp_client *client;
	struct lp_failure failure; /* why it ended, code 0: as it was asked to */
	bool stopping;
};

/* Keeps the token of our place, so that a client that was killed takes it again at once. An empty token forgets it. */
static void keep_place(struct app *app, const char *resume)
{
	struct lp_failure failure;
	if (app->options.has_mac)
		return;
	snprintf(app->identity.relay, sizeof app->identity.relay, "%s", app->relay);
	snprintf(app->identity.room, sizeof app->identity.room, "%s", app->options.member.room);
	snprintf(app->identity.resume, sizeof app->identity.resume, "%s", resume);
	if (lp_identity_save(app->options.identity_path, &app->identity, &failure) < 0)
		lp_event_warned(&app->output.log, failure.text);
}

/* The relay took us in. */
static void on_joined(void *ctx, const struct lp_welcome *welcome)
{
	keep_place(ctx, welcome->resume);
}

/* The client is done. */
static void on_ended(void *ctx, const struct lp_failure *failure)
{
	struct app *app = ctx;
	if (failure)
		app->failure = *failure;
	else
		keep_place(app, "");
	lp_loop_stop(app->loop);
}

/* SIGINT, SIGTERM. */
static void on_signal(void *ctx, enum lp_signal signal)
{
	struct app *app = ctx;
	if (signal != LP_SIGNAL_STOP)
		return;
	if (app->stopping) {
		lp_loop_stop(app->loop);
		return;
	}
	app->stopping = true;
	lp_event_stopping(&app->output.log, "asked to by a signal");
	lp_client_stop(app->client);
}

/* Decides on the MAC: the one that was asked for, or the kept one. */
static int load_identity(struct app *app, struct lp_failure *failure)
{
	const struct lp_client_options *options = &app->options;
	int result;
	app->config.mac = options->mac;
	if (options->has_mac)
		return lp_mac_is_client(&options->mac) ? 0
		                                       : lp_fail(failure, LP_EINVAL,
		                                                 "--virtual-mac: not a unicast, locally administered "
		                                                 "address: the second digit must "
		                                                 "be 2, 6, a or e, as in 02:5a:00:00:00:01");
	result = lp_identity_load(options->identity_path, failure, &app->identity);
	if (result < 0)
		return result;
	app->config.mac = app->identity.mac;
	lp_event_identity(&app->output.log, options->identity_path, "in use", &app->identity.mac);
	if (strcmp(app->identity.relay, app->relay) == 0 && strcmp(app->identity.room, options->member.room) == 0)
		snprintf(app->config.member.resume, sizeof app->config.member.resume, "%s", app->identity.resume);
	return 0;
}

/* Makes everything; the client begins to look for its relay. */
static int start(struct app *app, struct lp_failure *failure)
{
	struct lp_client_options *options = &app->options;
	struct lp_client_config *config = &app->config;
	int result =
		lp_member_options_apply(&options->member, lp_client_program.name, failure, &config->member, &app->tls);
	if (result < 0)
		return result;
	lp_event_started(&app->output.log, lp_client_program.name, LP_VERSION);
	snprintf(app->relay, sizeof app->relay, "%.240s:%u", options->member.relay.host, options->member.relay.port);
	if ((result = load_identity(app, failure)) < 0)
		return result;
	if ((result = lp_loop_new(&app->loop)) < 0 || (result = lp_loop_on_signal(app->loop, on_signal, app)) < 0)
		return lp_fail(failure, result, "cannot start: %s", lp_error_text(result));
	config->member.log = &app->output.log;
	config->tap_name = options->tap;
	config->offload = options->member.offload;
	config->clamp_mss = options->member.clamp_mss;
	config->joined = on_joined;
	config->ended = on_ended;
	config->ctx = app;
	return lp_client_new(app->loop, config, failure, &app->client);
}

/* Frees everything, in the reverse order. */
static void finish(struct app *app)
{
	lp_client_free(app->client);
	lp_tls_free(app->tls);
	lp_loop_free(app->loop);
}

int main(int argc, char **argv)
{
	static struct app app;
	struct lp_options options;
	struct lp_failure failure = {0};
	int code;
	lp_options_init(&options, &lp_client_program);
	lp_options_add(&options, lp_member_option_rows, lp_member_option_rows_n, &app.options.member);
	lp_options_add(&options, lp_client_option_rows, lp_client_option_rows_n, &app.options);
	if (!lp_start(&options, &app.common, argc, argv, &code))
		return code;
	app.options.has_mac = lp_options_given(&options, "virtual-mac");
	lp_log_output_init(&app.output, &app.common, stderr);
	if (start(&app, &failure) < 0) {
		lp_event_failed(&app.output.log, failure.text);
		finish(&app);
		return failure.code == LP_EINVAL ? LP_EXIT_USAGE : LP_EXIT_FAILURE;
	}
	lp_loop_run(app.loop);
	finish(&app);
	if (app.failure.code) {
		lp_event_failed(&app.output.log, app.failure.text);
		return LP_EXIT_FAILURE;
	}
	lp_event_stopped(&app.output.log, lp_client_program.name);
	return LP_EXIT_OK;
}
