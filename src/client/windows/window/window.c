#include "client/windows/window/window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include <shellapi.h>

#include "base/failure.h"
#include "client/windows/service/protocol.h"
#include "client/windows/window/caller.h"
#include "client/windows/window/controls.h"
#include "client/windows/window/tray.h"
#include "client/windows/window/view.h"
#include "platform/windows/system/wide.h"

/* The client area at 96 DPI. */
#define WIDTH 560
#define HEIGHT 500

#define CLASS_NAME L"lanparty-window"

/* WM_COPYDATA: an invite, as UTF-16. */
#define COPY_INVITE 1
#define INVITE_CHARS 512

/* The tray's menu. */
enum menu {
	MENU_OPEN = 1,
	MENU_LEAVE,
	MENU_EXIT,
};

struct window {
	HWND handle;
	struct lp_controls controls;
	struct lp_tray tray;
	struct lp_caller *caller;
	struct lp_view view;
	bool hidden_before; /* the user knows where the window goes when it is closed */
	bool exiting;       /* after the reply to the leave */
};

/* Shows what an invite in its field is for. */
static void describe_invite(struct window *window)
{
	char invite[512], what[160], text[256];
	lp_controls_text(&window->controls, LP_CONTROL_INVITE, invite, sizeof invite);
	if (window->view.joining || !lp_view_describe_invite(invite, what, sizeof what))
		return;
	snprintf(text, sizeof text, "This is an invite to %s. Join it?", what);
	lp_controls_set_text(&window->controls, LP_CONTROL_DETAIL, text);
}

/* Puts an invite that was clicked into its field. Nothing is joined without the user. */
static void take_invite(struct window *window, const wchar_t *wide)
{
	char invite[512];
	if (!*wide || lp_utf8(wide, invite, sizeof invite) < 0)
		return;
	lp_controls_set_text(&window->controls, LP_CONTROL_INVITE, invite);
	describe_invite(window);
}

static void show(struct window *window)
{
	ShowWindow(window->handle, SW_SHOWNORMAL);
	SetForegroundWindow(window->handle);
}

static void leave(struct window *window)
{
	const struct lp_service_request request = {.command = LP_SERVICE_LEAVE};
	lp_caller_request(window->caller, &request);
}

static void join(struct window *window)
{
	struct lp_service_request request = {.command = LP_SERVICE_JOIN};
	char invite[512];
	lp_controls_text(&window->controls, LP_CONTROL_INVITE, invite, sizeof invite);
	/* Chats break lines, which would make it too long. The service explains what else is wrong. */
	size_t n = 0;
	for (const char *c = invite; *c && n < sizeof request.invite - 1; c++)
		if (!strchr(" \t\r\n<>\"", *c))
			request.invite[n++] = *c;
	lp_controls_text(&window->controls, LP_CONTROL_NAME, request.name, sizeof request.name);
	lp_caller_request(window->caller, &request);
	SecureZeroMemory(&request, sizeof request);
}

/* The service replied, or did not. */
static void on_reply(struct window *window, bool replied, const char *text)
{
	struct lp_service_reply reply = {0};
	struct lp_failure failure = {0};
	bool known = replied && lp_service_reply_read(text, strlen(text), &failure, &reply) == 0;
	bool was_joining = window->view.joining;
	lp_view_update(&window->view, known ? &reply : NULL, replied ? failure.text : text);
	lp_service_reply_done(&reply);
	if (window->exiting) {
		DestroyWindow(window->handle);
		return;
	}
	lp_controls_show(&window->controls, &window->view);
	/* A used invite is a secret that need not stay on the screen. */
	if (window->view.joining && !was_joining)
		lp_controls_set_text(&window->controls, LP_CONTROL_INVITE, "");
	if (!window->view.joining && window->view.tone == LP_VIEW_QUIET)
		describe_invite(window);
	lp_tray_tip(&window->tray, window->view.tip);
	if (window->view.notice[0])
		lp_tray_notify(&window->tray, window->view.notice);
}

/* Leaves, if a client runs, and ends the window. */
static void leave_and_exit(struct window *window)
{
	if (!window->view.joining) {
		DestroyWindow(window->handle);
		return;
	}
	window->exiting = true;
	leave(window);
}

static void show_menu(struct window *window)
{
	POINT point;
	HMENU menu = CreatePopupMenu();
	AppendMenuW(menu, MF_STRING, MENU_OPEN, L"&Open");
	AppendMenuW(menu, window->view.joining ? MF_STRING : MF_STRING | MF_GRAYED, MENU_LEAVE, L"&Leave the party");
	AppendMenuW(menu, MF_SEPARATOR, 0, NULL);
	AppendMenuW(menu, MF_STRING, MENU_EXIT, window->view.joining ? L"Leave and &exit" : L"&Exit");
	SetMenuDefaultItem(menu, MENU_OPEN, FALSE);
	GetCursorPos(&point);
	SetForegroundWindow(window->handle); /* or the menu stays when the user clicks elsewhere */
	TrackPopupMenu(menu, TPM_RIGHTBUTTON, point.x, point.y, 0, window->handle, NULL);
	DestroyMenu(menu);
}

/* The close button: a session goes on in the tray. */
static void on_close(struct window *window)
{
	if (!window->view.joining) {
		DestroyWindow(window->handle);
		return;
	}
	ShowWindow(window->handle, window->tray.shown ? SW_HIDE : SW_MINIMIZE);
	if (!window->hidden_before)
		lp_tray_notify(
			&window->tray, "You stay on the LAN. Click the icon here to see who is there, or to leave.");
	window->hidden_before = true;
}

static void on_command(struct window *window, int id, int code)
{
	if (id == MENU_OPEN)
		show(window);
	else if (id == MENU_LEAVE)
		leave(window);
	else if (id == MENU_EXIT)
		leave_and_exit(window);
	else if (id == LP_CONTROL_INVITE && code == EN_CHANGE)
		describe_invite(window);
	else if (id == LP_CONTROL_BUTTON && window->view.joining)
		leave(window);
	else if (id == LP_CONTROL_BUTTON || id == IDOK)
		join(window);
}

static bool on_create(struct window *window, HWND handle)
{
	wchar_t user[LP_NAME_MAX / 3];
	char name[LP_NAME_MAX + 1];
	DWORD n = sizeof user / sizeof user[0];
	window->handle = handle;
	if (!lp_controls_init(&window->controls, handle))
		return false;
	if (GetUserNameW(user, &n) && lp_utf8(user, name, sizeof name) == 0)
		lp_controls_set_text(&window->controls, LP_CONTROL_NAME, name);
	lp_tray_init(&window->tray, handle);
	window->caller = lp_caller_new(handle);
	return window->caller != NULL;
}

static void on_destroy(struct window *window)
{
	lp_caller_free(window->caller);
	lp_tray_done(&window->tray);
	lp_controls_done(&window->controls);
	PostQuitMessage(0);
}

static void on_dpi(struct window *window, unsigned dpi, const RECT *suggested)
{
	lp_controls_set_dpi(&window->controls, dpi);
	SetWindowPos(window->handle, NULL, suggested->left, suggested->top, suggested->right - suggested->left,
		suggested->bottom - suggested->top, SWP_NOZORDER | SWP_NOACTIVATE);
}

/* Another instance was started, perhaps with an invite. Any program may send this. */
static void on_copy(struct window *window, const COPYDATASTRUCT *copy)
{
	wchar_t invite[INVITE_CHARS];
	size_t n = copy->cbData / sizeof invite[0];
	if (copy->dwData != COPY_INVITE || n >= INVITE_CHARS)
		return;
	memcpy(invite, copy->lpData, n * sizeof invite[0]);
	invite[n] = L'\0';
	show(window);
	take_invite(window, invite);
}

static LRESULT CALLBACK on_message(HWND handle, UINT message, WPARAM word, LPARAM parameter)
{
	struct window *window = (struct window *)GetWindowLongPtrW(handle, GWLP_USERDATA);
	if (message == WM_NCCREATE) {
		const CREATESTRUCTW *create = (const CREATESTRUCTW *)parameter;
		SetWindowLongPtrW(handle, GWLP_USERDATA, (LONG_PTR)create->lpCreateParams);
	}
	if (!window)
		return DefWindowProcW(handle, message, word, parameter);
	if (window->tray.created && message == window->tray.created)
		lp_tray_show(&window->tray);
	switch (message) {
	case WM_CREATE:
		return on_create(window, handle) ? 0 : -1;
	case WM_SIZE:
		lp_controls_place(&window->controls);
		return 0;
	case WM_DPICHANGED:
		on_dpi(window, LOWORD(word), (const RECT *)parameter);
		return 0;
	case WM_COMMAND:
		on_command(window, LOWORD(word), HIWORD(word));
		return 0;
	case WM_CTLCOLORSTATIC:
		SetTextColor((HDC)word, lp_controls_colour(&window->controls, &window->view, (HWND)parameter));
		SetBkColor((HDC)word, GetSysColor(COLOR_WINDOW));
		return (LRESULT)GetSysColorBrush(COLOR_WINDOW);
	case WM_DRAWITEM:
		lp_controls_draw(&window->controls, &window->view, (const DRAWITEMSTRUCT *)parameter);
		return TRUE;
	case WM_COPYDATA:
		on_copy(window, (const COPYDATASTRUCT *)parameter);
		return TRUE;
	case LP_CALLER_MESSAGE:
		on_reply(window, word, (const char *)parameter);
		free((char *)parameter);
		return 0;
	case LP_TRAY_MESSAGE:
		if (LOWORD(parameter) == WM_CONTEXTMENU)
			show_menu(window);
		else if (LOWORD(parameter) == NIN_SELECT || LOWORD(parameter) == NIN_KEYSELECT)
			show(window);
		return 0;
	case WM_CLOSE:
		on_close(window);
		return 0;
	case WM_DESTROY:
		on_destroy(window);
		return 0;
	default:
		return DefWindowProcW(handle, message, word, parameter);
	}
}

/* Passes the invite to the window that is open. False if none is. */
static bool pass_on(const wchar_t *invite)
{
	HWND other = FindWindowW(CLASS_NAME, NULL);
	wchar_t copy[INVITE_CHARS] = L"";
	COPYDATASTRUCT data = {.dwData = COPY_INVITE, .lpData = copy};
	DWORD process;
	if (!other)
		return false;
	if (wcslen(invite) < INVITE_CHARS)
		wcscpy(copy, invite);
	data.cbData = (DWORD)(wcslen(copy) * sizeof copy[0]);
	GetWindowThreadProcessId(other, &process);
	AllowSetForegroundWindow(process);
	SendMessageW(other, WM_COPYDATA, 0, (LPARAM)&data);
	return true;
}

/* Creates the window at its size for the DPI of its monitor. */
static HWND create(struct window *window)
{
	HINSTANCE instance = GetModuleHandleW(NULL);
	const WNDCLASSEXW class = {
		.cbSize = sizeof class,
		.lpfnWndProc = on_message,
		.hInstance = instance,
		.hIcon = LoadIconW(instance, MAKEINTRESOURCEW(1)),
		.hCursor = LoadCursorW(NULL, IDC_ARROW),
		.hbrBackground = GetSysColorBrush(COLOR_WINDOW),
		.lpszClassName = CLASS_NAME,
	};
	RECT area = {0, 0, WIDTH, HEIGHT};
	if (!RegisterClassExW(&class))
		return NULL;
	HWND handle = CreateWindowExW(WS_EX_CONTROLPARENT, CLASS_NAME, L"LAN Party",
		WS_OVERLAPPEDWINDOW | WS_CLIPCHILDREN, CW_USEDEFAULT, CW_USEDEFAULT, WIDTH, HEIGHT, NULL, NULL,
		instance, window);
	if (!handle)
		return NULL;
	UINT dpi = GetDpiForWindow(handle);
	area.right = MulDiv(WIDTH, (int)dpi, 96);
	area.bottom = MulDiv(HEIGHT, (int)dpi, 96);
	AdjustWindowRectExForDpi(&area, WS_OVERLAPPEDWINDOW, FALSE, WS_EX_CONTROLPARENT, dpi);
	SetWindowPos(handle, NULL, 0, 0, area.right - area.left, area.bottom - area.top, SWP_NOMOVE | SWP_NOZORDER);
	return handle;
}

int lp_window_run(const wchar_t *invite, int show_command)
{
	if (pass_on(invite))
		return 0;
	struct window *window = calloc(1, sizeof *window);
	if (!window || !create(window)) {
		free(window);
		MessageBoxW(NULL, L"The window cannot be opened. Restart Windows and try again.", L"LAN Party",
			MB_ICONERROR);
		return 1;
	}
	take_invite(window, invite);
	ShowWindow(window->handle, show_command);
	MSG message;
	while (GetMessageW(&message, NULL, 0, 0) > 0) {
		if (IsDialogMessageW(window->handle, &message))
			continue;
		TranslateMessage(&message);
		DispatchMessageW(&message);
	}
	free(window);
	return 0;
}
