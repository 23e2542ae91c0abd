#include "platform/system/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/posix/system/os_error.h"

int lp_output_open(const char *path, struct lp_failure *failure, FILE **ret_file)
{
	if (strcmp(path, "-") == 0) {
		if (isatty(STDOUT_FILENO))
			return lp_fail(
				failure, LP_EINVAL, "standard output is a terminal. Redirect it, or name a file");
		*ret_file = stdout;
		return 0;
	}
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *file = fd >= 0 ? fdopen(fd, "wb") : NULL;
	if (!file) {
		int err = errno;
		if (fd >= 0)
			close(fd);
		return lp_fail(failure, lp_os_error(err), "%s: cannot be written to: %s", path, strerror(err));
	}
	*ret_file = file;
	return 0;
}
