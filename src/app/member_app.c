#include "app/member_app.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "app/reporter.h"
#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "doctor/doctor.h"
#include "http/http.h"
#include "member/member.h"
#include "obs/event.h"
#include "platform/device/advice.h"
#include "platform/device/device_state.h"
#include "platform/loop/loop.h"
#include "platform/net/route_conflicts.h"
#include "platform/system/sandbox.h"
#include "platform/system/terminal.h"
#include "quic/tls/credentials.h"
#include "report/status.h"
#include "report/status_json.h"

/* Between the reply to POST /leave and the goodbye. */
#define LEAVE_DELAY_NS (50 * LP_MS)

/* Prints the status document for people. */
static int print_status(const char *json, size_t len, FILE *out, struct lp_failure *failure)
{
	char data[LP_STATUS_PAGE_MAX];
	struct lp_text page;
	lp_text_init(&page, data, sizeof data);
	int result = lp_status_page(json, len, &page, failure);
	if (result == 0)
		fputs(data, out);
	return result;
}

bool lp_member_app_options(struct lp_member_app *app, const struct lp_program *program, const struct lp_option *rows,
	size_t n_rows, void *dest, int argc, char *const *argv, struct lp_options *ret_options, int *ret_exit)
{
	lp_options_init(ret_options, program);
	lp_options_add(ret_options, lp_member_option_rows, lp_member_option_rows_n, &app->options);
	lp_options_add(ret_options, rows, n_rows, dest);
	lp_options_add(ret_options, lp_control_option_rows, lp_control_option_rows_n, &app->control);
	lp_options_add(ret_options, lp_capture_option_rows, lp_capture_option_rows_n, &app->capture_options);
	lp_options_add(ret_options, lp_doctor_option_rows, lp_doctor_option_rows_n, &app->doctor);
	lp_options_add(ret_options, lp_page_option_rows, lp_page_option_rows_n, &app->page_options);
	if (!lp_app_options(&app->app, program, ret_options, argc, argv, ret_exit))
		return false;
	if (lp_options_is_command(ret_options, "status"))
		*ret_exit = lp_control_status(program, &app->control, print_status);
	else if (lp_options_is_command(ret_options, "leave"))
		*ret_exit = lp_control_leave(program, &app->control);
	else if (lp_options_is_command(ret_options, "capture"))
		*ret_exit = lp_capture_command(program, &app->control, &app->capture_options, "");
	else if (lp_options_is_command(ret_options, "page"))
		*ret_exit = lp_page_command(program, &app->control);
	else
		return true;
	return false;
}

static void on_status(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	struct lp_member_app *app = ctx;
	(void)request;
	if (!app->reporter)
		return;
	reply->body = lp_status_json(lp_reporter_status(app->reporter), lp_loop_now_ns(app->app.loop));
	reply->body_len = reply->body ? strlen(reply->body) : 0;
}

static void on_leave_timer(void *ctx, uint64_t now_ns)
{
	struct lp_member_app *app = ctx;
	(void)now_ns;
	lp_app_stop(&app->app, "asked to by the command leave");
}

static void on_leave(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	struct lp_member_app *app = ctx;
	(void)request;
	lp_http_reply_text(reply, 200, "leaving");
	/* The end of the program may follow immediately, and must not overtake the reply. */
	lp_timer_set(app->leave, lp_loop_now_ns(app->app.loop) + LEAVE_DELAY_NS);
}

static void on_capture(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	struct lp_member_app *app = ctx;
	lp_capture_serve(&app->capture, request, reply);
}

static void on_page_history(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	(void)request;
	lp_page_history(&((struct lp_member_app *)ctx)->page, reply);
}

static void on_page_events(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	(void)request;
	lp_page_events(&((struct lp_member_app *)ctx)->page, reply);
}

static void on_page_url(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	(void)request;
	lp_page_url(&((struct lp_member_app *)ctx)->page, reply);
}

/* The doctor's verdicts on the running session, for the page. */
static void on_doctor(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	struct lp_member_app *app = ctx;
	struct lp_status_document document;
	struct lp_doctor_facts facts = {0};
	(void)request;
	if (!app->reporter)
		return;
	lp_status_document_fill(lp_reporter_status(app->reporter), lp_loop_now_ns(app->app.loop), &document);
	facts.program = document.role == LP_ROLE_CLIENT ? LP_DOCTOR_OF_CLIENT : LP_DOCTOR_OF_GATEWAY;
	lp_doctor_from_clock(&facts);
	lp_doctor_from_status(&document, &facts);
	lp_doctor_reply(&facts, reply);
}

static char *page_status(void *ctx)
{
	const struct lp_member_app *app = ctx;
	return app->reporter ? lp_status_json(lp_reporter_status(app->reporter), lp_loop_now_ns(app->app.loop)) : NULL;
}

static void page_sample(void *ctx, uint64_t ret_sample[LP_PAGE_SERIES])
{
	const struct lp_member_app *app = ctx;
	if (!app->reporter)
		return;
	const struct lp_status *status = lp_reporter_status(app->reporter);
	const uint64_t sample[LP_PAGE_SERIES] = {status->rtt_ns / LP_US, lp_latency_jitter_us(&status->latency),
		status->loss_up.ppm, status->loss_down.ppm, status->rates.up_bps, status->rates.down_bps};
	memcpy(ret_sample, sample, sizeof sample);
}

/* Finds the member whose frames are captured. */
static int find_peer(void *ctx, const char *target, struct lp_failure *failure, struct lp_capture_filter *filter)
{
	const struct lp_member_app *app = ctx;
	const struct lp_peer_event *peer;
	size_t n_found = app->member ? lp_member_find_peer(app->member, target, &peer) : 0;
	if (n_found == 0)
		return lp_fail(failure, LP_ENOTFOUND, "no other member '%.60s' is in the room", target);
	if (n_found > 1)
		return lp_fail(failure, LP_EINVAL, "several members are called '%.60s'. Use a number or a MAC", target);
	filter->peer_id = peer->peer_id;
	filter->mac = peer->mac;
	return 0;
}

/* Serves status and capture, and what the program adds. */
static int start_http(struct lp_member_app *app, struct lp_failure *failure)
{
	size_t n = 0;
	app->table[n++] = (struct lp_http_route){"GET", "/status", LP_HTTP_STATUS, on_status};
	app->table[n++] = (struct lp_http_route){"POST", "/leave", LP_HTTP_CONTROL, on_leave};
	app->table[n++] = (struct lp_http_route){"POST", "/capture", LP_HTTP_CAPTURE, on_capture};
	app->table[n++] = (struct lp_http_route){"GET", "/doctor", LP_HTTP_STATUS, on_doctor};
	app->table[n++] = (struct lp_http_route){"GET", "/page", LP_HTTP_CAPTURE, on_page_url};
	app->table[n++] = (struct lp_http_route){"GET", "/", LP_HTTP_PAGE, lp_page_file};
	app->table[n++] = (struct lp_http_route){"GET", "/web/*", LP_HTTP_PAGE, lp_page_file};
	app->table[n++] = (struct lp_http_route){"GET", "/words", LP_HTTP_PAGE, lp_page_words};
	app->table[n++] = (struct lp_http_route){"GET", "/history", LP_HTTP_PAGE, on_page_history};
	app->table[n++] = (struct lp_http_route){"GET", "/events", LP_HTTP_PAGE, on_page_events};
	assert(n + app->n_routes <= LP_MEMBER_APP_ROUTES_MAX);
	if (app->n_routes > 0)
		memcpy(app->table + n, app->routes, app->n_routes * sizeof app->routes[0]);
	int result = lp_timer_new(app->app.loop, on_leave_timer, app, &app->leave);
	if (result < 0)
		return lp_fail(failure, result, "cannot start: %s", lp_error_text(result));
	result = lp_http_new(app->app.loop, app->table, n + app->n_routes, app, failure, &app->http);
	if (result < 0)
		return result;
	app->capture.loop = app->app.loop;
	app->capture.http = app->http;
	app->capture.log = &app->app.output.log;
	app->capture.program = app->app.program->name;
	app->capture.find = find_peer;
	app->capture.ctx = app;
	app->page.loop = app->app.loop;
	app->page.http = app->http;
	app->page.log = &app->app.output.log;
	app->page.status = page_status;
	app->page.sample = page_sample;
	app->page.ctx = app;
	result = lp_control_listen(app->http, app->app.program, &app->control, &app->app.output.log, failure);
	return result < 0 ? result : lp_page_begin(&app->page, &app->page_options, failure);
}

int lp_member_app_begin(struct lp_member_app *app, const struct lp_options *parsed, enum lp_role role,
	struct lp_failure *failure, struct lp_member_config *config)
{
	struct lp_member_options *options = &app->options;
	struct lp_invitation *invitation = &options->invitation;
	bool plain = options->relay.host[0] || options->room[0] || options->ca_path[0] || options->server_name[0];
	int result = lp_invitation_find(invitation, parsed, &app->saved, plain, role, failure);
	if (result == 0 && !app->saved.key[0])
		result = lp_tls_member_key_new(failure, app->saved.key);
	if (result == 0)
		result = lp_member_options_apply(
			options, app->app.program->name, app->saved.key, failure, config, &app->tls);
	if (result == 0 && options->peer_links)
		result = lp_tls_peer_new(app->saved.key, failure, &app->peer_tls);
	if (result < 0)
		return result;
	config->peer_tls = app->peer_tls;
	config->role = role;
	config->log = &app->app.output.log;
	config->capture = &app->capture.capture;
	memcpy(options->room, config->room, sizeof options->room);
	snprintf(app->relay, sizeof app->relay, strchr(config->relays[0].host, ':') ? "[%.240s]:%u" : "%.240s:%u",
		config->relays[0].host, config->relays[0].port);
	result = lp_app_begin(&app->app, failure);
	if (result == 0)
		result = lp_keylog_begin(
			&app->keylog, app->capture_options.keylog, app->tls, &app->app.output.log, failure);
	return result < 0 ? result : start_http(app, failure);
}

void lp_member_app_confine(struct lp_member_app *app, const char *state_path)
{
	char socket[256];
	lp_control_path(app->app.program, &app->control, socket, sizeof socket);
	const struct lp_sandbox_folder folders[] = {
		{.file = state_path, .names = "lanparty-* identity* state* *-invites.json*", .needed = true},
		{.file = socket, .names = "*.sock"},
	};
	struct lp_sandbox_config config = {
		.folders = folders,
		.n_folders = sizeof folders / sizeof *folders,
		.resolves = true,
		.net_admin = true,
	};
	lp_app_confine(&app->app, &config);
}

void lp_member_app_resume(const struct lp_member_app *app, struct lp_member_config *config)
{
	const char *token = lp_saved_session_token(&app->saved, app->relay, app->options.room);
	snprintf(config->resume, sizeof config->resume, "%s", token);
	if (strcmp(app->saved.relay, app->relay) != 0)
		return;
	config->known_addr = app->saved.address;
	config->udp_blocked = app->saved.udp_blocked;
}

/* Saves the resume token, so that a program that was killed resumes at its next start. Empty: there is none. */
static void save_session(struct lp_member_app *app, const char *resume)
{
	struct lp_saved_session *saved = &app->saved;
	struct lp_failure failure, warning;
	if (!app->saved_path)
		return;
	snprintf(saved->relay, sizeof saved->relay, "%s", app->relay);
	snprintf(saved->room, sizeof saved->room, "%s", app->options.room);
	snprintf(saved->resume, sizeof saved->resume, "%s", resume);
	if (app->options.invitation.found)
		(void)lp_invite_format(&app->options.invitation.invite, &failure, saved->invite);
	const struct lp_status *status = app->reporter ? lp_reporter_status(app->reporter) : NULL;
	if (status && status->state == LP_MEMBER_JOINED) {
		if (status->remote.port)
			saved->address = status->remote;
		saved->udp_blocked = status->udp_blocked;
	}
	if (lp_saved_session_save(app->saved_path, saved, &failure) == 0)
		return;
	lp_fail(&warning, failure.code, "%s: if this program is killed, its place in the room stays taken for a while",
		failure.text);
	lp_event_warned(&app->app.output.log, warning.text);
}

void lp_member_app_joined(void *ctx, const struct lp_welcome *welcome)
{
	struct lp_member_app *app = ctx;
	if (app->joined)
		app->joined(app->app.ctx);
	save_session(app, welcome->resume);
}

void lp_member_app_changed(void *ctx)
{
	struct lp_member_app *app = ctx;
	if (app->reporter)
		lp_reporter_update(app->reporter);
}

void lp_member_app_ended(void *ctx, const struct lp_failure *failure)
{
	struct lp_member_app *app = ctx;
	if (!failure)
		save_session(app, "");
	lp_app_ended(&app->app, failure);
}

/* Sets what the system knows of the device, and what is counted there. */
static bool on_query(void *ctx, struct lp_status *status)
{
	struct lp_member_app *app = ctx;
	if (app->count)
		app->count(app->app.ctx, status);
	if (lp_device_state(app->device_id, &status->device) < 0)
		return false;
	if (status->role == LP_ROLE_CLIENT) { /* no games run on a gateway */
		struct lp_route_conflicts conflicts = {0};
		lp_route_conflicts(app->device_id, &conflicts);
		snprintf(status->network_conflict, sizeof status->network_conflict, "%s", conflicts.network);
		snprintf(status->broadcast_conflict, sizeof status->broadcast_conflict, "%s", conflicts.broadcast);
	}
	return true;
}

static void on_draw(void *ctx, const char *block)
{
	struct lp_member_app *app = ctx;
	lp_live_show(&app->live, block);
}

static void on_size(void *ctx, unsigned *ret_rows, unsigned *ret_columns)
{
	(void)ctx;
	lp_terminal_size(LP_TERMINAL_ERR, ret_rows, ret_columns);
}

int lp_member_app_report(struct lp_member_app *app, enum lp_role role, struct lp_member *member, const char *device,
	const char *device_id, const struct lp_mac *mac, struct lp_failure *failure)
{
	struct lp_reporter_config config = {
		.role = role,
		.relay = app->relay,
		.room = app->options.room,
		.device = device,
		.mac = *mac,
		.snapshot_ns = app->options.snapshot_ns,
		.log = &app->app.output.log,
		.query = on_query,
		.advice = lp_device_advice,
		.size = on_size,
		.ctx = app,
	};
	app->device_id = device_id;
	app->member = member;
	if (app->app.common.log_format == LP_LOG_TEXT && lp_terminal_is_live(LP_TERMINAL_ERR)) {
		lp_live_init(&app->live, &app->app.output);
		config.draw = on_draw;
	}
	int result = lp_reporter_new(app->app.loop, &config, member, &app->reporter);
	if (result < 0)
		return lp_fail(failure, result, "cannot start: %s", lp_error_text(result));
	return 0;
}

void lp_member_app_unreport(struct lp_member_app *app)
{
	lp_http_free(app->http);
	app->http = NULL;
	lp_page_end(&app->page);
	lp_timer_free(app->leave);
	app->leave = NULL;
	app->member = NULL;
	lp_reporter_free(app->reporter);
	app->reporter = NULL;
	if (app->live.output)
		lp_live_hide(&app->live);
}

int lp_member_app_end(struct lp_member_app *app)
{
	lp_tls_free(app->peer_tls);
	lp_tls_free(app->tls);
	lp_keylog_end(&app->keylog);
	return lp_app_end(&app->app);
}
