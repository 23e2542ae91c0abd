/* The folders that a file lies in. */
#ifndef LP_PLATFORM_POSIX_SYSTEM_FOLDER_H
#define LP_PLATFORM_POSIX_SYSTEM_FOLDER_H

#include <sys/types.h>

/* Makes those of |path| that are missing. 0 or the errno. */
int lp_folders_make(const char *path, mode_t mode);

#endif
