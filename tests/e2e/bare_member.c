/* A bare member, which may violate the protocol: it sends on the control stream and in DATAGRAMs what it reads from
   standard input, and prints what it receives.

   Usage: lanparty-bare-member ADDRESS PORT CERTIFICATE SERVER-NAME

   Lines on standard input: "control TEXT" (a message, sent with its length), "raw HEX" (bytes of the control
   stream), "datagram HEX", "close". Lines on standard output: "ready BUDGET", "control TEXT", "datagram HEX",
   "closed KIND CODE REASON", which is the last. It exits when its standard input ends. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/units.h"
#include "carrier/carrier.h"
#include "ctrl/message.h"
#include "ctrl/stream.h"
#include "quic/endpoint.h"
#include "quic/tls/credentials.h"

#define LINE_MAX_BYTES (LP_MESSAGE_MAX * 4)
#define FILE_MAX_BYTES 65536

struct bare {
	int fd;
	struct lp_addr remote;
	struct lp_carrier carrier;
	struct lp_quic_endpoint *endpoint;
	struct lp_quic_conn *conn; /* NULL before the handshake and after the end */
	struct lp_ctrl_stream stream;
	bool closed;
	char line[LINE_MAX_BYTES];
	size_t line_len;
};

/* Monotonic time. */
static uint64_t clock_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * LP_SEC + (uint64_t)t.tv_nsec;
}

/* Prints the error and exits. */
static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "lanparty-bare-member: %s: %s\n", what, why);
	exit(1);
}

/* Prints bytes as hexadecimal digits, with a newline. */
static void print_hex(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		printf("%02x", data[i]);
	printf("\n");
}

/* Parses hexadecimal digits; the number of bytes. */
static size_t read_hex(const char *text, uint8_t *data, size_t size)
{
	size_t len = 0;
	unsigned byte;
	while (len < size && sscanf(text + 2 * len, "%2x", &byte) == 1)
		data[len++] = (uint8_t)byte;
	return len;
}

/* The handshake is complete. */
static void on_ready(void *ctx, struct lp_quic_conn *conn)
{
	struct bare *bare = ctx;
	bare->conn = conn;
	printf("ready %zu\n", lp_quic_budget(conn));
}

/* Bytes of the control stream: prints each message. */
static void on_control(void *ctx, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	struct bare *bare = ctx;
	const uint8_t *message;
	size_t message_len;
	int result;
	(void)conn;
	while ((result = lp_ctrl_stream_read(&bare->stream, &data, &len, &message, &message_len)) > 0)
		printf("control %.*s\n", (int)message_len, (const char *)message);
	if (result < 0)
		die("the relay's control stream", "broken");
}

/* A DATAGRAM. */
static void on_datagram(void *ctx, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	(void)ctx, (void)conn;
	printf("datagram ");
	print_hex(data, len);
}

/* The end. */
static void on_closed(void *ctx, struct lp_quic_conn *conn, const struct lp_quic_close *why)
{
	static const char *const kinds[] = {"local", "app", "transport", "tls", "idle", "handshake_timeout", "reset"};
	struct bare *bare = ctx;
	(void)conn;
	bare->conn = NULL;
	bare->closed = true;
	printf("closed %s %llu %s\n", kinds[why->kind], (unsigned long long)why->code, why->reason);
}

/* Puts datagrams on the socket, one by one. */
static void on_send(struct lp_carrier *carrier, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct bare *bare = carrier->ctx;
	for (size_t i = 0; i < n_msgs; i++) {
		size_t step = msgs[i].segment_bytes ? msgs[i].segment_bytes : msgs[i].len;
		for (size_t at = 0; at < msgs[i].len; at += step) {
			size_t len = msgs[i].len - at < step ? msgs[i].len - at : step;
			(void)!send(bare->fd, msgs[i].data + at, len, 0);
		}
	}
}

/* Callbacks that are not needed here. */
static void on_writable(void *ctx, struct lp_quic_conn *conn)
{
	(void)ctx, (void)conn;
}

/* The same. */
static void on_budget(void *ctx, struct lp_quic_conn *conn, size_t budget_bytes)
{
	(void)ctx, (void)conn, (void)budget_bytes;
}

/* Random bytes. */
static void fill_random(void *ctx, uint8_t *data, size_t len)
{
	(void)ctx;
	while (len > 0) {
		ssize_t n = getrandom(data, len < 256 ? len : 256, 0);
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
}

static const struct lp_quic_events events = {
	.ready = on_ready,
	.control = on_control,
	.datagram = on_datagram,
	.writable = on_writable,
	.budget = on_budget,
	.migrated = on_writable,
	.closed = on_closed,
};

/* Executes a line. */
static void obey(struct bare *bare, char *line)
{
	static uint8_t data[LINE_MAX_BYTES];
	char *rest = strchr(line, ' ');
	size_t len = 0;
	if (rest)
		*rest++ = '\0';
	else
		rest = line + strlen(line);
	if (!bare->conn)
		return;
	if (strcmp(line, "control") == 0) {
		len = strlen(rest);
		memcpy(data, &(uint32_t){htonl((uint32_t)len)}, 4);
		memcpy(data + 4, rest, len);
		lp_quic_send_control(bare->conn, data, len + 4);
	} else if (strcmp(line, "raw") == 0) {
		len = read_hex(rest, data, sizeof data);
		lp_quic_send_control(bare->conn, data, len);
	} else if (strcmp(line, "datagram") == 0) {
		len = read_hex(rest, data, sizeof data);
		lp_quic_send_datagram(bare->conn, &(struct lp_bytes){data, len}, 1, clock_ns());
	} else if (strcmp(line, "close") == 0) {
		lp_quic_close(bare->conn, LP_QUIC_APP_OK, "bye");
	} else {
		die(line, "not a command");
	}
}

/* Reads lines; false at the end of standard input. */
static bool read_lines(struct bare *bare)
{
	char data[4096];
	ssize_t n = read(STDIN_FILENO, data, sizeof data);
	for (ssize_t i = 0; i < n; i++) {
		if (data[i] != '\n') {
			if (bare->line_len < sizeof bare->line - 5)
				bare->line[bare->line_len++] = data[i];
			continue;
		}
		bare->line[bare->line_len] = '\0';
		bare->line_len = 0;
		obey(bare, bare->line);
	}
	return n > 0;
}

/* Receives datagrams. */
static void read_socket(struct bare *bare)
{
	uint8_t data[65536];
	ssize_t n;
	while ((n = recv(bare->fd, data, sizeof data, MSG_DONTWAIT)) > 0) {
		struct lp_udp_msg msg = {.data = data, .len = (size_t)n, .remote = bare->remote};
		lp_quic_receive(bare->endpoint, &bare->carrier, &msg, 1, clock_ns());
	}
}

/* A socket that is connected to the relay. */
static int open_socket(const char *address, uint16_t port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	bool six = inet_pton(AF_INET, address, &v4.sin_addr) != 1;
	if (six && inet_pton(AF_INET6, address, &v6.sin6_addr) != 1)
		die(address, "not an address");
	int fd = socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
		connect(fd, six ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4, six ? sizeof v6 : sizeof v4) < 0)
		die(address, strerror(errno));
	return fd;
}

/* The credentials that trust one certificate. */
static struct lp_tls *read_trust(const char *path)
{
	static uint8_t data[FILE_MAX_BYTES];
	struct lp_failure failure = {0};
	struct lp_tls *tls;
	FILE *file = fopen(path, "rb");
	if (!file)
		die(path, strerror(errno));
	size_t len = fread(data, 1, sizeof data, file);
	fclose(file);
	if (lp_tls_client_new(data, len, &failure, &tls) < 0)
		die(path, failure.text);
	return tls;
}

/* Waits for packets, lines or the deadline. False: the end. */
static bool turn(struct bare *bare)
{
	struct pollfd fds[2] = {{STDIN_FILENO, POLLIN, 0}, {bare->fd, POLLIN, 0}};
	uint64_t deadline_ns = lp_quic_deadline(bare->endpoint), now_ns = clock_ns();
	uint64_t wait_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
	struct timespec timeout = {(time_t)(wait_ns / LP_SEC), (long)(wait_ns % LP_SEC)};
	if (ppoll(fds, 2, deadline_ns == LP_NEVER ? NULL : &timeout, NULL) < 0 && errno != EINTR)
		die("poll", strerror(errno));
	if (fds[1].revents)
		read_socket(bare);
	bool more = !fds[0].revents || read_lines(bare);
	lp_quic_expire(bare->endpoint, clock_ns());
	lp_quic_flush(bare->endpoint, clock_ns());
	fflush(stdout);
	return more && !bare->closed;
}

int main(int argc, char **argv)
{
	static struct bare bare;
	struct lp_quic_config config = {
		.events = &events,
		.ctx = &bare,
		.random = fill_random,
		.idle_timeout_ns = 30 * LP_SEC,
		.keep_alive_ns = 10 * LP_SEC,
		.max_conns = 1,
	};
	char text[128];
	if (argc != 5)
		die("usage", "ADDRESS PORT CERTIFICATE SERVER-NAME");
	snprintf(text, sizeof text, strchr(argv[1], ':') ? "[%s]:%s" : "%s:%s", argv[1], argv[2]);
	if (lp_addr_parse(text, 0, &bare.remote) < 0)
		die(text, "not an address and port");
	bare.fd = open_socket(argv[1], bare.remote.port);
	config.client_tls = read_trust(argv[3]);
	fill_random(NULL, config.secret, sizeof config.secret);
	lp_ctrl_stream_init(&bare.stream);
	lp_carrier_init(&bare.carrier, on_send, NULL, &bare);
	const struct lp_quic_target target = {.carrier = &bare.carrier,
		.remote = bare.remote,
		.server_name = argv[4],
		.first_dcid = {.bytes = {lp_room_steer("PARTY-1")}, .len = 1}};
	if (lp_quic_endpoint_new(&config, &bare.endpoint) < 0 ||
		lp_quic_connect(bare.endpoint, &target, clock_ns(), &bare.conn) < 0)
		die("connect", "failed");
	bare.conn = NULL;
	lp_quic_flush(bare.endpoint, clock_ns());
	while (turn(&bare))
		;
	lp_quic_endpoint_free(bare.endpoint);
	lp_ctrl_stream_done(&bare.stream);
	lp_tls_free(config.client_tls);
	close(bare.fd);
	return 0;
}
