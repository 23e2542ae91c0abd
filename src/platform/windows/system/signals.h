/* What asks a console program to end: Ctrl-C and Ctrl-Break, the window's close button, logoff, shutdown. */
#ifndef LP_PLATFORM_WINDOWS_SYSTEM_SIGNALS_H
#define LP_PLATFORM_WINDOWS_SYSTEM_SIGNALS_H

#include <windows.h>

#include "platform/windows/system/session_end.h"

struct lp_signals {
	HANDLE event; /* signalled for each of them */
	bool handler; /* is in place */
	struct lp_session_end session_end;
};

/* Puts the handlers in place. 0, or a negative LP_E*. */
int lp_signals_init(struct lp_signals *signals);
/* Takes them away; also of a |signals| that is all zero. */
void lp_signals_done(struct lp_signals *signals);

#endif
