#include "platform/posix/net/local_path.h"

#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/failure.h"

int lp_local_path(const char *path, struct lp_failure *failure, struct sockaddr_un *ret_address)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(path);
	if (len == 0 || len >= sizeof address.sun_path)
		return lp_fail(failure, LP_ETOOBIG, "the path of a socket has 1 to %zu bytes, %s has more",
			sizeof address.sun_path - 1, path);
	memcpy(address.sun_path, path, len);
	*ret_address = address;
	return 0;
}
