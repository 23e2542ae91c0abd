#include <winsock2.h>

#include "platform/net/broadcast.h"

#include "platform/windows/system/os_error.h"

int lp_broadcast_send(uint16_t port, const uint8_t *data, size_t len)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_BROADCAST)};
	const BOOL on = TRUE;
	SOCKET s = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	int result = 0;
	if (s == INVALID_SOCKET)
		return lp_os_error((DWORD)WSAGetLastError());
	if (setsockopt(s, SOL_SOCKET, SO_BROADCAST, (const char *)&on, sizeof on) != 0 ||
		sendto(s, (const char *)data, (int)len, 0, (const struct sockaddr *)&to, sizeof to) < 0)
		result = lp_os_error((DWORD)WSAGetLastError());
	closesocket(s);
	return result;
}
