#include "platform/windows/system/secret.h"

#include <sddl.h>

#define PATH_MAX_CHARS 4096

/* Full access for the system, administrators and the owner, nothing inherited. */
#define SECRET_SDDL L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;OW)"

DWORD lp_secret_security(SECURITY_ATTRIBUTES *security)
{
	return ConvertStringSecurityDescriptorToSecurityDescriptorW(
		       SECRET_SDDL, SDDL_REVISION_1, &security->lpSecurityDescriptor, NULL)
		       ? 0
		       : GetLastError();
}

DWORD lp_make_folders(const wchar_t *path, SECURITY_ATTRIBUTES *security)
{
	wchar_t folder[PATH_MAX_CHARS];
	DWORD error = 0;

	wcscpy(folder, path);
	for (wchar_t *at = folder + 1; *at && !error; at++) {
		wchar_t separator = *at;

		/* Not after a drive's colon. */
		if ((separator != L'\\' && separator != L'/') || at[-1] == L':' || at[-1] == separator)
			continue;
		*at = L'\0';
		if (!CreateDirectoryW(folder, security)) {
			error = GetLastError();
			if (error == ERROR_ALREADY_EXISTS || GetFileAttributesW(folder) != INVALID_FILE_ATTRIBUTES)
				error = 0;
		}
		*at = separator;
	}
	return error;
}
