/* The cost of the pure parts of the data path: nanoseconds per operation, and for bulk work per frame and per byte. To
   run it: BUILD/bench/micro_proto. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "filter/filter.h"
#include "filter/limit.h"
#include "filter/view.h"
#include "packet.h"
#include "proto/checksum.h"
#include "proto/coalesce.h"
#include "proto/datagram.h"
#include "proto/ether.h"
#include "proto/flow.h"
#include "proto/fragment.h"
#include "proto/ip.h"
#include "proto/mss.h"
#include "proto/segment.h"

#define MSS 1448U
#define SEGMENTS 45U

/* The data of the operations. */
struct bench {
	uint8_t frame[2048]; /* a full TCP segment */
	size_t len;
	uint8_t frame6[2048];
	size_t len6;
	uint8_t segments[SEGMENTS][2048]; /* the segments of a super-frame, as received from the network */
	struct lp_frame super;
	uint8_t super_data[LP_SUPER_FRAME_MAX];
	struct lp_coalesce *coalesce;
	struct lp_reassembly *reassembly;
	struct lp_filters filters;
	struct lp_limits limits;
	struct lp_meter_limits meter_limits;
	struct lp_meter meter;
	uint64_t time_ns; /* of the meter */
	size_t sink;      /* prevents the compiler from removing the work */
	uint64_t seed;
};

/* Monotonic time. */
static double now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Both parsers on a TCP segment. */
static void bench_parse(struct bench *b)
{
	struct lp_ether ether;
	struct lp_ip ip;
	__asm__ volatile("" ::: "memory");
	if (lp_ether_parse(b->frame, b->len, &ether) == LP_ETHER_OK &&
		lp_ip_parse(b->frame + ether.net_offset, ether.net_len, &ip) == 0)
		b->sink += ip.upper_offset + ether.src.octet[0];
}

/* The Ethernet parser alone. */
static void bench_ether(struct bench *b)
{
	struct lp_ether ether;
	__asm__ volatile("" ::: "memory");
	if (lp_ether_parse(b->frame, b->len, &ether) == LP_ETHER_OK)
		b->sink += ether.src.octet[0] + ether.type;
}

/* The sum over the bytes of a frame. */
static void bench_checksum(struct bench *b)
{
	__asm__ volatile("" ::: "memory");
	b->sink += lp_sum(0, b->frame, 1400);
}

/* The sum of a small packet. */
static void bench_checksum_small(struct bench *b)
{
	__asm__ volatile("" ::: "memory");
	b->sink += lp_sum(0, b->frame, 60);
}

/* The cost to copy the same amount, for comparison. */
static void bench_copy(struct bench *b)
{
	memcpy(b->segments[0] + 100, b->frame, 1400);
	__asm__ volatile("" ::: "memory");
}

/* The common case: nothing to clamp. */
static void bench_mss(struct bench *b)
{
	__asm__ volatile("" ::: "memory");
	b->sink += lp_mss_is_candidate(b->frame, b->len);
}

/* An IPv4 flow. */
static void bench_flow(struct bench *b)
{
	__asm__ volatile("" ::: "memory");
	b->sink += lp_flow_hash(b->frame, b->len, b->seed);
}

/* An IPv6 flow. */
static void bench_flow6(struct bench *b)
{
	__asm__ volatile("" ::: "memory");
	b->sink += lp_flow_hash(b->frame6, b->len6, b->seed);
}

/* Counts what was emitted. */
static void take_segment(void *ctx, const struct lp_bytes *parts, size_t n_parts)
{
	struct bench *b = ctx;
	b->sink += parts[0].data[20] + n_parts;
}

/* Segmentation of a TCP super-frame. */
static void bench_segment(struct bench *b)
{
	lp_segment(&b->super, take_segment, b);
}

/* Counts what was emitted. */
static void take_frames(void *ctx, const struct lp_frame *frames, size_t n_frames)
{
	struct bench *b = ctx;
	b->sink += frames[0].len + n_frames;
}

/* Coalescing of its segments. */
static void bench_coalesce(struct bench *b)
{
	for (unsigned i = 0; i < SEGMENTS; i++)
		lp_coalesce_add(b->coalesce, b->segments[i], b->len);
	lp_coalesce_flush(b->coalesce, take_frames, b);
}

/* Frames that cannot be coalesced. */
static void bench_coalesce_lone(struct bench *b)
{
	for (unsigned i = 0; i < SEGMENTS; i++)
		lp_coalesce_add(b->coalesce, b->segments[0], 60);
	lp_coalesce_flush(b->coalesce, take_frames, b);
}

/* A frame in two fragments. */
static void bench_reassembly(struct bench *b)
{
	static uint16_t id;
	struct lp_datagram d = {.kind = LP_DATAGRAM_FRAGMENT, .source = 1, .frame_id = id++, .count = 2};
	const uint8_t *frame;
	size_t len;
	d.payload = b->frame;
	d.payload_len = b->len / 2;
	b->sink += (size_t)lp_reassembly_add(b->reassembly, &d, id, &frame, &len);
	d.index = 1;
	d.payload = b->frame + b->len / 2;
	b->sink += (size_t)lp_reassembly_add(b->reassembly, &d, id, &frame, &len);
}

/* All default filters, for a client's frame. */
static void ask_filters(struct bench *b, const uint8_t *frame, size_t len)
{
	struct lp_view view;
	__asm__ volatile("" ::: "memory");
	lp_view_init(&view, frame, len);
	b->sink += lp_filters_check(&b->filters, LP_ROLE_CLIENT, &view);
}

static void bench_filter(struct bench *b)
{
	ask_filters(b, b->frame, b->len);
}

static void bench_filter6(struct bench *b)
{
	ask_filters(b, b->frame6, b->len6);
}

/* A frame with rate limits for its class and in total. */
static void bench_meter(struct bench *b)
{
	b->time_ns += 1000;
	b->sink += lp_meter_take(&b->meter, LP_LIMIT_UNKNOWN, 100, b->time_ns);
}

/* Runs |fn| for a quarter of a second and prints the best of ten slices. */
static void run(struct bench *b, const char *name, void (*fn)(struct bench *), unsigned frames, size_t bytes)
{
	unsigned n = 1;
	double best = 1e18;
	for (double took = 0; took < 5e6; n *= 2) {
		double start = now_ns();
		for (unsigned i = 0; i < n; i++)
			fn(b);
		took = now_ns() - start;
	}
	for (int slice = 0; slice < 10; slice++) {
		double start = now_ns();
		for (unsigned i = 0; i < n; i++)
			fn(b);
		double each = (now_ns() - start) / n;
		best = each < best ? each : best;
	}
	printf("%-28s %10.1f ns", name, best);
	if (frames > 1)
		printf("  %8.1f ns/frame", best / frames);
	if (bytes)
		printf("  %6.2f GB/s", (double)bytes / best);
	printf("\n");
}

/* Builds the frames that all operations use. */
static int prepare(struct bench *b)
{
	static uint8_t payload[SEGMENTS * MSS];
	static const uint8_t timestamps[12] = {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8};
	struct packet p = {
		.version = 4,
		.protocol = PACKET_TCP,
		.flags = PACKET_ACK,
		.fragment = PACKET_DF,
		.host = 1,
		.source_port = 1,
		.target_port = 2,
		.tcp_options = timestamps,
		.tcp_options_len = 12,
		.payload = payload,
		.payload_len = sizeof payload,
	};
	for (size_t i = 0; i < sizeof payload; i++)
		payload[i] = (uint8_t)(i * 31 >> 3);
	b->super = (struct lp_frame){.data = b->super_data};
	b->super.len = packet_build_super(&p, MSS, b->super_data, &b->super.offload);
	p.payload_len = MSS;
	b->len = packet_build(&p, b->frame);
	for (unsigned i = 0; i < SEGMENTS; i++, p.seq += MSS, p.id++)
		packet_build(&p, b->segments[i]);
	p.version = 6;
	b->len6 = packet_build(&p, b->frame6);
	lp_filters_init(&b->filters, lp_filters_default(), 1600);
	lp_limits_init(&b->limits);
	b->limits.client[LP_LIMIT_TOTAL] = (struct lp_rate){.per_s = 1000000};
	lp_meter_limits_init(&b->meter_limits, &b->limits, LP_ROLE_CLIENT);
	lp_meter_init(&b->meter, &b->meter_limits);
	struct lp_coalesce_config config;
	lp_coalesce_config_init(&config);
	config.tcp4 = true;
	config.tcp6 = true;
	config.udp = true;
	struct lp_reassembly_config fragments;
	lp_reassembly_config_init(&fragments);
	return lp_coalesce_new(&config, &b->coalesce) < 0 || lp_reassembly_new(&fragments, &b->reassembly) < 0 ? -1 : 0;
}

int main(void)
{
	struct bench *b = calloc(1, sizeof *b);
	if (!b || prepare(b) < 0) {
		fprintf(stderr, "micro_proto: out of memory\n");
		return 1;
	}
	run(b, "ether parse", bench_ether, 1, 0);
	run(b, "ether + ip parse", bench_parse, 1, 0);
	run(b, "mss clamp, not a SYN", bench_mss, 1, 0);
	run(b, "flow hash, IPv4", bench_flow, 1, 0);
	run(b, "flow hash, IPv6", bench_flow6, 1, 0);
	run(b, "checksum of 60", bench_checksum_small, 1, 60);
	run(b, "checksum of 1400", bench_checksum, 1, 1400);
	run(b, "memcpy of 1400, to compare", bench_copy, 1, 1400);
	run(b, "segment 64 KiB", bench_segment, SEGMENTS, b->super.len);
	run(b, "coalesce 64 KiB", bench_coalesce, SEGMENTS, b->super.len);
	run(b, "coalesce, nothing to join", bench_coalesce_lone, SEGMENTS, 0);
	run(b, "reassemble 2 fragments", bench_reassembly, 1, 0);
	run(b, "filters, client's TCP", bench_filter, 1, 0);
	run(b, "filters, client's TCP, IPv6", bench_filter6, 1, 0);
	run(b, "two rate limits", bench_meter, 1, 0);
	fprintf(stderr, "%s", b->sink == 42 ? " " : "");
	lp_coalesce_free(b->coalesce);
	lp_reassembly_free(b->reassembly);
	free(b);
	return 0;
}
