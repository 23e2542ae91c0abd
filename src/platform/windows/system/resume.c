#include "platform/windows/system/resume.h"

/* Of powrprof.h and winuser.h, which mingw-w64 10 lacks. */
#define NOTIFY_CALLBACK 2
#define RESUME_AUTOMATIC 0x12

typedef ULONG CALLBACK notify_fn(void *ctx, ULONG type, void *setting);

struct subscription {
	notify_fn *callback;
	void *ctx;
};

typedef DWORD WINAPI register_fn(DWORD flags, const struct subscription *recipient, void **ret_registration);
typedef DWORD WINAPI unregister_fn(void *registration);

/* Called by Windows on another thread. */
static ULONG CALLBACK on_power(void *ctx, ULONG type, void *setting)
{
	struct lp_resume *resume = ctx;
	(void)setting;
	if (type == RESUME_AUTOMATIC)
		SetEvent(resume->event);
	return ERROR_SUCCESS;
}

void lp_resume_init(struct lp_resume *resume, HANDLE event)
{
	const struct subscription subscription = {on_power, resume};
	*resume = (struct lp_resume){.event = event};
	resume->dll = LoadLibraryExW(L"powrprof.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
	if (!resume->dll)
		return;
	register_fn *add = (register_fn *)(void (*)(void))GetProcAddress(
		resume->dll, "PowerRegisterSuspendResumeNotification");
	if (!add || add(NOTIFY_CALLBACK, &subscription, &resume->registration) != ERROR_SUCCESS)
		lp_resume_done(resume);
}

void lp_resume_done(struct lp_resume *resume)
{
	if (resume->registration) {
		unregister_fn *end = (unregister_fn *)(void (*)(void))GetProcAddress(
			resume->dll, "PowerUnregisterSuspendResumeNotification");
		if (end)
			(void)end(resume->registration);
	}
	if (resume->dll)
		FreeLibrary(resume->dll);
	*resume = (struct lp_resume){0};
}
