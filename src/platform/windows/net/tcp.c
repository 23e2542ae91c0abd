#include <winsock2.h>
#include <ws2tcpip.h>

#include "platform/net/tcp.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/addr.h"
#include "base/error.h"
#include "platform/windows/loop/wait.h"
#include "platform/windows/net/sockaddr.h"
#include "platform/windows/system/os_error.h"

struct lp_tcp {
	SOCKET socket;
	HANDLE event;
	bool connecting;
	lp_tcp_ready_fn ready;
	void *ctx;
	struct lp_wait wait;
};

static void on_event(void *ctx)
{
	struct lp_tcp *tcp = ctx;
	ResetEvent(tcp->event);
	tcp->ready(tcp->ctx);
}

/* Puts a socket on the loop, and takes it also on failure. */
static int start(struct lp_loop *loop, SOCKET socket, lp_tcp_ready_fn ready, void *ctx, struct lp_tcp **ret_tcp)
{
	struct lp_tcp *tcp = calloc(1, sizeof *tcp);
	BOOL on = TRUE;
	int unsent = LP_TCP_UNSENT_MAX;
	if (!tcp) {
		closesocket(socket);
		return LP_ENOMEM;
	}
	*tcp = (struct lp_tcp){.socket = socket, .ready = ready, .ctx = ctx};
	(void)setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, (const char *)&on, sizeof on);
	/* Windows limits what was written and not acknowledged instead. */
	(void)setsockopt(socket, SOL_SOCKET, SO_SNDBUF, (const char *)&unsent, sizeof unsent);
	tcp->event = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (!tcp->event || WSAEventSelect(socket, tcp->event, FD_READ | FD_WRITE | FD_CONNECT | FD_CLOSE) != 0 ||
		lp_wait_add(&tcp->wait, loop, tcp->event, on_event, tcp) < 0) {
		lp_tcp_close(tcp);
		return LP_ENOMEM;
	}
	*ret_tcp = tcp;
	return 0;
}

int lp_tcp_connect(struct lp_loop *loop, const struct lp_addr *remote, uint32_t interface, lp_tcp_ready_fn ready,
	void *ctx, struct lp_tcp **ret_tcp)
{
	union lp_sockaddr sa;
	int len = lp_sockaddr_set(remote, false, &sa);
	SOCKET s = socket(sa.sa.sa_family, SOCK_STREAM, IPPROTO_TCP);
	if (s == INVALID_SOCKET)
		return lp_os_error((DWORD)WSAGetLastError());
	if (interface && remote->family == 4) {
		DWORD index = htonl(interface);
		(void)setsockopt(s, IPPROTO_IP, IP_UNICAST_IF, (const char *)&index, sizeof index);
	} else if (interface) {
		DWORD index = interface;
		(void)setsockopt(s, IPPROTO_IPV6, IPV6_UNICAST_IF, (const char *)&index, sizeof index);
	}
	int result = start(loop, s, ready, ctx, ret_tcp);
	if (result < 0)
		return result;
	(*ret_tcp)->connecting = true;
	if (connect(s, &sa.sa, len) == 0 || WSAGetLastError() == WSAEWOULDBLOCK)
		return 0;
	result = lp_os_error((DWORD)WSAGetLastError());
	lp_tcp_close(*ret_tcp);
	*ret_tcp = NULL;
	return result;
}

int lp_tcp_adopt(struct lp_loop *loop, intptr_t socket, lp_tcp_ready_fn ready, void *ctx, struct lp_tcp **ret_tcp)
{
	return start(loop, (SOCKET)socket, ready, ctx, ret_tcp);
}

intptr_t lp_tcp_detach(struct lp_tcp *tcp)
{
	SOCKET s = tcp->socket;
	lp_wait_remove(&tcp->wait);
	(void)WSAEventSelect(s, NULL, 0);
	CloseHandle(tcp->event);
	free(tcp);
	return (intptr_t)s;
}

void lp_tcp_close(struct lp_tcp *tcp)
{
	if (!tcp)
		return;
	lp_wait_remove(&tcp->wait);
	shutdown(tcp->socket, SD_SEND);
	closesocket(tcp->socket);
	if (tcp->event)
		CloseHandle(tcp->event);
	free(tcp);
}

int lp_tcp_connected(struct lp_tcp *tcp)
{
	struct lp_addr remote;
	int error = 0, len = sizeof error;
	if (!tcp->connecting)
		return 0;
	if (getsockopt(tcp->socket, SOL_SOCKET, SO_ERROR, (char *)&error, &len) == 0 && error)
		return error == WSAETIMEDOUT ? LP_ETIMEOUT : LP_EUNREACH;
	lp_tcp_remote(tcp, &remote);
	if (!remote.family)
		return LP_EAGAIN;
	tcp->connecting = false;
	return 0;
}

int lp_tcp_read(struct lp_tcp *tcp, uint8_t *data, size_t max)
{
	int n = recv(tcp->socket, (char *)data, max > INT_MAX ? INT_MAX : (int)max, 0);
	if (n > 0)
		return n;
	return n < 0 && WSAGetLastError() == WSAEWOULDBLOCK ? LP_EAGAIN : LP_ECLOSED;
}

int lp_tcp_write(struct lp_tcp *tcp, const uint8_t *data, size_t len)
{
	int n = send(tcp->socket, (const char *)data, len > INT_MAX ? INT_MAX : (int)len, 0);
	if (n >= 0)
		return n;
	return WSAGetLastError() == WSAEWOULDBLOCK || WSAGetLastError() == WSAENOBUFS ? LP_EAGAIN : LP_ECLOSED;
}

void lp_tcp_local(const struct lp_tcp *tcp, struct lp_addr *ret_local)
{
	union lp_sockaddr sa = {0};
	int len = sizeof sa;
	*ret_local = (struct lp_addr){0};
	if (getsockname(tcp->socket, &sa.sa, &len) == 0)
		lp_sockaddr_get(&sa, ret_local);
}

void lp_tcp_remote(const struct lp_tcp *tcp, struct lp_addr *ret_remote)
{
	union lp_sockaddr sa = {0};
	int len = sizeof sa;
	*ret_remote = (struct lp_addr){0};
	if (getpeername(tcp->socket, &sa.sa, &len) == 0)
		lp_sockaddr_get(&sa, ret_remote);
}
