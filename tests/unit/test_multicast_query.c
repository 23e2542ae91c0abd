#include "proto/multicast_query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/ether.h"
#include "proto/ip.h"

#include "packet.h"

/* Parses a query; returns its message. */
static const uint8_t *parse(const uint8_t *frame, size_t len, uint16_t type, uint8_t protocol, struct lp_ip *ret_ip)
{
	struct lp_ether ether;
	assert_int_equal(lp_ether_parse(frame, len, &ether), LP_ETHER_OK);
	assert_true(len >= LP_ETHER_FRAME_MIN);
	assert_int_equal(ether.type, type);
	assert_true(lp_mac_is_group(&ether.dst));
	assert_int_equal(lp_ip_parse(frame + ether.net_offset, ether.net_len, ret_ip), 0);
	assert_int_equal(ret_ip->upper, LP_IP_UPPER_FOUND);
	assert_int_equal(ret_ip->protocol, protocol);
	assert_false(ret_ip->truncated);
	return frame + ether.net_offset + ret_ip->upper_offset;
}

/* RFC 3376 §4.1: TTL 1, Router Alert, right checksums, a general query. */
static void test_igmp(void **state)
{
	uint8_t frame[LP_MULTICAST_QUERY_MAX];
	struct lp_ip ip;
	(void)state;
	size_t len = lp_multicast_query_igmp(frame);
	const uint8_t *message = parse(frame, len, LP_ETHER_TYPE_IPV4, LP_IP_IGMP, &ip);
	assert_int_equal(ip.header_len, 24);
	assert_int_equal(packet_sum(0, frame + 14, ip.header_len), 0xffff);
	assert_int_equal(frame[14 + 8], 1);
	assert_memory_equal(frame + 14 + 12, ((const uint8_t[]){0, 0, 0, 0, 224, 0, 0, 1, 0x94, 4, 0, 0}), 12);
	assert_int_equal(ip.upper_len, 12); /* 12 or more: version 3 (RFC 3376 §7.1) */
	assert_int_equal(packet_sum(0, message, 12), 0xffff);
	assert_int_equal(message[0], 0x11);
	assert_memory_equal(message + 4, ((const uint8_t[]){0, 0, 0, 0, 2, 125, 0, 0}), 8);
}

/* RFC 3810 §5.1: hop limit 1, a link-local source, Router Alert, right checksum, a general query. */
static void test_mld(void **state)
{
	uint8_t frame[LP_MULTICAST_QUERY_MAX];
	const struct packet v6 = {.version = 6, .protocol = LP_IP_ICMPV6};
	struct lp_ip ip;
	(void)state;
	size_t len = lp_multicast_query_mld(frame);
	const uint8_t *message = parse(frame, len, LP_ETHER_TYPE_IPV6, LP_IP_ICMPV6, &ip);
	assert_int_equal(frame[14 + 7], 1);
	assert_memory_equal(frame + 14 + 8, ((const uint8_t[]){0xfe, 0x80}), 2);
	assert_memory_equal(frame + 14 + 24, ((const uint8_t[16]){0xff, 2, [15] = 1}), 16);
	assert_memory_equal(frame + 14 + 40, ((const uint8_t[]){LP_IP_ICMPV6, 0, 5, 2, 0, 0, 1, 0}), 8);
	assert_int_equal(ip.upper_len, 28);
	assert_int_equal(packet_sum(packet_pseudo(&v6, frame, 28), message, 28), 0xffff);
	assert_int_equal(message[0], 130);
	assert_memory_equal(message + 8, ((const uint8_t[20]){[16] = 2, [17] = 125}), 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_igmp),
		cmocka_unit_test(test_mld),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
