#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "packet.h"
#include "proto/flow.h"

#define SEED UINT64_C(0x123456789abcdef0)

/* The hash of a packet. */
static uint64_t hash_of(const struct packet *p)
{
	uint8_t frame[2048];
	return lp_flow_hash(frame, packet_build(p, frame), SEED);
}

/* Packets of one flow have the same hash, others a different one. */
static void test_flows(void **state)
{
	(void)state;
	static const uint8_t payload[100] = {1};
	for (int version = 4; version <= 6; version += 2) {
		const struct packet base = {
			.version = version, .protocol = PACKET_TCP, .host = 1, .source_port = 1, .target_port = 2};
		uint64_t hash = hash_of(&base);
		struct packet same = base;
		same.seq = 99;
		same.id = 5;
		same.tos = 3;
		same.payload = payload;
		same.payload_len = 100;
		assert_true(hash_of(&same) == hash);
		same.n_tags = 1;
		same.tpid[0] = 0x8100;
		same.extensions[0] = 60;
		same.n_extensions = 1;
		assert_true(hash_of(&same) == hash);

		struct packet other = base;
		other.host = 2;
		assert_true(hash_of(&other) != hash);
		other = base;
		other.source_port = 3;
		assert_true(hash_of(&other) != hash);
		other = base;
		other.target_port = 3;
		assert_true(hash_of(&other) != hash);
		other = base;
		other.protocol = PACKET_UDP;
		assert_true(hash_of(&other) != hash);
	}
}

/* All fragments of a packet are one flow, although only the first has the ports. */
static void test_fragments(void **state)
{
	(void)state;
	const struct packet first = {.version = 4, .protocol = PACKET_UDP, .fragment = 0x2000, .source_port = 7};
	const struct packet later = {.version = 4, .protocol = PACKET_UDP, .fragment = 0x2010, .source_port = 9};
	assert_true(hash_of(&first) == hash_of(&later));
}

/* Other frames are hashed by their MACs; the seed matters; bits are well distributed. */
static void test_others(void **state)
{
	(void)state;
	uint8_t arp[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x08, 0x06};
	uint64_t hash = lp_flow_hash(arp, sizeof arp, SEED);
	assert_true(lp_flow_hash(arp, 42, SEED) == hash);
	assert_true(lp_flow_hash(arp, sizeof arp, SEED + 1) != hash);
	arp[11] = 2;
	assert_true(lp_flow_hash(arp, sizeof arp, SEED) != hash);
	arp[0] = 2;
	(void)lp_flow_hash(arp, 5, SEED);
	(void)lp_flow_hash(arp, 0, SEED);

	unsigned buckets[64] = {0};
	for (uint16_t port = 0; port < 6400; port++) {
		const struct packet p = {.version = 4, .protocol = PACKET_UDP, .source_port = port};
		buckets[hash_of(&p) % 64]++;
	}
	for (size_t i = 0; i < 64; i++)
		assert_in_range(buckets[i], 50, 160);
}

/* ECN: every codepoint, IPv4 and IPv6, tagged and untagged. */
static void test_ecn(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 16; bits++) {
		uint8_t frame[256], expected[256];
		struct packet p = {
			.version = bits & 4 ? 6 : 4,
			.protocol = PACKET_TCP,
			.n_tags = bits >> 3,
			.tpid = {0x8100},
			.tos = (uint8_t)(0xb8 | (bits & 3)),
			.flow_label = 0xfffff,
			.ttl = 77,
			.id = 999,
		};
		size_t len = packet_build(&p, frame);
		if (bits & 3)
			p.tos |= 3;
		packet_build(&p, expected);
		assert_int_equal(lp_ecn_mark(frame, len), (bits & 3) != 0);
		assert_memory_equal(frame, expected, len);
	}
}

/* A frame without an IP packet, or with a truncated one, cannot be marked. */
static void test_ecn_cannot(void **state)
{
	(void)state;
	for (int version = 4; version <= 6; version += 2) {
		uint8_t whole[256];
		const struct packet p = {.version = version, .protocol = PACKET_TCP, .tos = 2};
		packet_build(&p, whole);
		size_t header = version == 4 ? 34 : 54;
		for (size_t cut = 0; cut <= header; cut++) {
			uint8_t *frame = malloc(cut ? cut : 1);
			assert_non_null(frame);
			memcpy(frame, whole, cut);
			assert_int_equal(lp_ecn_mark(frame, cut), cut == header);
			free(frame);
		}
		whole[13] ^= 1; /* another type */
		assert_false(lp_ecn_mark(whole, 100));
		whole[13] ^= 1;
		whole[14] ^= 0x80; /* another version */
		assert_false(lp_ecn_mark(whole, 100));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flows),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_ecn),
		cmocka_unit_test(test_ecn_cannot),
	};
	return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
