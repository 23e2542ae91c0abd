/* errno to LP_E*: the only place where the two meet. */
#ifndef LP_PLATFORM_POSIX_SYSTEM_OS_ERROR_H
#define LP_PLATFORM_POSIX_SYSTEM_OS_ERROR_H

/* The LP_E* that stands for an errno (positive, as the C library gives it). */
int lp_os_error(int err);

#endif
