/* The parent folders of a file. */
#ifndef LP_PLATFORM_POSIX_SYSTEM_FOLDER_H
#define LP_PLATFORM_POSIX_SYSTEM_FOLDER_H

#include <sys/types.h>

/* Creates the missing folders of |path|. 0 or the errno. */
int lp_folders_make(const char *path, mode_t mode);

#endif
