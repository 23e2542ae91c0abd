/* Detects that the computer woke up from sleep. Its networks usually come back seconds later, and Windows may lose the
   notifications of what changed meanwhile. Works without a window, also in a service. */
#ifndef LP_PLATFORM_WINDOWS_SYSTEM_RESUME_H
#define LP_PLATFORM_WINDOWS_SYSTEM_RESUME_H

#include <windows.h>

struct lp_resume {
	HMODULE dll; /* powrprof.dll; NULL: no notifications */
	void *registration;
	HANDLE event;
};

/* Signals |event| after each sleep. |resume| stays where it is until lp_resume_done(). Does nothing if Windows refuses.
 */
void lp_resume_init(struct lp_resume *resume, HANDLE event);
/* Waits for a notification that is being delivered. |resume| may be all zero. */
void lp_resume_done(struct lp_resume *resume);

#endif
