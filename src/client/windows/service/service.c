#include "client/windows/service/service.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "cli/start.h"
#include "client/options.h"
#include "client/windows/service/protocol.h"
#include "client/windows/service/session.h"
#include "platform/windows/net/pipe.h"
#include "platform/windows/system/os_error.h"
#include "platform/windows/system/signals.h"

#define NAME L"" LP_SERVICE_NAME
/* Without a request and without a client, after this time the service ends. */
#define IDLE_MS 60000
/* How long a client may take for its goodbye and for restoring the computer's settings. */
#define LEAVE_MS 15000

static int report(const struct lp_failure *failure)
{
	fprintf(stderr, "%s: %s\n", lp_client_program.name, failure->text);
	return LP_EXIT_FAILURE;
}

struct server {
	struct lp_service_session session;
	struct lp_pipe_server *pipe;
	ULONGLONG last_request_ms;
};

static char *on_request(void *ctx, const char *request, size_t len)
{
	struct server *server = ctx;
	server->last_request_ms = GetTickCount64();
	return lp_service_session_request(&server->session, request, len);
}

/* Serves until one of the |n_ends| events, at most two, is signalled, or until nobody needs the service. */
static void serve(struct server *server, const HANDLE *ends, DWORD n_ends)
{
	for (;;) {
		HANDLE events[4], client = lp_service_session_event(&server->session);
		DWORD n = n_ends;
		memcpy(events, ends, n_ends * sizeof ends[0]);
		events[n++] = lp_pipe_server_event(server->pipe);
		if (client)
			events[n++] = client;
		DWORD which = WaitForMultipleObjects(n, events, FALSE, IDLE_MS) - WAIT_OBJECT_0;
		if (which < n_ends)
			return;
		if (which == n_ends)
			lp_pipe_server_serve(server->pipe);
		else if (which < n)
			lp_service_session_reap(&server->session);
		else if (GetTickCount64() - server->last_request_ms >= IDLE_MS &&
			 !lp_service_session_is_active(&server->session))
			return;
	}
}

/* The service from its start to its end, which each of the events causes. */
static int run(const HANDLE *ends, DWORD n_ends, struct lp_failure *failure)
{
	struct server server = {.last_request_ms = GetTickCount64()};
	int result = lp_service_session_init(&server.session, failure);
	if (result < 0)
		return result;
	result = lp_pipe_server_new(LP_SERVICE_NAME, LP_SERVICE_REQUEST_MAX, LP_SERVICE_REPLY_MAX, on_request, &server,
		failure, &server.pipe);
	if (result == 0)
		serve(&server, ends, n_ends);
	lp_service_session_done(&server.session, LEAVE_MS);
	lp_pipe_server_free(server.pipe);
	return result;
}

int lp_service_serve(void)
{
	struct lp_failure failure;
	struct lp_signals signals;
	int result = lp_signals_init(&signals);
	if (result < 0)
		lp_fail(&failure, result, "cannot start: %s", lp_error_text(result));
	else
		result = run(signals.events, LP_SIGNAL_EVENTS, &failure);
	lp_signals_done(&signals);
	return result < 0 ? report(&failure) : LP_EXIT_OK;
}

/* What the handler of Windows' requests needs, which Windows calls on another thread. */
struct control {
	SERVICE_STATUS_HANDLE handle;
	HANDLE stop;
};

static void set_state(const struct control *control, DWORD state, DWORD exit_code)
{
	SERVICE_STATUS status = {
		.dwServiceType = SERVICE_WIN32_OWN_PROCESS,
		.dwCurrentState = state,
		.dwControlsAccepted = state == SERVICE_RUNNING ? SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PRESHUTDOWN : 0,
		.dwWin32ExitCode = exit_code ? ERROR_SERVICE_SPECIFIC_ERROR : NO_ERROR,
		.dwServiceSpecificExitCode = exit_code,
		.dwWaitHint = state == SERVICE_RUNNING || state == SERVICE_STOPPED ? 0 : LEAVE_MS + 5000,
	};
	SetServiceStatus(control->handle, &status);
}

static DWORD WINAPI on_control(DWORD request, DWORD type, void *data, void *ctx)
{
	struct control *control = ctx;
	(void)type;
	(void)data;
	switch (request) {
	case SERVICE_CONTROL_INTERROGATE:
		return NO_ERROR;
	case SERVICE_CONTROL_STOP:
	case SERVICE_CONTROL_PRESHUTDOWN:
		set_state(control, SERVICE_STOP_PENDING, 0);
		SetEvent(control->stop);
		return NO_ERROR;
	default:
		return ERROR_CALL_NOT_IMPLEMENTED;
	}
}

/* The thread of the service. Windows passes no pointer. */
static void WINAPI service_main(DWORD argc, wchar_t **argv)
{
	struct lp_failure failure = {0};
	struct control control = {.stop = CreateEventW(NULL, TRUE, FALSE, NULL)};
	(void)argc;
	(void)argv;
	control.handle = RegisterServiceCtrlHandlerExW(NAME, on_control, &control);
	if (!control.handle || !control.stop)
		return;
	set_state(&control, SERVICE_RUNNING, 0);
	int result = run(&control.stop, 1, &failure);
	/* Windows may end the process, and with it this thread, as soon as the state is SERVICE_STOPPED. */
	set_state(&control, SERVICE_STOPPED, result < 0 ? (DWORD)-result : 0);
}

int lp_service_dispatch(void)
{
	wchar_t name[] = NAME;
	const SERVICE_TABLE_ENTRYW table[] = {{name, service_main}, {NULL, NULL}};
	struct lp_failure failure;
	if (StartServiceCtrlDispatcherW(table))
		return LP_EXIT_OK;
	lp_fail(&failure, LP_EINVAL, "--service is what Windows starts the service with. Use --serve in a terminal");
	return report(&failure);
}
