#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "packet.h"
#include "proto/checksum.h"
#include "proto/segment.h"

static uint8_t payload[65536];

/* The output: the frames in sequence. */
struct out {
	uint8_t data[200000];
	size_t len[4096];
	size_t n, total;
	const uint8_t *inside; /* payload parts must point into this buffer */
	size_t inside_len;
};

/* Stores a frame. */
static void keep(void *ctx, const struct lp_bytes *parts, size_t n_parts)
{
	struct out *out = ctx;
	assert_true(n_parts == 1 || n_parts == 2);
	assert_true(out->n < sizeof out->len / sizeof out->len[0]);
	if (n_parts == 2)
		assert_true(
			parts[1].data >= out->inside && parts[1].data + parts[1].len <= out->inside + out->inside_len);
	out->len[out->n] = 0;
	for (size_t i = 0; i < n_parts; i++) {
		assert_true(out->total + parts[i].len <= sizeof out->data);
		memcpy(out->data + out->total, parts[i].data, parts[i].len);
		out->total += parts[i].len;
		out->len[out->n] += parts[i].len;
	}
	out->n++;
}

/* Segments |p| as a super-frame and compares with frames that are built one by one. */
static void check(const struct packet *p, uint16_t size)
{
	static uint8_t data[LP_SUPER_FRAME_MAX], expected[2048];
	static struct out out;
	struct lp_frame frame = {.data = data};
	frame.len = packet_build_super(p, size, data, &frame.offload);
	out.n = out.total = 0;
	out.inside = data;
	out.inside_len = frame.len;
	size_t n = (p->payload_len + size - 1) / size, at = 0;
	assert_int_equal(lp_segment(&frame, keep, &out), n);
	assert_int_equal(out.n, n);
	for (size_t i = 0; i < n; i++) {
		struct packet segment = *p;
		bool last = i + 1 == n;
		segment.payload = p->payload + i * size;
		segment.payload_len = last ? p->payload_len - i * size : size;
		segment.seq = p->seq + (uint32_t)(i * size);
		segment.id = (uint16_t)(p->id + i);
		if (!last)
			segment.flags &= (uint8_t) ~(PACKET_FIN | PACKET_PSH);
		if (i > 0)
			segment.flags &= (uint8_t)~PACKET_CWR;
		assert_int_equal(out.len[i], packet_build(&segment, expected));
		assert_memory_equal(out.data + at, expected, out.len[i]);
		at += out.len[i];
	}
}

/* Every combination of version, protocol, tags, options, flags and size. */
static void test_all(void **state)
{
	(void)state;
	static const uint8_t options[40] = {1, 1, 8, 10, 1, 2, 3, 4};
	static const uint16_t sizes[] = {1, 8, 536, 1000, 1399, 1460};
	unsigned n = 0;
	for (unsigned bits = 0; bits < 128; bits++) {
		for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
			struct packet p = {
				.version = bits & 1 ? 6 : 4,
				.protocol = bits & 2 ? PACKET_UDP : PACKET_TCP,
				.n_tags = bits >> 2 & 3,
				.tpid = {0x88a8, 0x8100},
				.tci = {1, 0xe002},
				.id = 65530,
				.fragment = bits & 16 ? PACKET_DF : 0,
				.seq = 0xfffffc00,
				.ack = 5,
				.window = 99,
				.flags = bits & 32 ? PACKET_ACK | PACKET_PSH | PACKET_FIN | PACKET_CWR : PACKET_ACK,
				.ip_options = options,
				.ip_options_len = bits & 64 ? 40 : 0,
				.extensions = {0, 60, 43},
				.n_extensions = bits & 64 ? 3 : 0,
				.tcp_options = options,
				.tcp_options_len = bits & 64 ? 40 : 12,
				.source_port = 1,
				.target_port = 2,
				.payload = payload,
				.payload_len = sizes[s] * (size_t)(3 + bits % 5) + n % sizes[s],
			};
			if (p.n_tags == 3)
				continue;
			check(&p, sizes[s]);
			n++;
		}
	}
	const struct packet largest = {
		.version = 4, .protocol = PACKET_TCP, .payload = payload, .payload_len = 65535 - 40};
	check(&largest, 1448);
}

/* A frame without offloads is passed on unchanged, whatever it is. */
static void test_plain(void **state)
{
	(void)state;
	static const uint8_t junk[3] = {1, 2, 3};
	const struct lp_frame frame = {.data = junk, .len = 3};
	static struct out out;
	out.n = out.total = 0;
	assert_int_equal(lp_segment(&frame, keep, &out), 1);
	assert_int_equal(out.len[0], 3);
	assert_memory_equal(out.data, junk, 3);
}

/* Partial checksums only. */
static void test_checksum_only(void **state)
{
	(void)state;
	static struct out out;
	for (unsigned bits = 0; bits < 8; bits++) {
		uint8_t data[2048], expected[2048];
		const struct packet p = {
			.version = bits & 1 ? 6 : 4,
			.protocol = bits & 2 ? PACKET_UDP : PACKET_TCP,
			.payload = payload,
			.payload_len = bits & 4 ? 0 : 1001,
		};
		struct lp_frame frame = {.data = data};
		size_t len = packet_build(&p, expected);
		frame.len = packet_build_super(&p, 0, data, &frame.offload);
		out.n = out.total = 0;
		out.inside = data;
		out.inside_len = len;
		assert_int_equal(lp_segment(&frame, keep, &out), 1);
		assert_int_equal(out.len[0], len);
		assert_memory_equal(out.data, expected, len);
	}
}

/* A UDP checksum that comes out as 0 is sent as 0xffff (RFC 768). */
static void test_udp_zero(void **state)
{
	(void)state;
	uint8_t data[2048], two[4] = {0};
	static struct out out;
	struct packet p = {.version = 4, .protocol = PACKET_UDP, .payload = two, .payload_len = 4};
	packet_build(&p, data);
	/* The first datagram's checksum as its payload makes the sum all ones. */
	p.payload_len = 2;
	packet_build(&p, data);
	memcpy(two, data + 40, 2);
	p.payload_len = 4;
	struct lp_frame frame = {.data = data};
	frame.len = packet_build_super(&p, 2, data, &frame.offload);
	out.n = out.total = 0;
	out.inside = data;
	out.inside_len = frame.len;
	assert_int_equal(lp_segment(&frame, keep, &out), 2);
	assert_memory_equal(out.data + 40, "\xff\xff", 2);

	/* The same for a frame whose checksum only had to be completed. */
	memset(data, 0, 60);
	frame = (struct lp_frame){
		.data = data, .len = 60, .offload = {.needs_csum = true, .csum_start = 34, .csum_offset = 6}};
	out.n = out.total = 0;
	out.inside_len = frame.len;
	assert_int_equal(lp_segment(&frame, keep, &out), 1);
	assert_memory_equal(out.data + 40, "\xff\xff", 2);
}

/* Changes that make the metadata of a valid super-frame invalid. */
static const struct {
	const char *name;
	char packet; /* '4', '6' or 'u' */
	size_t at;   /* a byte of the frame to change, 0 for none */
	uint8_t to;
	int len;                  /* added to the frame's length */
	struct lp_offload change; /* added to the correct metadata */
} lies[] = {
	{"other kind", '4', 0, 0, 0, {.gso = 1}},
	{"TCP as UDP", '4', 0, 0, 0, {.gso = 2}},
	{"no size", '4', 0, 0, 0, {.gso_size = (uint16_t)-1000}},
	{"checksum elsewhere", '4', 0, 0, 0, {.csum_start = 2}},
	{"checksum field elsewhere", '4', 0, 0, 0, {.csum_offset = 2}},
	{"cut before the payload", '4', 0, 0, -4000, {0}},
	{"cut in the TCP header", '4', 0, 0, -4001, {0}},
	{"cut in the IP header", '4', 0, 0, -4025, {0}},
	{"cut in the MACs", '4', 0, 0, -4044, {0}},
	{"shorter than its IP length", '4', 0, 0, -1, {0}},
	{"not IP", '4', 13, 6, 0, {0}},
	{"IPv6 type, IPv4 packet", '4', 12, 0x86, 0, {0}},
	{"IPv4 header of 16", '4', 14, 0x44, 0, {0}},
	{"fragment", '4', 20, 0x20, 0, {0}},
	{"not TCP", '4', 23, 17, 0, {0}},
	{"TCP header of 16", '4', 46, 0x40, 0, {0}},
	{"IP length 0", '4', 16, 0, 0, {0}},
	{"IPv6 fragment header", '6', 0, 0, 0, {0}},
	{"UDP in too many", 'u', 0, 0, 0, {.gso_size = (uint16_t)(30 - 1000)}},
	{"UDP header cut", 'u', 0, 0, -4001, {0}},
};

/* Invalid offload metadata, and frames that do not match them. */
static void test_lies(void **state)
{
	(void)state;
	static uint8_t data[LP_SUPER_FRAME_MAX + 10];
	static struct out out;
	const struct packet p4 = {.version = 4, .protocol = PACKET_TCP, .payload = payload, .payload_len = 4000};
	const struct packet p6 = {.version = 6,
		.protocol = PACKET_TCP,
		.payload = payload,
		.payload_len = 4000,
		.extensions = {44},
		.n_extensions = 1};
	const struct packet u4 = {.version = 4, .protocol = PACKET_UDP, .payload = payload, .payload_len = 4000};
	for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
		const struct packet *p = lies[i].packet == '4' ? &p4 : lies[i].packet == '6' ? &p6 : &u4;
		struct lp_frame frame = {.data = data};
		frame.len = packet_build_super(p, 1000, data, &frame.offload);
		if (lies[i].at)
			data[lies[i].at] = lies[i].to;
		if (lies[i].at == 16)
			data[17] = 0;
		frame.len = (size_t)((int)frame.len + lies[i].len);
		frame.offload.gso = (enum lp_gso)((int)frame.offload.gso + (int)lies[i].change.gso);
		frame.offload.gso_size = (uint16_t)(frame.offload.gso_size + lies[i].change.gso_size);
		frame.offload.csum_start = (uint16_t)(frame.offload.csum_start + lies[i].change.csum_start);
		frame.offload.csum_offset = (uint16_t)(frame.offload.csum_offset + lies[i].change.csum_offset);
		uint8_t *exact = malloc(frame.len);
		assert_non_null(exact);
		memcpy(exact, data, frame.len);
		frame.data = exact;
		out.n = out.total = 0;
		int n = lp_segment(&frame, keep, &out);
		if (n != LP_EMALFORMED)
			print_message("%s: %d\n", lies[i].name, n);
		assert_int_equal(n, LP_EMALFORMED);
		assert_int_equal(out.n, 0);
		free(exact);
	}
	struct lp_frame frame = {.data = data, .len = sizeof data, .offload = {.gso = LP_GSO_TCP4, .gso_size = 1000}};
	assert_int_equal(lp_segment(&frame, keep, &out), LP_EMALFORMED);
	frame = (struct lp_frame){
		.data = data, .len = 60, .offload = {.needs_csum = true, .csum_start = 50, .csum_offset = 9}};
	assert_int_equal(lp_segment(&frame, keep, &out), LP_EMALFORMED);
	frame = (struct lp_frame){
		.data = data, .len = 60, .offload = {.needs_csum = true, .csum_start = 4, .csum_offset = 9}};
	assert_int_equal(lp_segment(&frame, keep, &out), LP_EMALFORMED);
	frame = (struct lp_frame){
		.data = data, .len = 1500, .offload = {.needs_csum = true, .csum_start = 600, .csum_offset = 6}};
	assert_int_equal(lp_segment(&frame, keep, &out), LP_EMALFORMED);
}

/* Headers without a payload, and headers that are longer than any real ones. */
static void test_header_bounds(void **state)
{
	(void)state;
	static uint8_t data[8192];
	static struct out out;
	struct packet p = {.version = 4, .protocol = PACKET_TCP, .payload = payload};
	struct lp_frame frame = {.data = data};
	frame.len = packet_build_super(&p, 1000, data, &frame.offload);
	out.n = out.total = 0;
	assert_int_equal(lp_segment(&frame, keep, &out), LP_EMALFORMED);

	/* One extension header grows into the payload, until TCP's own header does not fit. */
	p = (struct packet){.version = 6,
		.protocol = PACKET_TCP,
		.extensions = {60},
		.n_extensions = 1,
		.payload = payload,
		.payload_len = 4000};
	for (uint8_t words = 0; words < 80; words++) {
		size_t l4 = 14 + 40 + 8 + words * (size_t)8;
		frame.len = packet_build_super(&p, 1000, data, &frame.offload);
		data[14 + 40 + 1] = words;
		data[l4 + 12] = 0x50;
		frame.offload.csum_start = (uint16_t)l4;
		out.n = out.total = 0;
		out.inside = data;
		out.inside_len = frame.len;
		int n = lp_segment(&frame, keep, &out);
		assert_int_equal(n > 0, l4 + 20 <= LP_SEGMENT_HEADERS_MAX);
	}
}

/* Bytes after the end of the IP packet are not payload. */
static void test_trailer(void **state)
{
	(void)state;
	static uint8_t data[5000];
	static struct out out;
	const struct packet p = {.version = 4, .protocol = PACKET_TCP, .payload = payload, .payload_len = 3000};
	struct lp_frame frame = {.data = data};
	frame.len = packet_build_super(&p, 1000, data, &frame.offload) + 4;
	out.n = out.total = 0;
	out.inside = data;
	out.inside_len = frame.len;
	assert_int_equal(lp_segment(&frame, keep, &out), 3);
	assert_int_equal(out.len[2], 1054);
}

int main(void)
{
	for (size_t i = 0; i < sizeof payload; i++)
		payload[i] = (uint8_t)(i * 2654435761U >> 13);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_checksum_only),
		cmocka_unit_test(test_udp_zero),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_trailer),
		cmocka_unit_test(test_header_bounds),
	};
	return cmocka_run_group_tests_name("segment", tests, NULL, NULL);
}
