#include "platform/windows/system/session_end.h"

#include <stdint.h>

/* How long Windows waits for a window at the end of a session. */
#define HOLD_MS 5000
#define CLASS_NAME L"lanparty-session-end"

static LRESULT CALLBACK on_message(HWND window, UINT message, WPARAM word, LPARAM parameter)
{
	if (message == WM_NCCREATE) {
		const CREATESTRUCTW *create = (const CREATESTRUCTW *)parameter;
		SetWindowLongPtrW(window, GWLP_USERDATA, (LONG_PTR)create->lpCreateParams);
	} else if (message == WM_QUERYENDSESSION) {
		return TRUE;
	} else if (message == WM_ENDSESSION && word) {
		/* Windows may end the process when this returns. */
		SetEvent((HANDLE)GetWindowLongPtrW(window, GWLP_USERDATA));
		Sleep(HOLD_MS);
		return 0;
	}
	return DefWindowProcW(window, message, word, parameter);
}

/* The thread that owns the window. */
static DWORD WINAPI run(void *event)
{
	HINSTANCE instance = GetModuleHandleW(NULL);
	WNDCLASSW class = {.lpfnWndProc = on_message, .hInstance = instance, .lpszClassName = CLASS_NAME};
	RegisterClassW(&class);
	/* A top-level window: message-only windows are not notified of the session's end. */
	if (!CreateWindowExW(0, CLASS_NAME, L"", WS_OVERLAPPED, 0, 0, 0, 0, NULL, NULL, instance, event))
		return 0;
	MSG message;
	while (GetMessageW(&message, NULL, 0, 0) > 0)
		DispatchMessageW(&message);
	return 0;
}

void lp_session_end_init(struct lp_session_end *session_end, HANDLE event)
{
	USEROBJECTFLAGS flags = {0};
	session_end->thread = NULL;
	/* Only with an interactive desktop; creating windows elsewhere is slow or fails. */
	if (!GetUserObjectInformationW(GetProcessWindowStation(), UOI_FLAGS, &flags, sizeof flags, NULL) ||
		!(flags.dwFlags & WSF_VISIBLE))
		return;
	session_end->thread = CreateThread(NULL, 0, run, event, 0, NULL);
}

void lp_session_end_done(struct lp_session_end *session_end)
{
	if (!session_end->thread)
		return;
	PostThreadMessageW(GetThreadId(session_end->thread), WM_QUIT, 0, 0);
	/* A thread that is still creating its window misses the message; it ends with the program. */
	WaitForSingleObject(session_end->thread, 200);
	CloseHandle(session_end->thread);
	session_end->thread = NULL;
}
