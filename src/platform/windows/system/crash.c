#include "platform/windows/system/crash.h"

#include <windows.h>

#include <dbghelp.h>

#include "platform/windows/system/private_folder.h"
#include "platform/windows/system/wide.h"

#define PATH_CHARS 300

/* Called by Windows in the thread that crashed; it passes no pointer, so the path is found again. */
static LONG WINAPI on_crash(EXCEPTION_POINTERS *exception)
{
	MINIDUMP_EXCEPTION_INFORMATION information = {.ThreadId = GetCurrentThreadId(), .ExceptionPointers = exception};
	char path[PATH_CHARS];
	wchar_t wide[PATH_CHARS];
	HMODULE dll = LoadLibraryExW(L"dbghelp.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
	__typeof__(&MiniDumpWriteDump) write_dump =
		dll ? (__typeof__(&MiniDumpWriteDump))(void (*)(void))GetProcAddress(dll, "MiniDumpWriteDump") : NULL;
	if (!write_dump || lp_program_folder("lanparty\\client.dmp", path, sizeof path) < 0 ||
		lp_wide(path, wide, PATH_CHARS) < 0)
		return EXCEPTION_CONTINUE_SEARCH;
	HANDLE file = CreateFileW(wide, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return EXCEPTION_CONTINUE_SEARCH;
	write_dump(GetCurrentProcess(), GetCurrentProcessId(), file, MiniDumpNormal, &information, NULL, NULL);
	CloseHandle(file);
	/* Windows' own report follows. */
	return EXCEPTION_CONTINUE_SEARCH;
}

void lp_crash_dump_enable(void)
{
	SetUnhandledExceptionFilter(on_crash);
}
