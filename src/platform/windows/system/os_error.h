/* Windows' error codes, of Winsock too, to LP_E*, and to words. */
#ifndef LP_PLATFORM_WINDOWS_SYSTEM_OS_ERROR_H
#define LP_PLATFORM_WINDOWS_SYSTEM_OS_ERROR_H

#include <windows.h>

#define LP_OS_ERROR_TEXT_MAX 200

/* The LP_E* of a Windows or Winsock error code. */
int lp_os_error(DWORD code);
/* The system's message in UTF-8, without its full stop. Returns |text|. */
const char *lp_os_error_text(DWORD code, char text[LP_OS_ERROR_TEXT_MAX]);

#endif
