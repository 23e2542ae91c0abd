#include "platform/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/file.h"
#include "platform/linux/os_error.h"

struct lp_lock {
	int fd;
	char *path;
};

int lp_lock_take(const char *path, struct lp_failure *failure, struct lp_lock **ret_lock)
{
	struct lp_lock *lock = calloc(1, sizeof *lock);
	int r = 0, err;

	if (!lock || !(lock->path = strdup(path))) {
		free(lock);
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	}
	lock->fd = open(path, O_RDWR | O_CLOEXEC);
	if (lock->fd < 0 && errno == ENOENT) {
		r = lp_file_write(path, NULL, 0, true, failure);
		lock->fd = r < 0 ? -1 : open(path, O_RDWR | O_CLOEXEC);
	}
	if (r == 0 && (lock->fd < 0 || flock(lock->fd, LOCK_EX | LOCK_NB) < 0)) {
		err = errno;
		r = lp_fail(failure, err == EWOULDBLOCK ? LP_EINUSE : lp_os_error(err), "%s: cannot be locked: %s",
		            path, strerror(err));
	}
	if (r < 0) {
		if (lock->fd >= 0)
			close(lock->fd);
		free(lock->path);
		free(lock);
		return r;
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
