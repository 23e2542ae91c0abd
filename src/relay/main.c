/* lanparty-relay: options, signals, and the life of one relay. */
#include <stdlib.h>
#include <string.h>

#include "app/control.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "cli/log.h"
#include "cli/start.h"
#include "http/http.h"
#include "obs/event.h"
#include "platform/loop/cpu.h"
#include "platform/loop/loop.h"
#include "platform/system/notify.h"
#include "platform/system/sandbox.h"
#include "quic/tls/credentials.h"
#include "relay/certificate.h"
#include "relay/options.h"
#include "relay/relay.h"
#include "relay/status.h"

/* How often the certificate's age is looked at. */
#define CERTIFICATE_CHECK_NS (24 * 3600 * LP_SEC)
/* How long the last words to the members may take. */
#define DRAIN_NS LP_SEC

/* Everything that the program has. */
struct app {
	struct lp_relay_options options;
	struct lp_common_options common;
	struct lp_control_options control;
	struct lp_log_output output;
	struct lp_certificate_config certificate;
	struct lp_loop *loop;
	struct lp_tls *tls;
	struct lp_relay *relay;
	struct lp_http *http;
	struct lp_timer *certificate_timer, *drain_timer, *watchdog_timer;
	bool stopping;
};

/* The last member is gone, or the time for last words is over. */
static void on_drained(void *ctx)
{
	struct app *app = ctx;
	lp_loop_stop(app->loop);
}

/* The time for last words is over. */
static void on_drain_timer(void *ctx, uint64_t now_ns)
{
	(void)now_ns;
	on_drained(ctx);
}

/* Puts the certificate's files as they are now in the place of those that were read. */
static void reload(struct app *app)
{
	struct lp_failure failure;
	lp_notify_send(LP_NOTIFY_RELOADING, NULL);
	if (lp_certificate_reload(&app->certificate, app->tls, &app->output.log, &failure) < 0)
		lp_event_certificate_kept(&app->output.log, failure.text);
	else
		lp_certificate_check_expiry(app->tls, lp_loop_unix_s(app->loop), &app->output.log);
	lp_notify_send(LP_NOTIFY_READY, NULL);
}

/* SIGINT, SIGTERM, SIGHUP. */
static void on_signal(void *ctx, enum lp_signal signal)
{
	struct app *app = ctx;
	if (signal != LP_SIGNAL_STOP) {
		reload(app);
		return;
	}
	if (app->stopping) {
		lp_loop_stop(app->loop);
		return;
	}
	app->stopping = true;
	lp_event_stopping(&app->output.log, "asked to by a signal");
	lp_notify_send(LP_NOTIFY_STOPPING, NULL);
	lp_timer_set(app->drain_timer, lp_loop_now_ns(app->loop) + DRAIN_NS);
	lp_relay_drain(app->relay, LP_REASON_RESTARTING, on_drained, app);
}

/* Once a day. */
static void on_certificate_timer(void *ctx, uint64_t now_ns)
{
	struct app *app = ctx;
	lp_certificate_check_expiry(app->tls, lp_loop_unix_s(app->loop), &app->output.log);
	lp_timer_set(app->certificate_timer, now_ns + CERTIFICATE_CHECK_NS);
}

/* A sign of life for the system that started the relay. */
static void on_watchdog_timer(void *ctx, uint64_t now_ns)
{
	struct app *app = ctx;
	lp_notify_send(LP_NOTIFY_WATCHDOG, NULL);
	lp_timer_set(app->watchdog_timer, now_ns + lp_notify_watchdog_ns() / 2);
}

static void on_status(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	struct app *app = ctx;
	(void)request;
	reply->body = lp_relay_status_json(app->relay);
	reply->body_len = reply->body ? strlen(reply->body) : 0;
}

static void on_metrics(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	struct app *app = ctx;
	(void)request;
	reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
	reply->body = lp_relay_metrics_text(app->relay);
	reply->body_len = reply->body ? strlen(reply->body) : 0;
}

static const struct lp_http_route routes[] = {
	{"GET", "/status", LP_HTTP_STATUS, on_status},
	{"GET", "/metrics", LP_HTTP_METRICS, on_metrics},
};

/* Opens what operators use to look inside. */
static int start_http(struct app *app, struct lp_failure *failure)
{
	const struct lp_addr *metrics = &app->options.metrics;
	struct lp_failure why = {0};
	int result = lp_http_new(app->loop, routes, sizeof routes / sizeof routes[0], app, failure, &app->http);
	if (result < 0 ||
		(result = lp_control_listen(app->http, &lp_relay_program, &app->control, &app->output.log, failure)) <
			0 ||
		metrics->port == 0)
		return result;
	result = lp_http_listen(app->http, metrics, LP_HTTP_METRICS, NULL, &why, NULL);
	if (result < 0)
		return lp_fail(failure, result, "--metrics: %s. Choose another address or port", why.text);
	lp_event_listening(&app->output.log, "metrics", metrics);
	return 0;
}

/* Makes everything and opens the port. */
static int start(struct app *app, struct lp_failure *failure)
{
	const struct lp_log *log = &app->output.log;
	struct lp_relay_options *options = &app->options;
	struct lp_addr local;
	int result = lp_relay_options_apply(options, failure);
	if (result < 0)
		return result;
	app->certificate = (struct lp_certificate_config){
		.cert_path = options->cert_path,
		.key_path = options->key_path,
		.state_dir = options->state_dir,
		.server_name = options->server_name,
		.server_name_given = options->server_name_given,
		.der_out_path = options->der_out_path,
	};
	if ((result = lp_loop_new(&app->loop)) < 0 ||
		(result = lp_timer_new(app->loop, on_certificate_timer, app, &app->certificate_timer)) < 0 ||
		(result = lp_timer_new(app->loop, on_drain_timer, app, &app->drain_timer)) < 0 ||
		(result = lp_timer_new(app->loop, on_watchdog_timer, app, &app->watchdog_timer)) < 0 ||
		(result = lp_loop_on_signal(app->loop, on_signal, app)) < 0)
		return lp_fail(failure, result, "cannot start: %s", lp_error_text(result));
	lp_event_started(log, lp_relay_program.name, LP_VERSION);
	if (app->common.priority && (result = lp_cpu_raise_priority()) < 0)
		lp_event_priority_kept(log, lp_error_text(result));
	int64_t now_unix_s = lp_loop_unix_s(app->loop);
	if ((result = lp_certificate_load(&app->certificate, now_unix_s, log, failure, &app->tls)) < 0 ||
		(result = lp_certificate_secret(options->state_dir, failure, options->relay.secret)) < 0 ||
		(result = lp_relay_new(app->loop, &options->relay, app->tls, log, failure, &app->relay)) < 0 ||
		(result = start_http(app, failure)) < 0 || (result = lp_drop_privileges(failure)) < 0)
		return result;
	on_certificate_timer(app, lp_loop_now_ns(app->loop));
	lp_relay_local(app->relay, &local);
	lp_event_listening(log, "relay", &local);
	lp_notify_send(LP_NOTIFY_READY, NULL);
	if (lp_notify_watchdog_ns() > 0)
		on_watchdog_timer(app, lp_loop_now_ns(app->loop));
	return 0;
}

/* Frees everything, in the reverse order. */
static void finish(struct app *app)
{
	lp_http_free(app->http);
	lp_relay_free(app->relay);
	lp_tls_free(app->tls);
	lp_timer_free(app->watchdog_timer);
	lp_timer_free(app->drain_timer);
	lp_timer_free(app->certificate_timer);
	lp_loop_free(app->loop);
}

int main(int argc, char **argv)
{
	struct app app = {0};
	struct lp_options options;
	struct lp_failure failure = {0};
	int code;
	lp_relay_config_init(&app.options.relay);
	lp_options_init(&options, &lp_relay_program);
	lp_options_add(&options, lp_relay_option_rows, lp_relay_option_rows_n, &app.options);
	lp_options_add(&options, lp_control_option_rows, lp_control_option_rows_n, &app.control);
	if (!lp_start(&options, &app.common, argc, argv, &code))
		return code;
	app.options.server_name_given = lp_options_given(&options, "server-name");
	if (options.command == 0)
		return lp_control_status(&lp_relay_program, &app.control, lp_relay_status_print);
	lp_log_output_init(&app.output, &app.common, stderr);
	if (start(&app, &failure) < 0) {
		lp_event_failed(&app.output.log, failure.text);
		finish(&app);
		return failure.code == LP_EINVAL ? LP_EXIT_USAGE : LP_EXIT_FAILURE;
	}
	lp_loop_run(app.loop);
	finish(&app);
	lp_event_stopped(&app.output.log, lp_relay_program.name);
	return LP_EXIT_OK;
}
