#include "app/app.h"

#include <stdio.h>

#include "base/error.h"
#include "obs/event.h"
#include "platform/loop/cpu.h"
#include "platform/loop/loop.h"
#include "platform/system/sandbox.h"
#include "platform/system/writer.h"

/* Where the log goes. */
static void write_stderr(void *ctx, const char *data, size_t len)
{
	(void)ctx;
	fwrite(data, 1, len, stderr);
	fflush(stderr);
}

static void on_write(void *ctx, const char *data, size_t len)
{
	lp_writer_add(ctx, data, len);
}

bool lp_app_options(struct lp_app *app, const struct lp_program *program, struct lp_options *options, int argc,
	char *const *argv, int *ret_exit)
{
	app->program = program;
	if (!lp_start(options, &app->common, argc, argv, ret_exit))
		return false;
	lp_log_output_init(&app->output, &app->common, stderr);
	if (lp_writer_new(write_stderr, NULL, &app->writer) == 0) {
		app->output.write = on_write;
		app->output.write_ctx = app->writer;
	}
	app->output.copy = app->copy;
	return true;
}

void lp_app_stop(struct lp_app *app, const char *why)
{
	if (app->stopping)
		return;
	app->stopping = true;
	lp_event_stopping(&app->output.log, why);
	app->stop(app->ctx);
}

static void on_signal(void *ctx, enum lp_signal signal)
{
	struct lp_app *app = ctx;
	bool stops = signal == LP_SIGNAL_STOP || signal == LP_SIGNAL_INTERRUPT;
	if (!stops && app->reload) {
		app->reload(app->ctx);
		return;
	}
	if (signal == LP_SIGNAL_RELOAD)
		return;
	if (app->stopping) {
		if (stops)
			lp_loop_stop(app->loop);
		return;
	}
	app->hurried = signal == LP_SIGNAL_HANGUP;
	lp_app_stop(app, signal == LP_SIGNAL_INTERRUPT ? "Ctrl-C"
			 : signal == LP_SIGNAL_HANGUP  ? "the terminal was closed"
						       : "asked to terminate");
}

int lp_app_begin(struct lp_app *app, struct lp_failure *failure)
{
	int result = lp_loop_new(&app->loop);
	if (result == 0)
		result = lp_loop_on_signal(app->loop, on_signal, app);
	if (result < 0)
		return lp_fail(failure, result, "cannot start: %s", lp_error_text(result));
	lp_event_started(&app->output.log, app->program->name, LP_VERSION);
	if (app->common.priority && (result = lp_cpu_raise_priority()) < 0)
		lp_event_priority_kept(&app->output.log, lp_error_text(result));
	return 0;
}

static void on_warning(void *ctx, const char *text)
{
	struct lp_app *app = ctx;
	lp_event_warned(&app->output.log, text);
}

void lp_app_confine(struct lp_app *app, struct lp_sandbox_config *config)
{
	struct lp_sandbox sandbox;
	config->user = app->common.user;
	config->warn = on_warning;
	config->ctx = app;
	lp_sandbox_enter(config, &sandbox);
	lp_event_confined(&app->output.log, sandbox.user, sandbox.files, sandbox.calls);
}

void lp_app_run(struct lp_app *app)
{
	lp_loop_run(app->loop);
}

void lp_app_ended(struct lp_app *app, const struct lp_failure *failure)
{
	if (failure)
		app->failure = *failure;
	lp_loop_stop(app->loop);
}

int lp_app_end(struct lp_app *app)
{
	int code = LP_EXIT_OK;
	lp_loop_free(app->loop);
	if (app->failure.code == 0) {
		lp_event_stopped(&app->output.log, app->program->name);
	} else {
		lp_event_failed(&app->output.log, app->failure.text);
		code = app->failure.code == LP_EINVAL ? LP_EXIT_USAGE : LP_EXIT_FAILURE;
	}
	app->output.write = NULL;
	lp_writer_free(app->writer);
	return code;
}
