/* The unprivileged user that a program changes to, and the folders that it writes to as that user. */
#ifndef LP_PLATFORM_LINUX_SYSTEM_USER_H
#define LP_PLATFORM_LINUX_SYSTEM_USER_H

#include <stdbool.h>
#include <sys/types.h>

struct lp_failure;
struct lp_sandbox_folder;

struct lp_user {
	uid_t uid;
	gid_t gid;
	char name[64];
};

/* Finds the user for --user |name|. Empty: lanparty if it exists, else the user of sudo, else nobody. 0 or
   LP_ENOTFOUND. */
int lp_user_find(const char *name, struct lp_failure *failure, struct lp_user *ret_user);
/* Gives a folder of root's to |user| if it has only files with the folder's |names|. Others stay as they are. */
void lp_user_give(const struct lp_user *user, const struct lp_sandbox_folder *folder);
/* 0 if this process can change to |user|: user namespaces and containers may forbid it. Else LP_E*. */
int lp_user_try(const struct lp_user *user, struct lp_failure *failure);
/* True if |user| has |mode| (R_OK, W_OK, X_OK) access to |path|. Root asks; all threads act as the user during the
 * call. */
bool lp_user_can(const struct lp_user *user, const char *path, int mode);
/* Changes to |user| for good, with its groups; permitted capabilities stay permitted. 0 or LP_E*. */
int lp_user_become(const struct lp_user *user, struct lp_failure *failure);

#endif
