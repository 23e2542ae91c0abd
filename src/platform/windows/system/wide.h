/* UTF-8, which everything here speaks, to and from the UTF-16 of Windows. */
#ifndef LP_PLATFORM_WINDOWS_SYSTEM_WIDE_H
#define LP_PLATFORM_WINDOWS_SYSTEM_WIDE_H

#include <stddef.h>
#include <wchar.h>

/* UTF-16 text of |size| characters with its NUL. 0; LP_ETOOBIG; LP_EINVAL for what is not UTF-8. */
int lp_wide(const char *utf8, wchar_t *wide, size_t size);
/* UTF-8 text of |size| bytes with its NUL; what is not UTF-16 becomes U+FFFD. 0, or LP_ETOOBIG. */
int lp_utf8(const wchar_t *wide, char *utf8, size_t size);

#endif
