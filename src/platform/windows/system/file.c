#include "platform/system/file.h"

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/system/random.h"
#include "platform/windows/system/os_error.h"
#include "platform/windows/system/secret.h"
#include "platform/windows/system/wide.h"

#define PATH_MAX_CHARS 4096

/* Replacing a file fails while another program, such as a virus scanner, has it open. */
#define REPLACE_TRIES 10
#define REPLACE_PAUSE_MS 20

static int path_failure(struct lp_failure *failure, DWORD error, const char *doing, const char *path)
{
	char text[LP_OS_ERROR_TEXT_MAX];
	return lp_fail(failure, lp_os_error(error), "%s: %s: %s", path, doing, lp_os_error_text(error, text));
}

/* Reads to the end, at most |room| bytes. 0 or the error. */
static DWORD read_all(HANDLE file, uint8_t *data, size_t room, size_t *ret_len)
{
	size_t len = 0;
	while (len < room) {
		DWORD wanted = room - len < (1U << 30) ? (DWORD)(room - len) : 1U << 30;
		DWORD n;
		if (!ReadFile(file, data + len, wanted, &n, NULL))
			return GetLastError();
		if (n == 0)
			break;
		len += n;
	}
	*ret_len = len;
	return 0;
}

int lp_file_read(const char *path, size_t max_bytes, struct lp_failure *failure, uint8_t **ret_data, size_t *ret_len)
{
	size_t len = 0;
	wchar_t wide[PATH_MAX_CHARS];
	int result = lp_wide(path, wide, PATH_MAX_CHARS);
	if (result < 0)
		return lp_fail(failure, result, "%s: cannot be read: %s", path, lp_error_text(result));
	HANDLE file = CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
		OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return path_failure(failure, GetLastError(), "cannot be read", path);
	/* One byte more than allowed detects longer files; otherwise it becomes the NUL. */
	uint8_t *data = malloc(max_bytes + 1);
	if (!data) {
		CloseHandle(file);
		return lp_fail(failure, LP_ENOMEM, "%s: out of memory", path);
	}
	DWORD error = read_all(file, data, max_bytes + 1, &len);
	CloseHandle(file);
	if (error || len > max_bytes) {
		free(data);
		if (error)
			return path_failure(failure, error, "cannot be read", path);
		return lp_fail(failure, LP_ETOOBIG, "%s: longer than the %zu bytes that such a file may have", path,
			max_bytes);
	}
	data[len] = '\0';
	*ret_data = data;
	*ret_len = len;
	return 0;
}

/* Writes a new file and makes it durable. 0 or the error. */
static DWORD write_new(const wchar_t *path, const uint8_t *data, size_t len, SECURITY_ATTRIBUTES *security)
{
	HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, security, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
	DWORD error = 0;
	if (file == INVALID_HANDLE_VALUE)
		return GetLastError();
	while (len && !error) {
		DWORD wanted = len < (1U << 30) ? (DWORD)len : 1U << 30;
		DWORD n;
		if (!WriteFile(file, data, wanted, &n, NULL)) {
			error = GetLastError();
			break;
		}
		data += n;
		len -= n;
	}
	if (!error && !FlushFileBuffers(file))
		error = GetLastError();
	CloseHandle(file);
	return error;
}

/* Replaces the old file by the new one. 0 or the error. */
static DWORD replace(const wchar_t *from, const wchar_t *to)
{
	DWORD error = 0;
	for (int i = 0; i < REPLACE_TRIES; i++) {
		if (MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
			return 0;
		error = GetLastError();
		if (error != ERROR_ACCESS_DENIED && error != ERROR_SHARING_VIOLATION)
			break;
		Sleep(REPLACE_PAUSE_MS);
	}
	return error;
}

int lp_file_write(const char *path, const uint8_t *data, size_t len, bool secret, struct lp_failure *failure)
{
	SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes}, *security = NULL;
	DWORD error = 0;
	wchar_t wide[PATH_MAX_CHARS];
	int result = lp_wide(path, wide, PATH_MAX_CHARS - 16);
	if (result < 0)
		return lp_fail(failure, result, "%s: cannot be written: %s", path, lp_error_text(result));
	if (secret) {
		error = lp_secret_security(&attributes);
		if (error)
			return path_failure(failure, error, "cannot be kept from others", path);
		security = &attributes;
	}
	uint32_t suffix;
	lp_random_fill((uint8_t *)&suffix, sizeof suffix);
	wchar_t temporary[PATH_MAX_CHARS];
	swprintf(temporary, PATH_MAX_CHARS, L"%ls.%08x", wide, (unsigned)suffix);
	error = lp_make_folders(wide, security);
	if (error) {
		result = path_failure(failure, error, "its folder cannot be made", path);
	} else {
		error = write_new(temporary, data, len, security);
		if (!error)
			error = replace(temporary, wide);
		if (error) {
			DeleteFileW(temporary);
			result = path_failure(failure, error, "cannot be written", path);
		}
	}
	if (attributes.lpSecurityDescriptor)
		LocalFree(attributes.lpSecurityDescriptor);
	return result;
}

int lp_file_remove(const char *path, struct lp_failure *failure)
{
	wchar_t wide[PATH_MAX_CHARS];
	int result = lp_wide(path, wide, PATH_MAX_CHARS);
	if (result < 0)
		return lp_fail(failure, result, "%s: cannot be removed: %s", path, lp_error_text(result));
	return DeleteFileW(wide) ? 0 : path_failure(failure, GetLastError(), "cannot be removed", path);
}
