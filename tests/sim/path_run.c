#include "path_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

#define JITTER_FOR_NS (2 * LP_MS) /* about what a radio or a cable modem schedules at a time */
#define STEP_NS (10 * LP_MS)
#define PINGS_MAX 10000
#define PING_BYTES 64
#define PING_PORT 0x69 /* high byte */
#define STREAMS_MAX 8

static struct {
	uint64_t rtts_ns[PINGS_MAX];
	size_t n;
} pings;

static void on_frame(struct tunnel_end *end, const uint8_t *frame, size_t len, uint64_t now_ns)
{
	if (len != PING_BYTES || frame[36] != PING_PORT) {
		stream_frame(end, frame, len, now_ns);
	} else if (frame[43] == 0) {
		uint8_t echo[PING_BYTES];
		struct lp_bytes part = {echo, sizeof echo};
		memcpy(echo, frame, sizeof echo);
		echo[43] = 1;
		lp_link_send(end->link, 0, &part, 1, now_ns);
		tunnel_end_wake(end);
	} else if (pings.n < PINGS_MAX) {
		uint64_t sent_ns;
		memcpy(&sent_ns, frame + 48, sizeof sent_ns);
		pings.rtts_ns[pings.n++] = now_ns - sent_ns;
	}
}

static void send_ping(struct tunnel *tunnel)
{
	uint8_t frame[PING_BYTES] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 50, 0, 0, 0, 0, 64, 17, 0, 0,
		10, 0, 0, 1, 10, 0, 0, 2};
	uint64_t now_ns = tunnel_now_ns(tunnel);
	frame[36] = PING_PORT;
	memcpy(frame + 48, &now_ns, sizeof now_ns);
	tunnel_send(&tunnel->client, frame, sizeof frame);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

/* The part |part| of the round trips from |first| on, in ms; 0 without any. */
static double percentile_ms(size_t first, double part)
{
	size_t n = pings.n - first;
	if (n == 0)
		return 0;
	qsort(pings.rtts_ns + first, n, sizeof *pings.rtts_ns, compare);
	return (double)pings.rtts_ns[first + (size_t)((double)(n - 1) * part)] / 1e6;
}

static struct lp_line line_of(const struct path_cell *cell, bool changed)
{
	double mbit = changed && cell->change_mbit > 0 ? cell->change_mbit : cell->mbit;
	double rtt_ms = changed && cell->change_rtt_ms > 0 ? cell->change_rtt_ms : cell->rtt_ms;
	return (struct lp_line){
		.delay_ns = (uint64_t)(rtt_ms * 5e5),
		.jitter_ns = (uint64_t)(cell->jitter_ms * 1e6),
		.jitter_for_ns = JITTER_FOR_NS,
		.burst_ns = (uint64_t)(cell->burst_ms * 1e6),
		.rate_bps = (uint64_t)(mbit * 1e6),
		.queue_bytes = (size_t)(mbit * cell->queue_ms * 125),
		.loss = cell->loss / 100,
		.loss_run = cell->loss_run,
	};
}

/* What runs in a cell. */
struct run {
	const struct path_cell *cell;
	bool raw;
	struct tunnel tunnel, beside;
	struct stream *streams[STREAMS_MAX], *rival;
	size_t n_streams;
};

static void begin(struct run *run)
{
	const struct path_cell *cell = run->cell;
	struct lp_line line = line_of(cell, false);
	bool up = cell->n_up > 0;
	tunnel_open(&run->tunnel, cell->seed ? cell->seed : 7, &line, LP_QUIC_CC_CUBIC, 0);
	run->tunnel.server.frame = run->tunnel.client.frame = on_frame;
	if (cell->rival == PATH_BESIDE_TUNNEL) {
		tunnel_open_beside(&run->beside, &run->tunnel, LP_QUIC_CC_CUBIC);
		run->beside.server.frame = run->beside.client.frame = on_frame;
	}
	for (unsigned i = 0; i < cell->n_up + cell->n_down; i++)
		run->streams[run->n_streams++] = stream_open(&run->tunnel, cell->inner, i < cell->n_up, run->raw);
	if (cell->rival == PATH_BESIDE_TUNNEL) {
		run->rival = stream_open(&run->beside, cell->inner, up, run->raw);
	} else if (cell->rival != PATH_ALONE) {
		enum stream_control control = cell->rival == PATH_BESIDE_BBR ? STREAM_BBR : STREAM_CUBIC;
		run->rival = stream_open(&run->tunnel, control, up, true);
	}
}

static void end(struct run *run)
{
	for (size_t i = 0; i < run->n_streams; i++)
		stream_close(run->streams[i]);
	if (run->rival)
		stream_close(run->rival);
	if (run->cell->rival == PATH_BESIDE_TUNNEL)
		tunnel_close(&run->beside);
	tunnel_close(&run->tunnel);
}

static double sum_mbit(const struct run *run)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < run->n_streams; i++)
		bytes += stream_bytes(run->streams[i]);
	return (double)bytes * 8e-6;
}

static double rival_mbit(const struct run *run)
{
	return run->rival ? (double)stream_bytes(run->rival) * 8e-6 : 0;
}

static struct tunnel_end *sender(struct run *run)
{
	return run->cell->n_up ? &run->tunnel.client : &run->tunnel.server;
}

static void print_trace(struct run *run, double at_s, double mbit)
{
	printf("%6.2f s %8.2f Mbit/s, window %llu, lost %llu, rival %.2f Mbit, ping %.1f ms, queued %zu\n", at_s,
		mbit * 10, (unsigned long long)stream_window(run->streams[0]),
		(unsigned long long)stream_lost(run->streams[0]), rival_mbit(run),
		pings.n ? (double)pings.rtts_ns[pings.n - 1] / 1e6 : 0, lp_link_waiting_bytes(sender(run)->link));
}

struct path_result path_run(const struct path_cell *cell, bool raw, bool trace)
{
	static struct run run;
	struct path_result result = {0};
	uint64_t end_ns = (uint64_t)(cell->seconds * 1e9), change_ns = (uint64_t)(cell->change_s * 1e9);
	double traced = 0, half = 0, rival_half = 0;
	size_t n_before = 0;
	run = (struct run){.cell = cell, .raw = raw};
	pings.n = 0;
	begin(&run);
	for (uint64_t t = 0; t < end_ns; t += STEP_NS) {
		if (change_ns && t / STEP_NS == change_ns / STEP_NS) {
			struct lp_line line = line_of(cell, true);
			lp_host_set_lines(run.tunnel.client.host, &line, &line);
		}
		if (cell->stall_ms > 0 && t % (330 * LP_MS) == 0)
			lp_host_pause(t % (660 * LP_MS) ? run.tunnel.client.host : run.tunnel.server.host,
				(uint64_t)(cell->stall_ms * 1e6));
		if (t == end_ns - LP_SEC) {
			result.last_mbit = -sum_mbit(&run);
			n_before = pings.n;
		}
		if (t == end_ns / 2) {
			half = sum_mbit(&run);
			rival_half = rival_mbit(&run);
		}
		if (!raw && t >= 2 * LP_SEC)
			send_ping(&run.tunnel);
		tunnel_run(&run.tunnel, STEP_NS);
		if (!raw && t >= end_ns - LP_SEC && lp_link_waiting_bytes(sender(&run)->link) > 0)
			result.last_held += (double)STEP_NS / (double)LP_SEC;
		if (t + STEP_NS == 2 * LP_SEC)
			result.first_mbit = sum_mbit(&run) / 2;
		if (trace && (t + STEP_NS) % (100 * LP_MS) == 0) {
			print_trace(&run, (double)(t + STEP_NS) / 1e9, sum_mbit(&run) - traced);
			traced = sum_mbit(&run);
		}
	}
	double mbit = sum_mbit(&run), rival = rival_mbit(&run);
	result.mbit = mbit / cell->seconds;
	result.last_mbit += mbit;
	result.share = (mbit - half) / (mbit - half + rival - rival_half);
	result.last_rtt_ms = percentile_ms(n_before, 0.5);
	result.rtt_ms = percentile_ms(0, 0.5);
	result.rtt_p99_ms = percentile_ms(0, 0.99);
	end(&run);
	return result;
}
