#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "frame_list.h"
#include "packet.h"
#include "proto/coalesce.h"
#include "proto/segment.h"

#define SENDERS_MAX 6U

static uint8_t payload[4096];

/* The output of flushes: the frames after segmentation, and their number. */
struct flushed {
	struct frame_list cut;
	size_t n;
};

/* Segments the output of a flush. */
static void cut(void *ctx, const struct lp_frame *frames, size_t n_frames)
{
	struct flushed *f = ctx;
	for (size_t i = 0; i < n_frames; i++)
		assert_true(lp_segment(&frames[i], frame_list_keep, &f->cut) > 0);
	f->n += n_frames;
}

/* A frame's flow: in this test its host byte determines ports and addresses, its type and protocol the kind. */
static unsigned flow_of(const struct lp_frame *f)
{
	const uint8_t *frame = f->data;
	if (frame[12] == 0x08)
		return frame[29] | (unsigned)frame[23] << 8;
	return f->len > 54 ? frame[37] | (unsigned)frame[20] << 8 | 1U << 16 : 1U << 17;
}

/* The frames of |list| sorted by flow; the order within a flow does not change. */
static void sort_by_flow(struct frame_list *list)
{
	for (size_t i = 1; i < list->n; i++) {
		for (size_t k = i; k > 0; k--) {
			if (flow_of(&list->frame[k - 1]) <= flow_of(&list->frame[k]))
				break;
			struct lp_frame frame = list->frame[k];
			list->frame[k] = list->frame[k - 1];
			list->frame[k - 1] = frame;
		}
	}
}

/* A pseudo-random number. */
static uint32_t next_random(uint32_t *random)
{
	*random = *random * 1664525 + 1013904223;
	return *random >> 8;
}

/* A flow of the random test. */
struct sender {
	struct packet packet;
	size_t size;
};

/* The next frame of a sender, mostly one that continues the flow. */
static struct packet next_packet(struct sender *s, uint32_t *random)
{
	struct packet *p = &s->packet;
	p->payload = payload + next_random(random) % 1000;
	p->payload_len = s->size;
	p->flags = p->protocol == PACKET_TCP ? PACKET_ACK : 0;
	switch (next_random(random) % 24) {
	case 0:
		p->payload_len = next_random(random) % (s->size + 2);
		break;
	case 1:
		p->flags |= PACKET_PSH;
		break;
	case 2:
		p->flags |= (uint8_t)next_random(random);
		break;
	case 3:
		p->ack += 5;
		break;
	case 4:
		p->id++;
		break;
	case 5:
		p->seq += next_random(random);
		break;
	case 6:
		p->tos ^= 3;
		break;
	case 7:
		s->size = 1 + next_random(random) % 1400;
		break;
	case 8:
		p->window++;
		break;
	}
	const struct packet now = *p;
	p->seq += (uint32_t)p->payload_len;
	p->id++;
	return now;
}

/* Random flows; returns their number. */
static unsigned make_senders(struct sender senders[SENDERS_MAX], uint32_t *random)
{
	static const uint8_t options[12] = {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8};
	unsigned n = 1 + next_random(random) % SENDERS_MAX;
	for (unsigned i = 0; i < n; i++) {
		struct packet p = {
			.version = next_random(random) & 1 ? 4 : 6,
			.protocol = next_random(random) % 3 ? PACKET_TCP : PACKET_UDP,
			.host = (uint8_t)i,
			.seq = next_random(random) << 8,
			.id = (uint16_t)next_random(random),
			.fragment = next_random(random) & 1 ? PACKET_DF : 0,
			.tcp_options = options,
			.tcp_options_len = next_random(random) & 1 ? 12 : 0,
			.source_port = 1,
			.target_port = (uint16_t)i,
		};
		senders[i] = (struct sender){.packet = p, .size = 1 + next_random(random) % 1400};
	}
	return n;
}

/* One batch: the output, segmented again, must be each flow's frames in order. Returns the number of input frames. */
static size_t run_batch(struct lp_coalesce *c, uint32_t *random, struct flushed *out)
{
	struct frame_list in = {.n = 0};
	struct sender senders[SENDERS_MAX];
	unsigned n_senders = make_senders(senders, random);
	for (unsigned n = next_random(random) % 120; n > 0; n--) {
		uint8_t data[4096];
		struct packet p = next_packet(&senders[next_random(random) % n_senders], random);
		const struct lp_bytes part = {data, packet_build(&p, data)};
		if (next_random(random) % 40 == 0)
			data[part.len - 1] ^= 1; /* a wrong checksum */
		frame_list_keep(&in, &part, 1);
		if (lp_coalesce_add(c, data, part.len) == LP_EFULL) {
			lp_coalesce_flush(c, cut, out);
			assert_int_equal(lp_coalesce_add(c, data, part.len), 0);
		}
	}
	lp_coalesce_flush(c, cut, out);
	size_t n_in = in.n;
	sort_by_flow(&in);
	sort_by_flow(&out->cut);
	assert_true(frame_list_same(&in, &out->cut));
	frame_list_clear(&in);
	frame_list_clear(&out->cut);
	return n_in;
}

/* Random flows in random order. */
static void test_random(void **state)
{
	(void)state;
	struct lp_coalesce_config config;
	lp_coalesce_config_init(&config);
	config.tcp4 = true;
	config.tcp6 = true;
	config.udp = true;
	config.max_supers = 8;
	config.max_frames = 128;
	config.lone_bytes = 64 * 1024;
	static struct flushed out;
	struct lp_coalesce *c;
	uint32_t random = 99;
	size_t n_in = 0;
	assert_int_equal(lp_coalesce_new(&config, &c), 0);
	for (unsigned round = 0; round < 300; round++)
		n_in += run_batch(c, &random, &out);
	assert_true(out.n < n_in * 3 / 4); /* some were coalesced */
	const struct lp_coalesce_counters *counters = lp_coalesce_counters(c);
	assert_int_equal(counters->merged + counters->lone, n_in);
	assert_int_equal(counters->supers + counters->lone, out.n);
	lp_coalesce_free(c);
	lp_coalesce_free(NULL);
}

int main(void)
{
	for (size_t i = 0; i < sizeof payload; i++)
		payload[i] = (uint8_t)(i * 2654435761U >> 13);
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};
	return cmocka_run_group_tests_name("coalesce_random", tests, NULL, NULL);
}
