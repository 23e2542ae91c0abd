#include "platform/loop/priority.h"

#include <windows.h>

#include "base/error.h"

/* What SetProcessInformation() takes, younger than the headers of the systems that we build on: no saving of power by
   a lower clock (Windows 10 1709), no coarse timers for windows that nobody sees (Windows 11). */
#define POWER_THROTTLING_CLASS 4
#define POWER_THROTTLING_VERSION 1
#define THROTTLE_SPEED 1
#define THROTTLE_TIMERS 4

struct power_throttling {
	ULONG version, control_mask, state_mask;
};

typedef BOOL(WINAPI *set_information_fn)(HANDLE process, int class, void *data, DWORD size);

/* Asks not to be throttled in the given ways. */
static BOOL unthrottle(set_information_fn set_information, ULONG ways)
{
	struct power_throttling throttling = {.version = POWER_THROTTLING_VERSION, .control_mask = ways};

	return set_information(GetCurrentProcess(), POWER_THROTTLING_CLASS, &throttling, sizeof throttling);
}

int lp_priority_raise(void)
{
	set_information_fn set_information = (set_information_fn)(void (*)(void))GetProcAddress(
		GetModuleHandleW(L"kernel32.dll"), "SetProcessInformation");

	if (set_information && !unthrottle(set_information, THROTTLE_SPEED | THROTTLE_TIMERS))
		unthrottle(set_information, THROTTLE_SPEED);
	return SetPriorityClass(GetCurrentProcess(), ABOVE_NORMAL_PRIORITY_CLASS) ? 0 : LP_EPERM;
}
