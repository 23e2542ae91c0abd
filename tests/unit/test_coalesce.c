#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "frame_list.h"
#include "packet.h"
#include "proto/coalesce.h"
#include "proto/segment.h"

static uint8_t payload[4096];

/* The output of a flush: the frames after segmentation, their number, and the largest. */
struct flushed {
	struct frame_list cut;
	size_t n, longest;
};

/* Segments the output of a flush. */
static void cut(void *ctx, const struct lp_frame *frames, size_t n_frames)
{
	struct flushed *f = ctx;
	for (size_t i = 0; i < n_frames; i++) {
		assert_true(lp_segment(&frames[i], frame_list_keep, &f->cut) > 0);
		f->longest = frames[i].len > f->longest ? frames[i].len : f->longest;
	}
	f->n += n_frames;
}

/* A coalescer for all kinds; a size of 0 is the default. */
static struct lp_coalesce *make(size_t max_supers, size_t max_frames, size_t lone_bytes)
{
	struct lp_coalesce_config config;
	lp_coalesce_config_init(&config);
	config.tcp4 = true;
	config.tcp6 = true;
	config.udp = true;
	config.max_supers = max_supers ? max_supers : config.max_supers;
	config.max_frames = max_frames ? max_frames : config.max_frames;
	config.lone_bytes = lone_bytes ? lone_bytes : config.lone_bytes;
	struct lp_coalesce *c;
	assert_int_equal(lp_coalesce_new(&config, &c), 0);
	return c;
}

/* Adds a frame from a buffer of its exact size, and stores it in |list|. */
static int add(struct lp_coalesce *c, const struct packet *p, struct frame_list *list)
{
	uint8_t data[4096];
	const struct lp_bytes part = {data, packet_build(p, data)};
	frame_list_keep(list, &part, 1);
	return lp_coalesce_add(c, list->frame[list->n - 1].data, list->frame[list->n - 1].len);
}

static const uint8_t record_route[8] = {7, 7, 4};

/* Frames that are not coalesced. */
static const struct {
	const char *name;
	struct packet packet;
	size_t at; /* a byte to set; 0: none */
	uint8_t to;
} apart[] = {
	{"bad checksum", {.version = 4, .protocol = PACKET_TCP, .payload_len = 100}, 114, 0xff},
	{"fragment", {.version = 4, .protocol = PACKET_UDP, .fragment = 0x2000, .payload_len = 100}, 0, 0},
	{"later fragment", {.version = 4, .protocol = PACKET_TCP, .fragment = 0x2002, .payload_len = 100}, 0, 0},
	{"reserved bit", {.version = 4, .protocol = PACKET_TCP, .fragment = 0x8000, .payload_len = 100}, 0, 0},
	{"IP options",
		{.version = 4,
			.protocol = PACKET_TCP,
			.ip_options = record_route,
			.ip_options_len = 8,
			.payload_len = 100},
		0, 0},
	{"ICMP", {.version = 4, .protocol = 1, .payload_len = 100}, 0, 0},
	{"total length too long", {.version = 4, .protocol = PACKET_TCP, .payload_len = 100}, 16, 9},
	{"version", {.version = 4, .protocol = PACKET_TCP, .payload_len = 100}, 14, 0x55},
	{"IPv6 fragment",
		{.version = 6, .protocol = PACKET_TCP, .extensions = {44}, .n_extensions = 1, .payload_len = 100}, 0,
		0},
	{"IPv6 authentication",
		{.version = 6, .protocol = PACKET_TCP, .extensions = {51}, .n_extensions = 1, .payload_len = 100}, 0,
		0},
	{"UDP without checksum", {.version = 4, .protocol = PACKET_UDP, .payload_len = 100}, 40, 0},
	{"UDP length", {.version = 4, .protocol = PACKET_UDP, .payload_len = 100}, 39, 9},
	{"UDP, empty", {.version = 4, .protocol = PACKET_UDP}, 0, 0},
	{"TCP header too long", {.version = 4, .protocol = PACKET_TCP, .payload_len = 4}, 46, 0xf0},
	{"TCP header too short", {.version = 4, .protocol = PACKET_TCP, .payload_len = 100}, 46, 0x40},
};

/* Frames that are never coalesced: each row twice, both come out unchanged. */
static void test_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof apart / sizeof apart[0]; i++) {
		struct lp_coalesce *c = make(0, 0, 0);
		static struct frame_list in;
		static struct flushed out;
		memset(&out, 0, sizeof out);
		struct packet p = apart[i].packet;
		p.payload = payload;
		for (int k = 0; k < 2; k++, p.id++, p.seq += (uint32_t)p.payload_len) {
			uint8_t data[1024];
			struct lp_bytes part = {data, packet_build(&p, data)};
			if (apart[i].at)
				data[apart[i].at] = apart[i].to;
			if (apart[i].at == 40)
				data[41] = 0;
			frame_list_keep(&in, &part, 1);
			assert_int_equal(lp_coalesce_add(c, in.frame[k].data, in.frame[k].len), 0);
		}
		lp_coalesce_flush(c, cut, &out);
		if (out.n != 2 || !frame_list_same(&in, &out.cut))
			print_message("%s\n", apart[i].name);
		assert_int_equal(out.n, 2);
		assert_true(frame_list_same(&in, &out.cut));
		frame_list_clear(&in);
		frame_list_clear(&out.cut);
		lp_coalesce_free(c);
	}
}

/* Later frames do not overtake a frame of the flow that cannot be coalesced, or a frame of unknown flow. */
static void test_order(void **state)
{
	(void)state;
	static const struct packet between[] = {
		{.version = 4,
			.protocol = PACKET_TCP,
			.flags = PACKET_ACK,
			.source_port = 1,
			.target_port = 2},                                                              /* empty */
		{.version = 4, .protocol = PACKET_TCP, .flags = 4, .source_port = 1, .target_port = 2}, /* reset */
		{.version = 4, .protocol = PACKET_TCP, .fragment = 0x2000, .payload = payload, .payload_len = 64},
		{.version = 6, .protocol = PACKET_UDP, .extensions = {44}, .n_extensions = 1},
	};
	for (size_t i = 0; i < sizeof between / sizeof between[0]; i++) {
		struct lp_coalesce *c = make(0, 0, 0);
		static struct frame_list in;
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
				assert_int_equal(add(c, &between[i], &in), 0);
			assert_int_equal(add(c, &p, &in), 0);
		}
		lp_coalesce_flush(c, cut, &out);
		assert_int_equal(out.n, 3);
		assert_true(frame_list_same(&in, &out.cut));
		frame_list_clear(&in);
		frame_list_clear(&out.cut);
		lp_coalesce_free(c);
	}
}

/* Frames of other flows in between do not prevent coalescing. */
static void test_interleaved(void **state)
{
	(void)state;
	struct lp_coalesce *c = make(0, 0, 0);
	static struct frame_list in;
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
		assert_int_equal(add(c, &a, &in), 0);
		assert_int_equal(add(c, &b, &in), 0);
		assert_int_equal(add(c, &icmp, &in), 0);
		assert_int_equal(lp_coalesce_add(c, arp, sizeof arp), 0);
	}
	lp_coalesce_flush(c, cut, &out);
	assert_int_equal(out.n, 2 + 20);
	assert_int_equal(out.longest, 54 + 5000);
	frame_list_clear(&in);
	frame_list_clear(&out.cut);
	lp_coalesce_free(c);
}

/* Kinds that the device does not support are not coalesced. */
static void test_kinds(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 8; bits++) {
		struct lp_coalesce_config config;
		lp_coalesce_config_init(&config);
		config.tcp4 = bits & 1;
		config.tcp6 = bits & 2;
		config.udp = bits & 4;
		static struct frame_list in;
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
				assert_int_equal(add(c, &p, &in), 0);
			lp_coalesce_flush(c, cut, &out);
			bool wanted = kind & 2 ? config.udp : kind & 1 ? config.tcp6 : config.tcp4;
			assert_int_equal(out.n, wanted ? 1 : 4);
			assert_true(frame_list_same(&in, &out.cut));
			frame_list_clear(&in);
			frame_list_clear(&out.cut);
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

/* Every bound is enforced, and a flush makes space again. */
static void test_bounds(void **state)
{
	(void)state;
	static uint8_t big[LP_SUPER_FRAME_MAX + 1];
	static struct frame_list in;
	size_t n = 0;
	struct packet p = {.version = 4, .protocol = PACKET_TCP, .payload = payload, .payload_len = 500};

	struct lp_coalesce *c = make(2, 0, 0); /* two super-frames */
	for (int round = 0; round < 3; round++) {
		for (p.host = 0; p.host < 2; p.host++)
			assert_int_equal(add(c, &p, &in), 0);
		assert_int_equal(add(c, &p, &in), LP_EFULL);
		lp_coalesce_flush(c, count, &n);
	}
	assert_int_equal(n, 6);
	lp_coalesce_flush(c, count, &n);
	assert_int_equal(n, 6);
	lp_coalesce_free(c);

	c = make(0, 3, 0); /* three frames */
	for (int round = 0; round < 3; round++) {
		for (p.host = 0; p.host < 3; p.host++)
			assert_int_equal(add(c, &p, &in), 0);
		assert_int_equal(add(c, &p, &in), LP_EFULL);
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
	lp_coalesce_free(NULL);
	frame_list_clear(&in);
}

/* The largest super-frame that fits, and one segment more. */
static void test_longest(void **state)
{
	(void)state;
	struct lp_coalesce *c = make(0, 0, 0);
	static struct frame_list in;
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
		assert_int_equal(add(c, &p, &in), 0);
	lp_coalesce_flush(c, cut, &out);
	assert_int_equal(out.n, 2);
	assert_int_equal(out.longest, 22 + 40 + 45 * 1455);
	assert_true(frame_list_same(&in, &out.cut));
	frame_list_clear(&in);
	frame_list_clear(&out.cut);
	lp_coalesce_free(c);
}

int main(void)
{
	for (size_t i = 0; i < sizeof payload; i++)
		payload[i] = (uint8_t)(i * 2654435761U >> 13);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apart),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_interleaved),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_longest),
	};
	return cmocka_run_group_tests_name("coalesce", tests, NULL, NULL);
}
