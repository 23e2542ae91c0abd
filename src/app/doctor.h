/* The command `doctor`: measures, judges by doctor/, prints. */
#ifndef LP_APP_DOCTOR_H
#define LP_APP_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/options.h"
#include "ctrl/message.h"

struct lp_control_options;
struct lp_doctor_facts;
struct lp_doctor_report;
struct lp_http_reply;
struct lp_member_app;
struct lp_status_document;

struct lp_doctor_options {
	char report[4096]; /* --report; empty: none */
};

extern const struct lp_option lp_doctor_option_rows[];
extern const size_t lp_doctor_option_rows_n;

/* Sets what a member's status says. */
void lp_doctor_from_status(const struct lp_status_document *document, struct lp_doctor_facts *facts);
/* Sets the date of this build, and the clock. */
void lp_doctor_from_clock(struct lp_doctor_facts *facts);
/* Runs the command of a member. |device|: the name of its adapter or interface if it does not run; may be empty.
   The program has loaded app->saved. Returns the exit code. */
int lp_doctor_member_command(
	struct lp_member_app *app, const struct lp_options *options, enum lp_role role, const char *device);
/* Replies with the report as JSON. */
void lp_doctor_reply(const struct lp_doctor_facts *facts, struct lp_http_reply *reply);
/* Prints the report, as JSON if |control| says so, and writes the redacted one. Returns the exit code. */
int lp_doctor_print(const struct lp_program *program, const struct lp_control_options *control,
	const struct lp_doctor_options *options, const struct lp_doctor_facts *facts);

#endif
