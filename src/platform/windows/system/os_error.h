/* Windows' error codes, of Winsock too, to LP_E*, and to words. */
#ifndef LP_PLATFORM_WINDOWS_SYSTEM_OS_ERROR_H
#define LP_PLATFORM_WINDOWS_SYSTEM_OS_ERROR_H

#include <windows.h>

#define LP_OS_ERROR_TEXT_MAX 200

/* The LP_E* that stands for an error code. */
int lp_os_error(DWORD code);
/* What the system says about it, in UTF-8 and without a full stop; returns |text|. */
const char *lp_os_error_text(DWORD code, char text[LP_OS_ERROR_TEXT_MAX]);

#endif
