/* Streams of regular and irregular frames of a few flows are coalesced and segmented again: each flow's frames come out
   unchanged and in order. The input: 6 bytes per frame that select its irregularities. */
#include <stdlib.h>
#include <string.h>

#include "../unit/packet.h"
#include "proto/coalesce.h"
#include "proto/segment.h"

#define FLOWS 4U
#define FRAMES_MAX 256U
#define STEP 6U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Consecutive frames of one flow. */
struct list {
	uint8_t *data[FRAMES_MAX];
	size_t len[FRAMES_MAX];
	size_t n;
};

/* The frames that go in, and how many of them came out again. */
struct run {
	struct list in[FLOWS + 1]; /* the last row: randomly changed frames, of any flow */
	size_t n_out[FLOWS + 1];
};

/* Ends the run: an invariant is violated. */
static void check(bool good)
{
	if (!good)
		abort();
}

/* True if a frame in parts equals the one at |at|. */
static bool is_frame(const struct list *list, size_t at, const struct lp_bytes *parts, size_t n_parts)
{
	size_t head = parts[0].len, tail = n_parts > 1 ? parts[1].len : 0;
	return list->len[at] == head + tail && memcmp(list->data[at], parts[0].data, head) == 0 &&
	       (tail == 0 || memcmp(list->data[at] + head, parts[1].data, tail) == 0);
}

/* Compares a frame that came out with the next one of its flow, which the second byte identifies; a randomly changed
   one with all of them. */
static void compare(void *ctx, const struct lp_bytes *parts, size_t n_parts)
{
	struct run *run = ctx;
	unsigned flow = parts[0].data[1];
	const struct list *in = &run->in[flow];
	size_t at = run->n_out[flow]++;
	check(at < in->n);
	if (flow < FLOWS) {
		check(is_frame(in, at, parts, n_parts));
		return;
	}
	for (at = 0; at < in->n && !is_frame(in, at, parts, n_parts); at++)
		;
	check(at < in->n);
}

/* Segments the output of a flush. */
static void cut(void *ctx, const struct lp_frame *frames, size_t n_frames)
{
	for (size_t i = 0; i < n_frames; i++)
		check(lp_segment(&frames[i], compare, ctx) > 0);
}

/* Where each flow begins. */
static void prepare(struct packet p[FLOWS])
{
	static const uint8_t options[12] = {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8};
	for (unsigned i = 0; i < FLOWS; i++) {
		p[i] = (struct packet){
			.version = i & 1 ? 6 : 4,
			.protocol = i & 2 ? PACKET_UDP : PACKET_TCP,
			.fragment = i == 0 ? PACKET_DF : 0,
			.tcp_options = options,
			.tcp_options_len = i == 1 ? 12 : 0,
			.n_extensions = i == 3,
			.extensions = {60},
			.source_port = 5,
		};
	}
}

/* Builds the next frame of a flow according to |step|; returns its length. */
static size_t build(struct packet *p, const uint8_t *step, uint8_t *frame)
{
	static uint8_t payload[2048];
	static const size_t lens[] = {100, 100, 100, 140, 99, 1, 0, 1000};
	p->payload = payload + step[1];
	p->payload_len = lens[step[1] & 7];
	p->flags = step[2] & 1 ? (uint8_t)(step[2] & 0xfe) : PACKET_ACK;
	switch (step[3] >> 4) {
	case 1:
		p->ack++;
		break;
	case 2:
		p->window++;
		break;
	case 3:
		p->seq += step[4];
		break;
	case 4:
		p->id = (uint16_t)(p->id + (step[4] | 1)); /* never the last frame's: that one may be rewritten */
		break;
	case 5:
		p->tos = step[4];
		break;
	case 6:
		p->ttl = step[4];
		break;
	case 7:
		p->n_tags = step[4] % 4;
		p->tpid[0] = p->tpid[1] = p->n_tags > 2 ? 0x9100 : 0x8100;
		p->n_tags %= 3;
		break;
	}
	size_t len = packet_build(p, frame);
	p->seq += (uint32_t)p->payload_len;
	p->id++;
	if (step[3] & 1) /* anything, anywhere after the first MAC */
		frame[6 + (step[4] | (step[2] & 7U) << 8) % (len - 6)] ^= step[5];
	if (step[3] & 2)
		len -= step[5] % (len - 13);
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lp_coalesce_config config;
	lp_coalesce_config_init(&config);
	config.tcp4 = true;
	config.tcp6 = true;
	config.udp = true;
	config.max_supers = 3;
	config.max_frames = 16;
	config.lone_bytes = 8000;
	static struct run run;
	struct packet flows[FLOWS];
	struct lp_coalesce *coalesce;
	memset(&run, 0, sizeof run);
	prepare(flows);
	check(lp_coalesce_new(&config, &coalesce) == 0);
	for (size_t i = 0; i < FRAMES_MAX && len >= STEP; i++, data += STEP, len -= STEP) {
		uint8_t frame[4096];
		unsigned flow = data[0] % FLOWS;
		struct list *in = &run.in[flow];
		size_t frame_len = build(&flows[flow], data, frame);
		uint8_t *exact = malloc(frame_len);
		check(exact != NULL);
		memcpy(exact, frame, frame_len);
		if (data[3] & 3) {
			flow = FLOWS;
			in = &run.in[FLOWS];
		}
		exact[1] = (uint8_t)flow;
		in->data[in->n] = exact;
		in->len[in->n++] = frame_len;
		if (lp_coalesce_add(coalesce, exact, frame_len) < 0) {
			lp_coalesce_flush(coalesce, cut, &run);
			check(lp_coalesce_add(coalesce, exact, frame_len) == 0);
		}
	}
	lp_coalesce_flush(coalesce, cut, &run);
	lp_coalesce_free(coalesce);
	for (unsigned i = 0; i <= FLOWS; i++) {
		check(run.n_out[i] == run.in[i].n);
		while (run.in[i].n)
			free(run.in[i].data[--run.in[i].n]);
	}
	return 0;
}
