/* Small UDP packets at a given rate, and how many of them arrive.

   Usage: udp_rate receive PORT SECONDS                  {"received":N,"duplicates":N,"late":N}
	  udp_rate send ADDRESS PORT RATE SECONDS BYTES  {"sent":N,"seconds":S}

   The receiver ends after half a second of silence, or after SECONDS. */
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

#define BATCH 32
#define BYTES_MAX 2048
#define NUMBERS (UINT64_C(1) << 26) /* number of distinct packet numbers */
#define SILENCE_S 0.5

struct batch {
	struct mmsghdr msgs[BATCH];
	struct iovec parts[BATCH];
	uint8_t data[BATCH][BYTES_MAX];
};

/* Received packets. */
struct tally {
	uint8_t *seen; /* one bit per number */
	uint64_t received, duplicates, late, highest;
};

/* Monotonic time in seconds. */
static double clock_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Prints the error and exits. */
static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* An IPv4 socket with a large buffer; |force_option| is the privileged way to get one. */
static int open_socket(int option, int force_option)
{
	int size = 16 << 20, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	if (setsockopt(fd, SOL_SOCKET, force_option, &size, sizeof(size)) != 0)
		setsockopt(fd, SOL_SOCKET, option, &size, sizeof(size));
	return fd;
}

/* Points every message at its buffer. */
static void init_batch(struct batch *batch, size_t bytes)
{
	memset(batch, 0, sizeof(*batch));
	for (size_t i = 0; i < BATCH; i++) {
		batch->parts[i] = (struct iovec){batch->data[i], bytes};
		batch->msgs[i].msg_hdr.msg_iov = &batch->parts[i];
		batch->msgs[i].msg_hdr.msg_iovlen = 1;
	}
}

/* Counts one packet by its number. */
static void count(struct tally *tally, const uint8_t *data)
{
	uint64_t number;

	memcpy(&number, data, sizeof(number));
	number %= NUMBERS;
	if (tally->seen[number >> 3] & (1U << (number & 7))) {
		tally->duplicates++;
		return;
	}
	tally->seen[number >> 3] |= (uint8_t)(1U << (number & 7));
	tally->late += number < tally->highest;
	if (number > tally->highest)
		tally->highest = number;
	tally->received++;
}

/* Receives until no packet arrives for a while. */
static int receive(int port, double seconds)
{
	static struct batch batch;
	struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct tally tally = {.seen = calloc(NUMBERS / 8, 1)};
	int fd = open_socket(SO_RCVBUF, SO_RCVBUFFORCE);
	double start_s = clock_s(), last_s = start_s;

	if (!tally.seen || bind(fd, (struct sockaddr *)&local, sizeof(local)) != 0)
		die("receive");
	init_batch(&batch, BYTES_MAX);
	printf("ready\n");
	fflush(stdout);
	while (clock_s() - start_s < seconds && !(tally.received && clock_s() - last_s > SILENCE_S)) {
		struct pollfd ready = {fd, POLLIN, 0};

		if (poll(&ready, 1, 100) <= 0)
			continue;

		int n = recvmmsg(fd, batch.msgs, BATCH, MSG_DONTWAIT, NULL);

		for (int i = 0; i < n; i++)
			count(&tally, batch.data[i]);
		last_s = clock_s();
	}
	printf("{\"received\":%llu,\"duplicates\":%llu,\"late\":%llu}\n", (unsigned long long)tally.received,
		(unsigned long long)tally.duplicates, (unsigned long long)tally.late);
	free(tally.seen);
	close(fd);
	return 0;
}

/* Sends at a steady rate, in batches of the packets that are due. */
static int send_at_rate(const char *address, int port, double rate, double seconds, size_t bytes)
{
	static struct batch batch;
	struct sockaddr_in remote = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = open_socket(SO_SNDBUF, SO_SNDBUFFORCE);
	double start_s = clock_s(), now_s = start_s;
	uint64_t sent = 0;

	if (bytes < sizeof(uint64_t) || bytes > BYTES_MAX || inet_pton(AF_INET, address, &remote.sin_addr) != 1 ||
		connect(fd, (struct sockaddr *)&remote, sizeof(remote)) != 0)
		die("send");
	prctl(PR_SET_TIMERSLACK, 1000);
	init_batch(&batch, bytes);
	while ((now_s = clock_s()) - start_s < seconds) {
		double due = (now_s - start_s) * rate - (double)sent;
		unsigned n = due > BATCH ? BATCH : due < 0 ? 0 : (unsigned)due;

		if (n == 0) {
			nanosleep(&(struct timespec){0, 30000}, NULL);
			continue;
		}
		for (unsigned i = 0; i < n; i++) {
			uint64_t number = sent + i;

			memcpy(batch.data[i], &number, sizeof(number));
		}

		int done = sendmmsg(fd, batch.msgs, n, 0);

		sent += done > 0 ? (uint64_t)done : 1; /* packets that the kernel refuses count as lost */
	}
	printf("{\"sent\":%llu,\"seconds\":%.4f}\n", (unsigned long long)sent, now_s - start_s);
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "receive") == 0)
		return receive(atoi(argv[2]), atof(argv[3]));
	if (argc == 7 && strcmp(argv[1], "send") == 0)
		return send_at_rate(argv[2], atoi(argv[3]), atof(argv[4]), atof(argv[5]), (size_t)atoi(argv[6]));
	fprintf(stderr, "usage: udp_rate receive PORT SECONDS | send ADDRESS PORT RATE SECONDS BYTES\n");
	return 2;
}
