#include "platform/net/local_call.h"

#include <errno.h>
#include <stdlib.h>
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
	case EFBIG:
		return lp_fail(failure, LP_ETOOBIG, "%s: the reply is too large", path);
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

/* Sends everything. 0 or the errno. */
static int send_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Reads to the end. 0 or the errno; |*data| is the caller's to free either way. */
static int read_all(int fd, size_t max_bytes, char **data, size_t *len)
{
	size_t size = 0;
	for (;;) {
		if (*len + 1 >= size) {
			size = size ? 2 * size : 16384;
			char *larger = realloc(*data, size);
			if (!larger)
				return ENOMEM;
			*data = larger;
		}
		ssize_t n = recv(fd, *data + *len, size - *len - 1, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		*len += (size_t)n;
		if (*len > max_bytes)
			return EFBIG;
		if (n == 0)
			break;
	}
	(*data)[*len] = '\0';
	return *len ? 0 : ECONNRESET;
}

int lp_local_call_exchange(struct lp_local_call *call, const char *path, const char *request, size_t request_len,
	size_t max_bytes, struct lp_failure *failure, char **ret_data, size_t *ret_len)
{
	char *data = NULL;
	size_t len = 0;
	int err = send_all((int)call->socket, request, request_len);
	if (!err)
		err = read_all((int)call->socket, max_bytes, &data, &len);
	if (err) {
		free(data);
		return call_failure(failure, err, path);
	}
	*ret_data = data;
	*ret_len = len;
	return 0;
}

void lp_local_call_close(struct lp_local_call *call)
{
	close((int)call->socket);
}
