#include <winsock2.h>

#include "platform/net/local_call.h"

#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "platform/windows/net/local_file.h"
#include "platform/windows/system/os_error.h"

/* Explains why a call failed. */
static int call_failure(struct lp_failure *failure, DWORD error, const char *path)
{
	char text[LP_OS_ERROR_TEXT_MAX];
	switch (error) {
	case WSAECONNREFUSED:
		return lp_fail(failure, LP_EUNREACH, "%s: no program is listening there", path);
	case WSAETIMEDOUT:
		return lp_fail(failure, LP_ETIMEOUT, "%s: the program did not reply in time", path);
	default:
		return lp_fail(failure, lp_os_error(error), "%s: %s", path, lp_os_error_text(error, text));
	}
}

/* Opens a TCP connection to our own machine. 0 or the error. */
static DWORD open_socket(uint16_t port, uint64_t timeout_ns, SOCKET *ret_socket)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	DWORD limit_ms = (DWORD)(timeout_ns / LP_MS);
	SOCKET s = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	if (s == INVALID_SOCKET)
		return (DWORD)WSAGetLastError();
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (const char *)&limit_ms, sizeof limit_ms) != 0 ||
		setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, (const char *)&limit_ms, sizeof limit_ms) != 0 ||
		connect(s, (const struct sockaddr *)&address, sizeof address) != 0) {
		DWORD error = (DWORD)WSAGetLastError();
		closesocket(s);
		return error;
	}
	*ret_socket = s;
	return 0;
}

int lp_local_call_open(
	const char *path, uint64_t timeout_ns, struct lp_failure *failure, struct lp_local_call *ret_call)
{
	struct lp_local_call call = {0};
	struct lp_failure why = {0};
	WSADATA winsock;
	SOCKET s = INVALID_SOCKET;
	uint16_t port;
	int result = lp_local_file_read(path, &why, &port, call.token);
	if (result == LP_ENOTFOUND)
		return lp_fail(failure, result, "%s: no program is listening there", path);
	if (result == LP_EPERM)
		return lp_fail(failure, result, "%s: permission denied. Run as administrator", path);
	if (result < 0)
		return lp_fail(failure, result, "%s", why.text);
	if (WSAStartup(MAKEWORD(2, 2), &winsock) != 0)
		return lp_fail(failure, LP_EUNSUPPORTED, "Winsock cannot be started");
	DWORD error = open_socket(port, timeout_ns, &s);
	if (error) {
		WSACleanup();
		return call_failure(failure, error, path);
	}
	call.socket = (intptr_t)s;
	*ret_call = call;
	return 0;
}

int lp_local_call_send(
	struct lp_local_call *call, const char *path, const char *data, size_t len, struct lp_failure *failure)
{
	while (len > 0) {
		int n = send((SOCKET)call->socket, data, len < (1U << 20) ? (int)len : 1 << 20, 0);
		if (n < 0)
			return call_failure(failure, (DWORD)WSAGetLastError(), path);
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int lp_local_call_receive(
	struct lp_local_call *call, const char *path, char *data, size_t size, struct lp_failure *failure)
{
	int n = recv((SOCKET)call->socket, data, size < (1U << 20) ? (int)size : 1 << 20, 0);
	return n < 0 ? call_failure(failure, (DWORD)WSAGetLastError(), path) : n;
}

void lp_local_call_close(struct lp_local_call *call)
{
	closesocket((SOCKET)call->socket);
	WSACleanup();
}
