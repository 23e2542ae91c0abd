#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "filter/class.h"

#include "frame_parts.h"

#define IPV4 TYPE(0x0800)
#define IPV6 TYPE(0x86dd)

struct row {
	const char *text;
	enum lp_limit limit;
	struct part parts[PARTS_MAX];
};

static const struct row rows[] = {
	{"ARP", LP_LIMIT_RESERVE, {TYPE(0x0806), BYTES(46, 0)}},
	{"ARP, tagged", LP_LIMIT_RESERVE, {TAG(0x8100, 5), TYPE(0x0806), BYTES(46, 0)}},
	{"ARP in SNAP", LP_LIMIT_RESERVE, {LEN(0), SNAP(0, 0x0806), BYTES(28, 0)}},
	{"RARP", LP_LIMIT_RESERVE, {TYPE(0x8035), BYTES(46, 0)}},
	{"DHCP discover", LP_LIMIT_DHCP, {IPV4, IP4(17), UDP(68, 67), BYTES(300, 1)}},
	{"DHCP offer", LP_LIMIT_DHCP, {IPV4, IP4(17), UDP(67, 68), BYTES(300, 2)}},
	{"DHCP offer behind options, tagged", LP_LIMIT_DHCP, {TAG(0x8100, 5), IPV4, IP4_OPTIONS(17, 7), UDP(67, 68)}},
	{"IGMP", LP_LIMIT_RESERVE, {IPV4, IP4_OPTIONS(2, 6), BYTES(8, 0)}},
	{"DHCPv6", LP_LIMIT_DHCP, {IPV6, IP6(17), UDP(546, 547), BYTES(20, 0)}},
	{"neighbour solicitation", LP_LIMIT_RESERVE, {IPV6, IP6(58), BYTE(135), BYTES(23, 0)}},
	{"router solicitation", LP_LIMIT_RESERVE, {IPV6, IP6(58), BYTE(133), BYTES(23, 0)}},
	{"router advertisement", LP_LIMIT_RESERVE, {IPV6, IP6(58), BYTE(134), BYTES(23, 0)}},
	{"MLD query", LP_LIMIT_RESERVE, {IPV6, IP6(0), EXT(58, 0), BYTE(130), BYTES(23, 0)}},
	{"MLDv2 report", LP_LIMIT_RESERVE, {IPV6, IP6(0), EXT(58, 0), BYTE(143), BYTES(23, 0)}},
	{"a ping to all", LP_LIMIT_BROADCAST, {IPV6, IP6(58), BYTE(128), BYTES(23, 0)}},
	{"a ping to all, IPv4", LP_LIMIT_BROADCAST, {IPV4, IP4(1), BYTE(8), BYTES(23, 0)}},
	{"Minecraft", LP_LIMIT_BROADCAST, {IPV4, IP4(17), UDP(50000, 4445), BYTES(40, 0)}},
	{"Source engine", LP_LIMIT_BROADCAST, {IPV4, IP4(17), UDP(27005, 27015), BYTES(25, 0xff)}},
	{"a game from the port of mDNS", LP_LIMIT_BROADCAST, {IPV4, IP4(17), UDP(5353, 6112), BYTES(25, 0)}},
	{"IPX", LP_LIMIT_BROADCAST, {LEN(0), BYTES(60, 0xff)}},
	{"IPX, Ethernet II", LP_LIMIT_BROADCAST, {TYPE(0x8137), BYTES(60, 0xff)}},
	{"a type that nobody knows", LP_LIMIT_BROADCAST, {TYPE(0x1234), BYTES(60, 0)}},
	{"mDNS", LP_LIMIT_CHATTER, {IPV4, IP4(17), UDP(5353, 5353), BYTES(60, 0)}},
	{"mDNS, IPv6", LP_LIMIT_CHATTER, {IPV6, IP6(17), UDP(5353, 5353), BYTES(60, 0)}},
	{"mDNS from another port", LP_LIMIT_CHATTER, {IPV4, IP4(17), UDP(49152, 5353), BYTES(60, 0)}},
	{"mDNS, tagged", LP_LIMIT_CHATTER, {TAG(0x8100, 5), IPV4, IP4(17), UDP(5353, 5353), BYTES(60, 0)}},
	{"SSDP", LP_LIMIT_CHATTER, {IPV4, IP4(17), UDP(50000, 1900), BYTES(60, 0)}},
	{"LLMNR", LP_LIMIT_CHATTER, {IPV6, IP6(17), UDP(50000, 5355), BYTES(60, 0)}},
	{"NetBIOS name", LP_LIMIT_CHATTER, {IPV4, IP4(17), UDP(137, 137), BYTES(60, 0)}},
	{"NetBIOS datagram", LP_LIMIT_CHATTER, {IPV4, IP4(17), UDP(138, 138), BYTES(60, 0)}},
	{"WS-Discovery", LP_LIMIT_CHATTER, {IPV4, IP4(17), UDP(50000, 3702), BYTES(60, 0)}},
	{"a later fragment", LP_LIMIT_BROADCAST, {IPV4, IP4_FRAGMENT(17, 5, 100), BYTES(60, 0)}},
	{"UDP without a header", LP_LIMIT_BROADCAST, {IPV4, IP4(17), BYTES(7, 0)}},
	{"ICMPv6 without a byte", LP_LIMIT_BROADCAST, {IPV6, IP6(58)}},
	{"headers that end in nothing", LP_LIMIT_BROADCAST, {IPV6, IP6(60)}},
	{"no IP header", LP_LIMIT_BROADCAST, {IPV4}},
	{"malformed", LP_LIMIT_BROADCAST, {TYPE(1501), BYTES(60, 0)}},
	{"nothing", LP_LIMIT_BROADCAST, {{PART_END, 0, 0, 0}}},
};

static void test_class(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t frame[FRAME_MAX];
		struct lp_view view;
		size_t len = make_frame(frame, BROADCAST, STATION_MAC(1), rows[i].parts);
		lp_view_init(&view, frame, len);
		enum lp_limit limit = lp_class_of_group(&view);
		if (limit != rows[i].limit)
			fail_msg("%s: %s", rows[i].text, lp_limit_row(limit)->wire);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_class)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
