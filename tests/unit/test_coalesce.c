#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "packet.h"
#include "proto/coalesce.h"
#include "proto/segment.h"

#define FRAMES_MAX 512U

/* Frames in a row. */
struct list {
	uint8_t *data[FRAMES_MAX];
	size_t len[FRAMES_MAX];
	size_t n;
};

static uint8_t payload[4096];

/* Keeps a frame that comes in parts. */
static void keep(void *ctx, const struct lp_bytes *parts, size_t n_parts)
{
	struct list *list = ctx;
	size_t len = parts[0].len + (n_parts > 1 ? parts[1].len : 0);
	assert_true(list->n < FRAMES_MAX);
	uint8_t *data = malloc(len ? len : 1);
	assert_non_null(data);
	list->data[list->n] = data;
	list->len[list->n++] = len;
	memcpy(data, parts[0].data, parts[0].len);
	if (n_parts > 1)
		memcpy(data + parts[0].len, parts[1].data, parts[1].len);
}

/* Empties a list. */
static void clear(struct list *list)
{
	while (list->n)
		free(list->data[--list->n]);
}

/* What a flush gave: the frames cut again, how many there were, and the largest. */
struct flushed {
	struct list cut;
	size_t n, longest;
	struct lp_frame first; /* its bytes are gone */
};

/* Cuts what comes out of a flush. */
static void cut(void *ctx, const struct lp_frame *frames, size_t n_frames)
{
	struct flushed *f = ctx;
	for (size_t i = 0; i < n_frames; i++) {
		assert_true(lp_segment(&frames[i], keep, &f->cut) > 0);
		f->longest = frames[i].len > f->longest ? frames[i].len : f->longest;
	}
	f->first = frames[0];
	f->n += n_frames;
}

/* A coalescer that joins everything. */
static struct lp_coalesce *make(size_t max_supers, size_t max_frames, size_t lone_bytes)
{
	const struct lp_coalesce_config config = {
		.tcp4 = true,
		.tcp6 = true,
		.udp = true,
		.max_supers = max_supers,
		.max_frames = max_frames,
		.lone_bytes = lone_bytes,
	};
	struct lp_coalesce *c;
	assert_int_equal(lp_coalesce_new(&config, &c), 0);
	return c;
}

/* Adds a frame, in a buffer of its exact size, and keeps it in |list|. */
static int add(struct lp_coalesce *c, const struct packet *p, bool corrupt, struct list *list)
{
	uint8_t data[4096];
	const struct lp_bytes part = {data, packet_build(p, data)};
	if (corrupt)
		data[part.len - 1] ^= 1;
	keep(list, &part, 1);
	return lp_coalesce_add(c, list->data[list->n - 1], list->len[list->n - 1]);
}

/* True if both are the same frames in the same order. */
static bool same(const struct list *a, const struct list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (a->len[i] != b->len[i] || memcmp(a->data[i], b->data[i], a->len[i]) != 0)
			return false;
	}
	return true;
}

/* A frame's flow: ports and addresses are in its host byte here, and its kind in its type and protocol. */
static unsigned flow_of(const uint8_t *frame, size_t len)
{
	if (frame[12] == 0x08)
		return frame[29] | (unsigned)frame[23] << 8;
	return len > 54 ? frame[37] | (unsigned)frame[20] << 8 | 1U << 16 : 1U << 17;
}

/* The frames of |list| sorted by flow, the order within a flow kept. */
static void sort_by_flow(struct list *list)
{
	for (size_t i = 1; i < list->n; i++) {
		for (size_t k = i; k > 0; k--) {
			if (flow_of(list->data[k - 1], list->len[k - 1]) <= flow_of(list->data[k], list->len[k]))
				break;
			uint8_t *data = list->data[k];
			size_t len = list->len[k];
			list->data[k] = list->data[k - 1];
			list->len[k] = list->len[k - 1];
			list->data[k - 1] = data;
			list->len[k - 1] = len;
		}
	}
}

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

/* The next frame of a sender, mostly a good continuation. */
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

/* Random flows in random order: what comes out, cut again, is each flow's frames in their order. */
static void test_round_trip(void **state)
{
	(void)state;
	static const uint8_t options[12] = {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8};
	struct lp_coalesce *c = make(8, 128, 64 * 1024);
	uint32_t random = 99;
	size_t n_in = 0, n_out = 0;
	for (unsigned round = 0; round < 300; round++) {
		static struct list in;
		static struct flushed out;
		struct sender senders[6];
		unsigned n_senders = 1 + next_random(&random) % 6;
		memset(&out, 0, sizeof out);
		for (unsigned i = 0; i < n_senders; i++) {
			senders[i] = (struct sender){
				.packet = {.version = next_random(&random) & 1 ? 4 : 6,
			                   .protocol = next_random(&random) % 3 ? PACKET_TCP : PACKET_UDP,
			                   .host = (uint8_t)i,
			                   .seq = next_random(&random) << 8,
			                   .id = (uint16_t)next_random(&random),
			                   .fragment = next_random(&random) & 1 ? PACKET_DF : 0,
			                   .tcp_options = options,
			                   .tcp_options_len = next_random(&random) & 1 ? 12 : 0,
			                   .source_port = 1,
			                   .target_port = (uint16_t)i},
				.size = 1 + next_random(&random) % 1400,
			};
		}
		unsigned n = next_random(&random) % 120;
		for (unsigned i = 0; i < n; i++) {
			struct packet p = next_packet(&senders[next_random(&random) % n_senders], &random);
			bool corrupt = next_random(&random) % 40 == 0;
			if (add(c, &p, corrupt, &in) == LP_EFULL) {
				lp_coalesce_flush(c, cut, &out);
				assert_int_equal(lp_coalesce_add(c, in.data[in.n - 1], in.len[in.n - 1]), 0);
			}
		}
		lp_coalesce_flush(c, cut, &out);
		n_in += in.n;
		n_out += out.n;
		sort_by_flow(&in);
		sort_by_flow(&out.cut);
		assert_true(same(&in, &out.cut));
		clear(&in);
		clear(&out.cut);
	}
	assert_true(n_out < n_in * 3 / 4); /* it does join */
	const struct lp_coalesce_counters *counters = lp_coalesce_counters(c);
	assert_int_equal(counters->merged + counters->lone, n_in);
	assert_int_equal(counters->supers + counters->lone, n_out);
	lp_coalesce_free(c);
	lp_coalesce_free(NULL);
}

/* What is not joined at all: each row twice in a row, both come out as they are. */
static void test_apart(void **state)
{
	(void)state;
	static const uint8_t options[8] = {7, 7, 4, 0, 0, 0, 0, 0};
	static const struct {
		const char *name;
		struct packet packet;
		size_t at; /* a byte to set; 0: none */
		uint8_t to;
	} rows[] = {
		{"bad checksum", {.version = 4, .protocol = PACKET_TCP, .payload_len = 100}, 114, 0xff},
		{"fragment", {.version = 4, .protocol = PACKET_UDP, .fragment = 0x2000, .payload_len = 100}, 0, 0},
		{"later fragment",
	         {.version = 4, .protocol = PACKET_TCP, .fragment = 0x2002, .payload_len = 100},
	         0,
	         0},
		{"reserved bit", {.version = 4, .protocol = PACKET_TCP, .fragment = 0x8000, .payload_len = 100}, 0, 0},
		{"IP options",
	         {.version = 4, .protocol = PACKET_TCP, .ip_options = options, .ip_options_len = 8, .payload_len = 100},
	         0,
	         0},
		{"ICMP", {.version = 4, .protocol = 1, .payload_len = 100}, 0, 0},
		{"total length too long", {.version = 4, .protocol = PACKET_TCP, .payload_len = 100}, 16, 9},
		{"version", {.version = 4, .protocol = PACKET_TCP, .payload_len = 100}, 14, 0x55},
		{"IPv6 fragment",
	         {.version = 6, .protocol = PACKET_TCP, .extensions = {44}, .n_extensions = 1, .payload_len = 100},
	         0,
	         0},
		{"IPv6 authentication",
	         {.version = 6, .protocol = PACKET_TCP, .extensions = {51}, .n_extensions = 1, .payload_len = 100},
	         0,
	         0},
		{"UDP without checksum", {.version = 4, .protocol = PACKET_UDP, .payload_len = 100}, 40, 0},
		{"UDP length", {.version = 4, .protocol = PACKET_UDP, .payload_len = 100}, 39, 9},
		{"UDP, empty", {.version = 4, .protocol = PACKET_UDP}, 0, 0},
		{"TCP header too long", {.version = 4, .protocol = PACKET_TCP, .payload_len = 4}, 46, 0xf0},
		{"TCP header too short", {.version = 4, .protocol = PACKET_TCP, .payload_len = 100}, 46, 0x40},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_coalesce *c = make(0, 0, 0);
		static struct list in;
		static struct flushed out;
		memset(&out, 0, sizeof out);
		struct packet p = rows[i].packet;
		p.payload = payload;
		for (int k = 0; k < 2; k++, p.id++, p.seq += (uint32_t)p.payload_len) {
			uint8_t data[1024];
			struct lp_bytes part = {data, packet_build(&p, data)};
			if (rows[i].at)
				data[rows[i].at] = rows[i].to;
			if (rows[i].at == 40)
				data[41] = 0;
			keep(&in, &part, 1);
			assert_int_equal(lp_coalesce_add(c, in.data[k], in.len[k]), 0);
		}
		lp_coalesce_flush(c, cut, &out);
		if (out.n != 2 || !same(&in, &out.cut))
			print_message("%s\n", rows[i].name);
		assert_int_equal(out.n, 2);
		assert_true(same(&in, &out.cut));
		clear(&in);
		clear(&out.cut);
		lp_coalesce_free(c);
	}
}

/* A frame of the flow that cannot be joined, or one of unknown flow, is not passed by what comes after. */
static void test_order(void **state)
{
	(void)state;
	static const struct packet between[] = {
		{.version = 4,
	         .protocol = PACKET_TCP,
	         .flags = PACKET_ACK,
	         .source_port = 1,
	         .target_port = 2},                                                                     /* empty */
		{.version = 4, .protocol = PACKET_TCP, .flags = 4, .source_port = 1, .target_port = 2}, /* reset */
		{.version = 4, .protocol = PACKET_TCP, .fragment = 0x2000, .payload = payload, .payload_len = 64},
		{.version = 6, .protocol = PACKET_UDP, .extensions = {44}, .n_extensions = 1},
	};
	for (size_t i = 0; i < sizeof between / sizeof between[0]; i++) {
		struct lp_coalesce *c = make(0, 0, 0);
		static struct list in;
		static struct flushed out;
		memset(&out, 0, sizeof out);
		struct packet p = {.version = 4,
		                   .protocol = PACKET_TCP,
		                   .flags = PACKET_ACK,
		                   .source_port = 1,
		                   .target_port = 2,
		                   .payload = payload,
		                   .payload_len = 500};
		for (int k = 0; k < 6; k++, p.seq += 500, p.id++) {
			if (k == 3)
				assert_int_equal(add(c, &between[i], false, &in), 0);
			assert_int_equal(add(c, &p, false, &in), 0);
		}
		lp_coalesce_flush(c, cut, &out);
		assert_int_equal(out.n, 3);
		assert_true(same(&in, &out.cut));
		clear(&in);
		clear(&out.cut);
		lp_coalesce_free(c);
	}
}

/* Other frames between those of a flow do not keep them apart. */
static void test_interleaved(void **state)
{
	(void)state;
	struct lp_coalesce *c = make(0, 0, 0);
	static struct list in;
	static struct flushed out;
	static const uint8_t arp[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x08, 0x06};
	memset(&out, 0, sizeof out);
	struct packet a = {.version = 4,
	                   .protocol = PACKET_TCP,
	                   .flags = PACKET_ACK,
	                   .host = 1,
	                   .payload = payload,
	                   .payload_len = 500};
	struct packet b = a;
	b.host = 2;
	const struct packet icmp = {.version = 6, .protocol = 58, .payload = payload, .payload_len = 8};
	for (int k = 0; k < 10; k++, a.seq += 500, a.id++, b.seq += 500, b.id++) {
		assert_int_equal(add(c, &a, false, &in), 0);
		assert_int_equal(add(c, &b, false, &in), 0);
		assert_int_equal(add(c, &icmp, false, &in), 0);
		assert_int_equal(lp_coalesce_add(c, arp, sizeof arp), 0);
	}
	lp_coalesce_flush(c, cut, &out);
	assert_int_equal(out.n, 2 + 20);
	assert_int_equal(out.longest, 54 + 5000);
	clear(&in);
	clear(&out.cut);
	lp_coalesce_free(c);
}

/* Kinds that the device does not take stay apart. */
static void test_kinds(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 8; bits++) {
		const struct lp_coalesce_config config = {.tcp4 = bits & 1, .tcp6 = bits & 2, .udp = bits & 4};
		static struct list in;
		for (unsigned kind = 0; kind < 4; kind++) {
			struct lp_coalesce *c;
			static struct flushed out;
			memset(&out, 0, sizeof out);
			assert_int_equal(lp_coalesce_new(&config, &c), 0);
			struct packet p = {.version = kind & 1 ? 6 : 4,
			                   .protocol = kind & 2 ? PACKET_UDP : PACKET_TCP,
			                   .payload = payload,
			                   .payload_len = 500};
			for (int k = 0; k < 4; k++, p.seq += 500, p.id++)
				assert_int_equal(add(c, &p, false, &in), 0);
			lp_coalesce_flush(c, cut, &out);
			bool wanted = kind & 2 ? config.udp : kind & 1 ? config.tcp6 : config.tcp4;
			assert_int_equal(out.n, wanted ? 1 : 4);
			assert_true(same(&in, &out.cut));
			clear(&in);
			clear(&out.cut);
			lp_coalesce_free(c);
		}
	}
}

/* Counts calls. */
static void count(void *ctx, const struct lp_frame *frames, size_t n_frames)
{
	assert_non_null(frames);
	*(size_t *)ctx += n_frames;
}

/* Every bound is told, and a flush makes room again. */
static void test_bounds(void **state)
{
	(void)state;
	static uint8_t big[LP_SUPER_FRAME_MAX + 1];
	static struct list in;
	size_t n = 0;
	struct packet p = {.version = 4, .protocol = PACKET_TCP, .payload = payload, .payload_len = 500};

	struct lp_coalesce *c = make(2, 0, 0); /* two super-frames */
	for (int round = 0; round < 3; round++) {
		for (p.host = 0; p.host < 2; p.host++)
			assert_int_equal(add(c, &p, false, &in), 0);
		assert_int_equal(add(c, &p, false, &in), LP_EFULL);
		lp_coalesce_flush(c, count, &n);
	}
	assert_int_equal(n, 6);
	lp_coalesce_flush(c, count, &n);
	assert_int_equal(n, 6);
	lp_coalesce_free(c);

	c = make(0, 3, 0); /* three frames */
	for (int round = 0; round < 3; round++) {
		for (p.host = 0; p.host < 3; p.host++)
			assert_int_equal(add(c, &p, false, &in), 0);
		assert_int_equal(add(c, &p, false, &in), LP_EFULL);
		lp_coalesce_flush(c, count, &n);
	}
	lp_coalesce_free(c);

	c = make(0, 0, 1000); /* a thousand bytes */
	assert_int_equal(lp_coalesce_add(c, big, 600), 0);
	assert_int_equal(lp_coalesce_add(c, big, 401), LP_EFULL);
	assert_int_equal(lp_coalesce_add(c, big, 400), 0);
	assert_int_equal(lp_coalesce_add(c, big, 1), LP_EFULL);
	assert_int_equal(lp_coalesce_add(c, big, 1001), LP_ETOOBIG);
	assert_int_equal(lp_coalesce_add(c, big, sizeof big), LP_ETOOBIG);
	lp_coalesce_flush(c, count, &n);
	assert_int_equal(lp_coalesce_add(c, big, 1000), 0);
	assert_int_equal(lp_coalesce_add(c, big, 0), 0);
	lp_coalesce_free(c);
	clear(&in);
}

/* The largest super-frame that fits, and one segment more. */
static void test_longest(void **state)
{
	(void)state;
	struct lp_coalesce *c = make(0, 0, 0);
	static struct list in;
	static struct flushed out;
	memset(&out, 0, sizeof out);
	struct packet p = {.version = 4,
	                   .protocol = PACKET_TCP,
	                   .n_tags = 2,
	                   .tpid = {0x88a8, 0x8100},
	                   .flags = PACKET_ACK,
	                   .payload = payload,
	                   .payload_len = 1455};
	for (int k = 0; k < 90; k++, p.seq += 1455, p.id++)
		assert_int_equal(add(c, &p, false, &in), 0);
	lp_coalesce_flush(c, cut, &out);
	assert_int_equal(out.n, 2);
	assert_int_equal(out.longest, 22 + 40 + 45 * 1455);
	assert_true(same(&in, &out.cut));
	clear(&in);
	clear(&out.cut);
	lp_coalesce_free(c);
}

int main(void)
{
	for (size_t i = 0; i < sizeof payload; i++)
		payload[i] = (uint8_t)(i * 2654435761U >> 13);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),  cmocka_unit_test(test_apart), cmocka_unit_test(test_order),
		cmocka_unit_test(test_interleaved), cmocka_unit_test(test_kinds), cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_longest),
	};
	return cmocka_run_group_tests_name("coalesce", tests, NULL, NULL);
}
