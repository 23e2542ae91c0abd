#include "platform/windows/system/private_folder.h"

#include <windows.h>

#include <aclapi.h>
#include <knownfolders.h>
#include <sddl.h>
#include <shlobj.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/windows/system/os_error.h"
#include "platform/windows/system/wide.h"

/* Full access for the system and administrators; nothing inherited. */
#define FOLDER_SDDL L"O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"

#define PATH_CHARS 1024
#define SUFFIX L".untrusted"

static int path_failure(struct lp_failure *failure, DWORD error, const char *doing, const char *path)
{
	char text[LP_OS_ERROR_TEXT_MAX];
	return lp_fail(failure, lp_os_error(error), "%s: %s: %s", path, doing, lp_os_error_text(error, text));
}

int lp_program_folder(const char *name, char *ret_path, size_t size)
{
	wchar_t *wide = NULL;
	char data[MAX_PATH];
	int result = LP_ENOTFOUND;
	if (SHGetKnownFolderPath(&FOLDERID_ProgramData, 0, NULL, &wide) == S_OK)
		result = lp_utf8(wide, data, sizeof data);
	CoTaskMemFree(wide);
	if (result < 0)
		return result;
	int len = snprintf(ret_path, size, "%s\\%s", data, name);
	return len < 0 || (size_t)len >= size ? LP_ETOOBIG : 0;
}

/* True if the SID is the user of this process, and that is enough. It is not if the process is elevated: its own files
   then belong to the administrators' group, and those of the user come from programs that are not elevated. */
static bool is_us(PSID owner)
{
	union {
		TOKEN_USER user;
		TOKEN_OWNER owner;
		uint8_t bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
	} token;
	HANDLE handle;
	DWORD n;
	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &handle))
		return false;
	bool ok = GetTokenInformation(handle, TokenOwner, &token, sizeof token, &n) &&
		  !IsWellKnownSid(token.owner.Owner, WinBuiltinAdministratorsSid) &&
		  GetTokenInformation(handle, TokenUser, &token, sizeof token, &n) &&
		  EqualSid(owner, token.user.User.Sid);
	CloseHandle(handle);
	return ok;
}

/* Opens a file or a folder, but not what a link leads to. While it is open, nobody can put another in its place. It
   needs no access to the content, so it succeeds even if another program has locked it. */
static HANDLE open_entry(const wchar_t *path, DWORD more_access)
{
	return CreateFileW(path, READ_CONTROL | FILE_READ_ATTRIBUTES | more_access, FILE_SHARE_READ | FILE_SHARE_WRITE,
		NULL, OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS, NULL);
}

/* True if an open file or folder is no link and has a trusted owner. */
static bool is_trusted(HANDLE entry, const wchar_t *path)
{
	PSECURITY_DESCRIPTOR descriptor = NULL;
	PSID owner = NULL;
	DWORD attributes = GetFileAttributesW(path);
	if (attributes == INVALID_FILE_ATTRIBUTES || attributes & FILE_ATTRIBUTE_REPARSE_POINT ||
		GetSecurityInfo(entry, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL, NULL,
			&descriptor) != ERROR_SUCCESS)
		return false;
	bool trusted = IsWellKnownSid(owner, WinLocalSystemSid) || IsWellKnownSid(owner, WinBuiltinAdministratorsSid) ||
		       is_us(owner);
	LocalFree(descriptor);
	return trusted;
}

/* Sets owner and access list of an open folder, whatever they were. 0 or the error. */
static DWORD protect(HANDLE folder, PSECURITY_DESCRIPTOR descriptor)
{
	PSID owner;
	PACL list;
	BOOL defaulted, present;
	if (!GetSecurityDescriptorOwner(descriptor, &owner, &defaulted) ||
		!GetSecurityDescriptorDacl(descriptor, &present, &list, &defaulted))
		return GetLastError();
	return SetSecurityInfo(folder, SE_FILE_OBJECT,
		OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION, owner,
		NULL, list, NULL);
}

/* Renames a file of another owner. 1 if it was one, 0 if it is trusted or gone. */
static int set_aside(const wchar_t *path)
{
	wchar_t aside[PATH_CHARS + MAX_PATH];
	HANDLE entry = open_entry(path, 0);
	DWORD error = entry == INVALID_HANDLE_VALUE ? GetLastError() : 0;
	bool trusted = entry != INVALID_HANDLE_VALUE && is_trusted(entry, path);
	if (entry != INVALID_HANDLE_VALUE)
		CloseHandle(entry);
	if (trusted || error == ERROR_FILE_NOT_FOUND)
		return 0;
	swprintf(aside, sizeof aside / sizeof aside[0], L"%ls" SUFFIX, path);
	return MoveFileExW(path, aside, MOVEFILE_REPLACE_EXISTING) ? 1 : lp_os_error(GetLastError());
}

/* Renames the files in the folder that are not trusted. Their number, or an LP_E*. */
static int set_all_aside(const wchar_t *folder)
{
	wchar_t path[PATH_CHARS + MAX_PATH];
	WIN32_FIND_DATAW data;
	int n = 0;
	swprintf(path, PATH_CHARS, L"%ls\\*", folder);
	HANDLE find = FindFirstFileW(path, &data);
	if (find == INVALID_HANDLE_VALUE)
		return lp_os_error(GetLastError());
	do {
		size_t len = wcslen(data.cFileName);
		size_t suffix = sizeof SUFFIX / sizeof(wchar_t) - 1;
		if (wcscmp(data.cFileName, L".") == 0 || wcscmp(data.cFileName, L"..") == 0 ||
			(len > suffix && wcscmp(data.cFileName + len - suffix, SUFFIX) == 0))
			continue;
		swprintf(path, sizeof path / sizeof path[0], L"%ls\\%ls", folder, data.cFileName);
		int result = set_aside(path);
		n = result < 0 ? result : n + result;
	} while (n >= 0 && FindNextFileW(find, &data));
	FindClose(find);
	return n;
}

/* Makes an existing folder private. */
static int take_existing(
	const char *path, const wchar_t *wide, PSECURITY_DESCRIPTOR descriptor, struct lp_failure *failure)
{
	HANDLE folder = open_entry(wide, WRITE_DAC | WRITE_OWNER);
	if (folder == INVALID_HANDLE_VALUE)
		return path_failure(failure, GetLastError(), "cannot be opened", path);
	int result = 0;
	if (!is_trusted(folder, wide)) {
		result = lp_fail(failure, LP_EPERM,
			"%s: it was made by another user or is a link, so what is in it cannot be trusted. Remove it",
			path);
	} else {
		DWORD error = protect(folder, descriptor);
		if (error)
			result = path_failure(failure, error, "cannot be kept from other users", path);
	}
	/* Only now: nobody but administrators can add files from here on. */
	if (result == 0 && (result = set_all_aside(wide)) < 0)
		lp_fail(failure, result, "%s: its files cannot be checked: %s", path, lp_error_text(result));
	CloseHandle(folder);
	return result;
}

int lp_private_folder(const char *path, struct lp_failure *failure)
{
	SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes};
	wchar_t wide[PATH_CHARS];
	int result = lp_wide(path, wide, PATH_CHARS);
	if (result < 0)
		return lp_fail(failure, result, "%s: %s", path, lp_error_text(result));
	if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
		    FOLDER_SDDL, SDDL_REVISION_1, &attributes.lpSecurityDescriptor, NULL))
		return path_failure(failure, GetLastError(), "cannot be kept from other users", path);
	DWORD error = CreateDirectoryW(wide, &attributes) ? 0 : GetLastError();
	if (error == ERROR_ALREADY_EXISTS)
		result = take_existing(path, wide, attributes.lpSecurityDescriptor, failure);
	else if (error)
		result = path_failure(failure, error, "cannot be made", path);
	LocalFree(attributes.lpSecurityDescriptor);
	return result;
}

int lp_private_folder_take(const char *old_path, const char *path, struct lp_failure *failure)
{
	wchar_t from[PATH_CHARS], to[PATH_CHARS];
	if (lp_wide(old_path, from, PATH_CHARS) < 0 || lp_wide(path, to, PATH_CHARS) < 0)
		return lp_fail(failure, LP_ETOOBIG, "%s: the path is too long", path);
	if (GetFileAttributesW(to) != INVALID_FILE_ATTRIBUTES)
		return 0;
	HANDLE folder = open_entry(from, 0);
	if (folder == INVALID_HANDLE_VALUE)
		return 0;
	bool trusted = is_trusted(folder, from);
	CloseHandle(folder);
	/* What replaced it in between is checked like any folder by lp_private_folder(). */
	if (!trusted || MoveFileExW(from, to, 0))
		return 0;
	return lp_fail(failure, LP_EINUSE,
		"%s: cannot be renamed to %s, because another program uses it. End the earlier version of the client",
		old_path, path);
}
