/* Super-frames of tunnels are cut into the frames that they were gathered from, byte for byte. The frames are built
   one by one without the code under test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "packet.h"
#include "proto/segment.h"

#define FRAME_MAX 70000

enum kind {
	IPIP,
	SIX_IN_FOUR,
	FOUR_IN_SIX,
	GRE,
	GRE_KEY_CHECKSUM,
	GRETAP,
	VXLAN,
	VXLAN_OVER_V6_CHECKSUM,
	GENEVE,
	FOU,
	PPPOE,
	VXLAN_IN_VLAN_WITH_GRE,
	N_KINDS,
};

/* The version of the innermost IP header. */
static int inner_version(enum kind kind)
{
	return kind == SIX_IN_FOUR || kind == GENEVE ? 6 : 4;
}

static size_t put_ethernet(uint8_t *at, unsigned type)
{
	static const uint8_t macs[12] = {0x02, 0, 0, 0, 1, 0xbb, 0x02, 0, 0, 0, 1, 0xaa};
	memcpy(at, macs, 12);
	packet_put16(at + 12, type);
	return 14;
}

/* Wraps |body| into an IP packet at |out|. */
static size_t put_ip(uint8_t *out, int version, uint8_t protocol, unsigned id, const uint8_t *body, size_t len)
{
	struct packet packet = {.version = version, .protocol = protocol, .id = (uint16_t)id, .host = 9};
	size_t header = version == 4 ? 20 : 40;
	memmove(out + header, body, len);
	packet_build_ip(&packet, out, header + len);
	return header + len;
}

/* The same with a UDP header in front of |body|. */
static size_t put_udp(
	uint8_t *out, int version, unsigned port, bool checksum, unsigned id, const uint8_t *body, size_t len)
{
	static uint8_t udp[FRAME_MAX];
	struct packet packet = {.version = version, .protocol = PACKET_UDP, .host = 9};
	packet_put16(packet_put16(packet_put16(packet_put16(udp, 40000), port), (unsigned)(len + 8)), 0);
	memcpy(udp + 8, body, len);
	size_t total = put_ip(out, version, PACKET_UDP, id, udp, len + 8);
	uint8_t *at = out + total - len - 8;
	if (checksum) {
		static uint8_t frame[FRAME_MAX];
		memcpy(frame + 14, out, total);
		uint32_t sum = packet_sum(packet_pseudo(&packet, frame, len + 8), at, len + 8);
		packet_put16(at + 6, (uint16_t)~sum ? (uint16_t)~sum : 0xffff);
	}
	return total;
}

static size_t put_gre(uint8_t *out, unsigned flags, unsigned type, const uint8_t *body, size_t len)
{
	uint8_t *at = packet_put16(packet_put16(out, flags), type);
	if (flags & 0x8000)
		at = packet_put32(at, 0);
	if (flags & 0x2000)
		at = packet_put32(at, 0xdecade);
	memcpy(at, body, len);
	size_t total = (size_t)(at - out) + len;
	if (flags & 0x8000)
		packet_put16(out + 4, (uint16_t)~packet_sum(0, out, total));
	return total;
}

/* Wraps an Ethernet frame for a tunnel. |n| is the number of the frame, by which identifications increase. Returns the
   length. */
static size_t wrap(enum kind kind, const uint8_t *inner, size_t len, unsigned n, uint8_t *out)
{
	static uint8_t body[FRAME_MAX], middle[FRAME_MAX];
	const uint8_t *packet = inner + 14;
	size_t packet_len = len - 14, total;
	bool outer_v6 = kind == FOUR_IN_SIX || kind == VXLAN_OVER_V6_CHECKSUM;
	size_t at = put_ethernet(out, kind == PPPOE ? 0x8864 : outer_v6 ? 0x86dd : 0x0800);
	unsigned id = 500 + n;
	switch (kind) {
	case IPIP:
		return at + put_ip(out + at, 4, 4, id, packet, packet_len);
	case SIX_IN_FOUR:
		return at + put_ip(out + at, 4, 41, id, packet, packet_len);
	case FOUR_IN_SIX:
		return at + put_ip(out + at, 6, 4, 0, packet, packet_len);
	case GRE:
		return at + put_ip(out + at, 4, 47, id, body, put_gre(body, 0, 0x0800, packet, packet_len));
	case GRE_KEY_CHECKSUM:
		return at + put_ip(out + at, 4, 47, id, body, put_gre(body, 0xa000, 0x0800, packet, packet_len));
	case GRETAP:
		return at + put_ip(out + at, 4, 47, id, body, put_gre(body, 0x2000, 0x6558, inner, len));
	case VXLAN:
	case VXLAN_OVER_V6_CHECKSUM:
		packet_put32(packet_put32(body, 0x08000000), 42 << 8);
		memcpy(body + 8, inner, len);
		return at + put_udp(out + at, kind == VXLAN ? 4 : 6, 4789, kind != VXLAN, id, body, len + 8);
	case GENEVE: /* one option of 4 bytes */
		packet_put32(packet_put32(packet_put32(packet_put32(body, 0x02006558), 42 << 8), 0x01020001), 7);
		memcpy(body + 16, inner, len);
		return at + put_udp(out + at, 4, 6081, true, id, body, len + 16);
	case FOU:
		return at + put_udp(out + at, 4, 5555, true, id, packet, packet_len);
	case PPPOE:
		packet_put16(packet_put32(out + at, 0x11000001), (unsigned)(packet_len + 2));
		packet_put16(out + at + 6, 0x0021);
		memcpy(out + at + 8, packet, packet_len);
		return at + 8 + packet_len;
	case VXLAN_IN_VLAN_WITH_GRE:
		packet_put32(packet_put32(body, 0x08000000), 42 << 8);
		at = 8 + put_ethernet(body + 8, 0x0800);
		total = put_gre(middle, 0, 0x0800, packet, packet_len);
		at += put_ip(body + at, 4, 47, 700 + n, middle, total);
		packet_put32(out + 12, 0x81000005);
		packet_put16(out + 16, 0x0800);
		return 18 + put_udp(out + 18, 4, 4789, true, id, body, at);
	case N_KINDS:
		break;
	}
	abort();
}

struct collected {
	uint8_t *frame[64];
	size_t len[64];
	size_t n;
};

static void collect(void *ctx, const struct lp_bytes *parts, size_t n_parts)
{
	struct collected *out = ctx;
	assert_true(out->n < 64);
	assert_int_equal(n_parts, 2);
	uint8_t *frame = malloc(parts[0].len + parts[1].len);
	assert_non_null(frame);
	memcpy(frame, parts[0].data, parts[0].len);
	memcpy(frame + parts[0].len, parts[1].data, parts[1].len);
	out->frame[out->n] = frame;
	out->len[out->n++] = parts[0].len + parts[1].len;
}

static struct packet inner_packet(
	enum kind kind, unsigned n, size_t at, const uint8_t *payload, size_t len, uint8_t flags)
{
	return (struct packet){
		.version = inner_version(kind),
		.protocol = PACKET_TCP,
		.host = 1,
		.id = (uint16_t)(0xfffe + n),
		.source_port = 5001,
		.target_port = 5002,
		.seq = (uint32_t)(0xfffff000 + at),
		.ack = 77,
		.flags = flags,
		.window = 1000,
		.payload = payload + at,
		.payload_len = len,
	};
}

/* A super-frame of the kind as GRO leaves it, in exactly as many bytes of heap as it has. */
static uint8_t *build_super(enum kind kind, const uint8_t *payload, size_t len, size_t size, struct lp_frame *ret_frame)
{
	static uint8_t inner[FRAME_MAX], out[FRAME_MAX];
	struct packet packet = inner_packet(kind, 0, 0, payload, len, PACKET_ACK | PACKET_PSH | PACKET_CWR);
	struct lp_offload offload;
	size_t inner_len = packet_build_super(&packet, (uint16_t)size, inner, &offload);
	size_t outer_len = wrap(kind, inner, inner_len, 0, out);
	uint8_t *data = malloc(outer_len);
	assert_non_null(data);
	memcpy(data, out, outer_len);
	offload.csum_start = (uint16_t)(outer_len - inner_len + offload.csum_start);
	*ret_frame = (struct lp_frame){.data = data, .len = outer_len, .offload = offload};
	return data;
}

static void test_kinds(void **state)
{
	(void)state;
	static uint8_t payload[20000], inner[FRAME_MAX], expected[FRAME_MAX];
	for (size_t i = 0; i < sizeof payload; i++)
		payload[i] = (uint8_t)(i * 7 + i / 251);
	for (unsigned kind = 0; kind < N_KINDS; kind++) {
		size_t size = 1199, len = size * 9 + 333;
		struct lp_frame frame;
		struct collected out = {.n = 0};
		uint8_t *data = build_super(kind, payload, len, size, &frame);
		int n = lp_segment(&frame, collect, &out);
		if (n != 10)
			fail_msg("kind %u: %d", kind, n);
		for (unsigned i = 0; i < 10; i++) {
			uint8_t flags = (uint8_t)(PACKET_ACK | (i == 9 ? PACKET_PSH : 0) | (i == 0 ? PACKET_CWR : 0));
			struct packet packet = inner_packet(kind, i, i * size, payload, i == 9 ? 333 : size, flags);
			size_t expected_len = wrap(kind, inner, packet_build(&packet, inner), i, expected);
			assert_int_equal(out.len[i], expected_len);
			for (size_t at = 0; at < expected_len; at++)
				if (out.frame[i][at] != expected[at])
					fail_msg("kind %u, frame %u, byte %zu", kind, i, at);
			free(out.frame[i]);
		}
		free(data);
	}
}

static void count(void *ctx, const struct lp_bytes *parts, size_t n_parts)
{
	(void)parts, (void)n_parts;
	++*(unsigned *)ctx;
}

/* What does not lead to the inner header exactly is refused, and no byte behind the frame is read. */
static void test_refused(void **state)
{
	(void)state;
	static uint8_t payload[4000];
	for (unsigned kind = 0; kind < N_KINDS; kind++) {
		struct lp_frame frame;
		unsigned n = 0;
		uint8_t *data = build_super(kind, payload, sizeof payload, 1000, &frame);
		const struct lp_offload good = frame.offload;
		frame.offload.csum_start = (uint16_t)(good.csum_start + 2);
		assert_int_equal(lp_segment(&frame, count, &n), LP_EMALFORMED);
		frame.offload.csum_start = (uint16_t)(good.csum_start - 2);
		assert_int_equal(lp_segment(&frame, count, &n), LP_EMALFORMED);
		frame.offload = good;
		frame.offload.csum_offset = 6;
		assert_int_equal(lp_segment(&frame, count, &n), LP_EMALFORMED);
		frame.offload = good;
		frame.offload.gso_size = 0;
		assert_int_equal(lp_segment(&frame, count, &n), LP_EMALFORMED);
		frame.offload = good;
		frame.offload.needs_csum = false;
		assert_int_equal(lp_segment(&frame, count, &n), LP_EMALFORMED);
		frame.offload = good;
		for (size_t len = 14; len < good.csum_start + 20U; len++) {
			uint8_t *cut = malloc(len);
			assert_non_null(cut);
			memcpy(cut, data, len);
			struct lp_frame shorter = {.data = cut, .len = len, .offload = good};
			assert_int_equal(lp_segment(&shorter, count, &n), LP_EMALFORMED);
			free(cut);
		}
		assert_int_equal(n, 0);
		free(data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests_name("segment_tunnel", tests, NULL, NULL);
}
