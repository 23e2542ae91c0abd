/* The parent folders of a file. */
#ifndef LP_PLATFORM_POSIX_SYSTEM_FOLDER_H
#define LP_PLATFORM_POSIX_SYSTEM_FOLDER_H

#include <stdbool.h>
#include <sys/types.h>

/* Creates the missing folders of |path|. 0 or the errno. */
int lp_folders_make(const char *path, mode_t mode);

/* Copies the folder of |path| to |ret_folder|: "." if there is no slash. False: it is too long. */
bool lp_folder_of(const char *path, char *ret_folder, size_t size);

#endif
