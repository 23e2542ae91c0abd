/* lanparty-gateway: a gateway with its options. */
#include "app/member_app.h"
#include "base/error.h"
#include "base/failure.h"
#include "gateway/gateway.h"
#include "gateway/host_command.h"
#include "gateway/host_control.h"
#include "gateway/invite_book.h"
#include "gateway/invite_command.h"
#include "gateway/invite_page.h"
#include "gateway/new_room.h"
#include "gateway/options.h"
#include "member/member.h"
#include "obs/event.h"
#include "platform/loop/loop.h"
#include "platform/system/sandbox.h"
#include "report/status.h"

struct program {
	struct lp_member_app app;
	struct lp_gateway_options options;
	struct lp_gateway *gateway;
	struct lp_host_control host;
	bool shown; /* the players' invite was printed */
};

static void on_stop(void *ctx)
{
	struct program *program = ctx;
	lp_gateway_stop(program->gateway);
}

static void on_count(void *ctx, struct lp_status *status)
{
	struct program *program = ctx;
	lp_gateway_count(program->gateway, &status->bounds);
	status->lan_stations = lp_gateway_stations(program->gateway);
	status->lan_stations_max = lp_gateway_stations_max(program->gateway);
	status->dhcp_server = *lp_gateway_dhcp_server(program->gateway);
}

/* The host's players need an invite. */
static void on_joined(void *ctx)
{
	struct program *program = ctx;
	const struct lp_invitation *invitation = &program->app.options.invitation;
	if (invitation->found && !program->shown)
		lp_invite_show(&program->options, &invitation->invite, lp_loop_unix_s(program->app.app.loop));
	program->shown = true;
}

static void on_host_reply(void *ctx, const struct lp_host_reply *reply)
{
	struct lp_member_app *app = ctx;
	struct program *program = app->app.ctx;
	lp_host_control_reply(&program->host, reply);
}

static struct lp_host_control *host_of(void *ctx)
{
	const struct lp_member_app *app = ctx;
	return &((struct program *)app->app.ctx)->host;
}

static void on_players(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	(void)request;
	lp_host_control_players(host_of(ctx), reply);
}

static void on_host_ask(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	lp_host_control_ask(host_of(ctx), request, reply);
}

static void on_host_result(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	lp_host_control_result(host_of(ctx), request, reply);
}

/* The host's invite, from which the players' follow; NULL in a room without keys. */
static const struct lp_invite *host_invite(const struct program *program)
{
	const struct lp_invitation *invitation = &program->app.options.invitation;
	return invitation->found ? &invitation->invite : NULL;
}

static void on_invites(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	const struct program *program = ((struct lp_member_app *)ctx)->app.ctx;
	(void)request;
	lp_invite_page_list(&program->options, host_invite(program), reply);
}

static void on_invite_make(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	const struct program *program = ((struct lp_member_app *)ctx)->app.ctx;
	lp_invite_page_make(
		&program->options, host_invite(program), lp_loop_unix_s(program->app.app.loop), request, reply);
}

static const struct lp_http_route routes[] = {
	{"GET", "/invites", LP_HTTP_CONTROL, on_invites},
	{"POST", "/invites", LP_HTTP_CONTROL, on_invite_make},
	{"GET", "/players", LP_HTTP_STATUS, on_players},
	{"POST", "/host", LP_HTTP_CONTROL, on_host_ask},
	{"GET", "/host/*", LP_HTTP_CONTROL, on_host_result},
};

/* Loads the session of an earlier gateway. A file that cannot be read counts as none: it cannot be written either,
   which is logged when there is a session to save. */
static int load_session(struct program *program, struct lp_failure *failure)
{
	struct lp_failure why;
	int result = lp_saved_session_load(program->options.state_path, &why, &program->app.saved);
	if (result == LP_EMALFORMED)
		return lp_fail(failure, result, "%s", why.text);
	return 0;
}

/* The interface is open. Capabilities for the sockets of the tunnel stay until these are open, too. */
static void on_opened(void *ctx)
{
	struct lp_member_app *app = ctx;
	lp_member_app_confine(app, app->saved_path);
}

/* Takes the room's peer secret, which the host's own invite does not carry. Without it there are no peer links. */
static void load_peer_secret(struct program *program, struct lp_member_config *config)
{
	struct lp_member_app *app = &program->app;
	struct lp_failure why, warning;
	if (!app->options.invitation.found ||
		lp_invite_book_secret(program->options.state_path, config->room, &why, config->peer_secret) == 0)
		return;
	config->peer_tls = NULL;
	lp_fail(&warning, why.code, "%s: there are no peer links, all frames go through the relay", why.text);
	lp_event_warned(&app->app.output.log, warning.text);
}

/* Creates the gateway, which starts to connect. */
static int start(struct program *program, const struct lp_options *options, struct lp_failure *failure)
{
	struct lp_member_app *app = &program->app;
	struct lp_gateway_config config = {
		.interface = program->options.interface,
		.offload = app->options.offload,
		.clamp_mss = app->options.clamp_mss,
		.force = program->options.force,
		.framelog = program->options.framelog,
		.opened = on_opened,
		.joined = lp_member_app_joined,
		.changed = lp_member_app_changed,
		.host_reply = on_host_reply,
		.ended = lp_member_app_ended,
		.ctx = app,
	};
	int result = load_session(program, failure);
	if (result == 0 && program->options.new_room)
		result = lp_new_room_choose(options, &app->options, &app->saved, failure);
	if (result == 0)
		result = lp_member_app_begin(app, options, LP_ROLE_GATEWAY, failure, &config.member);
	if (result < 0)
		return result;
	config.member.room_direct = program->options.room_direct;
	config.member.new_room = program->options.new_room;
	load_peer_secret(program, &config.member);
	lp_member_app_resume(app, &config.member);
	result = lp_gateway_new(app->app.loop, &config, failure, &program->gateway);
	if (result == 0)
		result = lp_drop_privileges(failure); /* the sockets are open */
	if (result < 0)
		return result;
	program->host.member = lp_gateway_member(program->gateway);
	app->saved.mac = *lp_gateway_mac(program->gateway);
	return lp_member_app_report(app, LP_ROLE_GATEWAY, lp_gateway_member(program->gateway),
		program->options.interface, program->options.interface, &app->saved.mac, failure);
}

int main(int argc, char **argv)
{
	static struct program program;
	struct lp_member_app *app = &program.app;
	struct lp_options options;
	struct lp_failure failure;
	int code;
	app->app.stop = on_stop;
	app->app.ctx = &program;
	app->count = on_count;
	app->joined = on_joined;
	app->routes = routes;
	app->n_routes = sizeof routes / sizeof routes[0];
	app->saved_path = program.options.state_path;
	if (!lp_member_app_options(app, &lp_gateway_program, lp_gateway_option_rows, lp_gateway_option_rows_n,
		    &program.options, argc, argv, &options, &code))
		return code;
	if (lp_options_is_command(&options, "doctor")) {
		(void)lp_saved_session_load(program.options.state_path, &failure, &app->saved); /* for the invite */
		return lp_doctor_member_command(app, &options, LP_ROLE_GATEWAY, program.options.interface);
	}
	if (lp_invite_is_command(&options))
		return lp_invite_command(&options, &program.options, app->options.name);
	if (lp_host_is_command(&options)) {
		code = lp_host_command(&options, &app->control);
		return code == LP_EXIT_OK && lp_options_is_command(&options, "revoke")
			       ? lp_invite_mark_revoked(&options, &program.options, options.words[0])
			       : code;
	}
	if (start(&program, &options, &failure) == 0)
		lp_app_run(&app->app);
	else
		app->app.failure = failure;
	lp_member_app_unreport(app);
	lp_gateway_free(program.gateway);
	return lp_member_app_end(app);
}
