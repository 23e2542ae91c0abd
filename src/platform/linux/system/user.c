#include "platform/linux/system/user.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/posix/system/folder.h"
#include "platform/posix/system/os_error.h"
#include "platform/system/sandbox.h"

#define NOBODY 65534

static void set_user(const struct passwd *entry, struct lp_user *user)
{
	*user = (struct lp_user){.uid = entry->pw_uid, .gid = entry->pw_gid};
	snprintf(user->name, sizeof user->name, "%s", entry->pw_name);
}

/* A number from 1 upwards; 0 for anything else. */
static uid_t parse_number(const char *text)
{
	char *end;
	unsigned long number = text ? strtoul(text, &end, 10) : 0;
	return text && *text && !*end && number < UINT_MAX ? (uid_t)number : 0;
}

int lp_user_find(const char *name, struct lp_failure *failure, struct lp_user *ret_user)
{
	struct passwd *entry = NULL;
	if (name[0]) {
		entry = getpwnam(name);
		if (!entry && parse_number(name))
			entry = getpwuid(parse_number(name));
		if (!entry)
			return lp_fail(failure, LP_ENOTFOUND,
				"--user %s: there is no such user. Create it, or pass another one", name);
	}
	if (!entry)
		entry = getpwnam("lanparty");
	if (!entry && parse_number(getenv("SUDO_UID")))
		entry = getpwuid(parse_number(getenv("SUDO_UID")));
	if (!entry)
		entry = getpwnam("nobody");
	if (entry)
		set_user(entry, ret_user);
	else
		*ret_user = (struct lp_user){.uid = NOBODY, .gid = NOBODY, .name = "nobody"};
	return 0;
}

/* True if |name| is that of the folder's file or of a temporary file for it, or matches one of the folder's patterns.
 */
static bool matches(const struct lp_sandbox_folder *folder, const char *name)
{
	char copy[256], *rest = NULL;
	const char *slash = strrchr(folder->file, '/'), *base = slash ? slash + 1 : folder->file;
	if (strncmp(name, base, strlen(base)) == 0)
		return true;
	snprintf(copy, sizeof copy, "%s", folder->names);
	for (const char *one = strtok_r(copy, " ", &rest); one; one = strtok_r(NULL, " ", &rest)) {
		if (fnmatch(one, name, 0) == 0)
			return true;
	}
	return false;
}

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* True if all entries are files of the program's, of root's and without other names. */
static bool is_own_folder(DIR *dir, const struct lp_sandbox_folder *folder)
{
	struct stat st;
	if (fstat(dirfd(dir), &st) < 0 || st.st_uid != 0 || (st.st_mode & 022))
		return false;
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (is_dot(entry->d_name))
			continue;
		if (!matches(folder, entry->d_name) ||
			fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
			(!S_ISREG(st.st_mode) && !S_ISSOCK(st.st_mode)) || st.st_nlink != 1)
			return false;
	}
	return true;
}

void lp_user_give(const struct lp_user *user, const struct lp_sandbox_folder *folder)
{
	char path[PATH_MAX];
	DIR *dir = lp_folder_of(folder->file, path, sizeof path) ? opendir(path) : NULL;
	if (!dir)
		return;
	if (is_own_folder(dir, folder)) {
		rewinddir(dir);
		for (struct dirent *entry; (entry = readdir(dir));) {
			if (!is_dot(entry->d_name))
				(void)!fchownat(dirfd(dir), entry->d_name, user->uid, user->gid, AT_SYMLINK_NOFOLLOW);
		}
		(void)!fchown(dirfd(dir), user->uid, user->gid);
	}
	closedir(dir);
}

/* What leave() restores. */
struct before {
	gid_t gid, groups[64];
	int n_groups;
};

/* Acts as the user until leave(). False: not permitted. */
static bool act_as(const struct lp_user *user, struct before *before)
{
	before->gid = getegid();
	before->n_groups = getgroups(64, before->groups);
	if (before->n_groups < 0 || setgroups(1, &user->gid) < 0)
		return false;
	if (setegid(user->gid) == 0 && seteuid(user->uid) == 0)
		return true;
	int err = errno;
	(void)!setegid(before->gid);
	(void)!setgroups((size_t)before->n_groups, before->groups);
	errno = err;
	return false;
}

/* Acts as root again. */
static void leave(const struct before *before)
{
	if (seteuid(0) < 0 || setegid(before->gid) < 0 || setgroups((size_t)before->n_groups, before->groups) < 0)
		abort();
}

static int change_failure(const struct lp_user *user, struct lp_failure *failure)
{
	return lp_fail(
		failure, lp_os_error(errno), "the user cannot be changed to %s: %s", user->name, strerror(errno));
}

int lp_user_try(const struct lp_user *user, struct lp_failure *failure)
{
	struct before before;
	if (!act_as(user, &before))
		return change_failure(user, failure);
	leave(&before);
	return 0;
}

bool lp_user_can(const struct lp_user *user, const char *path, int mode)
{
	struct before before;
	if (!act_as(user, &before))
		return false;
	bool can = faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0;
	leave(&before);
	return can;
}

int lp_user_become(const struct lp_user *user, struct lp_failure *failure)
{
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || initgroups(user->name, user->gid) < 0 ||
		setresgid(user->gid, user->gid, user->gid) < 0 || setresuid(user->uid, user->uid, user->uid) < 0)
		return change_failure(user, failure);
	return 0;
}
