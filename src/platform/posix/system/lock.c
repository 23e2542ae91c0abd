#include "platform/system/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/posix/system/folder.h"
#include "platform/posix/system/os_error.h"

struct lp_lock {
	int fd;
	char *path;
};

/* True if |path| is still the open file: the previous owner of the lock removes it when it releases the lock. */
static bool is_there(int fd, const char *path)
{
	struct stat ours, there;
	return fstat(fd, &ours) == 0 && stat(path, &there) == 0 && ours.st_dev == there.st_dev &&
	       ours.st_ino == there.st_ino;
}

/* Opens or creates the file and locks it. The descriptor, or the negative errno. */
static int open_locked(const char *path)
{
	for (;;) {
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			return -errno;
		int err;
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			err = errno;
			close(fd);
			return -err;
		}
		if (is_there(fd, path))
			return fd;
		close(fd);
	}
}

int lp_lock_take(const char *path, struct lp_failure *failure, struct lp_lock **ret_lock)
{
	struct lp_lock *lock = calloc(1, sizeof *lock);
	if (!lock || !(lock->path = strdup(path))) {
		free(lock);
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	}
	int err = lp_folders_make(path, 0700);
	lock->fd = err ? -err : open_locked(path);
	if (lock->fd < 0) {
		err = -lock->fd;
		free(lock->path);
		free(lock);
		return lp_fail(failure, err == EWOULDBLOCK ? LP_EINUSE : lp_os_error(err), "%s: cannot be locked: %s",
			path, strerror(err));
	}
	*ret_lock = lock;
	return 0;
}

void lp_lock_free(struct lp_lock *lock)
{
	if (!lock)
		return;
	unlink(lock->path);
	close(lock->fd);
	free(lock->path);
	free(lock);
}
