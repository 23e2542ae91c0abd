/* lanparty-gateway: a gateway with its options. */
#include "app/app.h"
#include "app/saved_session.h"
#include "base/error.h"
#include "gateway/gateway.h"
#include "gateway/options.h"
#include "platform/loop/loop.h"
#include "platform/system/sandbox.h"

/* Everything that the program has. */
struct app {
	struct lp_app life;
	struct lp_gateway_options options;
	struct lp_saved_session place;
	struct lp_gateway *gateway;
};

/* The relay took us in: a gateway that is killed from now on takes its place again at once. */
static void on_joined(void *ctx, const struct lp_welcome *welcome)
{
	struct app *app = ctx;
	lp_app_keep_place(&app->life, app->options.state_path, &app->place, welcome->resume);
}

/* The state changed. */
static void on_changed(void *ctx)
{
	struct app *app = ctx;
	lp_app_changed(&app->life);
}

/* The gateway is done. */
static void on_ended(void *ctx, const struct lp_failure *failure)
{
	struct app *app = ctx;
	if (!failure)
		lp_app_keep_place(&app->life, app->options.state_path, &app->place, "");
	lp_app_ended(&app->life, failure);
}

/* The program is asked to end. */
static void on_stop(void *ctx)
{
	struct app *app = ctx;
	lp_gateway_stop(app->gateway);
}

/* The figures of the interface. */
static void on_count(void *ctx, struct lp_bound_counters *counters)
{
	struct app *app = ctx;
	lp_gateway_count(app->gateway, counters);
}

/* Reads the place that a gateway before us had. One that may not be read is none: it cannot be kept either, and that is
   told when we have one. */
static int load_place(struct app *app, struct lp_failure *failure, struct lp_member_config *config)
{
	struct lp_failure why;
	int result = lp_saved_session_load(app->options.state_path, &why, &app->place);
	if (result == LP_EMALFORMED)
		return lp_fail(failure, result, "%s", why.text);
	if (result == 0)
		lp_app_take_place(&app->life, &app->place, config);
	return 0;
}

/* Makes everything; the gateway begins to look for its relay. */
static int start(struct app *app, struct lp_failure *failure)
{
	struct lp_app *life = &app->life;
	struct lp_gateway_config config = {
		.interface = app->options.interface,
		.offload = life->options.offload,
		.clamp_mss = life->options.clamp_mss,
		.framelog = app->options.framelog,
		.joined = on_joined,
		.changed = on_changed,
		.ended = on_ended,
		.ctx = app,
	};
	int result = lp_app_begin(life, failure, &config.member);
	if (result == 0)
		result = load_place(app, failure, &config.member);
	if (result == 0)
		result = lp_gateway_new(life->loop, &config, failure, &app->gateway);
	if (result == 0)
		result = lp_drop_privileges(failure); /* the interface is open */
	if (result < 0)
		return result;
	app->place.mac = *lp_gateway_mac(app->gateway);
	return lp_app_show(life, LP_ROLE_GATEWAY, lp_gateway_member(app->gateway), app->options.interface,
		lp_gateway_mac(app->gateway), failure);
}

int main(int argc, char **argv)
{
	static struct app app;
	struct lp_options options;
	int code;
	app.life.stop = on_stop;
	app.life.count = on_count;
	app.life.ctx = &app;
	if (!lp_app_options(&app.life, &lp_gateway_program, lp_gateway_option_rows, lp_gateway_option_rows_n,
		    &app.options, argc, argv, &options, &code))
		return code;
	if (start(&app, &app.life.failure) == 0)
		lp_loop_run(app.life.loop);
	lp_app_hide(&app.life);
	lp_gateway_free(app.gateway);
	return lp_app_end(&app.life);
}
