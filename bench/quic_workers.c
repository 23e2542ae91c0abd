/* The workers of a relay without a kernel: each thread has its own pair of endpoints and forwards small frames between
   its connections, as quic_crowd does. Since nothing is shared, the frames per second should grow with the threads up
   to the number of processors, and the CPU time per frame should stay the same beyond it.

   Usage: quic_workers [THREADS [CONNECTIONS [SECONDS]]]    CONNECTIONS per thread */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/units.h"
#include "platform/system/thread.h"
#include "quic_rig.h"

#define THREADS_MAX 64
#define FRAME_BYTES 70U
#define DISTANCE 37U
#define BATCH 16U

struct worker {
	struct lp_thread *thread;
	size_t n_conns;
	uint64_t begin_ns, end_ns; /* when frames are counted */
	uint64_t n_frames, cpu_ns;
	struct rig rig;
};

/* The relay: forwards the DATAGRAM to another connection. */
static void forward(struct rig *rig, struct lp_quic_conn *conn, const uint8_t *data, size_t len)
{
	struct lp_bytes part = {data, len};
	size_t to = ((size_t)lp_quic_user(conn) + DISTANCE) % rig->server.n_conns;
	(void)lp_quic_send_datagram(rig->server.conns[to], &part, 1, rig->server.now_ns);
}

static uint64_t thread_cpu_ns(void)
{
	struct timespec used;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * LP_SEC + (uint64_t)used.tv_nsec;
}

/* Some connections send a frame each, and it is forwarded. */
static void pass(struct worker *worker, size_t first)
{
	static const uint8_t data[FRAME_BYTES] = {0x10};
	struct rig *rig = &worker->rig;
	struct lp_bytes part = {data, sizeof data};
	uint64_t now_ns = rig_now_ns();
	for (size_t i = first; i < first + BATCH; i++)
		(void)lp_quic_send_datagram(rig->client.conns[i % worker->n_conns], &part, 1, now_ns);
	lp_quic_flush(rig->client.endpoint, now_ns);
	(void)rig_pass(&rig->client, &rig->server);
	(void)rig_pass(&rig->server, &rig->client);
}

static void run(void *ctx)
{
	struct worker *worker = ctx;
	size_t first = 0;
	while (rig_now_ns() < worker->begin_ns)
		pass(worker, first += BATCH);
	uint64_t before = thread_cpu_ns(), received = worker->rig.client.n_received;
	while (rig_now_ns() < worker->end_ns)
		pass(worker, first += BATCH);
	worker->cpu_ns = thread_cpu_ns() - before;
	worker->n_frames = worker->rig.client.n_received - received;
}

int main(int argc, char **argv)
{
	static struct worker workers[THREADS_MAX];
	unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : lp_processors();
	size_t n_conns = argc > 2 ? (size_t)atoi(argv[2]) : 100;
	unsigned seconds = argc > 3 ? (unsigned)atoi(argv[3]) : 5;
	uint64_t n_frames = 0, cpu_ns = 0;
	if (n < 1 || n > THREADS_MAX || n_conns < 2 || seconds < 1) {
		fprintf(stderr, "usage: quic_workers [THREADS [CONNECTIONS [SECONDS]]], with at most %d threads\n",
			THREADS_MAX);
		return 2;
	}
	for (unsigned i = 0; i < n; i++) {
		workers[i].n_conns = n_conns;
		workers[i].rig.datagram = forward;
		rig_open(&workers[i].rig, n_conns, LP_QUIC_AEAD_BEST);
	}
	uint64_t begin_ns = rig_now_ns() + LP_SEC / 2;
	for (unsigned i = 0; i < n; i++) {
		workers[i].begin_ns = begin_ns;
		workers[i].end_ns = begin_ns + seconds * LP_SEC;
		if (lp_thread_start(run, &workers[i], "worker", &workers[i].thread) < 0)
			return 1;
	}
	for (unsigned i = 0; i < n; i++) {
		lp_thread_join(workers[i].thread);
		n_frames += workers[i].n_frames;
		cpu_ns += workers[i].cpu_ns;
		rig_close(&workers[i].rig);
	}
	printf("%u threads of %zu connections: %.0f frames/s, %.0f ns of CPU per frame\n", n, n_conns,
		(double)n_frames / seconds, n_frames ? (double)cpu_ns / (double)n_frames : 0.0);
	return 0;
}
