/* The folder of this program's files, %ProgramData%\lanparty. Only the system and administrators can write to it, so an
   elevated program can trust what it reads there.

   Every user may create folders in ProgramData, and an administrator's programs run without elevation most of the time,
   with the same user as owner. So a folder or a file is trusted only if it belongs to the system or to the
   administrators' group, which no unelevated program can make the owner. The path comes from Windows, not from the
   environment, which the user's programs can set for elevated ones. */
#ifndef LP_PLATFORM_WINDOWS_SYSTEM_PRIVATE_FOLDER_H
#define LP_PLATFORM_WINDOWS_SYSTEM_PRIVATE_FOLDER_H

#include <stddef.h>

struct lp_failure;

/* Writes the path of a folder in ProgramData. LP_ENOTFOUND: Windows does not know it; LP_ETOOBIG. */
int lp_program_folder(const char *name, char *ret_path, size_t size);
/* Creates the folder, but not its parents, or makes an existing one private. Its files that belong to another user are
   renamed to NAME.untrusted. Returns their number; LP_EPERM: the folder itself belongs to another user, or is a link.
 */
int lp_private_folder(const char *path, struct lp_failure *failure);
/* Renames a folder of an earlier version, if it exists and can be trusted, and if the new one does not exist. 0 also
   where there is nothing to do; LP_EINUSE: a program of the earlier version runs. */
int lp_private_folder_take(const char *old_path, const char *path, struct lp_failure *failure);

#endif
