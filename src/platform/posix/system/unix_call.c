#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "platform/posix/system/os_error.h"
#include "platform/posix/system/unix_path.h"
#include "platform/system/unix_socket.h"

/* Says why there is no answer. */
static int call_failure(struct lp_failure *failure, int err, const char *path)
{
	switch (err) {
	case ENOENT:
	case ECONNREFUSED:
		return lp_fail(failure, lp_os_error(err),
			"%s: nobody listens there: is the program running, with this path?", path);
	case EACCES:
		return lp_fail(failure, LP_EPERM, "%s: no permission: run as the program's user, or with sudo", path);
	case EAGAIN:
		return lp_fail(failure, LP_ETIMEOUT, "%s: no answer in time", path);
	default:
		return lp_fail(failure, lp_os_error(err), "%s: %s", path, strerror(err));
	}
}

/* Connects with time limits for each step and sends the line. 0 or the errno. */
static int ask(int fd, const struct sockaddr_un *address, const char *request, uint64_t timeout_ns)
{
	struct timeval limit = {(time_t)(timeout_ns / LP_SEC), (suseconds_t)(timeout_ns % LP_SEC / LP_US)};
	char line[LP_UNIX_REQUEST_MAX + 2];
	int len = snprintf(line, sizeof line, "%s\n", request);

	if (len < 0 || (size_t)len >= sizeof line)
		return EMSGSIZE;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) < 0)
		return errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof *address) < 0)
		return errno;
	/* One line fits any socket's buffer. */
	return send(fd, line, (size_t)len, MSG_NOSIGNAL) == len ? 0 : errno;
}

/* Reads to the end. 0 or the errno; |*data| is to be freed either way. */
static int read_answer(int fd, char **data, size_t *len)
{
	size_t room = 0;

	for (;;) {
		ssize_t n;

		if (*len + 1 >= room) {
			char *larger;

			room = room ? 2 * room : 16384;
			if (room > 2 * LP_UNIX_ANSWER_MAX)
				return EFBIG;
			larger = realloc(*data, room);
			if (!larger)
				return ENOMEM;
			*data = larger;
		}
		n = recv(fd, *data + *len, room - *len - 1, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (n == 0)
			break;
		*len += (size_t)n;
	}
	(*data)[*len] = '\0';
	return *len ? 0 : ECONNRESET;
}

int lp_unix_call(const char *path, const char *request, uint64_t timeout_ns, struct lp_failure *failure,
	char **ret_answer, size_t *ret_len)
{
	struct sockaddr_un address;
	char *data = NULL;
	size_t len = 0;
	int r = lp_unix_path(path, failure, &address);
	int err, fd;

	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return call_failure(failure, errno, path);
	err = ask(fd, &address, request, timeout_ns);
	if (!err)
		err = read_answer(fd, &data, &len);
	close(fd);
	if (err) {
		free(data);
		return call_failure(failure, err, path);
	}
	*ret_answer = data;
	*ret_len = len;
	return 0;
}
