#include "platform/system/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/posix/system/folder.h"
#include "platform/posix/system/os_error.h"

static int path_failure(struct lp_failure *failure, int err, const char *doing, const char *path)
{
	return lp_fail(failure, lp_os_error(err), "%s: %s: %s", path, doing, strerror(err));
}

/* Reads to the end, at most |room| bytes. The number of bytes, or the negative errno. */
static ssize_t read_all(int fd, uint8_t *data, size_t room)
{
	size_t len = 0;
	while (len < room) {
		ssize_t n = read(fd, data + len, room - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

int lp_file_read(const char *path, size_t max_bytes, struct lp_failure *failure, uint8_t **ret_data, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return path_failure(failure, errno, "cannot be read", path);
	/* One byte more than allowed detects longer files; otherwise it becomes the NUL. */
	uint8_t *data = malloc(max_bytes + 1);
	if (!data) {
		close(fd);
		return lp_fail(failure, LP_ENOMEM, "%s: out of memory", path);
	}
	ssize_t len = read_all(fd, data, max_bytes + 1);
	close(fd);
	if (len < 0 || (size_t)len > max_bytes) {
		free(data);
		if (len < 0)
			return path_failure(failure, (int)-len, "cannot be read", path);
		return lp_fail(failure, LP_ETOOBIG, "%s: longer than the %zu bytes that such a file may have", path,
			max_bytes);
	}
	data[len] = '\0';
	*ret_data = data;
	*ret_len = (size_t)len;
	return 0;
}

/* Makes a rename durable. A failure is ignored: the file is complete either way. */
static void sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	if (slash)
		snprintf(folder, sizeof folder, "%.*s/", (int)(slash - path), path);
	int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

/* Writes all bytes. 0 or the errno. */
static int write_all(int fd, const uint8_t *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Writes to a device or a pipe, which must not be replaced by a file. O_NOCTTY: a terminal does not become the
   controlling one. 0 or the errno. */
static int write_through(const char *path, const uint8_t *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	int err = write_all(fd, data, len);
	return close(fd) < 0 && !err ? errno : err;
}

/* A command that root runs writes files for a program that runs as another user, who owns their folder. */
static int give_to_owner(int fd, const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX] = ".";
	struct stat st;
	if (geteuid() != 0)
		return 0;
	if (slash)
		snprintf(folder, sizeof folder, "%.*s/", (int)(slash - path), path);
	if (stat(folder, &st) < 0)
		return errno;
	return st.st_uid == 0 || fchown(fd, st.st_uid, st.st_gid) == 0 ? 0 : errno;
}

/* Replaces |path| by a new file, complete and durable. One of mode 0600 belongs to the owner of its folder. 0 or the
   errno. */
static int replace(const char *path, const uint8_t *data, size_t len, mode_t mode)
{
	char temporary[PATH_MAX];
	int n = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
	if (n < 0 || (size_t)n >= sizeof temporary)
		return ENAMETOOLONG;
	/* Mode 0600 until it is complete. */
	int fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return errno;
	int err = write_all(fd, data, len);
	if (!err && mode == 0600)
		err = give_to_owner(fd, path);
	if (!err && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
		err = errno;
	if (close(fd) < 0 && !err)
		err = errno;
	if (!err && rename(temporary, path) < 0)
		err = errno;
	if (err) {
		unlink(temporary);
		return err;
	}
	sync_folder(path);
	return 0;
}

/* Writes a file that is not secret: follows symbolic links, does not replace devices. 0 or the errno. */
static int write_open(const char *path, const uint8_t *data, size_t len)
{
	struct stat st;
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? replace(path, data, len, 0644) : errno;
	if (stat(path, &st) < 0)
		return errno;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return write_through(path, data, len);
	char real[PATH_MAX];
	return realpath(path, real) ? replace(real, data, len, 0644) : errno;
}

int lp_file_write(const char *path, const uint8_t *data, size_t len, bool secret, struct lp_failure *failure)
{
	int err = lp_folders_make(path, secret ? 0700 : 0755);
	if (err)
		return path_failure(failure, err, "its folder cannot be made", path);
	err = secret ? replace(path, data, len, 0600) : write_open(path, data, len);
	return err ? path_failure(failure, err, "cannot be written", path) : 0;
}

int lp_file_remove(const char *path, struct lp_failure *failure)
{
	if (unlink(path) < 0)
		return path_failure(failure, errno, "cannot be removed", path);
	sync_folder(path);
	return 0;
}
