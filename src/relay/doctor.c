#include "relay/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/control.h"
#include "app/doctor.h"
#include "app/doctor_lan.h"
#include "app/doctor_probe.h"
#include "base/failure.h"
#include "doctor/doctor.h"
#include "http/http.h"
#include "relay/options.h"
#include "relay/status.h"

static void from_status(const struct lp_relay_status *status, struct lp_doctor_facts *facts)
{
	facts->running = LP_FACT_YES;
	facts->n_refused = status->connections_refused;
	facts->n_connections = status->connections;
	facts->n_retries = status->retries_sent;
	facts->n_overflows = status->udp_overflows;
	facts->certificate_expires_unix_s = (int64_t)status->certificate_expires;
}

/* Sets what the running relay says. */
static void query_status(const struct lp_control_options *control, struct lp_doctor_facts *facts)
{
	struct lp_relay_status status = {0};
	struct lp_failure failure = {0};
	char *body;
	size_t len;
	int result = lp_control_call(&lp_relay_program, control, "GET", "/status", NULL, &failure, &body, &len);
	if (result == 0) {
		result = lp_fields_read(
			"status", lp_relay_status_fields, lp_relay_status_fields_n, body, len, &failure, &status);
		lp_relay_status_done(&status);
		free(body);
	}
	if (result == 0) {
		from_status(&status, facts);
		return;
	}
	facts->running = LP_FACT_NO;
	snprintf(facts->not_running, sizeof facts->not_running, "%.*s", (int)strcspn(failure.text, "."), failure.text);
}

void lp_relay_doctor_reply(const struct lp_relay_status *status, struct lp_http_reply *reply)
{
	struct lp_doctor_facts facts = {.program = LP_DOCTOR_OF_RELAY};
	lp_doctor_from_clock(&facts);
	from_status(status, &facts);
	lp_doctor_reply(&facts, reply);
}

int lp_relay_doctor_command(const struct lp_relay_options *options, const struct lp_control_options *control)
{
	struct lp_doctor_facts facts = {.program = LP_DOCTOR_OF_RELAY};
	lp_doctor_from_clock(&facts);
	query_status(control, &facts);
	if (options->server_name_given)
		lp_doctor_probe_name(options->server_name, options->relay.listen.port, &facts);
	lp_doctor_probe_firewall(&facts, options->relay.listen.port);
	return lp_doctor_print(&lp_relay_program, control, &options->doctor, &facts);
}
