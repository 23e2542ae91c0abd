/* Garbage and malicious input on the UDP port, the control stream and in DATAGRAMs while others play. The others lose
   no frame, nothing crashes, nothing grows. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "base/mac.h"
#include "base/units.h"
#include "ctrl/message.h"
#include "party.h"
#include "platform/fake/device/port.h"
#include "relay/relay.h"
#include "relay/state.h"
#include "relay/status.h"
#include "rogue.h"
#include "room/room.h"
#include "room/state.h"

#define GAME_NS (LP_SEC / 60)

/* A playing party of three. */
static struct party *new_party(uint64_t seed)
{
	struct party *party = party_new(seed);
	party->relay_config.max_conns_per_source = 0;
	party_start_relay(party);
	party_add(party, LP_ROLE_GATEWAY, "LAN");
	party_add(party, LP_ROLE_CLIENT, "LAN");
	party_add(party, LP_ROLE_CLIENT, "LAN");
	assert_true(party_run_until_joined(party, 10 * LP_SEC));
	assert_true(party_all_reach_all(party, 5 * LP_SEC));
	return party;
}

/* A tick of the game. */
static void play(struct party *party)
{
	party_send(party->members[1], party->members[2], 64, 1);
	party_send(party->members[2], party->members[1], 64, 1);
	party_send(party->members[1], party->members[0], PARTY_FRAME_MAX, 1);
	party_send(party->members[0], party->members[2], PARTY_FRAME_MAX, 1);
	party_run(party, GAME_NS);
}

/* Every frame has arrived at its destination, and the party still works. */
static void check(struct party *party, unsigned n_ticks)
{
	static const unsigned pairs[][2] = {{1, 2}, {2, 1}, {1, 0}, {0, 2}};
	party_run(party, LP_SEC);
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		struct party_member *from = party->members[pairs[i][0]], *to = party->members[pairs[i][1]];
		assert_true(party_count(from, to) >= n_ticks);
	}
	for (unsigned i = 0; i < party->n_members; i++)
		assert_true(party_is_joined(party->members[i]));
	assert_int_equal(party->n_corrupt + party->n_twice + party->n_astray, 0);
	assert_true(party_all_reach_all(party, 5 * LP_SEC));
}

#define CAUGHT_MAX 400

/* Datagrams that members sent, as captured on the line. */
struct caught {
	uint8_t data[CAUGHT_MAX][1500];
	size_t len[CAUGHT_MAX];
	unsigned n;
};

static void catch (void *ctx, const struct lp_addr *to, const uint8_t *data, size_t len)
{
	struct caught *caught = ctx;
	(void)to;
	unsigned i = caught->n++ % CAUGHT_MAX;
	caught->len[i] = len < 1500 ? len : 1500;
	memcpy(caught->data[i], data, caught->len[i]);
}

/* Builds a datagram: random bytes, or a captured one unchanged, truncated, extended or with flipped bits. */
static size_t make_garbage(struct lp_dice *dice, const struct caught *caught, uint8_t data[1500])
{
	size_t len = 1 + lp_dice_below(dice, 1472);
	unsigned n_caught = caught->n < CAUGHT_MAX ? caught->n : CAUGHT_MAX;
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)lp_dice_next(dice);
	if (lp_dice_chance(dice, 0.2) || n_caught == 0) {
		data[0] |= lp_dice_chance(dice, 0.5) ? 0xc0 : 0x40;
		if (lp_dice_chance(dice, 0.5))
			memcpy(data + 1, (uint8_t[4]){0, 0, 0, 1}, 4);
		return len;
	}
	size_t i = lp_dice_below(dice, n_caught), caught_len = caught->len[i];
	memcpy(data, caught->data[i], caught_len);
	switch (lp_dice_below(dice, 4)) {
	case 0:
		return caught_len;
	case 1:
		return 1 + lp_dice_below(dice, caught_len);
	case 2:
		return caught_len > len ? caught_len : len;
	default:
		for (unsigned n = 1 + (unsigned)lp_dice_below(dice, 8); n > 0; n--)
			data[lp_dice_below(dice, caught_len)] ^= (uint8_t)(1U << lp_dice_below(dice, 8));
		return caught_len;
	}
}

/* Garbage and replayed packets on the relay's port, and on the members'. */
static void test_udp(void **state)
{
	(void)state;
	struct party *party = new_party(1);
	struct lp_dice *dice = lp_world_dice(party->world);
	static struct caught caught;
	struct lp_host *hosts[3];
	struct lp_addr relay, member;
	lp_addr_parse("192.0.2.1", 443, &relay);
	lp_addr_parse("198.51.100.2", 49152, &member);
	for (unsigned i = 0; i < 3; i++) {
		char ip[32];
		snprintf(ip, sizeof ip, "203.0.113.%u", i + 1);
		hosts[i] = lp_world_add_host(party->world, "garbage", ip);
		lp_host_watch(party->members[i]->host, catch, &caught);
	}
	lp_host_watch(party->relay_host, catch, &caught);
	for (unsigned tick = 0; tick < 600; tick++) {
		play(party);
		for (unsigned n = 0; n < 10; n++) {
			uint8_t data[1500];
			size_t len = make_garbage(dice, &caught, data);
			lp_host_send_raw(hosts[lp_dice_below(dice, 3)], (uint16_t)(40000 + lp_dice_below(dice, 20)),
				lp_dice_chance(dice, 0.8) ? &relay : &member, data, len);
		}
	}
	check(party, 600);
	assert_true(party_pictures_agree(party));
	party_free(party);
}

/* Forbidden control messages, and the relay's reaction. */
static void test_control(void **state)
{
	(void)state;
#define HELLO "{\"type\":\"hello\",\"version\":1,\"role\":\"client\",\"room\":\"LAN\",\"mac\":\"02:66:00:00:00:01\""
#define REST ",\"datagram_budget\":1400,\"software\":\"x\"}"
	static const struct {
		const char *data;
		size_t len;    /* length of raw bytes; 0: |data| is JSON */
		uint64_t code; /* with which the relay closes the connection */
	} rows[] = {
		{"\0\0\0\0", 4, LP_QUIC_APP_PROTOCOL}, {"\0\0\100\1", 4, LP_QUIC_APP_PROTOCOL},
		{"\377\377\377\377", 4, LP_QUIC_APP_PROTOCOL}, {"\0\0\0\1x", 5, LP_QUIC_APP_PROTOCOL},
		{"\0\0\0\2\300\200", 6, LP_QUIC_APP_PROTOCOL}, {"GET / HTTP/1.1\r\n\r\n", 18, LP_QUIC_APP_PROTOCOL},
		{"{}", 0, LP_QUIC_APP_PROTOCOL}, {"[]", 0, LP_QUIC_APP_PROTOCOL},
		{"{\"type\":1}", 0, LP_QUIC_APP_PROTOCOL}, {"{\"type\":\"stats\"}", 0, LP_QUIC_APP_PROTOCOL},
		{"{\"type\":\"never_heard_of\"}", 0, LP_QUIC_APP_PROTOCOL}, /* before hello */
		{HELLO "}", 0, LP_QUIC_APP_PROTOCOL},
		{HELLO ",\"mac\":\"02:66:00:00:00:02\"" REST, 0, LP_QUIC_APP_PROTOCOL},
		{"{\"type\":\"hello\",\"version\":2,\"role\":\"client\",\"room\":\"LAN\",\"mac\":\"02:66:00:00:00:"
		 "01\"" REST,
			0, LP_QUIC_APP_REJECTED},
		{"{\"type\":\"hello\",\"version\":1,\"role\":\"client\",\"room\":\"LAN\",\"mac\":\"01:66:00:00:00:"
		 "01\"" REST,
			0, LP_QUIC_APP_REJECTED},
		{"{\"type\":\"hello\",\"version\":1,\"role\":\"client\",\"room\":\"LAN\",\"mac\":\"02:5a:00:00:00:"
		 "02\"" REST,
			0, LP_QUIC_APP_REJECTED}, /* another member's */
		{"{\"type\":\"hello\",\"version\":1,\"role\":\"gateway\",\"room\":\"LAN\",\"mac\":\"02:66:00:00:00:"
		 "01\"" REST,
			0, LP_QUIC_APP_REJECTED},
		{HELLO ",\"datagram_budget\":100,\"software\":\"x\"}", 0, LP_QUIC_APP_REJECTED},
		{"", 0, LP_QUIC_APP_TIMEOUT}, /* no message */
	};
	struct party *party = new_party(2);
	unsigned n_ticks = 0;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rogue rogue;
		char ip[32];
		snprintf(ip, sizeof ip, "203.0.113.%u", (unsigned)i + 1);
		rogue_open(&rogue, party, ip);
		assert_true(rogue.ready);
		if (rows[i].len)
			rogue_say(&rogue, rows[i].data, rows[i].len);
		else if (rows[i].data[0])
			rogue_say_json(&rogue, rows[i].data);
		for (unsigned n = 0; n < 60 * 8 && !rogue.closed; n++, n_ticks++)
			play(party);
		assert_true(rogue.closed);
		assert_int_equal(rogue.why.kind, LP_QUIC_CLOSED_APP);
		if (rogue.why.code != rows[i].code)
			fprintf(stderr, "row %zu: %s\n", i, rogue.why.reason);
		assert_int_equal(rogue.why.code, rows[i].code);
		assert_true(rogue.why.reason[0] != 0);
		rogue_close(&rogue);
	}
	check(party, n_ticks);
	party_free(party);
}

/* What was logged. */
struct heard {
	unsigned n_broken, n_joined, n_rejected, n_left;
	char reason[32]; /* of the last member that left */
};

static void hear(void *ctx, enum lp_event event, const union lp_value *values)
{
	struct heard *heard = ctx;
	heard->n_broken += event == LP_EVENT_protocol_error;
	heard->n_joined += event == LP_EVENT_peer_joined;
	heard->n_rejected += event == LP_EVENT_peer_rejected;
	if (event == LP_EVENT_peer_left) {
		heard->n_left++;
		snprintf(heard->reason, sizeof heard->reason, "%s", values[5].str);
	}
}

/* Sends several messages in one go, so that the relay reads all of them together. */
static void say_all(struct rogue *rogue, const char *const *messages)
{
	uint8_t data[1000];
	size_t n = 0;
	for (; *messages; messages++) {
		size_t len = strlen(*messages);
		assert_true(n + 4 + len <= sizeof data);
		memcpy(data + n, (uint8_t[4]){0, 0, (uint8_t)(len >> 8), (uint8_t)len}, 4);
		memcpy(data + n + 4, *messages, len);
		n += 4 + len;
	}
	rogue_say(rogue, data, n);
}

/* The relay acts on no message after the one that ends the connection. */
static void test_last_message(void **state)
{
	(void)state;
#define X "{\"type\":\"x\"}"
#define BYE "{\"type\":\"disconnect\",\"code\":\"goodbye\",\"message\":\"\"}"
	static const struct {
		const char *messages[8];
		uint64_t code; /* that closes the connection */
		struct heard heard;
	} rows[] = {
		{{X, X, X, X, X, X, X}, LP_QUIC_APP_PROTOCOL, {.n_broken = 1}},
		{{X, HELLO REST, BYE}, LP_QUIC_APP_PROTOCOL, {.n_broken = 1}},
		{{HELLO ",\"datagram_budget\":1,\"software\":\"x\"}", HELLO REST, X}, LP_QUIC_APP_REJECTED,
			{.n_rejected = 1}},
		{{HELLO REST, BYE, X, HELLO REST, "{\"type\":\"stats\"}"}, LP_QUIC_APP_OK,
			{.n_joined = 1, .n_left = 1, .reason = "goodbye"}},
		{{HELLO REST, HELLO REST, BYE}, LP_QUIC_APP_PROTOCOL,
			{.n_broken = 1, .n_joined = 1, .n_left = 1, .reason = "protocol_error"}},
		{{HELLO REST, "{\"type\":\"stats\"}", BYE, X}, LP_QUIC_APP_PROTOCOL,
			{.n_broken = 1, .n_joined = 1, .n_left = 1, .reason = "protocol_error"}},
	};
	struct party *party = new_party(6);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rogue rogue;
		struct heard heard = {0};
		char ip[32];
		snprintf(ip, sizeof ip, "203.0.113.%u", (unsigned)i + 1);
		party->log = (struct lp_log){.level = LP_LEVEL_INFO, .sink = hear, .ctx = &heard};
		rogue_open(&rogue, party, ip);
		say_all(&rogue, rows[i].messages);
		party_run(party, LP_SEC);
		party->log = (struct lp_log){0};
		assert_true(rogue.closed);
		assert_int_equal(rogue.why.code, rows[i].code);
		if (memcmp(&heard, &rows[i].heard, sizeof heard) != 0)
			fail_msg("row %zu: %u broken, %u joined, %u rejected, %u left: %s", i, heard.n_broken,
				heard.n_joined, heard.n_rejected, heard.n_left, heard.reason);
		rogue_close(&rogue);
	}
	check(party, 0);
	assert_true(party_pictures_agree(party));
	party_free(party);
}

/* Sends a message of an unknown type with about |len| bytes that are expensive to parse. */
static void say_much(struct rogue *rogue, size_t len)
{
	char message[LP_MESSAGE_MAX + 1];
	size_t n = (size_t)sprintf(message, "{\"type\":\"x\",\"y\":[0");
	while (n + 6 < len)
		n += (size_t)sprintf(message + n, ",{}");
	sprintf(message + n, "]}");
	rogue_say_json(rogue, message);
}

/* A member over the control-stream rate limit is disconnected before it affects the others. One that sends a message
   per second is not. */
static void test_control_flood(void **state)
{
	(void)state;
	struct party *party = new_party(7);
	struct rogue rogue;
	rogue_open(&rogue, party, "203.0.113.1");
	assert_true(rogue_join(&rogue, 1));
	for (unsigned n = 0; n < 4; n++)
		say_much(&rogue, LP_MESSAGE_MAX);
	party_run(party, LP_SEC);
	assert_true(rogue.closed);
	assert_int_equal(rogue.why.code, LP_QUIC_APP_PROTOCOL);
	rogue_close(&rogue);

	rogue_open(&rogue, party, "203.0.113.2");
	assert_true(rogue_join(&rogue, 2));
	for (unsigned n = 0; n < 60; n++) {
		say_much(&rogue, 3000);
		party_run(party, LP_SEC);
	}
	assert_false(rogue.closed);
	rogue_close(&rogue);
	check(party, 0);
	party_free(party);
}

/* Random bytes on the control stream, framed correctly and incorrectly, before and after the hello. */
static void test_control_noise(void **state)
{
	(void)state;
	struct party *party = new_party(3);
	struct lp_dice *dice = lp_world_dice(party->world);
	unsigned n_ticks = 0;
	for (unsigned round = 0; round < 60; round++) {
		struct rogue rogue;
		char ip[32];
		snprintf(ip, sizeof ip, "203.0.113.%u", round + 1);
		rogue_open(&rogue, party, ip);
		if (round % 2)
			rogue_join(&rogue, round);
		for (unsigned n = 0; n < 10; n++, n_ticks++) {
			uint8_t data[2000];
			size_t len = 1 + lp_dice_below(dice, sizeof data);
			for (size_t i = 0; i < len; i++)
				data[i] = (uint8_t)lp_dice_next(dice);
			if (len > 4 && lp_dice_chance(dice, 0.7)) {
				data[0] = data[1] = 0;
				data[2] = (uint8_t)((len - 4) >> 8);
				data[3] = (uint8_t)(len - 4);
			}
			rogue_say(&rogue, data, len);
			play(party);
		}
		rogue_close(&rogue);
	}
	check(party, n_ticks);
	party_free(party);
}

/* Writes a DATAGRAM that violates a rule, or an overlay datagram with random content. */
static size_t make_datagram(struct lp_dice *dice, uint8_t data[1400])
{
	size_t len = lp_dice_below(dice, 1380);
	for (size_t i = 0; i < 1400; i++)
		data[i] = (uint8_t)lp_dice_next(dice);
	if (lp_dice_chance(dice, 0.3))
		return len;
	data[0] = lp_dice_chance(dice, 0.6) ? 0x11 : 0x10; /* a fragment, a frame */
	data[1] = 0;
	data[6] &= 3;
	data[7] = (uint8_t)(data[6] + lp_dice_below(dice, 4));
	data[5] &= 7; /* few frame ids, so that they collide */
	return len;
}

/* Drops of a reason, as in the relay's metrics. */
static long dropped_by_metrics(const struct party *party, const char *reason)
{
	struct lp_relay_status status = {0};
	char row[100];
	assert_int_equal(lp_relay_status_add(party->relay, &status), 0);
	char *text = lp_relay_metrics_text(&status);
	snprintf(row, sizeof row, "lanparty_relay_drops_total{reason=\"%s\"} ", reason);
	const char *at = text ? strstr(text, row) : NULL;
	long n = at ? strtol(at + strlen(row), NULL, 10) : -1;
	free(text);
	lp_relay_status_done(&status);
	return n;
}

/* Members that send only malformed DATAGRAMs are disconnected, without effect on others. */
static void test_datagrams(void **state)
{
	(void)state;
	struct party *party = new_party(4);
	struct lp_dice *dice = lp_world_dice(party->world);
	unsigned n_ticks = 0, n_ended = 0;
	for (unsigned round = 0; round < 10; round++) {
		struct rogue rogue;
		char ip[32];
		snprintf(ip, sizeof ip, "203.0.113.%u", round + 1);
		rogue_open(&rogue, party, ip);
		if (round % 4)
			assert_true(rogue_join(&rogue, round));
		for (unsigned n = 0; n < 120 && !rogue.closed; n++, n_ticks++) {
			for (unsigned k = 0; k < 8; k++) {
				uint8_t data[1400];
				size_t len = make_datagram(dice, data);
				rogue_datagram(&rogue, data, len);
			}
			play(party);
		}
		if (rogue.closed) {
			assert_int_equal(rogue.why.code, LP_QUIC_APP_MALFORMED);
			n_ended++;
		}
		rogue_close(&rogue);
	}
	assert_true(n_ended >= 5);
	check(party, n_ticks);
	assert_true(dropped_by_metrics(party, "malformed_datagram") > 0);
	assert_true(dropped_by_metrics(party, "not_joined") > 0);
	party_free(party);
}

/* A member that never reads. Its queue is bounded, and the others' frames are not delayed. */
static void test_slow_reader(void **state)
{
	(void)state;
	struct party *party = new_party(5);
	struct rogue rogue;
	rogue_open(&rogue, party, "203.0.113.1");
	assert_true(rogue_join(&rogue, 1));
	lp_host_set_offline(rogue.host, true);
	unsigned n_ticks = 0;
	for (; n_ticks < 15 * 60; n_ticks++) {
		for (unsigned n = 0; n < 4; n++)
			party_send(party->members[2], NULL, PARTY_FRAME_MAX, 7);
		play(party);
		assert_true(party->members[2]->from[1]->latency_ns < 20 * LP_MS);
	}
	check(party, n_ticks);
	rogue_close(&rogue);
	party_free(party);
}

/* Drops in links are added to the relay's totals once, and stay there when the member has left. */
static void test_drops_told(void **state)
{
	(void)state;
	struct party *party = new_party(7);
	struct rogue rogue;
	rogue_open(&rogue, party, "203.0.113.1");
	assert_true(rogue_join(&rogue, 1));
	for (unsigned i = 0; i < 7; i++)
		rogue_datagram(&rogue, (uint8_t[60]){0x1f}, 60);
	rogue_datagram(&rogue, (uint8_t[60]){0x11, [7] = 2}, 60); /* the first half of a frame, never the other */
	for (unsigned i = 0; i < 2; i++) {
		party_run(party, 3 * LP_SEC);
		assert_int_equal(dropped_by_metrics(party, "malformed_datagram"), 7);
		assert_int_equal(dropped_by_metrics(party, "reassembly"), 1);
		rogue_say_json(&rogue, BYE);
	}
	assert_true(rogue.closed);
	rogue_close(&rogue);
	check(party, 0);
	party_free(party);
}

/* A relay that does not follow the protocol. The member's close reason states the violation. */
static void test_bad_relay(void **state)
{
	(void)state;
	static const struct {
		const char *says; /* NULL: no message */
		enum lp_quic_app_error code;
		const char *reason;
	} rows[] = {
		{NULL, LP_QUIC_APP_TIMEOUT, "did not answer the hello"},
		{"{\"type\":\"hello\"}", LP_QUIC_APP_PROTOCOL, "broke the protocol"},
		{"{\"type\":\"stats\",\"frames_in\":0,\"frames_out\":0,\"bytes_in\":0,\"bytes_out\":0,"
		 "\"datagrams_in\":0,\"datagrams_out\":0}",
			LP_QUIC_APP_PROTOCOL, "a message before the welcome"},
		{"{\"type\":\"reject\",\"code\":\"room_full\",\"message\":\"no\"}", LP_QUIC_APP_OK, "refused: no"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct party *party = party_new(1);
		struct rogue relay;
		rogue_listen(&relay, party);
		party_add(party, LP_ROLE_CLIENT, "LAN");
		party_run(party, LP_SEC);
		assert_true(relay.ready);
		if (rows[i].says)
			rogue_say_json(&relay, rows[i].says);
		party_run(party, 11 * LP_SEC);
		assert_true(relay.closed);
		assert_int_equal(relay.why.kind, LP_QUIC_CLOSED_APP);
		if (relay.why.code != rows[i].code || !strstr(relay.why.reason, rows[i].reason))
			fail_msg("row %zu: %u, %s", i, (unsigned)relay.why.code, relay.why.reason);
		rogue_close(&relay);
		party_free(party);
	}
}

/* A member whose room another worker has connects again, to that worker. A redirect to where it was is final. */
static void test_redirect(void **state)
{
	(void)state;
	static const char redirect[] =
		"{\"type\":\"reject\",\"code\":\"redirect\",\"message\":\"no\",\"steer\":\"a5\"}";
	struct party *party = party_new(1);
	struct rogue relay;
	rogue_listen(&relay, party);
	party_add(party, LP_ROLE_CLIENT, "LAN");
	party_run(party, LP_SEC);
	assert_int_equal(relay.first_byte, lp_room_steer("LAN"));
	for (unsigned i = 0; i < 2; i++) {
		assert_true(relay.ready);
		relay.ready = relay.closed = false;
		relay.first_byte = -1;
		rogue_say_json(&relay, redirect);
		party_run(party, 5 * LP_SEC);
		assert_true(relay.closed);
		assert_int_equal(relay.first_byte, i == 0 ? 0xa5 : -1);
	}
	assert_false(relay.ready);
	rogue_close(&relay);
	party_free(party);
}

/* A frame of |len| bytes at most in a DATAGRAM, after the overlay header. */
static struct lp_writer start_frame(uint8_t *datagram, size_t size, uint64_t dst, uint64_t src, uint16_t type)
{
	struct lp_writer w = lp_writer_init(datagram, size);
	lp_writer_u32(&w, 0x10000000);
	lp_writer_uint(&w, dst, 6);
	lp_writer_uint(&w, src, 6);
	lp_writer_u16(&w, type);
	return w;
}

/* Gratuitous ARP of station |src|: it says that |address| is at |mac|. */
static size_t write_arp(uint8_t *datagram, size_t size, uint64_t src, uint64_t mac, uint32_t address)
{
	struct lp_writer w = start_frame(datagram, size, UINT64_C(0xffffffffffff), src, 0x0806);
	lp_writer_u64(&w, UINT64_C(0x0001080006040002));
	lp_writer_uint(&w, mac, 6);
	lp_writer_u32(&w, address);
	lp_writer_uint(&w, 0, 6);
	lp_writer_u32(&w, address);
	lp_writer_zero(&w, 18);
	return lp_writer_len(&w);
}

/* A DHCP DISCOVER of station |src| for the hardware address |chaddr|. */
static size_t write_discover(uint8_t *datagram, size_t size, uint64_t src, uint64_t chaddr)
{
	struct lp_writer w = start_frame(datagram, size, UINT64_C(0xffffffffffff), src, 0x0800);
	lp_writer_u32(&w, 0x45000114);
	lp_writer_u32(&w, 0);
	lp_writer_u32(&w, 0x40110000);
	lp_writer_u32(&w, 0);
	lp_writer_u32(&w, UINT32_MAX);
	lp_writer_u64(&w, UINT64_C(0x0044004301000000));
	lp_writer_u32(&w, 0x01010600);
	lp_writer_zero(&w, 24);
	lp_writer_uint(&w, chaddr, 6);
	lp_writer_zero(&w, 214);
	return lp_writer_len(&w);
}

#define THIEF_MAC UINT64_C(0x026600000001)
#define LAN_ADDRESS 0x0a000001U
#define ATTEMPTS 200U

/* ARP frames that arrived at a member with the thief's MAC. */
static unsigned n_stolen;

static void on_victim_frame(void *ctx, const struct lp_frame *frame)
{
	(void)ctx;
	bool arp = frame->len >= 32 && frame->data[12] == 8 && frame->data[13] == 6;
	n_stolen += arp && lp_mac_key(frame->data + 22) == THIEF_MAC && frame->data[31] == (uint8_t)LAN_ADDRESS;
}

/* A member that tries to take the addresses of a LAN station and of another member, to fill tables with MACs, to empty
   the LAN's pool of addresses, and to become the gateway. Each is dropped or refused, and the party plays on. */
static void test_thieves(void **state)
{
	static struct rogue rogue, impostor, stranger;
	struct party *party = new_party(17);
	const struct party_member *lan = party->members[0], *victim = party->members[2];
	const uint64_t *drops = party->relay->counters.drops;
	struct lp_room *room;
	uint8_t datagram[400];
	char json[400], mac[LP_MAC_TEXT_MAX];
	(void)state;
	rogue_open(&rogue, party, "198.51.100.77");
	assert_true(rogue_join(&rogue, 1));
	room = lp_peer_gateway(lp_rooms_find_id(party->relay->rooms, "LAN", 1))->room;

	/* IP thief: the LAN's station has used the address. */
	size_t len = write_arp(
		datagram, sizeof datagram, lp_mac_key(lan->mac.octet), lp_mac_key(lan->mac.octet), LAN_ADDRESS);
	assert_true(lp_port_put(lan->port, &(struct lp_frame){.data = datagram + 4, .len = len - 4}));
	party_run(party, LP_SEC);
	n_stolen = 0;
	lp_port_set_sink(victim->port, on_victim_frame, NULL);
	for (unsigned i = 0; i < ATTEMPTS; i++) {
		len = write_arp(datagram, sizeof datagram, THIEF_MAC, THIEF_MAC, LAN_ADDRESS);
		rogue_datagram(&rogue, datagram, len);
		party_run(party, 10 * LP_MS);
	}
	assert_int_equal(drops[LP_DROP_ADDRESS_THEFT], ATTEMPTS);
	assert_int_equal(n_stolen, 0);
	/* The same for a free address passes: the test sees thefts. */
	len = write_arp(datagram, sizeof datagram, THIEF_MAC, THIEF_MAC, LAN_ADDRESS + 0x100);
	rogue_datagram(&rogue, datagram, len);
	party_run(party, 100 * LP_MS);
	assert_int_equal(n_stolen, 1);
	party_run(party, LP_SEC);

	/* MAC thieves: frames with the LAN station's MAC, and with many others. */
	size_t n_macs = room->macs.n_entries;
	for (unsigned i = 0; i < ATTEMPTS; i++) {
		uint64_t src = i == 0 ? lp_mac_key(lan->mac.octet) : THIEF_MAC + 0x100 + i;
		len = write_arp(datagram, sizeof datagram, src, src, LAN_ADDRESS + i);
		rogue_datagram(&rogue, datagram, len);
		party_run(party, 10 * LP_MS);
	}
	assert_int_equal(drops[LP_DROP_SPOOFED_SOURCE], ATTEMPTS);
	assert_int_equal(room->macs.n_entries, n_macs);
	rogue_open(&impostor, party, "198.51.100.78");
	snprintf(json, sizeof json,
		"{\"type\":\"hello\",\"version\":1,\"role\":\"client\",\"room\":\"LAN\",\"mac\":\"%s\","
		"\"datagram_budget\":1400,\"software\":\"thief\"}",
		lp_mac_format(&lan->mac, mac));
	rogue_say_json(&impostor, json);
	party_run(party, LP_SEC);
	assert_true(rogue_received(&impostor, "duplicate_mac"));

	/* DHCP starvation: for other hardware addresses, and for its own. */
	for (unsigned i = 0; i < ATTEMPTS; i++) {
		len = write_discover(datagram, sizeof datagram, THIEF_MAC, THIEF_MAC + 0x1000 + i);
		rogue_datagram(&rogue, datagram, len);
		len = write_discover(datagram, sizeof datagram, THIEF_MAC, THIEF_MAC);
		rogue_datagram(&rogue, datagram, len);
		party_run(party, 5 * LP_MS);
	}
	assert_int_equal(drops[LP_DROP_DHCP_SOURCE], ATTEMPTS);
	assert_in_range(drops[LP_DROP_LIMIT_DHCP], ATTEMPTS - 50, ATTEMPTS - 30);

	/* A gateway that the room does not need. */
	rogue_open(&stranger, party, "198.51.100.79");
	rogue_say_json(&stranger,
		"{\"type\":\"hello\",\"version\":1,\"role\":\"gateway\",\"room\":\"LAN\",\"mac\":\"02:66:00:00:00:09\","
		"\"datagram_budget\":1400,\"software\":\"thief\"}");
	party_run(party, LP_SEC);
	assert_true(rogue_received(&stranger, "gateway_exists"));

	rogue_close(&rogue);
	rogue_close(&impostor);
	rogue_close(&stranger);
	for (unsigned i = 0; i < 3; i++)
		assert_true(party_is_joined(party->members[i]));
	party_free(party);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_thieves),
		cmocka_unit_test(test_udp),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_control_noise),
		cmocka_unit_test(test_datagrams),
		cmocka_unit_test(test_control_flood),
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_last_message),
		cmocka_unit_test(test_drops_told),
		cmocka_unit_test(test_bad_relay),
		cmocka_unit_test(test_redirect),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
