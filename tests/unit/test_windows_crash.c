/* A crash leaves a file for a debugger. */
#include "platform/windows/system/crash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

#include <cmocka.h>

#include "platform/windows/system/private_folder.h"

static void test_dump(void **state)
{
	char folder[MAX_PATH], path[MAX_PATH + 16], program[MAX_PATH], command[MAX_PATH + 16], start[4] = "";
	STARTUPINFOA startup = {.cb = sizeof startup};
	PROCESS_INFORMATION process;
	DWORD n;
	(void)state;
	assert_int_equal(lp_program_folder("lanparty", folder, sizeof folder), 0);
	CreateDirectoryA(folder, NULL);
	snprintf(path, sizeof path, "%s\\client.dmp", folder);
	DeleteFileA(path);
	GetModuleFileNameA(NULL, program, sizeof program);
	snprintf(command, sizeof command, "\"%s\" crash", program);
	assert_true(CreateProcessA(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process));
	assert_int_equal(WaitForSingleObject(process.hProcess, 30000), WAIT_OBJECT_0);
	CloseHandle(process.hProcess);
	CloseHandle(process.hThread);
	HANDLE file = CreateFileA(path, GENERIC_READ, 0, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
	assert_true(file != INVALID_HANDLE_VALUE);
	assert_true(ReadFile(file, start, sizeof start, &n, NULL) && n == 4);
	assert_memory_equal(start, "MDMP", 4);
	CloseHandle(file);
	DeleteFileA(path);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dump),
	};
	if (argc == 2 && strcmp(argv[1], "crash") == 0) {
		lp_crash_dump_enable();
		SetErrorMode(SEM_NOGPFAULTERRORBOX);
		RaiseException(STATUS_ACCESS_VIOLATION, 0, 0, NULL);
	}
	return cmocka_run_group_tests_name("crash", tests, NULL, NULL);
}
