#include "platform/windows/net/pipe.h"

#include <aclapi.h>
#include <sddl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/windows/system/os_error.h"
#include "platform/windows/system/wide.h"

/* What a caller needs: reading, writing, and the mode of messages. FILE_GENERIC_WRITE would also include the right to
   make instances of the pipe. */
#define CALLER_ACCESS (FILE_GENERIC_READ | FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES)

/* It belongs to the administrators, which no program without their rights can set. Network logons are denied first. The
   rights of interactive users are CALLER_ACCESS. */
#define PIPE_SDDL L"O:BAD:P(D;;FA;;;NU)(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x12018b;;;IU)"

/* How long a caller may take for its request, and for reading the reply. */
#define CALLER_MS 1000
#define PATH_CHARS 256

struct lp_pipe_server {
	HANDLE pipe, event;
	OVERLAPPED connecting;
	size_t max_request;
	lp_pipe_handler_fn *handler;
	void *ctx;
	char *request;
};

static int pipe_path(const char *name, wchar_t path[PATH_CHARS])
{
	wcscpy(path, L"\\\\.\\pipe\\");
	return lp_wide(name, path + wcslen(path), PATH_CHARS - wcslen(path));
}

/* Waits for the caller. An earlier caller may be connected already, or be gone again. */
static void begin_connect(struct lp_pipe_server *server)
{
	ResetEvent(server->event);
	server->connecting = (OVERLAPPED){.hEvent = server->event};
	if (!ConnectNamedPipe(server->pipe, &server->connecting) && GetLastError() != ERROR_IO_PENDING)
		SetEvent(server->event);
}

int lp_pipe_server_new(const char *name, size_t max_request, size_t max_reply, lp_pipe_handler_fn *handler, void *ctx,
	struct lp_failure *failure, struct lp_pipe_server **ret_server)
{
	SECURITY_ATTRIBUTES security = {.nLength = sizeof security};
	wchar_t path[PATH_CHARS];
	char text[LP_OS_ERROR_TEXT_MAX];
	DWORD error = 0;
	struct lp_pipe_server *server = calloc(1, sizeof *server);
	if (!server || !(server->request = malloc(max_request + 1)) || pipe_path(name, path) < 0) {
		lp_pipe_server_free(server);
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	}
	server->max_request = max_request;
	server->handler = handler;
	server->ctx = ctx;
	if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
		    PIPE_SDDL, SDDL_REVISION_1, &security.lpSecurityDescriptor, NULL))
		error = GetLastError();
	server->event = error ? NULL : CreateEventW(NULL, TRUE, FALSE, NULL);
	if (server->event) {
		HANDLE pipe = CreateNamedPipeW(path,
			PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
			PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_REJECT_REMOTE_CLIENTS, 1, (DWORD)max_reply,
			(DWORD)max_request, 0, &security);
		server->pipe = pipe == INVALID_HANDLE_VALUE ? NULL : pipe;
	}
	if (!server->pipe && !error)
		error = GetLastError();
	if (security.lpSecurityDescriptor)
		LocalFree(security.lpSecurityDescriptor);
	if (error) {
		lp_pipe_server_free(server);
		/* Windows denies access to a second server of a name. */
		bool taken = error == ERROR_ACCESS_DENIED || error == ERROR_PIPE_BUSY;
		return lp_fail(failure, taken ? LP_EINUSE : lp_os_error(error), "pipe %s: %s", name,
			taken ? "another program has it" : lp_os_error_text(error, text));
	}
	begin_connect(server);
	*ret_server = server;
	return 0;
}

void lp_pipe_server_free(struct lp_pipe_server *server)
{
	if (!server)
		return;
	if (server->pipe) {
		DWORD n;
		if (CancelIoEx(server->pipe, &server->connecting))
			(void)GetOverlappedResult(server->pipe, &server->connecting, &n, TRUE);
		CloseHandle(server->pipe);
	}
	if (server->event)
		CloseHandle(server->event);
	free(server->request);
	free(server);
}

HANDLE lp_pipe_server_event(const struct lp_pipe_server *server)
{
	return server->event;
}

/* Reads or writes one message within |timeout_ms|. 0 or the error. */
static DWORD transfer(HANDLE pipe, bool write, char *data, size_t len, unsigned timeout_ms, DWORD *ret_n)
{
	OVERLAPPED overlapped = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
	DWORD error = 0;
	if (!overlapped.hEvent)
		return GetLastError();
	BOOL done = write ? WriteFile(pipe, data, (DWORD)len, NULL, &overlapped)
			  : ReadFile(pipe, data, (DWORD)len, NULL, &overlapped);
	if (!done && GetLastError() != ERROR_IO_PENDING) {
		error = GetLastError();
	} else {
		bool late = WaitForSingleObject(overlapped.hEvent, timeout_ms) != WAIT_OBJECT_0;
		if (late)
			CancelIoEx(pipe, &overlapped);
		/* It may have been completed before it was cancelled. */
		if (!GetOverlappedResult(pipe, &overlapped, ret_n, TRUE))
			error = late ? WAIT_TIMEOUT : GetLastError();
	}
	CloseHandle(overlapped.hEvent);
	return error;
}

void lp_pipe_server_serve(struct lp_pipe_server *server)
{
	DWORD n = 0;
	char byte;
	if (transfer(server->pipe, false, server->request, server->max_request, CALLER_MS, &n) == 0) {
		server->request[n] = '\0';
		char *reply = server->handler(server->ctx, server->request, n);
		/* The caller closes the pipe when it has the reply, which ends the read. */
		if (reply && transfer(server->pipe, true, reply, strlen(reply), CALLER_MS, &n) == 0)
			(void)transfer(server->pipe, false, &byte, 1, CALLER_MS, &n);
		free(reply);
	}
	SecureZeroMemory(server->request, server->max_request);
	DisconnectNamedPipe(server->pipe);
	begin_connect(server);
}

/* True if the pipe belongs to the system or the administrators, who may see an invite. */
static bool is_trusted(HANDLE pipe)
{
	PSECURITY_DESCRIPTOR descriptor = NULL;
	PSID owner = NULL;
	if (GetSecurityInfo(pipe, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL, NULL, &descriptor))
		return false;
	bool trusted = IsWellKnownSid(owner, WinLocalSystemSid) || IsWellKnownSid(owner, WinBuiltinAdministratorsSid);
	LocalFree(descriptor);
	return trusted;
}

/* Opens the pipe, when it is free. 0 or the error. */
static DWORD open_pipe(const wchar_t *path, unsigned timeout_ms, HANDLE *ret_pipe)
{
	DWORD message_mode = PIPE_READMODE_MESSAGE;
	ULONGLONG until_ms = GetTickCount64() + timeout_ms;
	for (;;) {
		HANDLE pipe = CreateFileW(path, CALLER_ACCESS, 0, NULL, OPEN_EXISTING,
			FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
		if (pipe != INVALID_HANDLE_VALUE) {
			*ret_pipe = pipe;
			return SetNamedPipeHandleState(pipe, &message_mode, NULL, NULL) ? 0 : GetLastError();
		}
		ULONGLONG now_ms = GetTickCount64();
		if (GetLastError() != ERROR_PIPE_BUSY)
			return GetLastError();
		/* Between two callers the pipe may be taken by another one again. */
		if (now_ms >= until_ms || !WaitNamedPipeW(path, (DWORD)(until_ms - now_ms)))
			return now_ms >= until_ms ? WAIT_TIMEOUT : GetLastError();
	}
}

/* Exchanges the messages. 0 or the error. */
static DWORD exchange(HANDLE pipe, const char *request, char *reply, size_t max_reply, unsigned timeout_ms)
{
	DWORD n = 0;
	char *copy = _strdup(request); /* WriteFile() takes no constant */
	if (!copy)
		return ERROR_NOT_ENOUGH_MEMORY;
	DWORD error = transfer(pipe, true, copy, strlen(copy), timeout_ms, &n);
	SecureZeroMemory(copy, strlen(copy));
	free(copy);
	if (!error)
		error = transfer(pipe, false, reply, max_reply, timeout_ms, &n);
	if (!error)
		reply[n] = '\0';
	return error;
}

int lp_pipe_call(const char *name, const char *request, size_t max_reply, unsigned timeout_ms,
	struct lp_failure *failure, char **ret_reply)
{
	wchar_t path[PATH_CHARS];
	char text[LP_OS_ERROR_TEXT_MAX];
	HANDLE pipe = NULL;
	char *reply = malloc(max_reply + 1);
	if (!reply || pipe_path(name, path) < 0) {
		free(reply);
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	}
	DWORD error = open_pipe(path, timeout_ms, &pipe);
	if (!error && !is_trusted(pipe))
		error = ERROR_INVALID_OWNER;
	if (!error)
		error = exchange(pipe, request, reply, max_reply, timeout_ms);
	if (pipe)
		CloseHandle(pipe);
	if (!error) {
		*ret_reply = reply;
		return 0;
	}
	free(reply);
	if (error == ERROR_FILE_NOT_FOUND)
		return lp_fail(failure, LP_ENOTFOUND, "the LAN Party service is not running");
	if (error == ERROR_INVALID_OWNER)
		return lp_fail(failure, LP_EPERM, "pipe %s belongs to a program of another user", name);
	return lp_fail(failure, error == WAIT_TIMEOUT ? LP_ETIMEOUT : lp_os_error(error), "the LAN Party service: %s",
		error == WAIT_TIMEOUT ? "no reply in time" : lp_os_error_text(error, text));
}
