#include "client/windows/window/caller.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <winsvc.h>

#include "base/error.h"
#include "base/failure.h"
#include "client/windows/service/protocol.h"
#include "client/windows/service/service.h"
#include "platform/windows/net/pipe.h"
#include "platform/windows/system/os_error.h"

#define PERIOD_MS 1000
/* The service waits up to five seconds for its client's status. */
#define CALL_MS 8000

struct lp_caller {
	HWND window;
	HANDLE thread, wake;
	SRWLOCK lock;
	char *request; /* that the window left; NULL: none */
	bool end;
};

/* Starts the service. False if it is not installed, or Windows refuses. */
static bool start_service(struct lp_failure *failure)
{
	char text[LP_OS_ERROR_TEXT_MAX];
	SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
	SC_HANDLE service = manager ? OpenServiceW(manager, L"" LP_SERVICE_NAME, SERVICE_START) : NULL;
	DWORD error = 0;
	if (!service || (!StartServiceW(service, 0, NULL) && GetLastError() != ERROR_SERVICE_ALREADY_RUNNING))
		error = GetLastError();
	if (service)
		CloseServiceHandle(service);
	if (manager)
		CloseServiceHandle(manager);
	if (error == ERROR_SERVICE_DOES_NOT_EXIST)
		lp_fail(failure, LP_ENOTFOUND,
			"The LAN Party service is not installed. Run the installer of LAN Party");
	else if (error)
		lp_fail(failure, lp_os_error(error), "The LAN Party service does not start: %s",
			lp_os_error_text(error, text));
	return error == 0;
}

/* Sends one request and posts what came of it. */
static void call(struct lp_caller *caller, const char *request)
{
	struct lp_failure failure = {0};
	char *reply = NULL;
	int result = lp_pipe_call(LP_SERVICE_NAME, request, LP_SERVICE_REPLY_MAX, CALL_MS, &failure, &reply);
	if (result == LP_ENOTFOUND && start_service(&failure)) {
		Sleep(PERIOD_MS / 2);
		result = lp_pipe_call(LP_SERVICE_NAME, request, LP_SERVICE_REPLY_MAX, CALL_MS, &failure, &reply);
	}
	if (result < 0)
		reply = _strdup(failure.text);
	if (reply && !PostMessageW(caller->window, LP_CALLER_MESSAGE, result == 0, (LPARAM)reply))
		free(reply);
}

static DWORD WINAPI run(void *ctx)
{
	struct lp_caller *caller = ctx;
	const struct lp_service_request status = {.command = LP_SERVICE_STATUS};
	char *ask = lp_service_request_write(&status);
	for (bool end = false; !end && ask;) {
		AcquireSRWLockExclusive(&caller->lock);
		char *request = caller->request;
		caller->request = NULL;
		end = caller->end;
		ReleaseSRWLockExclusive(&caller->lock);
		if (request || !end)
			call(caller, request ? request : ask);
		if (request)
			SecureZeroMemory(request, strlen(request));
		free(request);
		if (!end)
			(void)WaitForSingleObject(caller->wake, PERIOD_MS);
	}
	free(ask);
	return 0;
}

struct lp_caller *lp_caller_new(HWND window)
{
	struct lp_caller *caller = calloc(1, sizeof *caller);
	if (!caller)
		return NULL;
	InitializeSRWLock(&caller->lock);
	caller->window = window;
	caller->wake = CreateEventW(NULL, FALSE, FALSE, NULL);
	caller->thread = caller->wake ? CreateThread(NULL, 0, run, caller, 0, NULL) : NULL;
	if (!caller->thread) {
		lp_caller_free(caller);
		return NULL;
	}
	return caller;
}

void lp_caller_request(struct lp_caller *caller, const struct lp_service_request *request)
{
	char *json = lp_service_request_write(request);
	AcquireSRWLockExclusive(&caller->lock);
	char *before = caller->request;
	caller->request = json;
	ReleaseSRWLockExclusive(&caller->lock);
	free(before);
	SetEvent(caller->wake);
}

void lp_caller_free(struct lp_caller *caller)
{
	if (!caller)
		return;
	if (caller->thread) {
		AcquireSRWLockExclusive(&caller->lock);
		caller->end = true;
		ReleaseSRWLockExclusive(&caller->lock);
		SetEvent(caller->wake);
		WaitForSingleObject(caller->thread, INFINITE);
		CloseHandle(caller->thread);
	}
	if (caller->wake)
		CloseHandle(caller->wake);
	free(caller->request);
	free(caller);
}
