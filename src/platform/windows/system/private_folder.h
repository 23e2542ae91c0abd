/* A folder that only the system and administrators can write to, so an elevated program can trust its files. */
#ifndef LP_PLATFORM_WINDOWS_SYSTEM_PRIVATE_FOLDER_H
#define LP_PLATFORM_WINDOWS_SYSTEM_PRIVATE_FOLDER_H

struct lp_failure;

/* Creates the folder, but not its parents. An existing one must belong to the system, to the administrators or to this
   user. 0; LP_EPERM: it does not. */
int lp_private_folder(const char *path, struct lp_failure *failure);

#endif
