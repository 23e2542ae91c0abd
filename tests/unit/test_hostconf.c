#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mac.h"
#include "hostconf/hostconf.h"
#include "packet.h"

static const struct lp_mac own = {{0x02, 0x5a, 0, 0, 0, 1}};
static const struct lp_hostconf nothing = {0};
static const struct lp_hostconf routes = {.accept_routes = true};
static const struct lp_hostconf names = {.accept_dns = true};
static const struct lp_hostconf everything = {.accept_routes = true, .accept_dns = true};

struct buffer {
	uint8_t data[2200];
	size_t len;
};

static void add(struct buffer *buffer, const void *data, size_t len)
{
	assert_true(buffer->len + len <= sizeof buffer->data);
	memcpy(buffer->data + buffer->len, data, len);
	buffer->len += len;
}

/* The fixed part of a DHCPv4 reply for |mac|, with the magic cookie. */
static struct buffer dhcp4_reply(const struct lp_mac *mac)
{
	static const uint8_t cookie[] = {0x63, 0x82, 0x53, 0x63};
	struct buffer reply = {.data = {2, 1, 6, 0}, .len = 236};
	memcpy(reply.data + 28, mac->octet, 6);
	add(&reply, cookie, sizeof cookie);
	return reply;
}

static struct buffer udp(int version, uint16_t source, uint16_t target, const struct buffer *message)
{
	struct packet packet = {
		.version = version,
		.protocol = PACKET_UDP,
		.host = 1,
		.source_port = source,
		.target_port = target,
		.payload = message->data,
		.payload_len = message->len,
	};
	struct buffer frame = {.len = 0};
	frame.len = packet_build(&packet, frame.data);
	return frame;
}

/* An ICMPv6 message in a frame, with |extensions| (at most 4) of 8 bytes each in front of it. */
static struct buffer icmp6(const struct buffer *message, const uint8_t *extensions, unsigned n_extensions)
{
	struct packet packet = {.version = 6, .protocol = 58, .host = 1, .n_extensions = n_extensions};
	if (n_extensions)
		memcpy(packet.extensions, extensions, n_extensions);
	struct buffer frame = {.len = packet_l4(&packet)};
	static const uint8_t header[14] = {0x33, 0x33, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 0xaa, 0x86, 0xdd};
	memcpy(frame.data, header, sizeof header);
	packet_build_ip(&packet, frame.data + 14, frame.len - 14 + message->len);
	size_t at = frame.len;
	add(&frame, message->data, message->len);
	memset(frame.data + at + 2, 0, 2);
	uint32_t sum = packet_sum(packet_pseudo(&packet, frame.data, message->len), frame.data + at, message->len);
	packet_put16(frame.data + at + 2, (uint16_t)~sum);
	return frame;
}

/* True if the upper layer's checksum is right. */
static bool checksum_is_right(const uint8_t *frame, size_t len)
{
	struct packet packet = {.version = frame[14] >> 4, .protocol = frame[14] >> 4 == 4 ? frame[23] : frame[20]};
	size_t l4 = packet_l4(&packet);
	size_t end = packet.version == 4 ? 14U + (frame[16] << 8 | frame[17]) : 54U + (frame[18] << 8 | frame[19]);
	assert_true(end <= len);
	return packet_sum(packet_pseudo(&packet, frame, end - l4), frame + l4, end - l4) == 0xffff;
}

/* Filters a frame in exactly as many bytes of heap as it has, so that a sanitizer sees every read past the end. */
static enum lp_hostconf_verdict filter(
	const struct lp_hostconf *config, const struct buffer *frame, struct buffer *ret_frame)
{
	uint8_t *copy = malloc(frame->len);
	assert_non_null(copy);
	memcpy(copy, frame->data, frame->len);
	ret_frame->len = 0;
	enum lp_hostconf_verdict verdict = lp_hostconf_filter(
		config, &own, copy, frame->len, ret_frame->data, &ret_frame->len);
	assert_memory_equal(copy, frame->data, frame->len);
	free(copy);
	if (verdict == LP_HOSTCONF_CHANGED)
		assert_true(checksum_is_right(ret_frame->data, ret_frame->len));
	return verdict;
}

/* One option of a DHCPv4 reply, and which policies keep it. */
struct row4 {
	uint8_t code;
	bool kept, kept_with_routes, kept_with_dns;
};

static const struct row4 rows4[] = {
	{1, true, true, true},   /* subnet mask */
	{51, true, true, true},  /* lease time */
	{54, true, true, true},  /* server identifier */
	{26, true, true, true},  /* MTU */
	{3, false, true, false}, /* router */
	{33, false, true, false},
	{121, false, true, false},
	{249, false, true, false},
	{6, false, false, true}, /* name server */
	{15, false, false, true},
	{119, false, false, true},
	{252, false, false, true},
};

/* True if a DHCPv4 message in a frame has the option. */
static bool has_option4(const struct buffer *frame, uint8_t code)
{
	for (size_t at = 42 + 240; at < frame->len && frame->data[at] != 255;) {
		if (frame->data[at] == code)
			return true;
		at += frame->data[at] == 0 ? 1 : frame->data[at + 1] + 2U;
	}
	return false;
}

static void test_dhcp4_options(void **state)
{
	(void)state;
	static const uint8_t end = 255;
	for (size_t i = 0; i < sizeof rows4 / sizeof *rows4; i++) {
		const uint8_t option[] = {rows4[i].code, 4, 10, 77, 0, 1}, type[] = {53, 1, 5};
		struct buffer reply = dhcp4_reply(&own), changed;
		add(&reply, option, sizeof option);
		add(&reply, type, sizeof type);
		add(&reply, &end, 1);
		struct buffer frame = udp(4, 67, 68, &reply);
		const struct lp_hostconf *policies[] = {&nothing, &routes, &names, &everything};
		bool kept[] = {rows4[i].kept, rows4[i].kept_with_routes, rows4[i].kept_with_dns, true};
		for (size_t k = 0; k < 4; k++) {
			enum lp_hostconf_verdict verdict = filter(policies[k], &frame, &changed);
			assert_int_equal(verdict, kept[k] ? LP_HOSTCONF_PASS : LP_HOSTCONF_CHANGED);
			if (verdict == LP_HOSTCONF_PASS)
				continue;
			assert_int_equal(changed.len, frame.len);
			assert_false(has_option4(&changed, rows4[i].code));
			assert_true(has_option4(&changed, 53));
			assert_int_equal(filter(policies[k], &changed, &(struct buffer){0}), LP_HOSTCONF_PASS);
		}
	}
}

/* Options in the fields for the server's and the file's name (RFC 2132 §9.3). */
static void test_dhcp4_overload(void **state)
{
	(void)state;
	static const uint8_t overload[] = {52, 1, 3, 255}, router[] = {3, 4, 10, 77, 0, 1, 255};
	for (size_t at = 44; at <= 108; at += 64) {
		struct buffer reply = dhcp4_reply(&own), changed;
		add(&reply, overload, sizeof overload);
		memcpy(reply.data + at, router, sizeof router);
		struct buffer frame = udp(4, 67, 68, &reply);
		assert_int_equal(filter(&nothing, &frame, &changed), LP_HOSTCONF_CHANGED);
		assert_int_equal(changed.data[42 + at], 0);
		assert_int_equal(changed.data[42 + at + 6], 255);
	}
	/* Without the overload option those fields are names, whatever their bytes look like. */
	struct buffer reply = dhcp4_reply(&own);
	memcpy(reply.data + 108, router, sizeof router);
	struct buffer frame = udp(4, 67, 68, &reply);
	assert_int_equal(filter(&nothing, &frame, &(struct buffer){0}), LP_HOSTCONF_PASS);
}

static void test_dhcp4_without_checksum(void **state)
{
	(void)state;
	static const uint8_t router[] = {3, 4, 10, 77, 0, 1, 255};
	struct buffer reply = dhcp4_reply(&own), changed = {0};
	add(&reply, router, sizeof router);
	struct buffer frame = udp(4, 67, 68, &reply);
	memset(frame.data + 40, 0, 2);
	assert_int_equal(lp_hostconf_filter(&nothing, &own, frame.data, frame.len, changed.data, &changed.len),
		LP_HOSTCONF_CHANGED);
	assert_int_equal(changed.data[40] | changed.data[41], 0);
}

/* What is not for this host, or not a reply, passes; what a host might read differently is dropped. */
static void test_dhcp4_others(void **state)
{
	(void)state;
	static const uint8_t router[] = {3, 4, 10, 77, 0, 1, 255}, cut[] = {3, 200, 10};
	struct buffer reply = dhcp4_reply(&(struct lp_mac){{2, 0, 0, 0, 0, 9}}), changed;
	add(&reply, router, sizeof router);
	struct buffer frame = udp(4, 67, 68, &reply);
	assert_int_equal(filter(&nothing, &frame, &changed), LP_HOSTCONF_PASS);

	reply = dhcp4_reply(&own);
	add(&reply, router, sizeof router);
	reply.data[0] = 1;
	frame = udp(4, 67, 68, &reply);
	assert_int_equal(filter(&nothing, &frame, &changed), LP_HOSTCONF_PASS);
	reply.data[0] = 2;
	frame = udp(4, 5000, 6000, &reply);
	assert_int_equal(filter(&nothing, &frame, &changed), LP_HOSTCONF_PASS);
	frame = udp(4, 5000, 68, &reply);
	assert_int_equal(filter(&nothing, &frame, &changed), LP_HOSTCONF_CHANGED);

	reply = dhcp4_reply(&own);
	add(&reply, cut, sizeof cut);
	frame = udp(4, 67, 68, &reply);
	assert_int_equal(filter(&nothing, &frame, &changed), LP_HOSTCONF_DROP);
	reply.len = 100;
	frame = udp(4, 67, 68, &reply);
	assert_int_equal(filter(&nothing, &frame, &changed), LP_HOSTCONF_DROP);
}

/* A first fragment hides the options behind it. */
static void test_dhcp4_fragment(void **state)
{
	(void)state;
	struct buffer reply = dhcp4_reply(&own), changed;
	struct packet packet = {
		.version = 4, .protocol = PACKET_UDP, .source_port = 67, .target_port = 68, .fragment = 0x2000};
	packet.payload = reply.data;
	packet.payload_len = reply.len;
	struct buffer frame = {.len = 0};
	frame.len = packet_build(&packet, frame.data);
	assert_int_equal(filter(&nothing, &frame, &changed), LP_HOSTCONF_DROP);
}

/* A priority tag (VLAN 0) hides nothing, and frames of a VLAN are not for this host. */
static void test_tags(void **state)
{
	(void)state;
	static const uint8_t router[] = {3, 4, 10, 77, 0, 1, 255};
	struct buffer reply = dhcp4_reply(&own), changed = {0};
	add(&reply, router, sizeof router);
	struct packet packet = {
		.version = 4, .protocol = PACKET_UDP, .source_port = 67, .target_port = 68, .n_tags = 1};
	packet.tpid[0] = 0x8100;
	packet.payload = reply.data;
	packet.payload_len = reply.len;
	struct buffer frame = {.len = 0};
	frame.len = packet_build(&packet, frame.data);
	assert_int_equal(lp_hostconf_filter(&nothing, &own, frame.data, frame.len, changed.data, &changed.len),
		LP_HOSTCONF_CHANGED);
	packet.tci[0] = 20;
	frame.len = packet_build(&packet, frame.data);
	assert_int_equal(filter(&nothing, &frame, &changed), LP_HOSTCONF_PASS);
}

/* A router advertisement with its options: source MAC, prefix, route, RDNSS, DNSSL, MTU. */
static struct buffer advertisement(void)
{
	static const uint8_t header[16] = {134, 0, 0, 0, 64, 0x08, 0x07, 0x08};
	static const uint8_t mac[8] = {1, 1, 2, 0, 0, 0, 0, 0xaa}, prefix[32] = {3, 4, 64, 0xc0, 1};
	static const uint8_t route[16] = {24, 2, 0, 8}, rdnss[24] = {25, 3}, dnssl[16] = {31, 2}, mtu[8] = {5, 1};
	struct buffer message = {.len = 0};
	add(&message, header, sizeof header);
	add(&message, mac, sizeof mac);
	add(&message, prefix, sizeof prefix);
	add(&message, route, sizeof route);
	add(&message, rdnss, sizeof rdnss);
	add(&message, dnssl, sizeof dnssl);
	add(&message, mtu, sizeof mtu);
	return message;
}

static void test_router_advertisement(void **state)
{
	(void)state;
	struct buffer message = advertisement(), frame = icmp6(&message, NULL, 0), changed;
	assert_int_equal(filter(&nothing, &frame, &changed), LP_HOSTCONF_CHANGED);
	assert_int_equal(changed.len, frame.len - 16 - 24 - 16);
	const uint8_t *ra = changed.data + 54;
	assert_int_equal(ra[5], 0);
	assert_int_equal(ra[6] | ra[7], 0);
	assert_memory_equal(ra + 16, message.data + 16, 40);
	assert_int_equal(ra[16 + 40], 5);
	assert_int_equal(filter(&nothing, &changed, &(struct buffer){0}), LP_HOSTCONF_PASS);

	assert_int_equal(filter(&routes, &frame, &changed), LP_HOSTCONF_CHANGED);
	assert_int_equal(changed.data[54 + 6], 0x07);
	assert_int_equal(changed.len, frame.len - 24 - 16);
	assert_int_equal(filter(&names, &frame, &changed), LP_HOSTCONF_CHANGED);
	assert_int_equal(changed.len, frame.len - 16);
	assert_int_equal(filter(&everything, &frame, &changed), LP_HOSTCONF_PASS);
}

/* What a host might read although we cannot, must not reach it (RFC 7113). */
static void test_router_advertisement_hidden(void **state)
{
	(void)state;
	struct buffer message = advertisement(), changed;
	static const uint8_t hop = 0, fragment = 44;
	struct buffer frame = icmp6(&message, &hop, 1);
	assert_int_equal(lp_hostconf_filter(&nothing, &own, frame.data, frame.len, changed.data, &changed.len),
		LP_HOSTCONF_CHANGED);
	frame = icmp6(&message, &fragment, 1);
	packet_put16(frame.data + 54 + 2, 1); /* offset 0, more fragments follow */
	assert_int_equal(filter(&nothing, &frame, &changed), LP_HOSTCONF_DROP);
	message.data[17] = 0; /* an option of no length */
	frame = icmp6(&message, NULL, 0);
	assert_int_equal(filter(&nothing, &frame, &changed), LP_HOSTCONF_DROP);
	assert_int_equal(filter(&everything, &frame, &changed), LP_HOSTCONF_PASS);
	message = advertisement();
	message.len -= 4; /* the last option is cut off */
	frame = icmp6(&message, NULL, 0);
	assert_int_equal(filter(&nothing, &frame, &changed), LP_HOSTCONF_DROP);
	message.data[0] = 135; /* a neighbour solicitation is no configuration */
	frame = icmp6(&message, NULL, 0);
	assert_int_equal(filter(&nothing, &frame, &changed), LP_HOSTCONF_PASS);
}

static void test_dhcp6(void **state)
{
	(void)state;
	static const uint8_t header[4] = {7, 1, 2, 3}, client_id[6] = {0, 1, 0, 2, 0xab, 0xcd};
	static const uint8_t dns[20] = {0, 23, 0, 16}, domain[8] = {0, 24, 0, 4}, address[6] = {0, 3, 0, 2, 1, 2};
	struct buffer message = {.len = 0}, changed;
	add(&message, header, sizeof header);
	add(&message, client_id, sizeof client_id);
	add(&message, dns, sizeof dns);
	add(&message, domain, sizeof domain);
	add(&message, address, sizeof address);
	struct buffer frame = udp(6, 547, 546, &message);
	assert_int_equal(filter(&nothing, &frame, &changed), LP_HOSTCONF_CHANGED);
	assert_int_equal(changed.len, frame.len - 28);
	assert_memory_equal(changed.data + 62 + 10, address, sizeof address);
	assert_int_equal(filter(&nothing, &changed, &(struct buffer){0}), LP_HOSTCONF_PASS);
	assert_int_equal(filter(&names, &frame, &changed), LP_HOSTCONF_PASS);
	message.data[0] = 1; /* a client's solicit */
	frame = udp(6, 547, 546, &message);
	assert_int_equal(filter(&nothing, &frame, &changed), LP_HOSTCONF_PASS);
	message.data[0] = 7;
	message.len -= 1;
	frame = udp(6, 547, 546, &message);
	assert_int_equal(filter(&nothing, &frame, &changed), LP_HOSTCONF_DROP);
}

/* Bytes behind the IP packet stay behind it. */
static void test_padding(void **state)
{
	(void)state;
	struct buffer message = advertisement(), frame = icmp6(&message, NULL, 0), changed;
	static const uint8_t padding[] = {0xee, 0xdd, 0xcc};
	add(&frame, padding, sizeof padding);
	assert_int_equal(filter(&nothing, &frame, &changed), LP_HOSTCONF_CHANGED);
	assert_int_equal(changed.len, frame.len - 56);
	assert_memory_equal(changed.data + changed.len - 3, padding, sizeof padding);
}

static void test_oversize(void **state)
{
	(void)state;
	struct buffer reply = dhcp4_reply(&own), changed;
	reply.len = 2100;
	struct buffer frame = udp(4, 67, 68, &reply);
	assert_int_equal(filter(&nothing, &frame, &changed), LP_HOSTCONF_DROP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dhcp4_options),
		cmocka_unit_test(test_dhcp4_overload),
		cmocka_unit_test(test_dhcp4_without_checksum),
		cmocka_unit_test(test_dhcp4_others),
		cmocka_unit_test(test_dhcp4_fragment),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_router_advertisement),
		cmocka_unit_test(test_router_advertisement_hidden),
		cmocka_unit_test(test_dhcp6),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_oversize),
	};
	return cmocka_run_group_tests_name("hostconf", tests, NULL, NULL);
}
