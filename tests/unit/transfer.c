#include "transfer.h"

#include <netdb.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define PORT "99"

static uint8_t pattern(size_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

/* Resolves a numeric address; the caller frees the result. */
static struct addrinfo *look_up(const char *text)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
	struct addrinfo *ai = NULL;
	assert_int_equal(getaddrinfo(text, PORT, &hints, &ai), 0);
	return ai;
}

void transfer_listen(struct transfer *transfer, const char *to)
{
	struct addrinfo *ai = look_up(to);
	*transfer = (struct transfer){.to = to};
	transfer->listener = socket(ai->ai_family, SOCK_STREAM, 0);
	assert_int_equal(bind(transfer->listener, ai->ai_addr, ai->ai_addrlen), 0);
	assert_int_equal(listen(transfer->listener, 1), 0);
	freeaddrinfo(ai);
}

void transfer_source(struct transfer *transfer)
{
	transfer->sender = socket(strchr(transfer->to, ':') ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
}

/* The receiving thread. */
static void *receive_all(void *arg)
{
	struct transfer *transfer = arg;
	uint8_t *data = malloc(65536);
	int fd = accept(transfer->listener, NULL, NULL);
	ssize_t n;
	while ((n = recv(fd, data, 65536, 0)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			transfer->wrong += data[i] != pattern(transfer->received + (size_t)i);
		transfer->received += (size_t)n;
	}
	if (fd >= 0)
		close(fd);
	free(data);
	atomic_store(&transfer->done, true);
	return NULL;
}

/* The sending thread. */
static void *send_all(void *arg)
{
	struct transfer *transfer = arg;
	struct addrinfo *ai = look_up(transfer->to);
	uint8_t *data = malloc(TRANSFER_BYTES);
	size_t at = 0;
	for (size_t i = 0; i < TRANSFER_BYTES; i++)
		data[i] = pattern(i);
	if (connect(transfer->sender, ai->ai_addr, ai->ai_addrlen) == 0)
		while (at < TRANSFER_BYTES) {
			ssize_t n = send(transfer->sender, data + at, TRANSFER_BYTES - at, MSG_NOSIGNAL);
			if (n <= 0)
				break;
			at += (size_t)n;
		}
	shutdown(transfer->sender, SHUT_WR);
	free(data);
	freeaddrinfo(ai);
	return NULL;
}

void transfer_start(struct transfer *transfer)
{
	assert_int_equal(pthread_create(&transfer->receiving, NULL, receive_all, transfer), 0);
	assert_int_equal(pthread_create(&transfer->sending, NULL, send_all, transfer), 0);
}

void transfer_finish(struct transfer *transfer)
{
	shutdown(transfer->sender, SHUT_RDWR);
	shutdown(transfer->listener, SHUT_RDWR);
	pthread_join(transfer->sending, NULL);
	pthread_join(transfer->receiving, NULL);
	close(transfer->sender);
	close(transfer->listener);
	assert_int_equal(transfer->received, TRANSFER_BYTES);
	assert_int_equal(transfer->wrong, 0);
}
