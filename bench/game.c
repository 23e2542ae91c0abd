/* A game's traffic: small UDP packets at a constant rate, echoed by the other side, and their round trips.

   Usage: game echo PORT
	  game play ADDRESS PORT HZ SECONDS BYTES
	      {"sent":N,"received":N,"median_us":T,"p90_us":T,"p99_us":T,"max_us":T,"gap_ms":T}

   gap_ms is the longest time between two replies. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SEC 1000000000U
#define BYTES_MAX 2048
#define LAST_WAIT_NS (UINT64_C(1) * SEC) /* for replies after the last request */

/* Round trips so far. */
struct trips {
	uint64_t *rtt_ns;
	size_t n, room;
	uint64_t last_ns, gap_ns;
};

/* Monotonic time. */
static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SEC + (uint64_t)t.tv_nsec;
}

/* Prints the error and exits. */
static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Echoes every packet until it is killed. */
static _Noreturn void echo(int port)
{
	struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint8_t data[BYTES_MAX];

	if (fd < 0 || bind(fd, (struct sockaddr *)&local, sizeof(local)) != 0)
		die("echo");
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&from, &len);

		if (n > 0)
			(void)!sendto(fd, data, (size_t)n, 0, (struct sockaddr *)&from, len);
	}
}

/* Reads the replies that have arrived. */
static void take_answers(int fd, struct trips *trips)
{
	uint8_t data[BYTES_MAX];

	while (recv(fd, data, sizeof(data), MSG_DONTWAIT) >= (ssize_t)sizeof(uint64_t)) {
		uint64_t sent_ns, now_ns = clock_ns();

		memcpy(&sent_ns, data, sizeof(sent_ns));
		if (trips->n < trips->room)
			trips->rtt_ns[trips->n++] = now_ns - sent_ns;
		if (trips->last_ns && now_ns - trips->last_ns > trips->gap_ns)
			trips->gap_ns = now_ns - trips->last_ns;
		trips->last_ns = now_ns;
	}
}

/* Waits for replies until a point in time. */
static void wait_until(int fd, uint64_t until_ns, struct trips *trips)
{
	uint64_t now_ns;

	while ((now_ns = clock_ns()) < until_ns) {
		struct timespec left = {(time_t)((until_ns - now_ns) / SEC), (long)((until_ns - now_ns) % SEC)};
		struct pollfd ready = {fd, POLLIN, 0};

		if (ppoll(&ready, 1, &left, NULL) > 0)
			take_answers(fd, trips);
	}
}

/* For qsort. */
static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* A quantile of the sorted round trips, in microseconds. */
static double quantile_us(const struct trips *trips, double q)
{
	size_t at = (size_t)(q * (double)trips->n);

	return trips->n == 0 ? 0 : (double)trips->rtt_ns[at < trips->n ? at : trips->n - 1] / 1000.0;
}

/* Plays and prints the results. */
static int play(const char *address, int port, double hz, double seconds, size_t bytes)
{
	struct sockaddr_in remote = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct trips trips = {.room = (size_t)(hz * seconds) + 1};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint8_t data[BYTES_MAX] = {0};
	uint64_t sent = 0;

	trips.rtt_ns = calloc(trips.room, sizeof(*trips.rtt_ns));
	if (!trips.rtt_ns || fd < 0 || bytes < sizeof(uint64_t) || bytes > BYTES_MAX || hz <= 0 ||
		inet_pton(AF_INET, address, &remote.sin_addr) != 1 ||
		connect(fd, (struct sockaddr *)&remote, sizeof(remote)) != 0)
		die("play");
	prctl(PR_SET_TIMERSLACK, 1000);
	for (uint64_t start_ns = clock_ns(); sent + 1 < trips.room; sent++) {
		wait_until(fd, start_ns + (uint64_t)((double)sent * SEC / hz), &trips);

		uint64_t now_ns = clock_ns();

		memcpy(data, &now_ns, sizeof(now_ns));
		(void)!send(fd, data, bytes, 0);
	}
	for (uint64_t end_ns = clock_ns() + LAST_WAIT_NS; trips.n < sent && clock_ns() < end_ns;)
		wait_until(fd, clock_ns() + SEC / 100, &trips);
	qsort(trips.rtt_ns, trips.n, sizeof(*trips.rtt_ns), compare);
	printf("{\"sent\":%llu,\"received\":%zu,\"median_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f,"
	       "\"gap_ms\":%.1f}\n",
		(unsigned long long)sent, trips.n, quantile_us(&trips, 0.5), quantile_us(&trips, 0.9),
		quantile_us(&trips, 0.99), quantile_us(&trips, 1), (double)trips.gap_ns / 1e6);
	free(trips.rtt_ns);
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "echo") == 0)
		echo(atoi(argv[2]));
	if (argc == 7 && strcmp(argv[1], "play") == 0)
		return play(argv[2], atoi(argv[3]), atof(argv[4]), atof(argv[5]), (size_t)atoi(argv[6]));
	fprintf(stderr, "usage: game echo PORT | play ADDRESS PORT HZ SECONDS BYTES\n");
	return 2;
}
