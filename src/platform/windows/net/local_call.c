#include <winsock2.h>

#include "platform/net/local_call.h"

#include <stdlib.h>
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
	case WSAEMSGSIZE:
		return lp_fail(failure, LP_ETOOBIG, "%s: the reply is too large", path);
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

/* Sends everything. 0 or the error. */
static DWORD send_all(SOCKET s, const char *data, size_t len)
{
	while (len > 0) {
		int n = send(s, data, len < (1U << 20) ? (int)len : 1 << 20, 0);
		if (n < 0)
			return (DWORD)WSAGetLastError();
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Reads to the end. 0 or the error; |*data| is the caller's to free either way. */
static DWORD read_all(SOCKET s, size_t max_bytes, char **data, size_t *len)
{
	size_t size = 0;
	for (;;) {
		if (*len + 1 >= size) {
			size = size ? 2 * size : 16384;
			char *larger = realloc(*data, size);
			if (!larger)
				return ERROR_NOT_ENOUGH_MEMORY;
			*data = larger;
		}
		int n = recv(s, *data + *len, (int)(size - *len - 1 < (1U << 20) ? size - *len - 1 : 1U << 20), 0);
		if (n < 0)
			return (DWORD)WSAGetLastError();
		*len += (size_t)n;
		if (*len > max_bytes)
			return WSAEMSGSIZE;
		if (n == 0)
			break;
	}
	(*data)[*len] = '\0';
	return *len ? 0 : WSAECONNRESET;
}

int lp_local_call_exchange(struct lp_local_call *call, const char *path, const char *request, size_t request_len,
	size_t max_bytes, struct lp_failure *failure, char **ret_data, size_t *ret_len)
{
	char *data = NULL;
	size_t len = 0;
	DWORD error = send_all((SOCKET)call->socket, request, request_len);
	if (!error)
		error = read_all((SOCKET)call->socket, max_bytes, &data, &len);
	if (error) {
		free(data);
		return call_failure(failure, error, path);
	}
	*ret_data = data;
	*ret_len = len;
	return 0;
}

void lp_local_call_close(struct lp_local_call *call)
{
	closesocket((SOCKET)call->socket);
	WSACleanup();
}
