/* The private folder: what another user made in ProgramData is not trusted. Wine takes the owner of a Linux file for
   another user, and a symbolic link to a folder for a junction. */
#include "platform/windows/system/private_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <aclapi.h>
#include <cmocka.h>
#include <sddl.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/system/file.h"

struct folders {
	char base[MAX_PATH], folder[MAX_PATH + 16], old[MAX_PATH + 16];
};

/* Runs a Linux program on a file, and waits until it has succeeded. False if there is none, as on Windows. */
static bool run(const char *program, const char *path)
{
	typedef char *(CDECL * unix_name_fn)(const wchar_t *);
	unix_name_fn unix_name = (unix_name_fn)(void (*)(void))GetProcAddress(
		GetModuleHandleA("kernel32.dll"), "wine_get_unix_file_name");
	STARTUPINFOA start = {.cb = sizeof start};
	PROCESS_INFORMATION process;
	char command[4 * MAX_PATH], done[MAX_PATH + 16];
	wchar_t wide[MAX_PATH];
	if (!unix_name)
		return false;
	snprintf(done, sizeof done, "%s.done", path);
	MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, MAX_PATH);
	char *name = unix_name(wide);
	assert_non_null(name);
	snprintf(command, sizeof command, "Z:\\bin\\sh -c \"%s '%s' && touch '%s.done'\"", program, name, name);
	HeapFree(GetProcessHeap(), 0, name);
	/* Wine has no handle of a Linux process to wait for. */
	bool started = CreateProcessA(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &start, &process);
	for (int i = 0; started && i < 500; i++) {
		if (DeleteFileA(done))
			return true;
		Sleep(10);
	}
	return false;
}

static void begin(struct folders *folders)
{
	char temporary[MAX_PATH - 64];
	assert_true(GetTempPathA(sizeof temporary, temporary) > 0);
	snprintf(folders->base, sizeof folders->base, "%slp-test-folder-%lu", temporary,
		(unsigned long)GetCurrentProcessId());
	snprintf(folders->folder, sizeof folders->folder, "%s\\new", folders->base);
	snprintf(folders->old, sizeof folders->old, "%s\\old", folders->base);
	run("rm -rf", folders->base);
	assert_true(CreateDirectoryA(folders->base, NULL));
}

static void end(struct folders *folders)
{
	run("rm -rf", folders->base);
}

/* A file in a folder; valid until the next call. */
static const char *in(const char *folder, const char *name)
{
	static char path[2 * MAX_PATH];
	snprintf(path, sizeof path, "%s\\%s", folder, name);
	return path;
}

static void write_file(const char *folder, const char *name)
{
	assert_int_equal(lp_file_write(in(folder, name), (const uint8_t *)"x", 1, false, NULL), 0);
}

static bool exists(const char *folder, const char *name)
{
	return GetFileAttributesA(in(folder, name)) != INVALID_FILE_ATTRIBUTES;
}

/* True if everyone may write into the folder. */
static bool is_open_to_all(const char *path)
{
	PSECURITY_DESCRIPTOR descriptor = NULL;
	PACL list = NULL;
	bool found = false;
	assert_int_equal(GetNamedSecurityInfoA(
				 path, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &list, NULL, &descriptor),
		ERROR_SUCCESS);
	for (DWORD i = 0; list && i < list->AceCount; i++) {
		ACCESS_ALLOWED_ACE *ace;
		assert_true(GetAce(list, i, (void **)&ace));
		found = found || (IsWellKnownSid((PSID)&ace->SidStart, WinWorldSid) && ace->Mask & FILE_ADD_FILE);
	}
	LocalFree(descriptor);
	return found || !list;
}

/* The path does not come from the environment, which the user's other programs can set. */
static void test_path(void **state)
{
	char before[MAX_PATH], after[MAX_PATH];
	(void)state;
	assert_int_equal(lp_program_folder("lanparty", before, sizeof before), 0);
	assert_non_null(strstr(before, "\\lanparty"));
	SetEnvironmentVariableA("ProgramData", "C:\\elsewhere");
	assert_int_equal(lp_program_folder("lanparty", after, sizeof after), 0);
	assert_string_equal(after, before);
	assert_int_equal(lp_program_folder("lanparty", after, 5), LP_ETOOBIG);
}

/* A new folder is private; an existing one becomes private again, and keeps its files. */
static void test_private(void **state)
{
	PSECURITY_DESCRIPTOR open_to_all;
	struct folders folders;
	(void)state;
	begin(&folders);
	assert_int_equal(lp_private_folder(folders.folder, NULL), 0);
	assert_false(is_open_to_all(folders.folder));
	write_file(folders.folder, "ours");
	assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA(
		"D:P(A;OICI;FA;;;WD)", SDDL_REVISION_1, &open_to_all, NULL));
	assert_true(SetFileSecurityA(folders.folder, DACL_SECURITY_INFORMATION, open_to_all));
	LocalFree(open_to_all);
	assert_true(is_open_to_all(folders.folder));
	assert_int_equal(lp_private_folder(folders.folder, NULL), 0);
	assert_false(is_open_to_all(folders.folder));
	assert_true(exists(folders.folder, "ours"));
	end(&folders);
}

/* Files of another user are renamed, once; locked files of this user stay. */
static void test_foreign_files(void **state)
{
	struct folders folders;
	(void)state;
	begin(&folders);
	assert_int_equal(lp_private_folder(folders.folder, NULL), 0);
	write_file(folders.folder, "ours");
	write_file(folders.folder, "theirs");
	if (!run("chown 12345", in(folders.folder, "theirs"))) {
		end(&folders);
		skip();
	}
	HANDLE locked = CreateFileA(in(folders.folder, "locked"), GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_NEW,
		FILE_FLAG_DELETE_ON_CLOSE, NULL);
	assert_true(locked != INVALID_HANDLE_VALUE);
	assert_int_equal(lp_private_folder(folders.folder, NULL), 1);
	assert_true(exists(folders.folder, "ours") && exists(folders.folder, "locked"));
	assert_false(exists(folders.folder, "theirs"));
	assert_true(exists(folders.folder, "theirs.untrusted"));
	assert_int_equal(lp_private_folder(folders.folder, NULL), 0);
	CloseHandle(locked);
	end(&folders);
}

/* Another user's folder and a link are refused, and not taken over either. */
static void test_foreign_folder(void **state)
{
	struct lp_failure failure = {0};
	struct folders folders;
	(void)state;
	begin(&folders);
	assert_true(CreateDirectoryA(folders.folder, NULL));
	assert_true(CreateDirectoryA(folders.old, NULL));
	if (!run("chown 12345", folders.folder) || !run("chown 12345", folders.old)) {
		end(&folders);
		skip();
	}
	assert_int_equal(lp_private_folder(folders.folder, &failure), LP_EPERM);
	assert_non_null(strstr(failure.text, "another user"));
	assert_true(run("rmdir", folders.folder));
	assert_int_equal(lp_private_folder_take(folders.old, folders.folder, &failure), 0);
	assert_true(exists(folders.base, "old") && !exists(folders.base, "new"));
	assert_true(run("chown 0", folders.old));
	assert_true(run("ln -s /tmp", folders.folder));
	assert_int_equal(lp_private_folder(folders.folder, &failure), LP_EPERM);
	assert_non_null(strstr(failure.text, "link"));
	end(&folders);
}

/* The folder of an earlier version is renamed, unless there is a new one or a program uses it. */
static void test_take(void **state)
{
	struct lp_failure failure = {0};
	struct folders folders;
	(void)state;
	begin(&folders);
	assert_int_equal(lp_private_folder_take(folders.old, folders.folder, NULL), 0);
	assert_false(exists(folders.base, "new"));
	write_file(folders.old, "identity");
	assert_int_equal(lp_private_folder_take(folders.old, folders.folder, &failure), 0);
	assert_true(exists(folders.folder, "identity") && !exists(folders.base, "old"));
	write_file(folders.old, "identity");
	assert_int_equal(lp_private_folder_take(folders.old, folders.folder, &failure), 0);
	assert_true(exists(folders.base, "old"));
	end(&folders);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_private),
		cmocka_unit_test(test_foreign_files),
		cmocka_unit_test(test_foreign_folder),
		cmocka_unit_test(test_take),
	};
	return cmocka_run_group_tests_name("folder", tests, NULL, NULL);
}
