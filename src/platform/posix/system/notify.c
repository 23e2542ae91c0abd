#include "platform/system/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/units.h"
#include "platform/posix/loop/clock.h"

/* sd_notify(3) documents the protocol: one datagram of lines to the socket in $NOTIFY_SOCKET. */
static const char *const states[] = {
	[LP_NOTIFY_READY] = "READY=1\n",
	[LP_NOTIFY_RELOADING] = "RELOADING=1\n",
	[LP_NOTIFY_STOPPING] = "STOPPING=1\n",
	[LP_NOTIFY_WATCHDOG] = "WATCHDOG=1\n",
	[LP_NOTIFY_STATUS] = "",
};

/* The service manager's address. Its length, or 0 if there is none. */
static socklen_t manager(struct sockaddr_un *ret_address)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;
	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (len < 2 || len >= sizeof ret_address->sun_path || (path[0] != '/' && path[0] != '@'))
		return 0;
	memcpy(ret_address->sun_path, path, len);
	/* An abstract socket's name begins with a NUL. */
	if (path[0] == '@')
		ret_address->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

void lp_notify_send(enum lp_notify what, const char *status)
{
	struct sockaddr_un address;
	socklen_t address_len = manager(&address);
	if (!address_len)
		return;
	char text[512];
	snprintf(text, sizeof text, "%s", states[what]);
	size_t len = strlen(text);
	if (what == LP_NOTIFY_RELOADING)
		snprintf(text + len, sizeof text - len, "MONOTONIC_USEC=%" PRIu64 "\n", lp_monotonic_ns() / LP_US);
	len = strlen(text);
	if (status)
		snprintf(text + len, sizeof text - len, "STATUS=%s\n", status);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	while (sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&address, address_len) <
			0 &&
		errno == EINTR)
		;
	close(fd);
}

/* A number from the environment; 0 if absent. */
static uint64_t number(const char *name)
{
	const char *text = getenv(name);
	return text ? strtoull(text, NULL, 10) : 0;
}

uint64_t lp_notify_watchdog_ns(void)
{
	uint64_t pid = number("WATCHDOG_PID");
	if (pid && pid != (uint64_t)getpid())
		return 0;
	return number("WATCHDOG_USEC") * LP_US;
}
