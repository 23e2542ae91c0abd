#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "proto/ip.h"

#define V4(ihl, total, fragment, protocol) \
	0x40 | (ihl), 0, (total) >> 8, (total)&0xff, 0, 1, (fragment) >> 8, (fragment)&0xff, 64, protocol, 0, 0, 10, \
		0, 0, 1, 10, 0, 0, 2
#define V6(payload, next) \
	0x60, 0, 0, 0, (payload) >> 8, (payload)&0xff, next, 64, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, \
		0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
#define EXT(next, len) next, len, 1, 4, 0, 0, 0, 0
#define FRAG(next, offset) next, 0, (offset) >> 8, (offset)&0xff, 0, 0, 0, 1

struct row {
	const char *name;
	uint8_t bytes[128];
	size_t len; /* of the packet that is there; zeros after the bytes above */
	int result;
	uint8_t protocol;
	enum lp_ip_upper upper;
	bool fragment, more, truncated;
	uint16_t offset;
	uint32_t fragment_end, upper_offset, upper_len;
};

static const struct row rows[] = {
	{"v4 udp", {V4(5, 28, 0, 17)}, 28, 0, 17, LP_IP_UPPER_FOUND, .upper_offset = 20, .upper_len = 8},
	{"v4 padded", {V4(5, 28, 0x4000, 17)}, 46, 0, 17, LP_IP_UPPER_FOUND, .upper_offset = 20, .upper_len = 8},
	{"v4 options", {V4(15, 68, 0, 17), 7}, 68, 0, 17, LP_IP_UPPER_FOUND, .upper_offset = 60, .upper_len = 8},
	{"v4 truncated", {V4(5, 1500, 0, 17)}, 46, 0, 17, LP_IP_UPPER_FOUND, .truncated = true, .upper_offset = 20,
		.upper_len = 26},
	{"v4 first fragment", {V4(5, 100, 0x2000, 17)}, 100, 0, 17, LP_IP_UPPER_FOUND, .fragment = true, .more = true,
		.upper_offset = 20, .upper_len = 80},
	{"v4 later fragment", {V4(5, 100, 0x2001, 17)}, 100, 0, 17, LP_IP_UPPER_LATER_FRAGMENT, .fragment = true,
		.more = true, .offset = 8, .upper_offset = 20, .upper_len = 80},
	{"v4 last fragment", {V4(5, 100, 0x1fff, 17)}, 100, 0, 17, LP_IP_UPPER_LATER_FRAGMENT, .fragment = true,
		.offset = 65528, .upper_offset = 20, .upper_len = 80},
	{"v4 only a header", {V4(5, 20, 0, 6)}, 20, 0, 6, LP_IP_UPPER_FOUND, .upper_offset = 20, .upper_len = 0},
	{"v4 19 bytes", {V4(5, 28, 0, 17)}, 19, LP_EMALFORMED},
	{"v4 header of 16", {V4(4, 28, 0, 17)}, 28, LP_EMALFORMED},
	{"v4 options beyond the end", {V4(15, 60, 0, 17)}, 59, LP_EMALFORMED},
	{"v4 total less than the header", {V4(6, 23, 0, 17)}, 46, LP_EMALFORMED},
	{"version 5", {0x50}, 46, LP_EMALFORMED},
	{"nothing", {0}, 0, LP_EMALFORMED},
	{"v6 icmp", {V6(8, 58)}, 48, 0, 58, LP_IP_UPPER_FOUND, .upper_offset = 40, .upper_len = 8},
	{"v6 padded", {V6(2, 58)}, 60, 0, 58, LP_IP_UPPER_FOUND, .upper_offset = 40, .upper_len = 2},
	{"v6 truncated", {V6(200, 58)}, 100, 0, 58, LP_IP_UPPER_FOUND, .truncated = true, .upper_offset = 40,
		.upper_len = 60},
	{"v6 only a header", {V6(0, 59)}, 40, 0, 59, LP_IP_UPPER_NONE, .upper_offset = 40, .upper_len = 0},
	{"v6 39 bytes", {V6(8, 58)}, 39, LP_EMALFORMED},
	{"v6 hop-by-hop", {V6(16, 0), EXT(58, 0)}, 56, 0, 58, LP_IP_UPPER_FOUND, .upper_offset = 48, .upper_len = 8},
	{"v6 hop-by-hop, routing, destination", {V6(48, 0), EXT(43, 0), EXT(60, 1), 0, 0, 0, 0, 0, 0, 0, 0, EXT(58, 0)},
		88, 0, 58, LP_IP_UPPER_FOUND, .upper_offset = 72, .upper_len = 16},
	{"v6 authentication", {V6(32, 51), EXT(58, 4)}, 72, 0, 58, LP_IP_UPPER_FOUND, .upper_offset = 64,
		.upper_len = 8},
	{"v6 mobility", {V6(16, 135), EXT(58, 0)}, 56, 0, 58, LP_IP_UPPER_FOUND, .upper_offset = 48, .upper_len = 8},
	{"v6 hip", {V6(16, 139), EXT(58, 0)}, 56, 0, 58, LP_IP_UPPER_FOUND, .upper_offset = 48, .upper_len = 8},
	{"v6 shim6", {V6(16, 140), EXT(58, 0)}, 56, 0, 58, LP_IP_UPPER_FOUND, .upper_offset = 48, .upper_len = 8},
	{"v6 esp", {V6(16, 50)}, 56, 0, 50, LP_IP_UPPER_FOUND, .upper_offset = 40, .upper_len = 16},
	{"v6 no next", {V6(8, 60), EXT(59, 0)}, 48, 0, 59, LP_IP_UPPER_NONE, .upper_offset = 48, .upper_len = 0},
	{"v6 atomic fragment", {V6(16, 44), FRAG(58, 0)}, 56, 0, 58, LP_IP_UPPER_FOUND, .fragment = true,
		.fragment_end = 48, .upper_offset = 48, .upper_len = 8},
	{"v6 first fragment", {V6(16, 44), FRAG(58, 1)}, 56, 0, 58, LP_IP_UPPER_FOUND, .fragment = true,
		.fragment_end = 48, .more = true, .upper_offset = 48, .upper_len = 8},
	{"v6 later fragment", {V6(16, 44), FRAG(58, 0x0019)}, 56, 0, 58, LP_IP_UPPER_LATER_FRAGMENT, .fragment = true,
		.fragment_end = 48, .more = true, .offset = 24, .upper_offset = 48, .upper_len = 8},
	{"v6 fragment, destination", {V6(24, 44), FRAG(60, 1), EXT(58, 0)}, 64, 0, 58, LP_IP_UPPER_FOUND,
		.fragment = true, .fragment_end = 48, .more = true, .upper_offset = 56, .upper_len = 8},
	{"v6 first fragment ends in its chain", {V6(16, 44), FRAG(60, 1), EXT(58, 1)}, 56, 0, 60, LP_IP_UPPER_HIDDEN,
		.fragment = true, .fragment_end = 48, .more = true, .upper_offset = 48, .upper_len = 8},
	{"v6 first fragment without upper layer", {V6(16, 44), FRAG(60, 1), EXT(58, 0)}, 56, 0, 58, LP_IP_UPPER_FOUND,
		.fragment = true, .fragment_end = 48, .more = true, .upper_offset = 56, .upper_len = 0},
	{"v6 two fragment headers behind another header", {V6(32, 0), EXT(44, 0), FRAG(44, 1), FRAG(58, 1)}, 72, 0, 58,
		LP_IP_UPPER_FOUND, .fragment = true, .fragment_end = 56, .more = true, .upper_offset = 64,
		.upper_len = 8},
	{"v6 extension cut", {V6(7, 0), EXT(58, 0)}, 47, 0, 0, LP_IP_UPPER_HIDDEN, .upper_offset = 40, .upper_len = 7},
	{"v6 extension longer than the packet", {V6(16, 60), EXT(58, 2)}, 56, 0, 60, LP_IP_UPPER_HIDDEN,
		.upper_offset = 40, .upper_len = 16},
	{"v6 upper layer only in the padding", {V6(8, 60), EXT(60, 0), EXT(58, 0)}, 80, 0, 60, LP_IP_UPPER_HIDDEN,
		.upper_offset = 48, .upper_len = 0},
	{"v6 jumbogram", {V6(0, 0), 58, 0, 0xc2, 4, 0, 1, 0, 0}, 100, 0, 0, LP_IP_UPPER_HIDDEN, .upper_offset = 40,
		.upper_len = 0},
};

/* Every row, in a buffer of its exact size. */
static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *row = &rows[i];
		uint8_t *packet = malloc(row->len ? row->len : 1);
		struct lp_ip ip = {.version = 99};
		assert_non_null(packet);
		memset(packet, 0, row->len);
		memcpy(packet, row->bytes, row->len < sizeof row->bytes ? row->len : sizeof row->bytes);
		int result = lp_ip_parse(packet, row->len, &ip);
		if (result != row->result || (result == 0 && ip.upper != row->upper))
			print_message("%s\n", row->name);
		assert_int_equal(result, row->result);
		free(packet);
		if (result < 0) {
			assert_int_equal(ip.version, 99);
			continue;
		}
		assert_int_equal(ip.version, row->bytes[0] >> 4);
		assert_int_equal(ip.upper, row->upper);
		assert_int_equal(ip.protocol, row->protocol);
		assert_int_equal(ip.fragment, row->fragment);
		assert_int_equal(ip.fragment_end, row->fragment_end);
		assert_int_equal(ip.more_fragments, row->more);
		assert_int_equal(ip.truncated, row->truncated);
		assert_int_equal(ip.fragment_offset, row->offset);
		assert_int_equal(ip.upper_offset, row->upper_offset);
		assert_int_equal(ip.upper_len, row->upper_len);
		assert_int_equal(ip.packet_len, ip.upper_offset + ip.upper_len);
	}
}

/* A chain of as many headers as are walked is found, one more is hidden. */
static void test_long_chain(void **state)
{
	(void)state;
	for (unsigned n = LP_IP_EXTENSIONS_MAX - 1; n <= LP_IP_EXTENSIONS_MAX + 1; n++) {
		uint8_t packet[40 + 8 * (LP_IP_EXTENSIONS_MAX + 2)] = {V6(8 * (n + 1), 60)};
		struct lp_ip ip;
		for (unsigned i = 0; i < n; i++)
			packet[40 + 8 * i] = i + 1 < n ? 60 : 58;
		assert_int_equal(lp_ip_parse(packet, 40 + 8 * (n + 1), &ip), 0);
		assert_int_equal(ip.upper, n <= LP_IP_EXTENSIONS_MAX ? LP_IP_UPPER_FOUND : LP_IP_UPPER_HIDDEN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_long_chain)};
	return cmocka_run_group_tests_name("ip", tests, NULL, NULL);
}
