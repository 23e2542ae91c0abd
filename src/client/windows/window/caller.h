/* Talks to the service for the window, on a thread of its own: a request may wait for seconds.

   The model: every second the thread asks for the state, or sends the request that the window left, and posts the reply
   as a message. If no service runs it starts it, which every user who is logged on may (service/install.c). */
#ifndef LP_CLIENT_WINDOWS_WINDOW_CALLER_H
#define LP_CLIENT_WINDOWS_WINDOW_CALLER_H

#include <windows.h>

struct lp_caller;
struct lp_service_request;

/* Posted to the window: wParam is 1 for a reply, 0 for a failure; lParam is the JSON or the failure's text, malloc'd,
   which the window frees. */
#define LP_CALLER_MESSAGE (WM_APP + 1)

/* Starts the thread; NULL without memory. */
struct lp_caller *lp_caller_new(HWND window);
/* Sends a request soon; of several, the last. */
void lp_caller_request(struct lp_caller *caller, const struct lp_service_request *request);
/* Ends the thread, after a request that it is sending. NULL is fine. */
void lp_caller_free(struct lp_caller *caller);

#endif
