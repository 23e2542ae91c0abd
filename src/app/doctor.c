#include "app/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/control.h"
#include "app/doctor_lan.h"
#include "app/doctor_probe.h"
#include "app/member_app.h"
#include "base/addr.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/text.h"
#include "base/wipe.h"
#include "cli/start.h"
#include "doctor/doctor.h"
#include "http/http.h"
#include "member/member.h"
#include "platform/device/device_state.h"
#include "platform/loop/loop.h"
#include "platform/net/route_conflicts.h"
#include "platform/system/output.h"
#include "quic/tls/credentials.h"
#include "report/status_json.h"

#define REPORT_BYTES 16384U

const struct lp_option lp_doctor_option_rows[] = {
	{"report", "FILE", LP_TEXT(struct lp_doctor_options, report), .group = "Doctor", .no_config = true,
		.help = "with the command doctor: also write the report to a file, without addresses, room and names, to send "
			"to a friend"},
};
const size_t lp_doctor_option_rows_n = LP_OPTIONS_N(lp_doctor_option_rows);

#define COPY(to, from) snprintf((to), sizeof(to), "%.*s", (int)(sizeof(to) - 1), (from))

static enum lp_fact fact(bool yes)
{
	return yes ? LP_FACT_YES : LP_FACT_NO;
}

/* Sets what only a joined member knows. */
static void from_joined(const struct lp_status_document *document, struct lp_doctor_facts *facts)
{
	struct lp_addr address;
	bool is_client = document->role == LP_ROLE_CLIENT;
	facts->replied = facts->trusted = LP_FACT_YES;
	facts->over_tcp = fact(strcmp(document->transport, "tcp") == 0);
	if (lp_addr_parse(document->local_address, 0, &address) == 0)
		facts->local = address;
	if (lp_addr_parse(document->seen_address, 0, &address) == 0)
		facts->seen = address;
	facts->seen_changes = document->seen_changes;
	facts->sends_singly = fact(document->sends_singly);
	facts->mtu_up = (unsigned)document->unfragmented_mtu_up;
	facts->mtu_down = (unsigned)document->unfragmented_mtu_down;
	facts->n_broadcasts_out = document->lan_sent;
	facts->room_mtu = (unsigned)document->mtu;
	facts->unfragmented_mtu = (unsigned)document->unfragmented_mtu;
	facts->gateway_present = fact(document->gateway_present);
	facts->lan_up = fact(is_client ? !document->gateway_lan_down : !document->device_trouble[0]);
	facts->conflicts_known = fact(is_client);
	facts->adapter_up = fact(!document->device_trouble[0] && (document->device_up || !is_client));
	COPY(facts->adapter_trouble, document->device_trouble);
	COPY(facts->overlap, document->network_conflict);
	COPY(facts->broadcast_astray, document->broadcast_conflict);
	if (lp_addr_parse(document->device_address, 0, &address) == 0)
		facts->address = address;
	if (facts->rtt_us == 0)
		facts->rtt_us = document->rtt_us;
	if (!facts->has_loss)
		facts->jitter_us = document->jitter_us;
	if (document->loss_up_ppm > facts->loss_up_ppm)
		facts->loss_up_ppm = (uint32_t)document->loss_up_ppm;
	facts->loss_down_ppm = (uint32_t)document->loss_down_ppm;
	facts->has_loss = true;
	facts->path_payload = (unsigned)document->datagram_budget;
}

void lp_doctor_from_status(const struct lp_status_document *document, struct lp_doctor_facts *facts)
{
	facts->running = LP_FACT_YES;
	facts->joined = fact(strcmp(document->state, "joined") == 0);
	COPY(facts->join_reason, document->reason[0] ? document->reason : document->text);
	COPY(facts->relay, document->relay);
	COPY(facts->room, document->room);
	COPY(facts->device, document->device);
	facts->n_overflows = document->tunnel_overflows;
	if (facts->joined == LP_FACT_YES)
		from_joined(document, facts);
}

/* The first of January of the year in which this was compiled, in Unix time. */
static int64_t built_unix_s(void)
{
	static const char date[] = __DATE__; /* "Nov 30 2026" */
	int64_t year = atoi(date + sizeof date - 5);
	return (year - 1970) * 365 * 86400 + (year - 1969) / 4 * 86400;
}

void lp_doctor_from_clock(struct lp_doctor_facts *facts)
{
	struct lp_loop *loop;
	facts->built_unix_s = built_unix_s();
	if (lp_loop_new(&loop) < 0)
		return;
	facts->now_unix_s = lp_loop_unix_s(loop);
	lp_loop_free(loop);
}

/* Queries the running program. */
static void query_status(const struct lp_member_app *app, struct lp_doctor_facts *facts)
{
	struct lp_status_document document;
	struct lp_failure failure = {0};
	char *body;
	size_t len;
	int result = lp_control_call(app->app.program, &app->control, "GET", "/status", NULL, &failure, &body, &len);
	if (result == 0) {
		result = lp_status_document_read(body, len, &failure, &document);
		free(body);
	}
	if (result < 0) {
		facts->running = LP_FACT_NO;
		COPY(facts->not_running, failure.text);
		facts->not_running[strcspn(facts->not_running, ".")] = '\0';
		return;
	}
	lp_doctor_from_status(&document, facts);
	free(document.members.items);
}

/* Finds the relay by the invite or the options, and connects to it. */
static void probe_relay(
	struct lp_member_app *app, const struct lp_options *parsed, enum lp_role role, struct lp_doctor_facts *facts)
{
	struct lp_member_options *options = &app->options;
	struct lp_options own = *parsed;
	struct lp_member_config config;
	struct lp_failure failure = {0};
	char key[LP_TLS_KEY_PEM];
	bool plain = options->relay.host[0] || options->room[0] || options->ca_path[0] || options->server_name[0];
	own.command = -1; /* the argument of the command is an invite, as that of the program */
	int result = lp_invitation_find(&options->invitation, &own, &app->saved, plain, role, &failure);
	if (result == 0)
		result = lp_tls_member_key_new(&failure, key); /* the member's own is not needed */
	if (result == 0)
		result = lp_member_options_apply(options, app->app.program->name, key, &failure, &config, &app->tls);
	lp_wipe(key, sizeof key);
	if (result == 0) {
		facts->invite_good = LP_FACT_YES;
		COPY(facts->room, config.room);
		snprintf(facts->relay, sizeof facts->relay, "%.255s:%u", config.relays[0].host, config.relays[0].port);
		lp_doctor_probe_relay(&config, facts->device, facts);
	} else if (facts->running != LP_FACT_YES) {
		facts->invite_good = LP_FACT_NO;
		COPY(facts->invite_reason, failure.text);
		facts->invite_reason[strcspn(facts->invite_reason, ".")] = '\0';
	}
	lp_tls_free(app->tls);
	app->tls = NULL;
}

/* Prints the report without what identifies people. */
static int write_report(const struct lp_program *program, const struct lp_doctor_options *options,
	const struct lp_doctor_facts *facts, const char *page, struct lp_failure *failure)
{
	char host[sizeof facts->relay], data[REPORT_BYTES];
	const char *const secrets[] = {facts->room, host};
	struct lp_text text;
	FILE *file;
	COPY(host, facts->relay);
	char *port = strrchr(host, ':');
	if (port)
		*port = '\0';
	lp_text_init(&text, data, sizeof data);
	lp_text_addf(&text, "%s %s doctor\n\n", program->name, LP_VERSION);
	lp_doctor_redact(page, secrets, sizeof secrets / sizeof *secrets, &text);
	int result = lp_output_open(options->report, failure, &file);
	if (result < 0)
		return result;
	fputs(data, file);
	if (ferror(file) != 0 || (file != stdout && fclose(file) != 0))
		return lp_fail(failure, LP_EIO, "%s: cannot be written to", options->report);
	return 0;
}

void lp_doctor_reply(const struct lp_doctor_facts *facts, struct lp_http_reply *reply)
{
	struct lp_doctor_report report;
	struct lp_text text;
	reply->body = malloc(REPORT_BYTES);
	if (!reply->body)
		return;
	lp_doctor_judge(facts, &report);
	lp_text_init(&text, reply->body, REPORT_BYTES);
	lp_doctor_json(&report, &text);
	reply->body_len = text.len;
}

int lp_doctor_print(const struct lp_program *program, const struct lp_control_options *control,
	const struct lp_doctor_options *options, const struct lp_doctor_facts *facts)
{
	char page[REPORT_BYTES], json[REPORT_BYTES];
	struct lp_doctor_report report;
	struct lp_failure failure = {0};
	struct lp_text page_text, json_text;
	int result = 0;
	lp_doctor_judge(facts, &report);
	lp_text_init(&page_text, page, sizeof page);
	lp_text_init(&json_text, json, sizeof json);
	lp_doctor_text(&report, &page_text);
	lp_doctor_json(&report, &json_text);
	if (control->json)
		printf("%s\n", json);
	else
		fputs(page, stdout);
	if (options->report[0])
		result = write_report(program, options, facts, page, &failure);
	if (result == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		result = lp_fail(&failure, LP_EIO, "cannot write to standard output");
	if (result < 0)
		fprintf(stderr, "%s: doctor: %s\n", program->name, failure.text);
	return result == 0 && lp_doctor_worst(&report) != LP_DOCTOR_FAILURE ? LP_EXIT_OK : LP_EXIT_FAILURE;
}

int lp_doctor_member_command(
	struct lp_member_app *app, const struct lp_options *options, enum lp_role role, const char *device)
{
	struct lp_doctor_facts facts = {.program = role == LP_ROLE_CLIENT ? LP_DOCTOR_OF_CLIENT : LP_DOCTOR_OF_GATEWAY};
	COPY(facts.device, device);
	lp_doctor_from_clock(&facts);
	query_status(app, &facts);
	probe_relay(app, options, role, &facts);
	bool on_lan = role == LP_ROLE_CLIENT ? facts.gateway_present == LP_FACT_YES && facts.lan_up == LP_FACT_YES &&
						       facts.adapter_up == LP_FACT_YES
					     : facts.lan_up != LP_FACT_NO;
	if (on_lan && facts.device[0])
		lp_doctor_probe_lan(&facts);
	if (on_lan && role == LP_ROLE_CLIENT)
		lp_doctor_probe_multicast(&facts);
	lp_doctor_probe_firewall(&facts, 0);
	return lp_doctor_print(app->app.program, &app->control, &app->doctor, &facts);
}
