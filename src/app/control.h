/* The local channel by which a running program is inspected: where it is, and the commands that use it.

   A program that was given no --status-socket listens at the first of platform/system/runtime_path.h's paths, and its
   commands try all of them, so that `lanparty-relay status` works without any option. The default is a convenience:
   a second program on the machine logs a warning that the path is taken, and runs on. A path that the user gave is
   binding: the program ends if it cannot listen there. */
#ifndef LP_APP_CONTROL_H
#define LP_APP_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/options.h"

struct lp_failure;
struct lp_http;
struct lp_http_reading;
struct lp_log;

struct lp_control_options {
	char socket[256]; /* empty: the default; "off": none */
	bool json;        /* commands print what the program replied */
};

extern const struct lp_option lp_control_option_rows[];
extern const size_t lp_control_option_rows_n;

/* Lets |http| listen on the program's local channel, with all accesses. */
int lp_control_listen(struct lp_http *http, const struct lp_program *program, const struct lp_control_options *options,
	const struct lp_log *log, struct lp_failure *failure);
/* Sets |ret_path| to where lp_control_listen() listens, empty if nowhere. */
void lp_control_path(
	const struct lp_program *program, const struct lp_control_options *options, char *ret_path, size_t size);
/* Sends one request to the running program. |ret_body| is malloc'd. Errors as those of lp_http_call(). */
int lp_control_call(const struct lp_program *program, const struct lp_control_options *options, const char *method,
	const char *target, const char *body, struct lp_failure *failure, char **ret_body, size_t *ret_len);
/* The command `leave`: the running program says goodbye and ends. Returns the exit code; failures are printed. */
int lp_control_leave(const struct lp_program *program, const struct lp_control_options *options);
/* The same for a reply without an end, which the caller reads. */
int lp_control_open(const struct lp_program *program, const struct lp_control_options *options, const char *method,
	const char *target, const char *body, struct lp_failure *failure, struct lp_http_reading **ret_reading);
/* The command `status`: prints what GET /status replies, by |print| or as it is. Returns the exit code; failures are
   printed. */
int lp_control_status(const struct lp_program *program, const struct lp_control_options *options,
	int (*print)(const char *json, size_t len, FILE *out, struct lp_failure *failure));

#endif
