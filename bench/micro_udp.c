/* The cost of a datagram through the UDP socket, with batches (GSO, GRO) and without: nanoseconds of this process's CPU
   time per datagram, for sender and receiver separately. One process, two sockets on loopback. To run it:
   BUILD/bench/micro_udp. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/failure.h"
#include "base/units.h"
#include "platform/loop/loop.h"
#include "platform/net/udp.h"

/* Bytes in flight: less than the receive buffer holds, so that nothing is lost. */
#define ROUND 64U
#define ROUNDS 4000U

struct bench {
	struct lp_loop *loop;
	struct lp_udp *sender, *receiver;
	struct lp_addr to;
	size_t received, messages; /* of this round */
	uint64_t lost;
	uint8_t data[ROUND * 1472];
};

/* CPU time of the process, user and kernel. */
static double cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Counts received datagrams. */
static void on_recv(void *ctx, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	struct bench *b = ctx;
	for (size_t i = 0; i < n_msgs; i++) {
		size_t segment_bytes = msgs[i].segment_bytes ? msgs[i].segment_bytes : msgs[i].len;
		b->received += (msgs[i].len + segment_bytes - 1) / segment_bytes;
	}
	b->messages += n_msgs;
	if (b->received >= ROUND)
		lp_loop_stop(b->loop);
}

/* The sender receives nothing. */
static void on_nothing(void *ctx, const struct lp_udp_msg *msgs, size_t n_msgs)
{
	(void)ctx;
	(void)msgs;
	(void)n_msgs;
}

/* A round did not arrive completely. */
static void on_timeout(void *ctx, uint64_t now_ns)
{
	struct bench *b = ctx;
	(void)now_ns;
	b->lost += ROUND - b->received;
	lp_loop_stop(b->loop);
}

/* One line: datagrams of |bytes|, in messages of |run| datagrams each. */
static void measure(struct bench *b, size_t bytes, unsigned run)
{
	struct lp_udp_msg msgs[ROUND];
	struct lp_timer *timer;
	double send_ns = 0, receive_ns = 0;
	size_t messages = 0;

	for (unsigned i = 0; i < ROUND / run; i++)
		msgs[i] = (struct lp_udp_msg){.data = b->data + i * run * bytes,
			.len = run * bytes,
			.segment_bytes = (uint16_t)(run > 1 ? bytes : 0),
			.remote = b->to};
	lp_timer_new(b->loop, on_timeout, b, &timer);
	b->lost = 0;
	for (unsigned round = 0; round < ROUNDS; round++) {
		double start_ns = cpu_ns(), sent_ns;
		b->received = b->messages = 0;
		b->lost += lp_udp_send(b->sender, msgs, ROUND / run);
		sent_ns = cpu_ns();
		lp_timer_set(timer, lp_loop_now_ns(b->loop) + LP_SEC);
		lp_loop_run(b->loop);
		receive_ns += cpu_ns() - sent_ns;
		send_ns += sent_ns - start_ns;
		messages += b->messages;
	}
	lp_timer_free(timer);
	printf("%5zu bytes, batches of %2u: send %6.0f ns, receive %6.0f ns per datagram, %4.1f datagrams per message, "
	       "%llu lost\n",
		bytes, run, send_ns / (ROUND * ROUNDS), receive_ns / (ROUND * ROUNDS),
		(double)(ROUND * ROUNDS) / (double)messages, (unsigned long long)b->lost);
}

int main(void)
{
	static const size_t sizes[] = {100, 1200, 1472};
	static const unsigned runs[] = {1, 8, 32};
	struct lp_addr any = {.family = 4, .ip = {127, 0, 0, 1}};
	struct lp_failure failure = {0};
	struct bench *b = calloc(1, sizeof *b);

	if (!b || lp_loop_new(&b->loop) < 0 || lp_udp_open(b->loop, &any, on_nothing, b, &failure, &b->sender) < 0 ||
		lp_udp_open(b->loop, &any, on_recv, b, &failure, &b->receiver) < 0) {
		fprintf(stderr, "micro_udp: %s\n", failure.text);
		return 1;
	}
	lp_udp_local(b->receiver, &b->to);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		for (size_t j = 0; j < sizeof runs / sizeof runs[0]; j++)
			measure(b, sizes[i], runs[j]);
	lp_udp_close(b->sender);
	lp_udp_close(b->receiver);
	lp_loop_free(b->loop);
	free(b);
	return 0;
}
