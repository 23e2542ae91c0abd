/* The window's requests and the service's replies: what is accepted, and what a client is started with. */
#include "client/windows/service/protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "client/windows/service/join.h"
#include "report/status.h"
#include "report/status_json.h"

/* Writes a request that |change| may have spoilt, and reads it again. */
static int through(struct lp_service_request *request, struct lp_failure *failure)
{
	char *json = lp_service_request_write(request);
	assert_non_null(json);
	int result = lp_service_request_read(json, strlen(json), failure, request);
	free(json);
	return result;
}

/* An invite for players, or the host's. */
static void make_invite(bool host, char text[LP_INVITE_TEXT_MAX + 1])
{
	struct lp_invite invite = {.relays = "play.example.org", .room = "FRIDAY", .host = host};
	struct lp_failure failure;
	assert_int_equal(lp_invite_format(&invite, &failure, text), 0);
}

static void test_join(void **state)
{
	struct lp_service_request request = {.command = LP_SERVICE_JOIN, .name = "Bob Ö."};
	struct lp_failure failure;
	char line[256];
	(void)state;
	make_invite(false, request.invite);
	assert_int_equal(through(&request, &failure), 0);
	assert_int_equal(lp_service_join_check(&request, &failure), 0);
	assert_int_equal(lp_service_join_command(&request, "C:\\a b\\c.exe", line, sizeof line), 0);
	/* The invite is a secret, which other processes could read in a command line. */
	assert_string_equal(line, "\"C:\\a b\\c.exe\" --log-level info --invite-file - --name \"Bob Ö.\"");
	request.name[0] = request.invite[0] = '\0';
	assert_int_equal(lp_service_join_check(&request, &failure), 0);
	assert_int_equal(lp_service_join_command(&request, "c.exe", line, sizeof line), 0);
	assert_string_equal(line, "\"c.exe\" --log-level info");
	assert_int_equal(lp_service_join_command(&request, "c.exe", line, 10), LP_ETOOBIG);
}

static const struct {
	const char *invite; /* NULL: a valid one */
	bool host;
	const char *name, *reason;
} refused_rows[] = {
	{" ", false, "Bob", "invite"},
	{"--relay evil.example", false, "Bob", "invite"},
	{"lanparty://play.example.org/FRIDAY#abc", false, "Bob", "invite"},
	{NULL, true, "Bob", "host"},
	{NULL, false, "x\" --identity \"C:\\Windows\\x", "quotes"},
	{NULL, false, "x\\", "quotes"},
	{NULL, false, "x\ny", "quotes"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused_rows / sizeof refused_rows[0]; i++) {
		struct lp_service_request request = {.command = LP_SERVICE_JOIN};
		struct lp_failure failure = {0};
		if (refused_rows[i].invite)
			snprintf(request.invite, sizeof request.invite, "%s", refused_rows[i].invite);
		else
			make_invite(refused_rows[i].host, request.invite);
		snprintf(request.name, sizeof request.name, "%s", refused_rows[i].name);
		assert_int_equal(through(&request, &failure), 0);
		assert_true(lp_service_join_check(&request, &failure) < 0);
		if (!strstr(failure.text, refused_rows[i].reason))
			fail_msg("row %zu: %s", i, failure.text);
	}
}

static const char *const malformed[] = {"", "[]", "{}", "{\"command\":1}", "{\"command\":\"stop\"}",
	"{\"command\":\"join\",\"invite\":5}", "{\"command\":\"status\"} x",
	"{\"command\":\"join\",\"name\":\"0123456789012345678901234567890123456789012345678901234567890123456789\"}"};

static void test_malformed(void **state)
{
	struct lp_service_request request;
	struct lp_failure failure;
	(void)state;
	for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++)
		if (lp_service_request_read(malformed[i], strlen(malformed[i]), &failure, &request) >= 0)
			fail_msg("accepted: %s", malformed[i]);
}

/* The client's own status passes through, and the window's part of it is read. */
static void test_reply(void **state)
{
	struct lp_status status;
	struct lp_service_reply reply;
	struct lp_failure failure = {0};
	(void)state;
	lp_status_init(&status, LP_ROLE_CLIENT, "play.example.org:443", "FRIDAY");
	status.state = LP_MEMBER_JOINED;
	status.rtt_ns = 12345678;
	status.n_members = 1;
	status.members[0] = (struct lp_status_member){.role = LP_ROLE_CLIENT, .name = "Bob", .route = "relay"};
	lp_status_update(&status);
	char *status_json = lp_status_json(&status, 0);
	char *json = lp_service_reply_write(LP_SERVICE_RUNNING, "", status_json);
	assert_non_null(json);
	if (lp_service_reply_read(json, strlen(json), &failure, &reply) < 0)
		fail_msg("%s", failure.text);
	assert_int_equal(reply.phase, LP_SERVICE_RUNNING);
	assert_string_equal(reply.status.summary, "waiting for gateway");
	assert_string_equal(reply.status.relay, "play.example.org:443");
	assert_int_equal(reply.status.rtt_us, 12345);
	assert_int_equal(reply.status.members.n, 1);
	assert_string_equal(((struct lp_service_member *)reply.status.members.items)->name, "Bob");
	lp_service_reply_done(&reply);
	free(json);
	free(status_json);
	json = lp_service_reply_write(LP_SERVICE_ENDED, "no \"adapter\"", NULL);
	assert_int_equal(lp_service_reply_read(json, strlen(json), &failure, &reply), 0);
	assert_int_equal(reply.phase, LP_SERVICE_ENDED);
	assert_string_equal(reply.failure, "no \"adapter\"");
	free(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_reply),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
