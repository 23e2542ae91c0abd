/* Maps errno to LP_E*. */
#ifndef LP_PLATFORM_POSIX_SYSTEM_OS_ERROR_H
#define LP_PLATFORM_POSIX_SYSTEM_OS_ERROR_H

/* The LP_E* of an errno (positive, as in the C library). */
int lp_os_error(int err);

#endif
