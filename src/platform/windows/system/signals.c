#include <stdbool.h>

#include "platform/windows/system/signals.h"

#include <stdio.h>

#include "platform/windows/system/os_error.h"

/* How long a handler that must not return before the program has ended blocks its thread: longer than Windows allows
   any handler (5 s for a closed window). The end of the program ends the thread. */
#define HOLD_MS 30000

/* Names of the events: Windows passes the handler no pointer, so it finds them by the process ID. */
static const wchar_t *const kinds[LP_SIGNAL_EVENTS] = {
	[LP_SIGNAL_EVENT_STOP] = L"stop", [LP_SIGNAL_EVENT_CLOSE] = L"close"};

static void event_name(enum lp_signal_event kind, wchar_t name[64])
{
	swprintf(name, 64, L"Local\\lanparty-%ls-%lu", kinds[kind], (unsigned long)GetCurrentProcessId());
}

/* Called by Windows on another thread: notifies the loop. */
static BOOL WINAPI on_control(DWORD type)
{
	bool closing = type == CTRL_CLOSE_EVENT || type == CTRL_LOGOFF_EVENT || type == CTRL_SHUTDOWN_EVENT;
	wchar_t name[64];
	event_name(closing ? LP_SIGNAL_EVENT_CLOSE : LP_SIGNAL_EVENT_STOP, name);
	HANDLE event = OpenEventW(EVENT_MODIFY_STATE, FALSE, name);
	if (!event)
		return FALSE;
	SetEvent(event);
	CloseHandle(event);
	/* Windows ends the process as soon as this returns, whatever the loop is doing. */
	if (closing)
		Sleep(HOLD_MS);
	return TRUE;
}

int lp_signals_init(struct lp_signals *signals)
{
	*signals = (struct lp_signals){0};
	for (int kind = 0; kind < LP_SIGNAL_EVENTS; kind++) {
		wchar_t name[64];
		event_name(kind, name);
		signals->events[kind] = CreateEventW(NULL, FALSE, FALSE, name);
		DWORD error = GetLastError();
		/* Another program has made it, and would see or cause our end. */
		if (!signals->events[kind] || error == ERROR_ALREADY_EXISTS) {
			lp_signals_done(signals);
			return lp_os_error(error);
		}
	}
	if (!SetConsoleCtrlHandler(on_control, TRUE)) {
		int result = lp_os_error(GetLastError());
		lp_signals_done(signals);
		return result;
	}
	signals->handler = true;
	/* A session without windows (of a service) has no such notification. */
	lp_session_end_init(&signals->session_end, signals->events[LP_SIGNAL_EVENT_CLOSE]);
	return 0;
}

void lp_signals_done(struct lp_signals *signals)
{
	lp_session_end_done(&signals->session_end);
	if (signals->handler)
		SetConsoleCtrlHandler(on_control, FALSE);
	for (int kind = 0; kind < LP_SIGNAL_EVENTS; kind++)
		if (signals->events[kind])
			CloseHandle(signals->events[kind]);
	*signals = (struct lp_signals){0};
}
