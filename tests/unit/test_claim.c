#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/error.h"
#include "filter/claim.h"

#include "frame_parts.h"

#define NONE 0
#define BAD LP_EMALFORMED
#define ONE 1
#define ARP TYPE(0x0806)
#define IPV6 TYPE(0x86dd)
/* ARP; |mac|: last octet of the sender's MAC, |sender|, |target|: all octets of the IPv4 address. */
#define ARP_BODY(operation, mac, sender, target) \
	{PART_U16, 1, 0, 0}, {PART_U16, 0x0800, 0, 0}, {PART_U16, 0x0604, 0, 0}, {PART_U16, operation, 0, 0}, \
		STATION(mac), BYTES(4, sender), BYTES(6, 0), BYTES(4, target), BYTES(18, 0)
/* Neighbour solicitation and advertisement for a target with 16 equal octets. */
#define SOLICITATION(target) BYTE(135), BYTES(7, 0), BYTES(16, target)
#define ADVERTISEMENT(flags, target) BYTE(136), BYTES(3, 0), BYTE(flags), BYTES(3, 0), BYTES(16, target)
#define LINK_OPTION(type, mac) BYTE(type), BYTE(1), STATION(mac)
#define V6(octets) octets ":" octets ":" octets ":" octets ":" octets ":" octets ":" octets ":" octets

/* A frame from station 1, and its claim as one of a client and as one of the LAN. */
struct row {
	const char *text;
	int client, lan;
	enum lp_claim_kind kind;
	uint64_t station; /* 0: station 1 */
	const char *address;
	struct part parts[PARTS_MAX];
};

static const struct row rows[] = {
	{"request", ONE, ONE, LP_CLAIM_USE, 0, "10.10.10.10", {ARP, ARP_BODY(1, 1, 10, 11)}},
	{"reply", ONE, ONE, LP_CLAIM_REPLY, 0, "10.10.10.10", {ARP, ARP_BODY(2, 1, 10, 11)}},
	{"gratuitous request", ONE, ONE, LP_CLAIM_USE, 0, "10.10.10.10", {ARP, ARP_BODY(1, 1, 10, 10)}},
	{"gratuitous reply", ONE, ONE, LP_CLAIM_USE, 0, "10.10.10.10", {ARP, ARP_BODY(2, 1, 10, 10)}},
	{"probe", ONE, ONE, LP_CLAIM_PROBE, 0, "11.11.11.11", {ARP, ARP_BODY(1, 1, 0, 11)}},
	{"reply without an address", NONE, NONE, 0, 0, NULL, {ARP, ARP_BODY(2, 1, 0, 11)}},
	{"another operation", ONE, ONE, LP_CLAIM_REPLY, 0, "10.10.10.10", {ARP, ARP_BODY(8, 1, 10, 11)}},
	{"a group's address", NONE, NONE, 0, 0, NULL, {ARP, ARP_BODY(2, 1, 224, 11)}},
	{"the address of all", NONE, NONE, 0, 0, NULL, {ARP, ARP_BODY(2, 1, 255, 11)}},
	{"for another station", BAD, ONE, LP_CLAIM_REPLY, STATION_MAC(2), "10.10.10.10", {ARP, ARP_BODY(2, 2, 10, 11)}},
	{"for another station, in tagged SNAP", BAD, ONE, LP_CLAIM_REPLY, STATION_MAC(2), "10.10.10.10",
		{TAG(0x8100, 0), LEN(0), SNAP(0, 0x0806), ARP_BODY(2, 2, 10, 11)}},
	{"request in a VLAN", ONE, ONE, LP_CLAIM_USE, 0, "10.10.10.10", {TAG(0x8100, 5), ARP, ARP_BODY(1, 1, 10, 11)}},
	{"cut", BAD, NONE, 0, 0, NULL,
		{ARP, {PART_U16, 1, 0, 0}, {PART_U16, 0x0800, 0, 0}, {PART_U16, 0x0604, 0, 0}, {PART_U16, 1, 0, 0},
			STATION(1), BYTES(13, 0)}},
	{"another length of addresses", BAD, NONE, 0, 0, NULL,
		{ARP, {PART_U16, 1, 0, 0}, {PART_U16, 0x0800, 0, 0}, {PART_U16, 0x0804, 0, 0}, {PART_U16, 1, 0, 0},
			STATION(1), BYTES(40, 9)}},
	{"another protocol", BAD, NONE, 0, 0, NULL,
		{ARP, {PART_U16, 1, 0, 0}, {PART_U16, 0x86dd, 0, 0}, {PART_U16, 0x0604, 0, 0}, {PART_U16, 1, 0, 0},
			STATION(1), BYTES(40, 9)}},
	{"RARP request", NONE, NONE, 0, 0, NULL, {TYPE(0x8035), ARP_BODY(3, 1, 0, 0)}},
	{"RARP request for another station", BAD, NONE, 0, 0, NULL, {TYPE(0x8035), ARP_BODY(3, 2, 0, 0)}},
	{"RARP reply", BAD, NONE, 0, 0, NULL, {TYPE(0x8035), ARP_BODY(4, 1, 10, 11)}},
	{"solicitation", ONE, ONE, LP_CLAIM_USE, 0, "fe80::7",
		{IPV6, IP6_FROM(58, 7), SOLICITATION(0x22), LINK_OPTION(1, 1)}},
	{"solicitation without options", ONE, ONE, LP_CLAIM_USE, 0, "fe80::7",
		{IPV6, IP6_FROM(58, 7), SOLICITATION(0x22)}},
	{"probe of IPv6", ONE, ONE, LP_CLAIM_PROBE, 0, V6("2222"), {IPV6, IP6(58), SOLICITATION(0x22)}},
	{"advertisement", ONE, ONE, LP_CLAIM_USE, 0, V6("2222"),
		{IPV6, IP6_FROM(58, 7), ADVERTISEMENT(0x20, 0x22), LINK_OPTION(2, 1)}},
	{"advertisement, solicited", ONE, ONE, LP_CLAIM_REPLY, 0, V6("2222"),
		{IPV6, IP6_FROM(58, 7), ADVERTISEMENT(0x60, 0x22), LINK_OPTION(2, 1)}},
	{"advertisement behind options", ONE, NONE, LP_CLAIM_USE, 0, V6("2222"),
		{IPV6, {PART_IP6, 60, 7, 0}, EXT(58, 0), ADVERTISEMENT(0x20, 0x22), LINK_OPTION(2, 1)}},
	{"advertisement in SNAP", ONE, ONE, LP_CLAIM_USE, 0, V6("2222"),
		{LEN(0), SNAP(0, 0x86dd), IP6_FROM(58, 7), ADVERTISEMENT(0x20, 0x22), LINK_OPTION(2, 1)}},
	{"advertisement for another station", BAD, ONE, LP_CLAIM_USE, STATION_MAC(2), V6("2222"),
		{IPV6, IP6_FROM(58, 7), ADVERTISEMENT(0x20, 0x22), LINK_OPTION(2, 2)}},
	{"advertisement with the wrong option for another station", BAD, ONE, LP_CLAIM_USE, STATION_MAC(2), V6("2222"),
		{IPV6, IP6_FROM(58, 7), ADVERTISEMENT(0x20, 0x22), LINK_OPTION(1, 2)}},
	{"advertisement behind an unknown option", ONE, ONE, LP_CLAIM_USE, 0, V6("2222"),
		{IPV6, IP6_FROM(58, 7), ADVERTISEMENT(0x20, 0x22), BYTE(14), BYTE(1), BYTES(6, 0), LINK_OPTION(2, 1)}},
	{"an option of length 0", BAD, NONE, 0, 0, NULL,
		{IPV6, IP6_FROM(58, 7), ADVERTISEMENT(0x20, 0x22), BYTE(2), BYTE(0), STATION(2)}},
	{"an option beyond the end", BAD, NONE, 0, 0, NULL,
		{IPV6, IP6_FROM(58, 7), ADVERTISEMENT(0x20, 0x22), BYTE(14), BYTE(2), STATION(2)}},
	{"a longer hardware address", BAD, NONE, 0, 0, NULL,
		{IPV6, IP6_FROM(58, 7), ADVERTISEMENT(0x20, 0x22), BYTE(2), BYTE(2), STATION(1), BYTES(8, 0)}},
	{"advertisement that is cut", BAD, NONE, 0, 0, NULL, {IPV6, IP6_FROM(58, 7), BYTE(136), BYTES(22, 0)}},
	{"advertisement in a fragment", BAD, NONE, 0, 0, NULL,
		{IPV6, IP6_FROM(44, 7), FRAG(58, 0, 0), ADVERTISEMENT(0x20, 0x22), LINK_OPTION(2, 1)}},
	{"advertisement for a group", NONE, NONE, 0, 0, NULL, {IPV6, IP6_FROM(58, 7), ADVERTISEMENT(0x20, 0xff)}},
	{"router solicitation", ONE, ONE, LP_CLAIM_USE, 0, "fe80::7",
		{IPV6, IP6_FROM(58, 7), BYTE(133), BYTES(7, 0), LINK_OPTION(1, 1)}},
	{"router solicitation without an address", NONE, NONE, 0, 0, NULL, {IPV6, IP6(58), BYTE(133), BYTES(7, 0)}},
	{"router advertisement", ONE, ONE, LP_CLAIM_USE, 0, "fe80::7",
		{IPV6, IP6_FROM(58, 7), BYTE(134), BYTES(15, 0), LINK_OPTION(1, 1)}},
	{"ping", NONE, NONE, 0, 0, NULL, {IPV6, IP6_FROM(58, 7), BYTE(128), BYTES(7, 0)}},
	{"TCP", NONE, NONE, 0, 0, NULL, {IPV6, IP6_FROM(6, 7), BYTES(20, 0)}},
	{"game", NONE, NONE, 0, 0, NULL, {TYPE(0x0800), IP4(17), UDP(27015, 27015), BYTES(300, 0)}},
	{"unreadable", NONE, NONE, 0, 0, NULL, {TYPE(1501), BYTES(46, 0)}},
};

/* BOOTP from a server; |octets| of the assigned address, |mac| of the station. Then the cookie and options. */
#define BOOTP(op, octets, mac) \
	TYPE(0x0800), IP4(17), UDP(67, 68), BYTE(op), BYTES(15, 0), BYTES(4, octets), BYTES(8, 0), STATION(mac), \
		BYTES(202, 0), {PART_U16, 0x6382, 0, 0}, \
	{ \
		PART_U16, 0x5363, 0, 0 \
	}
#define MESSAGE(type) {PART_U16, 0x3501, 0, 0}, BYTE(type)

static const struct row dhcp_rows[] = {
	{"ACK", NONE, 1, LP_CLAIM_LEASE, STATION_MAC(2), "10.10.10.10", {BOOTP(2, 10, 2), MESSAGE(5), BYTE(255)}},
	{"ACK without the end option", NONE, 1, LP_CLAIM_LEASE, STATION_MAC(2), "10.10.10.10",
		{BOOTP(2, 10, 2), MESSAGE(5)}},
	{"ACK behind padding", NONE, 1, LP_CLAIM_LEASE, STATION_MAC(2), "10.10.10.10",
		{BOOTP(2, 10, 2), BYTES(9, 0), MESSAGE(5)}},
	{"ACK of an inform", NONE, 0, 0, 0, NULL, {BOOTP(2, 0, 2), MESSAGE(5), BYTE(255)}},
	{"ACK with two routers", NONE, 3, LP_CLAIM_LEASE, STATION_MAC(2), "10.10.10.10",
		{BOOTP(2, 10, 2), MESSAGE(5), {PART_U16, 0x0308, 0, 0}, BYTES(8, 20)}},
	{"ACK with more name servers than are evaluated", NONE, LP_CLAIMS_MAX, LP_CLAIM_LEASE, STATION_MAC(2),
		"10.10.10.10", {BOOTP(2, 10, 2), MESSAGE(5), {PART_U16, 0x0650, 0, 0}, BYTES(80, 20)}},
	{"ACK with an option beyond the end", NONE, 1, LP_CLAIM_LEASE, STATION_MAC(2), "10.10.10.10",
		{BOOTP(2, 10, 2), MESSAGE(5), {PART_U16, 0x0309, 0, 0}, BYTES(8, 20)}},
	{"OFFER", NONE, 0, 0, 0, NULL, {BOOTP(2, 10, 2), MESSAGE(2), BYTE(255)}},
	{"NAK", NONE, 0, 0, 0, NULL, {BOOTP(2, 10, 2), MESSAGE(6), BYTE(255)}},
	{"request", NONE, 0, 0, 0, NULL, {BOOTP(1, 10, 2), MESSAGE(5), BYTE(255)}},
	{"BOOTP without options", NONE, 0, 0, 0, NULL, {BOOTP(2, 10, 2)}},
	{"cut", NONE, 0, 0, 0, NULL, {TYPE(0x0800), IP4(17), UDP(67, 68), BYTE(2), BYTES(200, 0)}},
};

static void check_claim(const struct row *row, const struct lp_claim *claim)
{
	struct lp_addr address;
	assert_int_equal(lp_addr_parse(row->address, 0, &address), 0);
	if (claim->kind != row->kind || claim->station != (row->station ? row->station : STATION_MAC(1)) ||
		!lp_addr_equal(&claim->address, &address))
		fail_msg("%s: another claim", row->text);
}

static void check(const struct row *row)
{
	uint8_t frame[FRAME_MAX];
	struct lp_view view;
	struct lp_claim claims[LP_CLAIMS_MAX];
	size_t len = make_frame(frame, BROADCAST, STATION_MAC(1), row->parts);
	/* Exactly this many bytes, so that a sanitizer detects a read past the end. */
	uint8_t *exact = malloc(len);
	assert_non_null(exact);
	memcpy(exact, frame, len);
	lp_view_init(&view, exact, len);
	int result = lp_claim_of_client(&view, claims);
	if (result != row->client)
		fail_msg("%s: %d from a client, not %d", row->text, result, row->client);
	if (result > 0)
		check_claim(row, claims);
	lp_view_init(&view, exact, len);
	size_t n = lp_claims_of_lan(&view, claims);
	if (n != (size_t)row->lan)
		fail_msg("%s: %zu from the LAN, not %d", row->text, n, row->lan);
	if (n > 0)
		check_claim(row, claims);
	for (size_t i = 1; i < n; i++)
		assert_int_equal(claims[i].kind, LP_CLAIM_SERVER);
	free(exact);
}

static void test_arp_and_discovery(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check(&rows[i]);
}

static void test_dhcp(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof dhcp_rows / sizeof *dhcp_rows; i++)
		check(&dhcp_rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arp_and_discovery),
		cmocka_unit_test(test_dhcp),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
