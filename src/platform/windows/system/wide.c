#include "platform/windows/system/wide.h"

#include <windows.h>

#include "base/error.h"

int lp_wide(const char *utf8, wchar_t *wide, size_t size)
{
	if (size == 0)
		return LP_ETOOBIG;
	wide[0] = L'\0';
	if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8, -1, wide, (int)size) > 0)
		return 0;
	wide[0] = L'\0';
	return GetLastError() == ERROR_INSUFFICIENT_BUFFER ? LP_ETOOBIG : LP_EINVAL;
}

int lp_utf8(const wchar_t *wide, char *utf8, size_t size)
{
	if (size == 0)
		return LP_ETOOBIG;
	if (WideCharToMultiByte(CP_UTF8, 0, wide, -1, utf8, (int)size, NULL, NULL) > 0)
		return 0;
	utf8[0] = '\0';
	return LP_ETOOBIG;
}
