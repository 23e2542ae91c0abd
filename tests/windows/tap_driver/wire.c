/* The connection between the driver and its tapbridge: datagrams over loopback. */
#include <winsock2.h>

#include "halves.h"

#define BUFFER_BYTES (1 << 20)
#define TIMEOUT_MS 200

struct wire {
	SOCKET socket;
	void *thread;
	volatile LONG stop;
	wire_recv_fn recv;
	void *ctx;
};

/* Copies bytes: memcpy would be imported from a DLL that must not be imported. */
static void copy(unsigned char *to, const unsigned char *from, unsigned len)
{
	while (len--)
		*to++ = *from++;
}

/* The receiving thread. */
static void run(void *ctx)
{
	struct wire *wire = ctx;
	unsigned char data[1 + FRAME_MAX];

	while (!wire->stop) {
		int n = recv(wire->socket, (char *)data, sizeof data, 0);

		if (n > 1)
			wire->recv(wire->ctx, data[0], data + 1, (unsigned)n - 1);
		else if (n < 0 && WSAGetLastError() != WSAETIMEDOUT)
			/* The bridge does not run, or not yet. */
			kernel_sleep(10);
	}
}

struct wire *wire_open(const struct adapter_config *config, wire_recv_fn recv, void *ctx)
{
	struct sockaddr_in addr = {.sin_family = AF_INET};
	struct wire *wire = kernel_alloc(sizeof *wire);
	const int bytes = BUFFER_BYTES;
	const DWORD timeout = TIMEOUT_MS;
	WSADATA data;

	if (!wire)
		return NULL;
	WSAStartup(MAKEWORD(2, 2), &data);
	wire->recv = recv;
	wire->ctx = ctx;
	wire->socket = socket(AF_INET, SOCK_DGRAM, 0);
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	addr.sin_port = htons(config->local_port);
	setsockopt(wire->socket, SOL_SOCKET, SO_RCVBUF, (const char *)&bytes, sizeof bytes);
	setsockopt(wire->socket, SOL_SOCKET, SO_RCVTIMEO, (const char *)&timeout, sizeof timeout);
	bind(wire->socket, (struct sockaddr *)&addr, sizeof addr);
	addr.sin_port = htons(config->peer_port);
	connect(wire->socket, (struct sockaddr *)&addr, sizeof addr);
	wire->thread = kernel_thread(run, wire);
	return wire;
}

void wire_send(struct wire *wire, enum wire_type type, const void *data, unsigned len)
{
	unsigned char bytes[1 + FRAME_MAX];

	if (!wire || len > FRAME_MAX)
		return;
	bytes[0] = (unsigned char)type;
	copy(bytes + 1, data, len);
	send(wire->socket, (const char *)bytes, (int)len + 1, 0);
}

void wire_close(struct wire *wire)
{
	if (!wire)
		return;
	wire->stop = 1;
	if (wire->thread)
		kernel_join(wire->thread);
	closesocket(wire->socket);
	kernel_free(wire);
}
