#include "platform/windows/system/private_folder.h"

#include <windows.h>

#include <aclapi.h>
#include <sddl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/windows/system/os_error.h"
#include "platform/windows/system/wide.h"

/* Full access for the system, administrators and the owner; nothing inherited. */
#define FOLDER_SDDL L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;OW)"

#define PATH_CHARS 1024

/* True if the SID is this process's user. */
static bool is_us(PSID owner)
{
	union {
		TOKEN_USER user;
		uint8_t bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
	} token;
	HANDLE handle;
	DWORD n;
	bool ok;

	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &handle))
		return false;
	ok = GetTokenInformation(handle, TokenUser, &token, sizeof token, &n) && EqualSid(owner, token.user.User.Sid);
	CloseHandle(handle);
	return ok;
}

/* Checks the owner of the folder. */
static int check_owner(const char *path, wchar_t *wide, struct lp_failure *failure)
{
	PSECURITY_DESCRIPTOR descriptor = NULL;
	PSID owner = NULL;
	DWORD error = GetNamedSecurityInfoW(
		wide, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL, NULL, &descriptor);
	char text[LP_OS_ERROR_TEXT_MAX];
	if (error)
		return lp_fail(failure, lp_os_error(error), "%s: %s", path, lp_os_error_text(error, text));
	bool trusted = IsWellKnownSid(owner, WinLocalSystemSid) || IsWellKnownSid(owner, WinBuiltinAdministratorsSid) ||
		       is_us(owner);
	LocalFree(descriptor);
	if (!trusted)
		return lp_fail(failure, LP_EPERM,
			"%s: belongs to a user who is no administrator, so what is in it cannot be trusted: "
			"remove the folder",
			path);
	return 0;
}

int lp_private_folder(const char *path, struct lp_failure *failure)
{
	SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes};
	DWORD error = 0;
	wchar_t wide[PATH_CHARS];
	int result = lp_wide(path, wide, PATH_CHARS);
	if (result < 0)
		return lp_fail(failure, result, "%s: %s", path, lp_error_text(result));
	if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
		    FOLDER_SDDL, SDDL_REVISION_1, &attributes.lpSecurityDescriptor, NULL) ||
		!CreateDirectoryW(wide, &attributes))
		error = GetLastError();
	if (attributes.lpSecurityDescriptor)
		LocalFree(attributes.lpSecurityDescriptor);
	if (error == ERROR_ALREADY_EXISTS)
		return check_owner(path, wide, failure);
	char text[LP_OS_ERROR_TEXT_MAX];
	return error ? lp_fail(failure, lp_os_error(error), "%s: cannot be made: %s", path,
			       lp_os_error_text(error, text))
		     : 0;
}
