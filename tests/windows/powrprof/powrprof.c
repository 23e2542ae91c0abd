/* Sleep for tests under Wine, which has none: the file C:\lanparty\resume, which is then removed, wakes the program
   that registered. What happened is logged in C:\lanparty\power.txt. */
#include <windows.h>

#include <stdio.h>

#define RESUME_AUTOMATIC 0x12
#define LOOK_MS 50

/* Without a callback: the place is free. */
struct subscription {
	ULONG(CALLBACK *callback)(void *ctx, ULONG type, void *setting);
	void *ctx;
};

#define REGISTRATIONS 8

static struct subscription registrations[REGISTRATIONS];
static SRWLOCK lock = SRWLOCK_INIT;
static HANDLE thread;

/* Adds a line to the log. */
static void note(const char *line)
{
	FILE *file = fopen("C:\\lanparty\\power.txt", "a");
	if (!file)
		return;
	fprintf(file, "%s\n", line);
	fclose(file);
}

/* Wakes all who are registered, until the program ends. */
static DWORD WINAPI run(void *argument)
{
	(void)argument;
	for (;;) {
		Sleep(LOOK_MS);
		if (!DeleteFileW(L"C:\\lanparty\\resume"))
			continue;
		AcquireSRWLockExclusive(&lock);
		for (int i = 0; i < REGISTRATIONS; i++)
			if (registrations[i].callback)
				registrations[i].callback(registrations[i].ctx, RESUME_AUTOMATIC, NULL);
		ReleaseSRWLockExclusive(&lock);
		note("resume");
	}
	return 0;
}

DWORD WINAPI PowerRegisterSuspendResumeNotification(DWORD flags, HANDLE recipient, void **ret_registration);

DWORD WINAPI PowerRegisterSuspendResumeNotification(DWORD flags, HANDLE recipient, void **ret_registration)
{
	DWORD error = flags == 2 ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_PARAMETER;
	AcquireSRWLockExclusive(&lock);
	for (int i = 0; i < REGISTRATIONS && error == ERROR_NOT_ENOUGH_MEMORY; i++) {
		if (registrations[i].callback)
			continue;
		registrations[i] = *(const struct subscription *)recipient;
		*ret_registration = &registrations[i];
		error = ERROR_SUCCESS;
	}
	if (!thread) {
		HMODULE self; /* stays loaded for the thread */
		GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
			(const wchar_t *)&lock, &self);
		thread = CreateThread(NULL, 0, run, NULL, 0, NULL);
	}
	ReleaseSRWLockExclusive(&lock);
	note("register");
	return error;
}

DWORD WINAPI PowerUnregisterSuspendResumeNotification(void *handle);

DWORD WINAPI PowerUnregisterSuspendResumeNotification(void *handle)
{
	struct subscription *registration = handle;
	AcquireSRWLockExclusive(&lock);
	registration->callback = NULL;
	ReleaseSRWLockExclusive(&lock);
	note("unregister");
	return ERROR_SUCCESS;
}
