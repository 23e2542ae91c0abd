/* What asks a console program to end: Ctrl-C and Ctrl-Break, the window's close button, logoff, shutdown. */
#ifndef LP_PLATFORM_WINDOWS_SYSTEM_SIGNALS_H
#define LP_PLATFORM_WINDOWS_SYSTEM_SIGNALS_H

#include <windows.h>

#include "platform/windows/system/session_end.h"

enum lp_signal_event {
	LP_SIGNAL_EVENT_STOP,  /* Ctrl-C, Ctrl-Break */
	LP_SIGNAL_EVENT_CLOSE, /* Windows ends the program in a few seconds */
	LP_SIGNAL_EVENTS,
};

struct lp_signals {
	HANDLE events[LP_SIGNAL_EVENTS]; /* set for each signal of the kind */
	bool handler;                    /* the handler is installed */
	struct lp_session_end session_end;
};

/* Installs the handlers. 0, or a negative LP_E*. */
int lp_signals_init(struct lp_signals *signals);
/* Removes them; |signals| may be all zero. */
void lp_signals_done(struct lp_signals *signals);

#endif
