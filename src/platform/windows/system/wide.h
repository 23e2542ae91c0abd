/* UTF-8, which everything here speaks, to and from the UTF-16 of Windows. */
#ifndef LP_PLATFORM_WINDOWS_SYSTEM_WIDE_H
#define LP_PLATFORM_WINDOWS_SYSTEM_WIDE_H

#include <stddef.h>
#include <wchar.h>

/* Converts to UTF-16; |size| characters with the NUL. 0; LP_ETOOBIG; LP_EINVAL: not UTF-8. */
int lp_wide(const char *utf8, wchar_t *wide, size_t size);
/* Converts to UTF-8; |size| bytes with the NUL. Invalid UTF-16 becomes U+FFFD. 0, or LP_ETOOBIG. */
int lp_utf8(const wchar_t *wide, char *utf8, size_t size);

#endif
