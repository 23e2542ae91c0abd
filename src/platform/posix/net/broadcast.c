#include "platform/net/broadcast.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/posix/system/os_error.h"

int lp_broadcast_send(uint16_t port, const uint8_t *data, size_t len)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_BROADCAST)};
	const int on = 1;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result = 0;
	if (fd < 0)
		return lp_os_error(errno);
	if (setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) < 0 ||
		sendto(fd, data, len, MSG_DONTWAIT, (const struct sockaddr *)&to, sizeof to) < 0)
		result = lp_os_error(errno);
	close(fd);
	return result;
}
