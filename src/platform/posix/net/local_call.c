#include "platform/net/local_call.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "platform/posix/net/local_path.h"
#include "platform/posix/system/os_error.h"

/* Explains why a call failed. */
static int call_failure(struct lp_failure *failure, int err, const char *path)
{
	switch (err) {
	case ENOENT:
	case ECONNREFUSED:
		return lp_fail(failure, lp_os_error(err), "%s: no program is listening there", path);
	case EACCES:
		return lp_fail(
			failure, LP_EPERM, "%s: permission denied. Run as the program's user, or with sudo", path);
	case EAGAIN:
		return lp_fail(failure, LP_ETIMEOUT, "%s: the program did not reply in time", path);
	default:
		return lp_fail(failure, lp_os_error(err), "%s: %s", path, strerror(err));
	}
}

int lp_local_call_open(
	const char *path, uint64_t timeout_ns, struct lp_failure *failure, struct lp_local_call *ret_call)
{
	struct timeval limit = {(time_t)(timeout_ns / LP_SEC), (suseconds_t)(timeout_ns % LP_SEC / LP_US)};
	struct sockaddr_un address;
	int result = lp_local_path(path, failure, &address);
	if (result < 0)
		return result;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return call_failure(failure, errno, path);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) < 0 ||
		connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
		result = call_failure(failure, errno, path);
		close(fd);
		return result;
	}
	*ret_call = (struct lp_local_call){.socket = fd};
	return 0;
}

int lp_local_call_send(
	struct lp_local_call *call, const char *path, const char *data, size_t len, struct lp_failure *failure)
{
	while (len > 0) {
		ssize_t n = send((int)call->socket, data, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return call_failure(failure, errno, path);
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int lp_local_call_receive(
	struct lp_local_call *call, const char *path, char *data, size_t size, struct lp_failure *failure)
{
	ssize_t n;
	do
		n = recv((int)call->socket, data, size < INT_MAX ? size : INT_MAX, 0);
	while (n < 0 && errno == EINTR);
	return n < 0 ? call_failure(failure, errno, path) : (int)n;
}

void lp_local_call_close(struct lp_local_call *call)
{
	close((int)call->socket);
}
