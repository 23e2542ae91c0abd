#include "platform/loop/cpu.h"

#include <windows.h>

#include "base/error.h"

/* SetProcessInformation() classes that the headers of our build systems lack: no lower clock to save power (Windows 10
   1709), no coarse timers while the window is covered (Windows 11). */
#define POWER_THROTTLING_CLASS 4
#define POWER_THROTTLING_VERSION 1
#define THROTTLE_SPEED 1
#define THROTTLE_TIMERS 4

struct power_throttling {
	ULONG version, control_mask, state_mask;
};

typedef BOOL(WINAPI *set_information_fn)(HANDLE process, int class, void *data, DWORD size);

/* Disables the kinds of throttling in |mask|. */
static BOOL unthrottle(set_information_fn set_information, ULONG mask)
{
	struct power_throttling throttling = {.version = POWER_THROTTLING_VERSION, .control_mask = mask};
	return set_information(GetCurrentProcess(), POWER_THROTTLING_CLASS, &throttling, sizeof throttling);
}

int lp_cpu_raise_priority(void)
{
	set_information_fn set_information = (set_information_fn)(void (*)(void))GetProcAddress(
		GetModuleHandleW(L"kernel32.dll"), "SetProcessInformation");
	if (set_information && !unthrottle(set_information, THROTTLE_SPEED | THROTTLE_TIMERS))
		unthrottle(set_information, THROTTLE_SPEED);
	/* This thread forwards frames: above a game in the foreground, whose threads Windows raises to the same
	   priority as the others of this process. */
	return SetPriorityClass(GetCurrentProcess(), ABOVE_NORMAL_PRIORITY_CLASS) &&
			       SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_HIGHEST)
		       ? 0
		       : LP_EPERM;
}
