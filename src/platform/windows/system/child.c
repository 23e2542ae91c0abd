#include "platform/windows/system/child.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/windows/system/os_error.h"
#include "platform/windows/system/wide.h"

#define LINE_CHARS 4096
/* How long the output may be held open by processes that a child leaves behind. */
#define DRAIN_MS 2000

struct lp_child {
	HANDLE process, thread;
	HANDLE output; /* our end */
	lp_child_output_fn *fn;
	void *ctx;
};

/* The thread that reads. */
static DWORD WINAPI read_output(void *argument)
{
	struct lp_child *child = argument;
	char data[4096];
	DWORD n;
	while (ReadFile(child->output, data, sizeof data, &n, NULL) && n > 0)
		child->fn(child->ctx, data, n);
	return 0;
}

/* The child's ends of its standard handles, and ours. */
struct pipes {
	HANDLE child_input, input, output, child_output;
};

static void close_pipes(struct pipes *pipes)
{
	HANDLE *const all[] = {&pipes->child_input, &pipes->input, &pipes->output, &pipes->child_output};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		if (*all[i])
			CloseHandle(*all[i]);
		*all[i] = NULL;
	}
}

/* 0 or the error. */
static DWORD make_pipes(struct pipes *pipes)
{
	SECURITY_ATTRIBUTES inherit = {.nLength = sizeof inherit, .bInheritHandle = TRUE};
	*pipes = (struct pipes){0};
	if (!CreatePipe(&pipes->child_input, &pipes->input, &inherit, 4096) ||
		!CreatePipe(&pipes->output, &pipes->child_output, &inherit, 65536) ||
		!SetHandleInformation(pipes->input, HANDLE_FLAG_INHERIT, 0) ||
		!SetHandleInformation(pipes->output, HANDLE_FLAG_INHERIT, 0))
		return GetLastError();
	return 0;
}

/* Creates the process with its ends of the pipes, and no other handle. 0 or the error. */
static DWORD create_process(wchar_t *line, const struct pipes *pipes, HANDLE *ret_process)
{
	HANDLE inherited[] = {pipes->child_input, pipes->child_output};
	STARTUPINFOEXW startup = {
		.StartupInfo = {.cb = sizeof startup,
			.dwFlags = STARTF_USESTDHANDLES,
			.hStdInput = pipes->child_input,
			.hStdOutput = pipes->child_output,
			.hStdError = pipes->child_output},
	};
	PROCESS_INFORMATION process = {0};
	SIZE_T size = 0;
	DWORD error = 0;
	InitializeProcThreadAttributeList(NULL, 1, 0, &size);
	startup.lpAttributeList = malloc(size);
	if (!startup.lpAttributeList)
		return ERROR_NOT_ENOUGH_MEMORY;
	if (!InitializeProcThreadAttributeList(startup.lpAttributeList, 1, 0, &size)) {
		free(startup.lpAttributeList);
		return GetLastError();
	}
	if (!UpdateProcThreadAttribute(startup.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, inherited,
		    sizeof inherited, NULL, NULL) ||
		!CreateProcessW(NULL, line, NULL, NULL, TRUE, CREATE_NO_WINDOW | EXTENDED_STARTUPINFO_PRESENT, NULL,
			NULL, &startup.StartupInfo, &process))
		error = GetLastError();
	DeleteProcThreadAttributeList(startup.lpAttributeList);
	free(startup.lpAttributeList);
	if (error)
		return error;
	CloseHandle(process.hThread);
	*ret_process = process.hProcess;
	return 0;
}

/* 0 or the error. */
static DWORD start(struct lp_child *child, const char *command_line, const char *input)
{
	wchar_t line[LINE_CHARS];
	struct pipes pipes;
	DWORD n, error = make_pipes(&pipes);
	if (!error && lp_wide(command_line, line, LINE_CHARS) < 0)
		error = ERROR_INVALID_PARAMETER;
	if (!error)
		error = create_process(line, &pipes, &child->process);
	/* It fits the pipe's buffer; a child that does not read it says why it ended. */
	if (!error)
		(void)WriteFile(pipes.input, input, (DWORD)strlen(input), &n, NULL);
	if (!error) {
		child->output = pipes.output;
		pipes.output = NULL;
		child->thread = CreateThread(NULL, 0, read_output, child, 0, NULL);
		error = child->thread ? 0 : GetLastError();
	}
	close_pipes(&pipes);
	return error;
}

int lp_child_start(const char *command_line, const char *input, lp_child_output_fn *output, void *ctx,
	struct lp_failure *failure, struct lp_child **ret_child)
{
	char text[LP_OS_ERROR_TEXT_MAX];
	struct lp_child *child = calloc(1, sizeof *child);
	if (!child)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	child->fn = output;
	child->ctx = ctx;
	DWORD error = start(child, command_line, input);
	if (error) {
		lp_child_free(child);
		return lp_fail(
			failure, lp_os_error(error), "the client cannot be started: %s", lp_os_error_text(error, text));
	}
	*ret_child = child;
	return 0;
}

HANDLE lp_child_event(const struct lp_child *child)
{
	return child->process;
}

unsigned lp_child_free(struct lp_child *child)
{
	DWORD code = 1;
	if (child->process) {
		if (WaitForSingleObject(child->process, 0) != WAIT_OBJECT_0)
			TerminateProcess(child->process, 1);
		WaitForSingleObject(child->process, INFINITE);
		GetExitCodeProcess(child->process, &code);
		CloseHandle(child->process);
	}
	if (child->thread) {
		if (WaitForSingleObject(child->thread, DRAIN_MS) != WAIT_OBJECT_0)
			CancelSynchronousIo(child->thread);
		WaitForSingleObject(child->thread, INFINITE);
		CloseHandle(child->thread);
	}
	if (child->output)
		CloseHandle(child->output);
	free(child);
	return code;
}
