#include "room/multicast.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "filter/view.h"

#include "frame_parts.h"

/* Three clients and the gateway of a room. */
enum who {
	ALICE,
	BOB,
	CAROL,
	GATEWAY,
	N_WHO,
};

#define BIT(who) (1U << (who))
#define ALL UINT32_MAX           /* flooded */
#define GATEWAY_ONLY 0x40000000U /* to no client */
#define HOST(who) STATION_MAC((who) + 1)
#define GROUP 0xef010203U   /* 239.1.2.3 */
#define ANOTHER 0xef010204U /* 239.1.2.4 */

struct snoop {
	struct lp_multicast multicast;
	struct lp_multicast_member member[N_WHO];
	uint64_t now_ns;
};

static void open_snoop(struct snoop *snoop)
{
	static const uint8_t key[LP_SIPHASH_KEY] = {7};
	snoop->now_ns = LP_SEC;
	lp_multicast_init(&snoop->multicast, key);
	for (size_t i = 0; i < N_WHO; i++)
		lp_multicast_member_init(&snoop->member[i]);
}

static void close_snoop(struct snoop *snoop)
{
	for (size_t i = 0; i < N_WHO; i++)
		lp_multicast_member_remove(&snoop->multicast, &snoop->member[i]);
	lp_multicast_done(&snoop->multicast);
}

/* Forwards a frame; returns the clients that receive it, ALL or GATEWAY_ONLY. */
static unsigned forward(struct snoop *snoop, enum who from, const uint8_t *frame, size_t len)
{
	struct lp_view view;
	struct lp_multicast_group *group = NULL;
	unsigned targets = 0;
	lp_view_init(&view, frame, len);
	view.mtu = 1500;
	switch (lp_multicast_forward(
		&snoop->multicast, &snoop->member[from], from == GATEWAY, &view, snoop->now_ns, &group)) {
	case LP_MULTICAST_TO_ALL:
		return ALL;
	case LP_MULTICAST_TO_GATEWAY:
		return GATEWAY_ONLY;
	case LP_MULTICAST_TO_GROUP:
		break;
	}
	LP_LIST_EACH(node, lp_multicast_memberships(group)) {
		const struct lp_multicast_membership *membership = LP_LIST_ELEMENT(
			node, struct lp_multicast_membership, of_group);
		targets |= BIT(membership->member - snoop->member);
	}
	LP_LIST_EACH(node, &snoop->multicast.everything) {
		targets |= BIT(LP_LIST_ELEMENT(node, struct lp_multicast_member, node) - snoop->member);
	}
	return targets;
}

/* A frame whose IP destination is |group|; |upper| follows the IP header. */
static unsigned send4(struct snoop *snoop, enum who from, uint64_t station, uint32_t group, uint8_t protocol,
	const uint8_t *upper, size_t upper_len)
{
	const struct part parts[] = {TYPE(0x0800), IP4(protocol), BYTES((int)upper_len, 0), {PART_END, 0, 0, 0}};
	uint8_t frame[FRAME_MAX];
	size_t len = make_frame(frame, UINT64_C(0x01005e000000) | (group & 0x7fffff), station, parts);
	lp_be32_put(frame + 30, group);
	memcpy(frame + 34, upper, upper_len);
	return forward(snoop, from, frame, len);
}

/* The same for IPv6; the group is ffSS::|group| of scope |scope|. */
static unsigned send6(struct snoop *snoop, enum who from, uint8_t scope, uint32_t group, uint8_t protocol,
	const uint8_t *upper, size_t upper_len)
{
	const struct part parts[] = {TYPE(0x86dd), IP6(protocol), BYTES((int)upper_len, 0), {PART_END, 0, 0, 0}};
	uint8_t frame[FRAME_MAX];
	size_t len = make_frame(frame, UINT64_C(0x333300000000) | group, HOST(from), parts);
	frame[38] = 0xff;
	frame[39] = scope;
	lp_be32_put(frame + 50, group);
	memcpy(frame + 54, upper, upper_len);
	return forward(snoop, from, frame, len);
}

/* A frame of a stream from the LAN. */
static unsigned stream(struct snoop *snoop, uint32_t group)
{
	return send4(snoop, GATEWAY, STATION_MAC(99), group, 17, (const uint8_t[8]){0}, 8);
}

/* A message of IGMPv1 or v2 from the host of a client. */
static unsigned igmp_from(struct snoop *snoop, enum who from, uint64_t station, uint8_t type, uint32_t group)
{
	uint8_t message[8] = {type};
	lp_be32_put(message + 4, group);
	return send4(snoop, from, station, type == 0x17 ? 0xe0000002U : group, 2, message, sizeof message);
}

static unsigned igmp(struct snoop *snoop, enum who from, uint8_t type, uint32_t group)
{
	return igmp_from(snoop, from, HOST(from), type, group);
}

#define JOIN 0x16
#define LEAVE 0x17

/* A report of IGMPv3 with one group record. */
static unsigned igmp3(struct snoop *snoop, enum who from, uint8_t type, uint16_t n_sources, uint32_t group)
{
	uint8_t message[64] = {0x22, 0, 0, 0, 0, 0, 0, 1, type};
	lp_be16_put(message + 10, n_sources);
	lp_be32_put(message + 12, group);
	return send4(snoop, from, HOST(from), 0xe0000016U, 2, message, 16 + n_sources * 4U);
}

static unsigned query(struct snoop *snoop, enum who from)
{
	return igmp(snoop, from, 0x11, 0xe0000001U);
}

static void test_join_and_leave(void **state)
{
	struct snoop snoop;
	(void)state;
	open_snoop(&snoop);
	assert_int_equal(stream(&snoop, GROUP), ALL); /* no client has reported it */
	assert_int_equal(igmp(&snoop, ALICE, JOIN, GROUP), GATEWAY_ONLY);
	assert_int_equal(stream(&snoop, GROUP), BIT(ALICE));
	assert_int_equal(stream(&snoop, ANOTHER), ALL);
	igmp(&snoop, BOB, 0x12, GROUP); /* IGMPv1 */
	assert_int_equal(stream(&snoop, GROUP), BIT(ALICE) | BIT(BOB));
	assert_int_equal(igmp(&snoop, ALICE, LEAVE, GROUP), GATEWAY_ONLY);
	assert_int_equal(stream(&snoop, GROUP), BIT(BOB));
	igmp(&snoop, CAROL, LEAVE, GROUP); /* was not in it */
	assert_int_equal(stream(&snoop, GROUP), BIT(BOB));
	close_snoop(&snoop);
}

/* A group that its last member left is not flooded while frames are sent to it, and forgotten later. */
static void test_last_leave(void **state)
{
	struct snoop snoop;
	(void)state;
	open_snoop(&snoop);
	igmp(&snoop, ALICE, JOIN, GROUP);
	igmp(&snoop, ALICE, LEAVE, GROUP);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(stream(&snoop, GROUP), 0);
		snoop.now_ns += LP_MULTICAST_AGE_NS;
	}
	snoop.now_ns += 1;
	assert_int_equal(stream(&snoop, GROUP), ALL);
	assert_int_equal(snoop.multicast.n_groups, 0);

	igmp(&snoop, ALICE, JOIN, GROUP);
	lp_multicast_member_remove(&snoop.multicast, &snoop.member[ALICE]); /* it left the room */
	assert_int_equal(stream(&snoop, GROUP), 0);
	close_snoop(&snoop);
}

/* Records of IGMPv3 (RFC 3376 §4.2.12): what they mean for a client that is in the group, and for one that is not. */
static void test_records(void **state)
{
	static const struct {
		uint8_t type;
		uint16_t n_sources;
		bool was_in, is_in;
	} rows[] = {
		{1, 0, false, false},
		{1, 2, false, true},
		{2, 0, false, true},
		{2, 3, false, true},
		{3, 0, true, false},
		{3, 1, false, true},
		{4, 0, false, true},
		{5, 1, false, true},
		{5, 0, false, false},
		{6, 1, true, true},
		{6, 1, false, false},
		{9, 1, false, false},
		{9, 0, true, true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct snoop snoop;
		open_snoop(&snoop);
		igmp(&snoop, BOB, JOIN, GROUP);
		if (rows[i].was_in)
			igmp(&snoop, ALICE, JOIN, GROUP);
		assert_int_equal(igmp3(&snoop, ALICE, rows[i].type, rows[i].n_sources, GROUP), GATEWAY_ONLY);
		if (stream(&snoop, GROUP) != (BIT(BOB) | (rows[i].is_in ? BIT(ALICE) : 0)))
			fail_msg("record %u with %u sources", rows[i].type, rows[i].n_sources);
		close_snoop(&snoop);
	}
}

/* Several records, auxiliary data, and every length that cuts the report: nothing is read beyond its end. */
static void test_cut_report(void **state)
{
	static const uint8_t report[] = {
		0x22, 0, 0, 0, 0, 0, 0, 2, 4, 1, 0, 1, 239, 1, 2, 3, 1, 1, 1, 1, 9, 9, 9, 9, 4, 0, 0, 0, 239, 1, 2, 4};
	(void)state;
	for (size_t len = 0; len <= sizeof report; len++) {
		struct snoop snoop;
		open_snoop(&snoop);
		igmp(&snoop, BOB, JOIN, GROUP);
		igmp(&snoop, BOB, JOIN, ANOTHER);
		assert_int_equal(
			send4(&snoop, ALICE, HOST(ALICE), 0xe0000016U, 2, report, len), len ? GATEWAY_ONLY : ALL);
		assert_int_equal(stream(&snoop, GROUP), BIT(BOB) | (len >= 24 ? BIT(ALICE) : 0));
		assert_int_equal(stream(&snoop, ANOTHER), BIT(BOB) | (len >= 32 ? BIT(ALICE) : 0));
		close_snoop(&snoop);
	}
}

/* What is always flooded. */
static void test_flooded(void **state)
{
	static const struct part game[] = {TYPE(0x0800), IP4(17), UDP(1, 2), {PART_END, 0, 0, 0}};
	static const struct part tagged[] = {TAG(0x8100, 5), TYPE(0x0800), IP4(17), UDP(1, 2), {PART_END, 0, 0, 0}};
	static const struct part other[] = {TYPE(0x8137), BYTES(40, 0xef), {PART_END, 0, 0, 0}};
	struct snoop snoop;
	uint8_t frame[FRAME_MAX];
	(void)state;
	open_snoop(&snoop);
	igmp(&snoop, ALICE, JOIN, GROUP);
	igmp(&snoop, ALICE, JOIN, 0xe00000fb); /* mDNS, 224.0.0.251 */
	assert_int_equal(snoop.multicast.n_groups, 1);
	assert_int_equal(stream(&snoop, 0xe00000fb), ALL);
	assert_int_equal(stream(&snoop, 0xe00000ff), ALL);
	igmp(&snoop, ALICE, JOIN, 0xe0000100); /* 224.0.1.0 is snooped */
	assert_int_equal(stream(&snoop, 0xe0000100), BIT(ALICE));
	size_t len = make_frame(frame, BROADCAST, HOST(BOB), game);
	lp_be32_put(frame + 30, GROUP); /* to the broadcast MAC */
	assert_int_equal(forward(&snoop, BOB, frame, len), ALL);
	len = make_frame(frame, 0x01005e010203, HOST(BOB), tagged);
	lp_be32_put(frame + 34, GROUP);
	assert_int_equal(forward(&snoop, BOB, frame, len), ALL);
	len = make_frame(frame, 0x01005e010203, HOST(BOB), other);
	assert_int_equal(forward(&snoop, BOB, frame, len), ALL);
	assert_int_equal(forward(&snoop, BOB, frame, 13), ALL);
	len = make_frame(frame, 0x01005e010203, HOST(BOB), game);
	lp_be32_put(frame + 30, 0x0a000001); /* unicast IP in a group frame */
	assert_int_equal(forward(&snoop, BOB, frame, len), ALL);
	assert_int_equal(query(&snoop, BOB), ALL);
	assert_int_equal(igmp(&snoop, GATEWAY, 0x11, GROUP), ALL); /* a query for the group */
	close_snoop(&snoop);
}

/* MLD: the same rules, with scopes instead of 224.0.0.0/24. */
static void test_mld(void **state)
{
	static const uint8_t data[8];
	uint8_t v1[24] = {131, 0, 0, 0, 0, 0, 0, 0, 0xff, 5},
		v2[28] = {143, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 0xff, 0x18};
	uint8_t solicited[24] = {131, 0, 0, 0, 0, 0, 0, 0, 0xff, 2};
	struct snoop snoop;
	(void)state;
	v1[23] = v2[27] = solicited[23] = 9;
	open_snoop(&snoop);
	assert_int_equal(send6(&snoop, GATEWAY, 5, 9, 17, data, 8), ALL);
	assert_int_equal(send6(&snoop, ALICE, 5, 9, 58, v1, sizeof v1), GATEWAY_ONLY);
	assert_int_equal(send6(&snoop, GATEWAY, 5, 9, 17, data, 8), BIT(ALICE));
	assert_int_equal(send6(&snoop, BOB, 2, 0x16, 58, v2, sizeof v2), GATEWAY_ONLY);
	assert_int_equal(send6(&snoop, GATEWAY, 0x18, 9, 17, data, 8), BIT(BOB));
	assert_int_equal(send6(&snoop, BOB, 2, 9, 58, solicited, sizeof solicited), GATEWAY_ONLY);
	assert_int_equal(send6(&snoop, GATEWAY, 2, 9, 17, data, 8), ALL);    /* link-local */
	assert_int_equal(send6(&snoop, GATEWAY, 0x12, 9, 17, data, 8), ALL); /* link-local, not permanent */
	assert_int_equal(send6(&snoop, ALICE, 2, 1, 58, (const uint8_t[24]){135}, 24), ALL); /* neighbour discovery */
	v1[0] = 132;
	assert_int_equal(send6(&snoop, ALICE, 2, 2, 58, v1, sizeof v1), GATEWAY_ONLY);
	assert_int_equal(send6(&snoop, GATEWAY, 5, 9, 17, data, 8), 0);
	close_snoop(&snoop);
}

/* The gateway's reports are those of LAN hosts: they reach no client, and are not recorded. */
static void test_gateway_reports(void **state)
{
	struct snoop snoop;
	(void)state;
	open_snoop(&snoop);
	assert_int_equal(igmp(&snoop, GATEWAY, JOIN, GROUP), GATEWAY_ONLY);
	assert_int_equal(igmp3(&snoop, GATEWAY, 4, 0, GROUP), GATEWAY_ONLY);
	assert_int_equal(snoop.multicast.n_groups, 0);
	close_snoop(&snoop);
}

/* Memberships age only while the gateway's side sends queries. */
static void test_ageing(void **state)
{
	struct snoop snoop;
	(void)state;
	open_snoop(&snoop);
	igmp(&snoop, ALICE, JOIN, GROUP);
	snoop.now_ns += 10 * LP_MULTICAST_AGE_NS;
	query(&snoop, BOB); /* a client's queries do not count */
	snoop.now_ns += LP_MULTICAST_AGE_NS + 1;
	assert_int_equal(stream(&snoop, GROUP), BIT(ALICE));

	igmp(&snoop, BOB, JOIN, GROUP);
	query(&snoop, GATEWAY); /* the hosts have time to answer */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(stream(&snoop, GROUP), BIT(ALICE) | BIT(BOB));
		snoop.now_ns += 125 * LP_SEC;
		query(&snoop, GATEWAY);
		igmp(&snoop, BOB, JOIN, GROUP);
	}
	assert_int_equal(stream(&snoop, GROUP), BIT(ALICE) | BIT(BOB));
	snoop.now_ns += 11 * LP_SEC;
	assert_int_equal(stream(&snoop, GROUP), BIT(BOB));

	snoop.now_ns += 2 * LP_MULTICAST_AGE_NS; /* the querier stopped */
	assert_int_equal(stream(&snoop, GROUP), BIT(BOB));
	close_snoop(&snoop);
}

/* With two hosts behind a client, the leave of one does not end the membership. */
static void test_two_hosts(void **state)
{
	struct snoop snoop;
	(void)state;
	open_snoop(&snoop);
	igmp_from(&snoop, ALICE, STATION_MAC(50), JOIN, GROUP);
	igmp_from(&snoop, ALICE, STATION_MAC(51), LEAVE, GROUP);
	assert_int_equal(stream(&snoop, GROUP), BIT(ALICE));
	igmp_from(&snoop, ALICE, STATION_MAC(51), JOIN, GROUP);
	igmp_from(&snoop, ALICE, STATION_MAC(51), LEAVE, GROUP);
	assert_int_equal(stream(&snoop, GROUP), BIT(ALICE));
	close_snoop(&snoop);
}

/* A client over its limit receives every group; empty groups are limited, too. */
static void test_limits(void **state)
{
	struct snoop snoop;
	(void)state;
	open_snoop(&snoop);
	igmp(&snoop, BOB, JOIN, GROUP);
	for (uint32_t i = 0; i < LP_MULTICAST_GROUPS_PER_MEMBER; i++)
		igmp(&snoop, ALICE, JOIN, 0xef050000U + i);
	assert_int_equal(stream(&snoop, GROUP), BIT(BOB));
	assert_int_equal(snoop.multicast.n_groups, LP_MULTICAST_GROUPS_PER_MEMBER + 1);
	igmp(&snoop, ALICE, JOIN, 0xef050000U); /* again */
	assert_int_equal(stream(&snoop, GROUP), BIT(BOB));
	igmp(&snoop, ALICE, JOIN, 0xef060000U);
	assert_int_equal(stream(&snoop, GROUP), BIT(ALICE) | BIT(BOB));
	igmp(&snoop, ALICE, JOIN, GROUP); /* once only */
	igmp(&snoop, ALICE, LEAVE, 0xef050000U);
	assert_int_equal(stream(&snoop, GROUP), BIT(ALICE) | BIT(BOB));

	for (uint32_t i = 0; i < 3 * LP_MULTICAST_EMPTY_MAX; i++) {
		igmp(&snoop, CAROL, JOIN, 0xef070000U + i);
		igmp(&snoop, CAROL, LEAVE, 0xef070000U + i);
		assert_in_range(snoop.multicast.n_empty, 1, LP_MULTICAST_EMPTY_MAX);
	}
	assert_int_equal(snoop.multicast.n_groups, LP_MULTICAST_EMPTY_MAX + 1);
	assert_int_equal(stream(&snoop, 0xef070000U), ALL);
	close_snoop(&snoop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_join_and_leave),
		cmocka_unit_test(test_last_leave),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_cut_report),
		cmocka_unit_test(test_flooded),
		cmocka_unit_test(test_mld),
		cmocka_unit_test(test_gateway_reports),
		cmocka_unit_test(test_ageing),
		cmocka_unit_test(test_two_hosts),
		cmocka_unit_test(test_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
