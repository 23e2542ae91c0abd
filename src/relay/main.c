/* lanparty-relay: a relay with its options, its certificate and what operators see of it. */
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "app/capture_server.h"
#include "app/control.h"
#include "app/keylog.h"
#include "app/page.h"
#include "base/error.h"
#include "base/units.h"
#include "http/http.h"
#include "obs/event.h"
#include "platform/loop/calls.h"
#include "platform/loop/cpu.h"
#include "platform/loop/loop.h"
#include "platform/system/notify.h"
#include "platform/system/sandbox.h"
#include "platform/system/thread.h"
#include "quic/tls/credentials.h"
#include "relay/certificate.h"
#include "relay/doctor.h"
#include "relay/operator.h"
#include "relay/options.h"
#include "relay/relay.h"
#include "relay/room_command.h"
#include "relay/status.h"
#include "relay/workers.h"

/* Interval of the check whether the certificate expires soon. */
#define CERTIFICATE_CHECK_NS (24 * 3600 * LP_SEC)
/* Time for the members to acknowledge that the relay ends. */
#define DRAIN_NS LP_SEC

struct program {
	struct lp_app app;
	struct lp_relay_options options;
	struct lp_control_options control;
	struct lp_capture_server capture;
	struct lp_keylog keylog;
	struct lp_page page;
	uint64_t sample_in, sample_out; /* UDP bytes, as of the page's last sample */
	bool sampled;
	struct lp_certificate_config certificate;
	struct lp_tls *tls;
	struct lp_mutex *mutex;      /* of the log and the capture, which the workers share */
	struct lp_loop_calls *calls; /* from the workers */
	struct lp_workers *workers;
	struct lp_http *http;
	struct lp_timer *certificate_timer, *drain_timer, *watchdog_timer;
};

/* The last connection is closed. */
static void on_drained(void *ctx)
{
	struct program *program = ctx;
	lp_app_ended(&program->app, NULL);
}

static void on_drain_timer(void *ctx, uint64_t now_ns)
{
	(void)now_ns;
	on_drained(ctx);
}

static void on_stop(void *ctx)
{
	struct program *program = ctx;
	struct lp_loop *loop = program->app.loop;
	lp_notify_send(LP_NOTIFY_STOPPING, NULL);
	lp_timer_set(program->drain_timer, lp_loop_now_ns(loop) + DRAIN_NS);
	lp_workers_drain(program->workers, LP_REASON_RESTARTING, on_drained, program);
}

/* Reads the certificate again. */
static void on_reload(void *ctx)
{
	struct program *program = ctx;
	const struct lp_log *log = &program->app.output.log;
	struct lp_failure failure;
	lp_notify_send(LP_NOTIFY_RELOADING, NULL);
	if (lp_certificate_reload(&program->certificate, program->tls, log, &failure) < 0) {
		lp_event_certificate_kept(log, failure.text);
	} else {
		lp_workers_follow_certificate(program->workers);
		lp_certificate_check_expiry(program->tls, lp_loop_unix_s(program->app.loop), log);
	}
	lp_notify_send(LP_NOTIFY_READY, NULL);
}

static void on_certificate_timer(void *ctx, uint64_t now_ns)
{
	struct program *program = ctx;
	lp_certificate_check_expiry(program->tls, lp_loop_unix_s(program->app.loop), &program->app.output.log);
	lp_timer_set(program->certificate_timer, now_ns + CERTIFICATE_CHECK_NS);
}

static void do_nothing(void *ctx, struct lp_relay *relay)
{
	(void)ctx;
	(void)relay;
}

/* Reports that the program lives, which it does if all workers reply. */
static void on_watchdog_timer(void *ctx, uint64_t now_ns)
{
	struct program *program = ctx;
	lp_workers_each(program->workers, do_nothing, NULL);
	lp_notify_send(LP_NOTIFY_WATCHDOG, NULL);
	lp_timer_set(program->watchdog_timer, now_ns + lp_notify_watchdog_ns() / 2);
}

/* The status of the workers so far. */
struct sum {
	struct lp_relay_status status;
	int result;
};

static void add_status(void *ctx, struct lp_relay *relay)
{
	struct sum *sum = ctx;
	if (sum->result == 0)
		sum->result = lp_relay_status_add(relay, &sum->status);
}

/* The status of the whole relay; lp_relay_status_done() is the caller's, also after a failure. */
static int read_status(struct program *program, struct lp_relay_status *ret_status)
{
	struct sum sum = {0};
	lp_workers_each(program->workers, add_status, &sum);
	sum.status.cpu_us = lp_processor_us();
	*ret_status = sum.status;
	return sum.result;
}

/* Replies with the relay's status, as |write| writes it. */
static void reply_with(
	struct program *program, char *(*write)(const struct lp_relay_status *status), struct lp_http_reply *reply)
{
	struct lp_relay_status status;
	if (read_status(program, &status) == 0)
		reply->body = write(&status);
	reply->body_len = reply->body ? strlen(reply->body) : 0;
	lp_relay_status_done(&status);
}

static void on_status(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	(void)request;
	reply_with(ctx, lp_relay_status_json, reply);
}

static void on_metrics(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	(void)request;
	reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
	reply_with(ctx, lp_relay_metrics_text, reply);
}

/* A request of the operator: {"room": …, "action": …, "target": …}. */
static void on_host(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	struct program *program = ctx;
	char text[LP_TEXT_MAX + 1];
	bool done = lp_operator_request(program->workers, request->body, request->body_len, text);
	lp_http_reply_text(reply, done ? 200 : 409, text);
}

/* Makes a room: {"room": …, "plain": …}. */
static void on_room_make(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	struct program *program = ctx;
	char text[LP_TEXT_MAX + 1];
	bool done = lp_operator_add_room(program->workers, request->body, request->body_len, text);
	lp_http_reply_text(reply, done ? 200 : 409, text);
}

/* Finds the member whose frames are captured. */
static int find_peer(void *ctx, const char *target, struct lp_failure *failure, struct lp_capture_filter *filter)
{
	const struct program *program = ctx;
	struct lp_operator_member member;
	int result = lp_operator_find(program->workers, filter->room, target, failure, &member);
	if (result < 0)
		return result;
	snprintf(filter->room, sizeof filter->room, "%s", member.room);
	filter->peer_id = member.peer_id;
	filter->mac = member.mac;
	return 0;
}

static void on_capture(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	struct program *program = ctx;
	lp_capture_serve(&program->capture, request, reply);
}

static void on_page_history(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	(void)request;
	lp_page_history(&((struct program *)ctx)->page, reply);
}

static void on_page_events(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	(void)request;
	lp_page_events(&((struct program *)ctx)->page, reply);
}

static void on_page_url(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	(void)request;
	lp_page_url(&((struct program *)ctx)->page, reply);
}

/* The doctor's verdicts on the running relay, for the page. */
static void on_doctor(void *ctx, const struct lp_http_request *request, struct lp_http_reply *reply)
{
	struct program *program = ctx;
	struct lp_relay_status status = {0};
	(void)request;
	if (read_status(program, &status) == 0)
		lp_relay_doctor_reply(&status, reply);
	lp_relay_status_done(&status);
}

static char *page_status(void *ctx)
{
	struct program *program = ctx;
	struct lp_http_reply reply = {0};
	reply_with(program, lp_relay_status_json, &reply);
	return reply.body;
}

/* The bits per second since the last sample, sent and received. */
static void page_sample(void *ctx, uint64_t ret_sample[LP_PAGE_SERIES])
{
	struct program *program = ctx;
	struct lp_relay_status status = {0};
	if (read_status(program, &status) == 0) {
		if (program->sampled) {
			ret_sample[4] = (status.udp_bytes_out - program->sample_out) * 8;
			ret_sample[5] = (status.udp_bytes_in - program->sample_in) * 8;
		}
		program->sampled = true;
		program->sample_out = status.udp_bytes_out;
		program->sample_in = status.udp_bytes_in;
	}
	lp_relay_status_done(&status);
}

static const struct lp_http_route routes[] = {
	{"POST", "/capture", LP_HTTP_CAPTURE, on_capture},
	{"GET", "/doctor", LP_HTTP_STATUS, on_doctor},
	{"GET", "/page", LP_HTTP_CAPTURE, on_page_url},
	{"GET", "/", LP_HTTP_PAGE, lp_page_file},
	{"GET", "/web/*", LP_HTTP_PAGE, lp_page_file},
	{"GET", "/words", LP_HTTP_PAGE, lp_page_words},
	{"GET", "/history", LP_HTTP_PAGE, on_page_history},
	{"GET", "/events", LP_HTTP_PAGE, on_page_events},
	{"POST", "/host", LP_HTTP_CONTROL, on_host},
	{"POST", "/rooms", LP_HTTP_CONTROL, on_room_make},
	{"GET", "/status", LP_HTTP_STATUS, on_status},
	{"GET", "/metrics", LP_HTTP_METRICS, on_metrics},
};

/* Serves status and metrics. */
static int start_http(struct program *program, struct lp_failure *failure)
{
	const struct lp_addr *metrics = &program->options.metrics;
	const struct lp_log *log = &program->app.output.log;
	struct lp_failure why = {0};
	int result = lp_http_new(
		program->app.loop, routes, sizeof routes / sizeof routes[0], program, failure, &program->http);
	program->capture.loop = program->app.loop;
	program->capture.http = program->http;
	program->capture.log = log;
	program->capture.program = lp_relay_program.name;
	program->capture.find = find_peer;
	program->capture.ctx = program;
	program->page.loop = program->app.loop;
	program->page.http = program->http;
	program->page.log = log;
	program->page.status = page_status;
	program->page.sample = page_sample;
	program->page.ctx = program;
	if (result == 0)
		result = lp_control_listen(program->http, &lp_relay_program, &program->control, log, failure);
	if (result == 0)
		result = lp_page_begin(&program->page, &program->options.page, failure);
	if (result < 0 || metrics->port == 0)
		return result;
	result = lp_http_listen(program->http, metrics, LP_HTTP_METRICS, NULL, &why, NULL);
	if (result < 0)
		return lp_fail(failure, result, "--metrics: %s. Choose another address or port", why.text);
	lp_event_listening(log, "metrics", metrics);
	return 0;
}

/* Creates what belongs to the supervisor's loop. */
static int make_supervisor(struct program *program, struct lp_failure *failure)
{
	struct lp_loop *loop = program->app.loop;
	int result = lp_timer_new(loop, on_certificate_timer, program, &program->certificate_timer);
	if (result == 0)
		result = lp_timer_new(loop, on_drain_timer, program, &program->drain_timer);
	if (result == 0)
		result = lp_timer_new(loop, on_watchdog_timer, program, &program->watchdog_timer);
	if (result == 0)
		result = lp_loop_calls_new(loop, &program->calls);
	if (result == 0)
		result = lp_mutex_new(&program->mutex);
	return result < 0 ? lp_fail(failure, result, "cannot start: %s", lp_error_text(result)) : 0;
}

/* Loads certificate and secret. */
static int load_certificate(struct program *program, struct lp_failure *failure)
{
	struct lp_relay_options *options = &program->options;
	int64_t now_unix_s = lp_loop_unix_s(program->app.loop);
	program->certificate = (struct lp_certificate_config){
		.cert_path = options->cert_path,
		.key_path = options->key_path,
		.state_dir = options->state_dir,
		.server_name = options->server_name,
		.server_name_given = options->server_name_given,
		.der_out_path = options->der_out_path,
	};
	int result = lp_certificate_load(
		&program->certificate, now_unix_s, &program->app.output.log, failure, &program->tls);
	return result < 0 ? result : lp_certificate_secret(options->state_dir, failure, options->relay.secret);
}

/* Creates the workers. */
static int make_workers(struct program *program, struct lp_failure *failure)
{
	struct lp_log_output *output = &program->app.output;
	const struct lp_workers_config config = {
		.n = program->options.workers ? program->options.workers : lp_processors(),
		.relay = &program->options.relay,
		.state_dir = program->options.state_dir,
		.tls = program->tls,
		.log = &output->log,
		.calls = program->calls,
	};
	output->lock = program->capture.capture.lock = lp_mutex_lock(program->mutex);
	program->capture.post = lp_loop_calls_post;
	program->capture.calls = program->calls;
	return lp_workers_new(program->app.loop, &config, failure, &program->workers);
}

/* Confines the process. The certificate's files stay readable for SIGHUP. */
static int confine(struct program *program, struct lp_failure *failure)
{
	const struct lp_relay_options *options = &program->options;
	char state[sizeof options->state_dir + 16], socket[256];
	const char *const inputs[] = {options->cert_path, options->key_path};
	snprintf(state, sizeof state, "%s/relay.pem", options->state_dir);
	lp_control_path(&lp_relay_program, &program->control, socket, sizeof socket);
	const struct lp_sandbox_folder folders[] = {
		{.file = state, .names = "relay.* reset.secret* rooms.sqlite*", .needed = true},
		{.file = socket, .names = "*.sock"},
	};
	struct lp_sandbox_config config = {
		.folders = folders,
		.n_folders = sizeof folders / sizeof *folders,
		.inputs = inputs,
		.n_inputs = sizeof inputs / sizeof *inputs,
	};
	lp_app_confine(&program->app, &config);
	return lp_drop_privileges(failure);
}

/* Confines the process and starts the workers, whose threads inherit that. */
static int start_workers(struct program *program, struct lp_failure *failure)
{
	lp_cpu_inherit_priority(true);
	int result = confine(program, failure);
	if (result == 0)
		result = lp_workers_start(program->workers, failure);
	lp_cpu_inherit_priority(false);
	return result;
}

/* Creates everything and opens the port. */
static int start(struct program *program, struct lp_failure *failure)
{
	struct lp_app *app = &program->app;
	const struct lp_log *log = &app->output.log;
	struct lp_addr local;
	int result = lp_relay_options_apply(&program->options, failure);
	if (result < 0 || (result = lp_app_begin(app, failure)) < 0 ||
		(result = make_supervisor(program, failure)) < 0 || (result = load_certificate(program, failure)) < 0 ||
		(result = lp_keylog_begin(
			 &program->keylog, program->options.capture.keylog, program->tls, log, failure)) < 0 ||
		(result = make_workers(program, failure)) < 0 || (result = start_http(program, failure)) < 0 ||
		(result = start_workers(program, failure)) < 0)
		return result;
	on_certificate_timer(program, lp_loop_now_ns(app->loop));
	lp_workers_local(program->workers, &local);
	lp_event_listening(log, "relay", &local);
	lp_workers_local_tls(program->workers, &local);
	if (local.port)
		lp_event_listening(log, "relay over TCP", &local);
	lp_notify_send(LP_NOTIFY_READY, NULL);
	if (lp_notify_watchdog_ns() > 0)
		on_watchdog_timer(program, lp_loop_now_ns(app->loop));
	return 0;
}

/* Frees what start() created, in the reverse order. */
static void finish(struct program *program)
{
	lp_http_free(program->http);
	lp_page_end(&program->page);
	lp_workers_free(program->workers);
	lp_loop_calls_free(program->calls);
	lp_tls_free(program->tls);
	lp_keylog_end(&program->keylog);
	lp_timer_free(program->watchdog_timer);
	lp_timer_free(program->drain_timer);
	lp_timer_free(program->certificate_timer);
}

int main(int argc, char **argv)
{
	static struct program program;
	struct lp_app *app = &program.app;
	struct lp_options options;
	struct lp_failure failure;
	int code;
	app->stop = on_stop;
	app->reload = on_reload;
	app->ctx = &program;
	lp_relay_config_init(&program.options.relay);
	program.options.relay.capture = &program.capture.capture;
	lp_options_init(&options, &lp_relay_program);
	lp_options_add(&options, lp_relay_option_rows, lp_relay_option_rows_n, &program.options);
	lp_options_add(&options, lp_control_option_rows, lp_control_option_rows_n, &program.control);
	lp_options_add(&options, lp_capture_option_rows, lp_capture_option_rows_n, &program.options.capture);
	lp_options_add(&options, lp_doctor_option_rows, lp_doctor_option_rows_n, &program.options.doctor);
	lp_options_add(&options, lp_page_option_rows, lp_page_option_rows_n, &program.options.page);
	if (!lp_app_options(app, &lp_relay_program, &options, argc, argv, &code))
		return code;
	program.options.server_name_given = lp_options_given(&options, "server-name");
	if (lp_operator_is_command(&options))
		return lp_operator_command(&options, &program.control);
	if (lp_options_is_command(&options, "page"))
		return lp_page_command(&lp_relay_program, &program.control);
	if (lp_options_is_command(&options, "doctor"))
		return lp_relay_doctor_command(&program.options, &program.control);
	if (lp_options_is_command(&options, "capture"))
		return lp_capture_command(
			&lp_relay_program, &program.control, &program.options.capture, program.options.room);
	if (options.command >= 0 && !lp_options_is_command(&options, "status"))
		return lp_room_command(&options, &program.options);
	if (options.command >= 0)
		return lp_control_status(&lp_relay_program, &program.control, lp_relay_status_print);
	if (start(&program, &failure) == 0)
		lp_app_run(app);
	else
		app->failure = failure;
	finish(&program);
	code = lp_app_end(app);
	lp_mutex_free(program.mutex);
	return code;
}
