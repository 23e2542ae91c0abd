/* A folder that only the system and administrators write into: what an elevated program reads from there, nobody else
   has put there. */
#ifndef LP_PLATFORM_WINDOWS_SYSTEM_PRIVATE_FOLDER_H
#define LP_PLATFORM_WINDOWS_SYSTEM_PRIVATE_FOLDER_H

struct lp_failure;

/* Makes the folder (not those that it lies in). One that is there already must belong to the system, to the
   administrators or to us, otherwise: LP_EPERM. */
int lp_private_folder(const char *path, struct lp_failure *failure);

#endif
