#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "packet.h"
#include "proto/be.h"
#include "proto/mss.h"

/* Clamps. A frame that lp_mss_is_candidate() excludes is never changed. */
static bool clamp(uint8_t *frame, size_t len, size_t mtu, bool partial)
{
	bool candidate = lp_mss_is_candidate(frame, len), changed = lp_mss_clamp(frame, len, mtu, partial);
	assert_true(candidate || !changed);
	return changed;
}

/* A SYN with options, and its MSS after clamping. */
struct row {
	const char *name;
	int version;
	unsigned n_tags;
	uint8_t flags;
	uint8_t options[12];
	size_t options_len;
	size_t mtu;
	size_t at;         /* offset of the MSS value in the options */
	uint16_t expected; /* 0: the frame must not change */
	uint16_t fragment;
	uint8_t extension;
	bool ip_options;
};

static const struct row rows[] = {
	{"v4 SYN", 4, 0, 2, {2, 4, 0x05, 0xb4}, 4, 1400, 2, 1360},
	{"v4 SYN-ACK", 4, 0, 0x12, {2, 4, 0x05, 0xb4}, 4, 1400, 2, 1360},
	{"v4 SYN with ECN", 4, 0, 0xc2, {2, 4, 0x05, 0xb4}, 4, 1400, 2, 1360},
	{"v6 SYN", 6, 0, 2, {2, 4, 0x05, 0xa0}, 4, 1400, 2, 1340},
	{"v4 behind a tag", 4, 1, 2, {2, 4, 0x05, 0xb4}, 4, 1400, 2, 1356},
	{"v6 behind two", 6, 2, 2, {2, 4, 0x05, 0xa0}, 4, 1400, 2, 1332},
	{"v4, small enough", 4, 0, 2, {2, 4, 0x05, 0x50}, 4, 1400, 2, 0},
	{"v4, one too many", 4, 0, 2, {2, 4, 0x05, 0x51}, 4, 1400, 2, 1360},
	{"v4, all else before it", 4, 0, 2, {1, 4, 2, 3, 3, 7, 2, 4, 0x05, 0xb4, 1, 0}, 12, 1400, 8, 1360},
	{"v4, at an odd place", 4, 0, 2, {1, 2, 4, 0x05, 0xb4, 0, 0, 0}, 8, 1400, 3, 1360},
	{"v6, at an odd place", 6, 0, 2, {1, 2, 4, 0xff, 0xff, 0, 0, 0}, 8, 1280, 3, 1220},
	{"v6, behind an extension header", 6, 0, 2, {2, 4, 0x05, 0xa0}, 4, 1400, 2, 1340, .extension = 60},
	{"v4, IP options", 4, 0, 2, {2, 4, 0x05, 0xb4}, 4, 1400, 2, 1360, .ip_options = true},
	{"v4, not a SYN", 4, 0, 0x10, {2, 4, 0x05, 0xb4}, 4, 1400, 2, 0},
	{"v4, later fragment", 4, 0, 2, {2, 4, 0x05, 0xb4}, 4, 1400, 2, 0, .fragment = 5},
	{"no MSS", 4, 0, 2, {1, 1, 1, 1}, 4, 1400, 2, 0},
	{"MSS behind the end", 4, 0, 2, {0, 3, 0, 2, 4, 0x05, 0xb4, 0}, 8, 1400, 2, 0},
	{"option of length 0", 4, 0, 2, {3, 0, 2, 4, 0x05, 0xb4, 0, 0}, 8, 1400, 2, 0},
	{"option of length 1", 4, 0, 2, {3, 1, 2, 4, 0x05, 0xb4, 0, 0}, 8, 1400, 2, 0},
	{"option too long", 4, 0, 2, {3, 9, 2, 4, 0x05, 0xb4, 0, 0}, 8, 1400, 2, 0},
	{"MSS of length 3", 4, 0, 2, {2, 3, 0x05, 0}, 4, 1400, 2, 0},
	{"MSS cut", 4, 0, 2, {1, 1, 1, 2}, 4, 1400, 2, 0},
	{"no options", 4, 0, 2, {0}, 0, 1400, 2, 0},
	{"tiny MTU", 4, 0, 2, {2, 4, 0x05, 0xb4}, 4, 41, 2, 1},
	{"huge MTU", 4, 0, 2, {2, 4, 0xff, 0xff}, 4, 70000, 2, 0},
};

static const uint8_t record_route[8] = {7, 7, 4};

/* Every row, with whole and partial checksums. */
static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *row = &rows[i];
		for (int partial = 0; partial < 2; partial++) {
			uint8_t before[256], expected[256];
			struct lp_offload offload;
			struct packet p = {
				.version = row->version,
				.protocol = PACKET_TCP,
				.n_tags = row->n_tags,
				.tpid = {0x88a8, 0x8100},
				.flags = row->flags,
				.tcp_options = row->options,
				.tcp_options_len = row->options_len,
				.seq = 0x12345678,
				.source_port = 1234,
				.target_port = 80,
				.fragment = row->fragment,
				.ip_options = record_route,
				.ip_options_len = row->ip_options ? 8 : 0,
				.extensions = {row->extension},
				.n_extensions = row->extension != 0,
			};
			size_t len = partial ? packet_build_super(&p, 0, before, &offload) : packet_build(&p, before);
			uint8_t options[12];
			memcpy(options, row->options, sizeof options);
			if (row->expected)
				lp_be16_put(options + row->at, row->expected);
			p.tcp_options = options;
			if (partial)
				packet_build_super(&p, 0, expected, &offload);
			else
				packet_build(&p, expected);
			uint8_t *frame = malloc(len);
			assert_non_null(frame);
			memcpy(frame, before, len);
			bool changed = clamp(frame, len, row->mtu, partial);
			if (changed != (row->expected != 0) || memcmp(frame, expected, len) != 0)
				print_message("%s, %s checksum\n", row->name, partial ? "partial" : "whole");
			assert_int_equal(changed, row->expected != 0);
			assert_memory_equal(frame, expected, len);
			free(frame);
		}
	}
}

/* Other frames, and truncated ones, are unchanged. */
static void test_others(void **state)
{
	(void)state;
	static const uint8_t option[4] = {2, 4, 0x05, 0xb4};
	uint8_t whole[256];
	for (int version = 4; version <= 6; version += 2) {
		struct packet p = {.version = version,
			.protocol = PACKET_TCP,
			.flags = PACKET_SYN,
			.tcp_options = option,
			.tcp_options_len = 4};
		size_t len = packet_build(&p, whole);
		for (size_t cut = 0; cut < len; cut++) {
			uint8_t *frame = malloc(cut ? cut : 1);
			assert_non_null(frame);
			memcpy(frame, whole, cut);
			assert_false(clamp(frame, cut, 1000, false));
			assert_memory_equal(frame, whole, cut);
			free(frame);
		}
		p.protocol = PACKET_UDP;
		p.payload = whole;
		p.payload_len = 60;
		len = packet_build(&p, whole + 100);
		assert_false(clamp(whole + 100, len, 1000, false));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_others)};
	return cmocka_run_group_tests_name("mss", tests, NULL, NULL);
}
