/* The window and its icon in the tray.

   The model: the window has no rights and does no work. A thread asks the service for the state once per second
   (caller.h), a pure view turns the reply into texts (view.h), and this module copies them into controls (controls.h)
   and turns clicks into requests. An invite comes from the clipboard, the command line, or a second start, which passes
   it to the window that is open; it is joined when the user says so. Closing the window leaves the session in the tray;
   without a session it ends the program. */
#ifndef LP_CLIENT_WINDOWS_WINDOW_WINDOW_H
#define LP_CLIENT_WINDOWS_WINDOW_WINDOW_H

#include <wchar.h>

/* Shows the window until the user ends it. |invite| is empty or of the command line; |show_command| is that of
   wWinMain(). Returns the exit code. */
int lp_window_run(const wchar_t *invite, int show_command);

#endif
