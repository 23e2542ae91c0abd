/* A path between two interfaces of one host: rate with a drop-tail queue, delay, jitter, bursts of a radio, and loss,
   the same in both directions.

   Usage: emulate IF IF MBIT DELAY_MS QUEUE_MS JITTER_MS BURST_MS LOSS_PERCENT LOSS_RUN

   The model is that of the simulation (src/platform/fake/net/internet.c), so that both can be compared: jitter adds up
   to JITTER_MS, lasts 2 ms, and keeps the order; with BURST_MS, packets leave only at multiples of it; LOSS_RUN packets
   in a row are lost. Frames count with 24 bytes of preamble, checksum and gap. Runs until it gets a signal. */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX 1600
#define QUEUED_MAX (1U << 15) /* frames */
#define WIRE_BYTES 24
#define JITTER_FOR_NS 2000000
#define BATCH 64

struct frame {
	uint64_t due_ns;
	size_t len;
	uint8_t data[FRAME_MAX];
};

/* One direction. */
struct way {
	int in, out;
	struct frame *frames; /* a ring in order of |due_ns| */
	unsigned head, tail;
	uint64_t busy_until_ns, last_due_ns; /* when the line is free, and the last frame leaves */
	uint64_t late_ns, late_until_ns;     /* the jitter now, and until when */
	unsigned n_to_lose;                  /* rest of the run of losses in progress */
};

static struct {
	double mbit, loss;
	uint64_t delay_ns, queue_ns, jitter_ns, burst_ns;
	unsigned loss_run;
} line;

static volatile sig_atomic_t stopped;

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* A socket that receives and sends whole frames of an interface. */
static int open_interface(const char *name)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL)), one = 1, bytes = 8 << 20;
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	address.sll_ifindex = (int)if_nametoindex(name);
	struct packet_mreq all = {.mr_ifindex = address.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
		setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) < 0 ||
		setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all) < 0) {
		perror(name);
		exit(1);
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
	return fd;
}

static bool is_lost(struct way *way)
{
	if (way->n_to_lose > 0) {
		way->n_to_lose--;
		return true;
	}
	if (drand48() * 100 * line.loss_run >= line.loss)
		return false;
	way->n_to_lose = line.loss_run - 1;
	return true;
}

/* When a frame that comes now leaves; 0: it is lost. */
static uint64_t due(struct way *way, size_t len, uint64_t at_ns)
{
	if (is_lost(way))
		return 0;
	uint64_t start_ns = way->busy_until_ns > at_ns ? way->busy_until_ns : at_ns;
	if (start_ns - at_ns > line.queue_ns || way->tail - way->head == QUEUED_MAX)
		return 0;
	way->busy_until_ns = start_ns + (uint64_t)((double)(len + WIRE_BYTES) * 8e3 / line.mbit);
	if (way->busy_until_ns >= way->late_until_ns) {
		way->late_ns = (uint64_t)(drand48() * (double)line.jitter_ns);
		way->late_until_ns = way->busy_until_ns + JITTER_FOR_NS;
	}
	uint64_t due_ns = way->busy_until_ns + line.delay_ns + way->late_ns;
	if (line.burst_ns)
		due_ns = (due_ns + line.burst_ns - 1) / line.burst_ns * line.burst_ns;
	if (due_ns < way->last_due_ns)
		due_ns = way->last_due_ns;
	way->last_due_ns = due_ns;
	return due_ns;
}

/* Receives what has come. */
static void take(struct way *way)
{
	for (unsigned i = 0; i < BATCH; i++) {
		uint8_t spare[FRAME_MAX];
		bool full = way->tail - way->head == QUEUED_MAX;
		struct frame *frame = &way->frames[way->tail % QUEUED_MAX];
		ssize_t len = recv(way->in, full ? spare : frame->data, FRAME_MAX, MSG_TRUNC);
		if (len <= 0)
			return;
		uint64_t due_ns = len <= FRAME_MAX ? due(way, (size_t)len, now_ns()) : 0;
		if (due_ns == 0)
			continue;
		frame->due_ns = due_ns;
		frame->len = (size_t)len;
		way->tail++;
	}
}

/* Sends what is due. Returns when the next frame is. */
static uint64_t give(struct way *way)
{
	while (way->head != way->tail) {
		const struct frame *frame = &way->frames[way->head % QUEUED_MAX];
		if (frame->due_ns > now_ns())
			return frame->due_ns;
		(void)!send(way->out, frame->data, frame->len, 0);
		way->head++;
	}
	return UINT64_MAX;
}

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

int main(int argc, char **argv)
{
	if (argc != 10) {
		fprintf(stderr, "emulate: see the head of its source for the arguments\n");
		return 2;
	}
	line.mbit = atof(argv[3]);
	line.delay_ns = (uint64_t)(atof(argv[4]) * 1e6);
	line.queue_ns = (uint64_t)(atof(argv[5]) * 1e6);
	line.jitter_ns = (uint64_t)(atof(argv[6]) * 1e6);
	line.burst_ns = (uint64_t)(atof(argv[7]) * 1e6);
	line.loss = atof(argv[8]);
	line.loss_run = (unsigned)atoi(argv[9]) ? (unsigned)atoi(argv[9]) : 1;
	int left = open_interface(argv[1]), right = open_interface(argv[2]);
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct way ways[2] = {{.in = left, .out = right}, {.in = right, .out = left}};
	for (int i = 0; i < 2; i++)
		ways[i].frames = calloc(QUEUED_MAX, sizeof *ways[i].frames);
	if (timer < 0 || !ways[0].frames || !ways[1].frames)
		return 1;
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	puts("ready");
	fflush(stdout);
	while (!stopped) {
		uint64_t a_ns = give(&ways[0]), b_ns = give(&ways[1]), next_ns = a_ns < b_ns ? a_ns : b_ns;
		struct itimerspec at = {0};
		if (next_ns != UINT64_MAX)
			at.it_value = (struct timespec){(time_t)(next_ns / 1000000000), (long)(next_ns % 1000000000)};
		timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
		struct pollfd fds[3] = {{left, POLLIN, 0}, {right, POLLIN, 0}, {timer, POLLIN, 0}};
		poll(fds, 3, 1000);
		take(&ways[0]);
		take(&ways[1]);
	}
	return 0;
}
