#include "app/control.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "cli/start.h"
#include "http/call.h"
#include "http/http.h"
#include "obs/event.h"
#include "platform/system/runtime_path.h"

/* How long each step of a request may take. */
#define CALL_TIMEOUT_NS (5 * LP_SEC)

const struct lp_option lp_control_option_rows[] = {
	{"status-socket", "PATH", LP_TEXT(struct lp_control_options, socket), .group = "Status",
		.help = "where GET /status (JSON: who is connected, counters) is served over HTTP to the command status: a Unix socket, on "
			"Windows a file with a port and a token; off: nowhere (default: see FILES)"},
	{"json", NULL, LP_SWITCH(struct lp_control_options, json), .no_config = true,
		.help = "with the command status: print the JSON instead of a table"},
};
const size_t lp_control_option_rows_n = LP_OPTIONS_N(lp_control_option_rows);

/* "relay" of "lanparty-relay". */
static const char *short_name(const struct lp_program *program)
{
	const char *dash = strchr(program->name, '-');
	return dash ? dash + 1 : program->name;
}

/* Listens at the default path. */
static int listen_default(
	struct lp_http *http, const struct lp_program *program, char *path, size_t size, struct lp_failure *failure)
{
	int result = lp_runtime_path(short_name(program), 0, path, size);
	if (result < 0)
		return lp_fail(failure, result, "the default path is too long");
	result = lp_runtime_folder(path, failure);
	return result < 0 ? result : lp_http_listen_local(http, path, LP_HTTP_ALL, failure);
}

int lp_control_listen(struct lp_http *http, const struct lp_program *program, const struct lp_control_options *options,
	const struct lp_log *log, struct lp_failure *failure)
{
	struct lp_failure why = {0};
	char path[256];
	int result;
	if (strcmp(options->socket, "off") == 0)
		return 0;
	if (options->socket[0]) {
		result = lp_http_listen_local(http, options->socket, LP_HTTP_ALL, &why);
		if (result < 0)
			return lp_fail(failure, result, "--status-socket: %s. Choose another path", why.text);
		lp_event_serving(log, "status", options->socket);
		return 0;
	}
	result = listen_default(http, program, path, sizeof path, &why);
	if (result == 0) {
		lp_event_serving(log, "status", path);
		return 0;
	}
	lp_event_status_unavailable(log, why.text);
	return 0;
}

void lp_control_path(
	const struct lp_program *program, const struct lp_control_options *options, char *ret_path, size_t size)
{
	ret_path[0] = '\0';
	if (options->socket[0] && strcmp(options->socket, "off") != 0)
		snprintf(ret_path, size, "%s", options->socket);
	else if (!options->socket[0] && lp_runtime_path(short_name(program), 0, ret_path, size) < 0)
		ret_path[0] = '\0';
}

/* What is done with a request; |ctx| is for its result. */
typedef int call_fn(const struct lp_http_call *call, struct lp_failure *failure, void *ctx);

/* Sends the request to the program that listens at one of the default paths. */
static int call_default(
	const struct lp_program *program, struct lp_http_call *call, call_fn *fn, struct lp_failure *failure, void *ctx)
{
	struct lp_failure first = {0};
	char path[256];
	call->path = path;
	for (unsigned n = 0; lp_runtime_path(short_name(program), n, path, sizeof path) == 0; n++) {
		struct lp_failure why = {0};
		int result = fn(call, &why, ctx);
		if (result == 0)
			return 0;
		bool absent = result == LP_ENOTFOUND || result == LP_EUNREACH;
		if (first.code == 0 || (!absent && (first.code == LP_ENOTFOUND || first.code == LP_EUNREACH)))
			first = why;
	}
	return lp_fail(failure, first.code, "%s. Is %s running? Pass its --status-socket if it has one", first.text,
		program->name);
}

/* Sends the request to the running program, wherever it listens. */
static int call_any(const struct lp_program *program, const struct lp_control_options *options,
	struct lp_http_call *call, call_fn *fn, struct lp_failure *failure, void *ctx)
{
	call->path = options->socket;
	call->timeout_ns = CALL_TIMEOUT_NS;
	return options->socket[0] ? fn(call, failure, ctx) : call_default(program, call, fn, failure, ctx);
}

struct whole {
	char *body;
	size_t len;
};

static int call_whole(const struct lp_http_call *call, struct lp_failure *failure, void *ctx)
{
	struct whole *whole = ctx;
	return lp_http_call(call, failure, &whole->body, &whole->len);
}

int lp_control_call(const struct lp_program *program, const struct lp_control_options *options, const char *method,
	const char *target, const char *body, struct lp_failure *failure, char **ret_body, size_t *ret_len)
{
	struct lp_http_call call = {.method = method, .target = target, .body = body};
	struct whole whole;
	int result = call_any(program, options, &call, call_whole, failure, &whole);
	if (result < 0)
		return result;
	*ret_body = whole.body;
	*ret_len = whole.len;
	return 0;
}

static int call_open(const struct lp_http_call *call, struct lp_failure *failure, void *ctx)
{
	return lp_http_call_open(call, failure, ctx);
}

int lp_control_open(const struct lp_program *program, const struct lp_control_options *options, const char *method,
	const char *target, const char *body, struct lp_failure *failure, struct lp_http_reading **ret_reading)
{
	struct lp_http_call call = {.method = method, .target = target, .body = body};
	return call_any(program, options, &call, call_open, failure, ret_reading);
}

int lp_control_status(const struct lp_program *program, const struct lp_control_options *options,
	int (*print)(const char *json, size_t len, FILE *out, struct lp_failure *failure))
{
	struct lp_failure failure = {0};
	char *body;
	size_t len;
	int result = lp_control_call(program, options, "GET", "/status", NULL, &failure, &body, &len);
	if (result == 0) {
		if (options->json)
			fprintf(stdout, "%s\n", body);
		else
			result = print(body, len, stdout, &failure);
		free(body);
		if (result == 0 && (fflush(stdout) != 0 || ferror(stdout)))
			result = lp_fail(&failure, LP_EIO, "status: cannot write to standard output");
	}
	if (result < 0)
		fprintf(stderr, "%s: %s\n", program->name, failure.text);
	return result == 0 ? LP_EXIT_OK : LP_EXIT_FAILURE;
}

int lp_control_leave(const struct lp_program *program, const struct lp_control_options *options)
{
	struct lp_failure failure = {0};
	char *body;
	size_t len;
	int result = lp_control_call(program, options, "POST", "/leave", NULL, &failure, &body, &len);
	if (result == 0)
		free(body);
	else
		fprintf(stderr, "%s: %s\n", program->name, failure.text);
	return result == 0 ? LP_EXIT_OK : LP_EXIT_FAILURE;
}
