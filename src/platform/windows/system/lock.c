#include "platform/system/lock.h"

#include <windows.h>

#include <stdlib.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/system/file.h"
#include "platform/windows/system/os_error.h"
#include "platform/windows/system/wide.h"

#define PATH_MAX_CHARS 4096

struct lp_lock {
	HANDLE file;
};

/* Opens the file for nobody else; Windows removes it with the last handle, also of a program that was killed. */
static HANDLE open_alone(const wchar_t *path)
{
	return CreateFileW(path, GENERIC_READ | GENERIC_WRITE | DELETE, 0, NULL, OPEN_EXISTING,
		FILE_ATTRIBUTE_NORMAL | FILE_FLAG_DELETE_ON_CLOSE, NULL);
}

int lp_lock_take(const char *path, struct lp_failure *failure, struct lp_lock **ret_lock)
{
	struct lp_lock *lock = calloc(1, sizeof *lock);
	wchar_t wide[PATH_MAX_CHARS];
	int result = lp_wide(path, wide, PATH_MAX_CHARS);
	if (!lock)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	if (result < 0) {
		free(lock);
		return lp_fail(failure, result, "%s: cannot be locked: %s", path, lp_error_text(result));
	}
	lock->file = open_alone(wide);
	DWORD error = GetLastError();
	if (lock->file == INVALID_HANDLE_VALUE && (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)) {
		result = lp_file_write(path, NULL, 0, true, failure);
		if (result == 0) {
			lock->file = open_alone(wide);
			error = GetLastError();
		}
	}
	char text[LP_OS_ERROR_TEXT_MAX];
	if (result == 0 && lock->file == INVALID_HANDLE_VALUE)
		result = lp_fail(
			failure, lp_os_error(error), "%s: cannot be locked: %s", path, lp_os_error_text(error, text));
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
