#include "client/windows/service/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/control.h"
#include "base/error.h"
#include "base/failure.h"
#include "base/wipe.h"
#include "client/options.h"
#include "client/windows/service/join.h"
#include "platform/system/runtime_path.h"
#include "platform/windows/system/child.h"
#include "platform/windows/system/wide.h"

#define LOG_NAME "client.log"

static void on_output(void *ctx, const char *data, size_t len)
{
	struct lp_service_session *session = ctx;
	lp_log_file_add(&session->log, data, len);
}

int lp_service_session_init(struct lp_service_session *session, struct lp_failure *failure)
{
	wchar_t wide[MAX_PATH];
	char path[LP_LOG_FILE_PATH_MAX];
	*session = (struct lp_service_session){0};
	DWORD n = GetModuleFileNameW(NULL, wide, MAX_PATH);
	if (n == 0 || n >= MAX_PATH || lp_utf8(wide, session->exe, sizeof session->exe) < 0)
		return lp_fail(failure, LP_ETOOBIG, "the path of this program is too long. Install it elsewhere");
	int result = lp_runtime_path("client-win", 0, path, sizeof path - sizeof LOG_NAME);
	if (result < 0)
		return lp_fail(failure, result, "the folder for the log is unknown");
	if ((result = lp_runtime_folder(path, failure)) < 0)
		return result;
	strcpy(strrchr(path, '\\') + 1, LOG_NAME);
	lp_log_file_init(&session->log, path);
	return 0;
}

/* Sends a request to the client that runs. */
static int call(const char *method, const char *target, char **ret_body)
{
	static const struct lp_control_options options = {0};
	struct lp_failure failure;
	size_t len;
	return lp_control_call(&lp_client_program, &options, method, target, NULL, &failure, ret_body, &len);
}

/* The status of the client that runs, malloc'd; NULL: there is none, or it does not serve it yet. */
static char *client_status(void)
{
	char *body;
	return call("GET", "/status", &body) == 0 ? body : NULL;
}

HANDLE lp_service_session_event(const struct lp_service_session *session)
{
	return session->child ? lp_child_event(session->child) : NULL;
}

void lp_service_session_reap(struct lp_service_session *session)
{
	if (!session->child || WaitForSingleObject(lp_child_event(session->child), 0) != WAIT_OBJECT_0)
		return;
	unsigned code = lp_child_free(session->child);
	session->child = NULL;
	session->failure[0] = '\0';
	if (code != 0 && !session->leaving)
		lp_log_file_reason(&session->log, session->failure, sizeof session->failure);
	session->ended = true;
	session->leaving = false;
}

static int join(struct lp_service_session *session, struct lp_service_request *request, struct lp_failure *failure)
{
	char line[1024];
	int result = lp_service_join_check(request, failure);
	if (result < 0)
		return result;
	if (lp_service_session_is_active(session))
		return lp_fail(failure, LP_EINUSE, "a client runs already. Leave its room first");
	if (lp_service_join_command(request, session->exe, line, sizeof line) < 0)
		return lp_fail(failure, LP_ETOOBIG, "the path of this program is too long. Install it elsewhere");
	session->ended = session->leaving = false;
	session->failure[0] = '\0';
	return lp_child_start(line, request->invite, on_output, session, failure, &session->child);
}

static void leave(struct lp_service_session *session)
{
	char *body;
	if (call("POST", "/leave", &body) == 0) {
		free(body);
		session->leaving = session->child != NULL;
	} else if (session->child) {
		/* It is still starting, or does not answer. What it changed is undone by the next start. */
		session->leaving = true;
		(void)lp_child_free(session->child);
		session->child = NULL;
		session->leaving = false;
		session->ended = true;
		session->failure[0] = '\0';
	}
}

bool lp_service_session_is_active(struct lp_service_session *session)
{
	lp_service_session_reap(session);
	char *status = session->child ? NULL : client_status();
	bool active = session->child || status;
	free(status);
	return active;
}

/* The state, as the reply to any request. |failure| is of the request. */
static char *make_reply(struct lp_service_session *session, const char *failure)
{
	lp_service_session_reap(session);
	char *status = client_status();
	enum lp_service_phase phase = LP_SERVICE_IDLE;
	if (session->leaving)
		phase = LP_SERVICE_LEAVING;
	else if (status)
		phase = LP_SERVICE_RUNNING;
	else if (session->child)
		phase = LP_SERVICE_STARTING;
	else if (session->ended || *failure)
		phase = LP_SERVICE_ENDED;
	char *reply = lp_service_reply_write(phase, *failure ? failure : session->failure, status);
	free(status);
	return reply;
}

char *lp_service_session_request(struct lp_service_session *session, const char *json, size_t len)
{
	struct lp_service_request request = {0};
	struct lp_failure failure = {0};
	int result = lp_service_request_read(json, len, &failure, &request);
	if (result == 0 && request.command == LP_SERVICE_JOIN)
		result = join(session, &request, &failure);
	else if (result == 0 && request.command == LP_SERVICE_LEAVE)
		leave(session);
	lp_wipe(&request, sizeof request);
	if (result < 0 && !session->child) {
		/* Shown until the next attempt. */
		session->ended = true;
		snprintf(session->failure, sizeof session->failure, "%s", failure.text);
	}
	return make_reply(session, result < 0 ? failure.text : "");
}

void lp_service_session_done(struct lp_service_session *session, unsigned patience_ms)
{
	if (session->child) {
		leave(session);
		if (session->child)
			(void)WaitForSingleObject(lp_child_event(session->child), patience_ms);
		if (session->child)
			(void)lp_child_free(session->child);
		session->child = NULL;
	}
	lp_log_file_done(&session->log);
}
