/* ICMP replies to packets that are too large: their fields and checksums, and what gets none. */
#include "proto/too_big.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/checksum.h"
#include "proto/ip.h"

#define FRAME_BYTES 4000U

/* A UDP packet over IPv4 with DF, or over IPv6. */
static void make(uint8_t frame[FRAME_BYTES], bool ipv6)
{
	static const uint8_t macs[] = {0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2};
	uint8_t *packet = frame + LP_ETHER_HEADER;
	memset(frame, 0x55, FRAME_BYTES);
	memcpy(frame, macs, sizeof macs);
	lp_be16_put(frame + 12, ipv6 ? LP_ETHER_TYPE_IPV6 : LP_ETHER_TYPE_IPV4);
	if (ipv6) {
		memset(packet, 0, LP_IPV6_HEADER);
		packet[0] = 0x60;
		lp_be16_put(packet + 4, FRAME_BYTES - LP_ETHER_HEADER - LP_IPV6_HEADER);
		packet[6] = LP_IP_UDP;
		packet[7] = 64;
		packet[8] = packet[24] = 0xfd;
		packet[23] = 10;
		packet[39] = 20;
		return;
	}
	memset(packet, 0, LP_IPV4_HEADER);
	packet[0] = 0x45;
	lp_be16_put(packet + 2, FRAME_BYTES - LP_ETHER_HEADER);
	packet[6] = 0x40;
	packet[8] = 64;
	packet[9] = LP_IP_UDP;
	memcpy(packet + 12, "\x0a\x00\x00\x0a\x0a\x00\x00\x14", 8);
}

static void test_ipv4(void **state)
{
	uint8_t frame[FRAME_BYTES], reply[LP_TOO_BIG_MAX];
	const uint8_t *ip = reply + LP_ETHER_HEADER, *icmp = ip + LP_IPV4_HEADER;
	(void)state;
	make(frame, false);
	assert_int_equal(lp_too_big_reply(frame, sizeof frame, 1500, reply), LP_ETHER_HEADER + 20 + 8 + 28);
	assert_memory_equal(reply, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\x00", 14);
	assert_memory_equal(ip + 12, "\x0a\x00\x00\x14\x0a\x00\x00\x0a", 8);
	assert_int_equal(lp_sum_fold(lp_sum(0, ip, LP_IPV4_HEADER)), 0xffff);
	assert_true(icmp[0] == 3 && icmp[1] == 4);
	assert_int_equal(lp_be16_get(icmp + 6), 1500);
	assert_memory_equal(icmp + 8, frame + LP_ETHER_HEADER, 28);
	assert_int_equal(lp_sum_fold(lp_sum(0, icmp, 36)), 0xffff);
}

static void test_ipv6(void **state)
{
	uint8_t frame[FRAME_BYTES], reply[LP_TOO_BIG_MAX];
	const uint8_t *ip = reply + LP_ETHER_HEADER, *icmp = ip + LP_IPV6_HEADER;
	(void)state;
	make(frame, true);
	assert_int_equal(lp_too_big_reply(frame, sizeof frame, 1400, reply), LP_TOO_BIG_MAX);
	assert_int_equal(lp_be16_get(ip + 4), 1240);
	assert_true(ip[23] == 20 && ip[39] == 10);
	assert_true(icmp[0] == 2 && icmp[1] == 0);
	assert_int_equal(lp_be16_get(icmp + 6), 1400);
	assert_memory_equal(icmp + 8, frame + LP_ETHER_HEADER, 1232);
	assert_int_equal(lp_sum_fold(lp_sum(lp_sum_pseudo6(ip, LP_IP_ICMPV6, 1240), icmp, 1240)), 0xffff);
}

static void test_none(void **state)
{
	static const struct {
		const char *text;
		bool ipv6;
		size_t at;
		uint8_t value;
	} rows[] = {
		{"may be fragmented", false, 14 + 6, 0},
		{"a later fragment", false, 14 + 7, 1},
		{"an ICMP error", false, 14 + 9, LP_IP_ICMP},
		{"to a group's MAC", false, 0, 0x03},
		{"to a group", false, 14 + 16, 239},
		{"from no address", false, 14 + 12, 0},
		{"another type", false, 12, 0x09},
		{"the other version", false, 14, 0x65},
		{"to an IPv6 group", true, 14 + 24, 0xff},
		{"an ICMPv6 error", true, 14 + 6, LP_IP_ICMPV6},
	};
	uint8_t frame[FRAME_BYTES], reply[LP_TOO_BIG_MAX];
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		make(frame, rows[i].ipv6);
		frame[rows[i].at] = rows[i].value;
		if (lp_too_big_reply(frame, sizeof frame, 1500, reply) != 0)
			fail_msg("%s", rows[i].text);
	}
	/* An echo request, which is ICMP but no error, gets one; a frame that ends in its headers does not. */
	make(frame, false);
	frame[14 + 9] = LP_IP_ICMP;
	frame[14 + 20] = 8;
	assert_true(lp_too_big_reply(frame, sizeof frame, 1500, reply) > 0);
	for (size_t len = 0; len < LP_ETHER_HEADER + LP_IPV4_HEADER; len++)
		assert_int_equal(lp_too_big_reply(frame, len, 1500, reply), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_none),
	};
	return cmocka_run_group_tests_name("too_big", tests, NULL, NULL);
}
