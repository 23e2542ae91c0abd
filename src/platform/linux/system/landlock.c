#include "platform/linux/system/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Later than the headers of kernel 6.1. */
#define ACCESS_REFER (UINT64_C(1) << 13)
#define ACCESS_TRUNCATE (UINT64_C(1) << 14)

#define ACCESS_BASE ((UINT64_C(1) << 13) - 1) /* EXECUTE to MAKE_SYM, of the first version */
#define ACCESS_FILE \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | ACCESS_TRUNCATE)

/* The rights that this kernel can restrict. */
static uint64_t handled(long version)
{
	return ACCESS_BASE | (version >= 2 ? ACCESS_REFER : 0) | (version >= 3 ? ACCESS_TRUNCATE : 0);
}

static long version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

int lp_landlock_init(struct lp_landlock *landlock)
{
	struct landlock_ruleset_attr attr = {0};
	long found = version();
	landlock->fd = -1;
	if (found < 0)
		return errno;
	attr.handled_access_fs = handled(found);
	landlock->fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
	return landlock->fd < 0 ? errno : 0;
}

static uint64_t bits(enum lp_landlock_access access)
{
	uint64_t read = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
	uint64_t write = read | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE;
	if (access == LP_LANDLOCK_READ)
		return read;
	if (access == LP_LANDLOCK_WRITE)
		return write;
	return write | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE;
}

void lp_landlock_allow(struct lp_landlock *landlock, const char *path, enum lp_landlock_access access)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = bits(access) & handled(version())};
	struct stat st;
	if (landlock->fd < 0 || (rule.parent_fd = open(path, O_PATH | O_CLOEXEC)) < 0)
		return;
	if (fstat(rule.parent_fd, &st) == 0) {
		if (!S_ISDIR(st.st_mode))
			rule.allowed_access &= ACCESS_FILE;
		(void)syscall(SYS_landlock_add_rule, landlock->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	}
	close(rule.parent_fd);
}

int lp_landlock_enter(struct lp_landlock *landlock)
{
	if (landlock->fd < 0)
		return ENOSYS;
	int err = syscall(SYS_landlock_restrict_self, landlock->fd, 0) < 0 ? errno : 0;
	close(landlock->fd);
	landlock->fd = -1;
	return err;
}
