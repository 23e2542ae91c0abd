/* Files and folders that only the system, administrators and their owner may read. */
#ifndef LP_PLATFORM_WINDOWS_SYSTEM_SECRET_H
#define LP_PLATFORM_WINDOWS_SYSTEM_SECRET_H

#include <windows.h>

/* Sets the security descriptor of such a file, which the caller frees with LocalFree(). 0 or the error. */
DWORD lp_secret_security(SECURITY_ATTRIBUTES *security);
/* Makes the folders that |path| lies in, where they are missing. 0 or the error. */
DWORD lp_make_folders(const wchar_t *path, SECURITY_ATTRIBUTES *security);

#endif
