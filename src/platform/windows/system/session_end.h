/* Detects the end of the user's session. Windows calls a program's console handler at logoff and shutdown only if
   user32 is not loaded, which no program can guarantee. A hidden window receives WM_ENDSESSION instead. */
#ifndef LP_PLATFORM_WINDOWS_SYSTEM_SESSION_END_H
#define LP_PLATFORM_WINDOWS_SYSTEM_SESSION_END_H

#include <stdbool.h>
#include <windows.h>

struct lp_session_end {
	HANDLE thread; /* NULL: none */
};

/* Signals |event| when the session ends, and then delays Windows while the program cleans up. |event| must outlive it.
   Does nothing without a desktop. */
void lp_session_end_init(struct lp_session_end *session_end, HANDLE event);
void lp_session_end_done(struct lp_session_end *session_end);

#endif
