#include "platform/system/lock.h"

#include <windows.h>

#include <stdlib.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/windows/system/os_error.h"
#include "platform/windows/system/secret.h"
#include "platform/windows/system/wide.h"

#define PATH_MAX_CHARS 4096

/* The file cannot be opened while a virus scanner has it open. */
#define TRIES 50
#define PAUSE_MS 20

struct lp_lock {
	HANDLE file;
};

/* Creates the file, or opens it, for this program alone; Windows removes it with the last handle, also that of a
   program that was killed. One call: between creating and opening it a virus scanner could hold it. */
static HANDLE open_alone(const wchar_t *path, SECURITY_ATTRIBUTES *security)
{
	HANDLE file;
	for (int i = 0; i < TRIES; i++) {
		file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE | DELETE, 0, security, OPEN_ALWAYS,
			FILE_ATTRIBUTE_NORMAL | FILE_FLAG_DELETE_ON_CLOSE, NULL);
		DWORD error = GetLastError();
		/* Access is denied while the file is being removed. */
		if (file != INVALID_HANDLE_VALUE || (error != ERROR_SHARING_VIOLATION && error != ERROR_ACCESS_DENIED))
			break;
		if (i + 1 < TRIES)
			Sleep(PAUSE_MS);
		SetLastError(error);
	}
	return file;
}

/* Opens the lock's file, and makes its folder if that is missing. */
static int open_file(const char *path, struct lp_failure *failure, HANDLE *ret_file)
{
	SECURITY_ATTRIBUTES security = {.nLength = sizeof security};
	wchar_t wide[PATH_MAX_CHARS];
	char text[LP_OS_ERROR_TEXT_MAX];
	int result = lp_wide(path, wide, PATH_MAX_CHARS);
	if (result < 0)
		return lp_fail(failure, result, "%s: cannot be locked: %s", path, lp_error_text(result));
	DWORD error = lp_secret_security(&security);
	if (!error)
		error = lp_make_folders(wide, &security);
	if (!error) {
		*ret_file = open_alone(wide, &security);
		error = *ret_file == INVALID_HANDLE_VALUE ? GetLastError() : 0;
	}
	LocalFree(security.lpSecurityDescriptor);
	if (error)
		return lp_fail(
			failure, lp_os_error(error), "%s: cannot be locked: %s", path, lp_os_error_text(error, text));
	return 0;
}

int lp_lock_take(const char *path, struct lp_failure *failure, struct lp_lock **ret_lock)
{
	struct lp_lock *lock = calloc(1, sizeof *lock);
	if (!lock)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	int result = open_file(path, failure, &lock->file);
	if (result < 0) {
		free(lock);
		return result;
	}
	*ret_lock = lock;
	return 0;
}

void lp_lock_free(struct lp_lock *lock)
{
	if (!lock)
		return;
	CloseHandle(lock->file);
	free(lock);
}
