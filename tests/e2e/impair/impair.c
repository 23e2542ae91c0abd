/* A UDP proxy that impairs a path: delay, loss, a slow link, reordering, duplicates, a small MTU, outages, and NAT
   rebinding on command. The tests use it because the kernel may lack netem.

   Usage: lanparty-impair LISTEN-ADDRESS PORT TO-ADDRESS TO-PORT [SEED]

   Lines on standard input, each with one line as reply on standard output:
     [up|down] NAME VALUE   a setting of the lane towards the server, towards the client, or of both (lane.h)
     rebind                 from now on the server sees each client from a new port
     stats                  the counters, as JSON
   It exits when its standard input ends. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lane.h"

#define FLOWS_MAX 64
#define SOCKET_BUFFER (4 << 20)

/* One client: its address, and the socket with which the server sees it. */
struct flow {
	struct sockaddr_storage client;
	socklen_t client_len;
	int fd;
};

struct proxy {
	int listen_fd;
	struct sockaddr_storage server;
	socklen_t server_len;
	size_t headers; /* bytes of IP and UDP */
	struct flow flows[FLOWS_MAX];
	size_t n_flows;
	struct lane up, down;
	char line[256]; /* of standard input, not executed yet */
	size_t line_len;
};

/* Monotonic time. */
static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

/* Prints the error and exits. */
static void die(const char *what, const char *why)
{
	fprintf(stderr, "lanparty-impair: %s: %s\n", what, why);
	exit(1);
}

/* Parses a numeric address and port. */
static void read_address(const char *host, const char *port, struct sockaddr_storage *ret_addr, socklen_t *ret_len)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_DGRAM};
	struct addrinfo *found;
	int rc = getaddrinfo(host, port, &hints, &found);

	if (rc != 0)
		die(host, gai_strerror(rc));
	memcpy(ret_addr, found->ai_addr, found->ai_addrlen);
	*ret_len = found->ai_addrlen;
	freeaddrinfo(found);
}

/* A socket of that family, with a buffer for bursts. */
static int open_socket(int family)
{
	int size = SOCKET_BUFFER;
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket", strerror(errno));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return fd;
}

/* A socket towards the server. */
static int open_upstream(const struct proxy *proxy)
{
	int fd = open_socket(proxy->server.ss_family);

	if (connect(fd, (const struct sockaddr *)&proxy->server, proxy->server_len) != 0)
		die("connect", strerror(errno));
	return fd;
}

/* The flow of a client, a new one for a new client; FLOWS_MAX: there are too many. */
static uint32_t find_flow(struct proxy *proxy, const struct sockaddr_storage *client, socklen_t len)
{
	uint32_t i;

	for (i = 0; i < proxy->n_flows; i++)
		if (proxy->flows[i].client_len == len && memcmp(&proxy->flows[i].client, client, len) == 0)
			return i;
	if (i == FLOWS_MAX)
		return i;
	proxy->flows[i] = (struct flow){.client = *client, .client_len = len, .fd = open_upstream(proxy)};
	proxy->n_flows++;
	return i;
}

/* Receives the clients' datagrams. */
static void read_clients(struct proxy *proxy)
{
	uint8_t data[LANE_PACKET_MAX];

	for (int i = 0; i < 256; i++) {
		struct sockaddr_storage from;
		socklen_t from_len = sizeof(from);

		memset(&from, 0, sizeof(from));
		ssize_t n = recvfrom(proxy->listen_fd, data, sizeof(data), 0, (struct sockaddr *)&from, &from_len);

		if (n < 0)
			return;

		uint32_t flow = find_flow(proxy, &from, from_len);

		if (flow < FLOWS_MAX)
			lane_put(&proxy->up, flow, data, (size_t)n, proxy->headers, clock_ns());
	}
}

/* Receives the server's datagrams for one client. */
static void read_server(struct proxy *proxy, uint32_t flow)
{
	uint8_t data[LANE_PACKET_MAX];

	for (int i = 0; i < 256; i++) {
		ssize_t n = recv(proxy->flows[flow].fd, data, sizeof(data), 0);

		if (n < 0)
			return;
		lane_put(&proxy->down, flow, data, (size_t)n, proxy->headers, clock_ns());
	}
}

/* Sends the packets that are due in both lanes. */
static void deliver(struct proxy *proxy)
{
	uint64_t now_ns = clock_ns();
	struct lane_packet *packet;

	while ((packet = lane_take(&proxy->up, now_ns)) != NULL) {
		(void)!send(proxy->flows[packet->flow].fd, packet->data, packet->len, 0);
		free(packet);
	}
	while ((packet = lane_take(&proxy->down, now_ns)) != NULL) {
		const struct flow *flow = &proxy->flows[packet->flow];

		(void)!sendto(proxy->listen_fd, packet->data, packet->len, 0, (const struct sockaddr *)&flow->client,
			flow->client_len);
		free(packet);
	}
}

/* Gives each client a new port towards the server. Packets from the server to the old one are lost. */
static void rebind(struct proxy *proxy)
{
	for (size_t i = 0; i < proxy->n_flows; i++) {
		int fd = open_upstream(proxy); /* before the old one is closed: the port differs */

		close(proxy->flows[i].fd);
		proxy->flows[i].fd = fd;
	}
}

/* The counters of a lane, as JSON. */
static void print_counters(const char *name, const struct lane_counters *c, const char *end)
{
	printf("\"%s\":{\"in\":%llu,\"out\":%llu,\"lost\":%llu,\"too_big\":%llu,\"queue_full\":%llu,\"duplicated\":%"
	       "llu,"
	       "\"reordered\":%llu}%s",
		name, (unsigned long long)c->in, (unsigned long long)c->out, (unsigned long long)c->lost,
		(unsigned long long)c->too_big, (unsigned long long)c->queue_full, (unsigned long long)c->duplicated,
		(unsigned long long)c->reordered, end);
}

/* Executes a line and replies. */
static void obey(struct proxy *proxy, const char *line)
{
	char word[32], name[32];
	double value;
	bool ok;

	if (strcmp(line, "rebind") == 0) {
		rebind(proxy);
		ok = true;
	} else if (strcmp(line, "stats") == 0) {
		printf("{");
		print_counters("up", &proxy->up.counters, ",");
		print_counters("down", &proxy->down.counters, "}\n");
		fflush(stdout);
		return;
	} else if (sscanf(line, "%31s %31s %lf", word, name, &value) == 3) {
		bool up = strcmp(word, "up") == 0, down = strcmp(word, "down") == 0;

		ok = (up || down) && lane_set(up ? &proxy->up : &proxy->down, name, value);
	} else {
		ok = sscanf(line, "%31s %lf", name, &value) == 2 && lane_set(&proxy->up, name, value) &&
		     lane_set(&proxy->down, name, value);
	}
	printf(ok ? "ok\n" : "error: no such command: %s\n", line);
	fflush(stdout);
}

/* Reads commands; false at the end of standard input. */
static bool read_commands(struct proxy *proxy)
{
	char data[256];
	ssize_t n = read(STDIN_FILENO, data, sizeof(data));

	for (ssize_t i = 0; i < n; i++) {
		if (data[i] != '\n') {
			if (proxy->line_len < sizeof(proxy->line) - 1)
				proxy->line[proxy->line_len++] = data[i];
			continue;
		}
		proxy->line[proxy->line_len] = '\0';
		proxy->line_len = 0;
		obey(proxy, proxy->line);
	}
	return n > 0;
}

/* Waits for packets, commands, or the next packet's time. False: the end. */
static bool turn(struct proxy *proxy)
{
	struct pollfd fds[FLOWS_MAX + 2] = {{STDIN_FILENO, POLLIN, 0}, {proxy->listen_fd, POLLIN, 0}};
	size_t n_flows = proxy->n_flows;
	uint64_t up_ns = lane_deadline(&proxy->up), down_ns = lane_deadline(&proxy->down), now_ns = clock_ns();
	uint64_t deadline_ns = up_ns < down_ns ? up_ns : down_ns;
	uint64_t wait_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
	struct timespec timeout = {(time_t)(wait_ns / 1000000000U), (long)(wait_ns % 1000000000U)};

	for (size_t i = 0; i < n_flows; i++)
		fds[i + 2] = (struct pollfd){proxy->flows[i].fd, POLLIN, 0};
	if (ppoll(fds, n_flows + 2, deadline_ns == UINT64_MAX ? NULL : &timeout, NULL) < 0 && errno != EINTR)
		die("poll", strerror(errno));
	if (fds[1].revents)
		read_clients(proxy);
	for (size_t i = 0; i < n_flows; i++)
		if (fds[i + 2].revents)
			read_server(proxy, (uint32_t)i);
	deliver(proxy);
	return !fds[0].revents || read_commands(proxy);
}

int main(int argc, char **argv)
{
	static struct proxy proxy;
	struct sockaddr_storage listen_addr;
	socklen_t listen_len;
	uint64_t seed;

	if (argc < 5 || argc > 6)
		die("usage", "LISTEN-ADDRESS PORT TO-ADDRESS TO-PORT [SEED]");
	read_address(argv[1], argv[2], &listen_addr, &listen_len);
	read_address(argv[3], argv[4], &proxy.server, &proxy.server_len);
	proxy.headers = proxy.server.ss_family == AF_INET6 ? 48 : 28;
	seed = argc > 5 ? strtoull(argv[5], NULL, 10) : 1;
	if (!lane_init(&proxy.up, seed) || !lane_init(&proxy.down, seed + 1))
		die("lanes", "out of memory");
	proxy.listen_fd = open_socket(listen_addr.ss_family);
	if (bind(proxy.listen_fd, (struct sockaddr *)&listen_addr, listen_len) != 0)
		die(argv[1], strerror(errno));
	printf("ready\n");
	fflush(stdout);
	while (turn(&proxy))
		;
	for (size_t i = 0; i < proxy.n_flows; i++)
		close(proxy.flows[i].fd);
	close(proxy.listen_fd);
	lane_done(&proxy.up);
	lane_done(&proxy.down);
	return 0;
}
