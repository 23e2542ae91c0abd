/* The live view and the snapshot: their text, and that the block has a fixed number of lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/addr.h"
#include "base/text.h"
#include "base/units.h"
#include "obs/event.h"
#include "report/live_view.h"
#include "report/status.h"

static const struct lp_status full = {
	.text = "on the LAN: room PARTY, gateway 'basement'",
	.relay = "relay.example:443",
	.role = LP_ROLE_CLIENT,
	.gateway_name = "basement",
	.state = LP_MEMBER_JOINED,
	.summary = LP_SUMMARY_ON_LAN,
	.gateway_present = true,
	.latency = {.rtt_us = 12340, .jitter16_us = 16 * 420, .sampled = true},
	.relay_stats.gateway_rtt_us = 900,
	.has_relay_stats = true,
	.loss_up.ppm = 1250,
	.loss_down.ppm = 20000,
	.rates = {.up_bps = 1234567, .down_bps = 987, .up_fps = 340, .down_fps = 1},
	.counters.drops[LP_DROP_QUEUE_FULL] = 4,
	.relay_stats.counters.drops[LP_DROP_QUEUE_FULL] = 3,
	.n_peers = 5,
	.players = "Bob, Carol",
	.mtu = 1500,
	.unfragmented_mtu = 1422,
	.device_name = "lan0",
	.device.address = {.ip = {192, 0, 2, 17}, .family = 4},
	.mac = {{2, 0x5a, 0, 0, 0, 1}},
};

static void expect_view(const struct lp_status *status, uint64_t now_ns, size_t columns, const char *expected)
{
	char data[4096];
	struct lp_text text;
	lp_text_init(&text, data, sizeof data);
	lp_live_view_format(&text, status, now_ns, 24, columns);
	assert_string_equal(data, expected);
}

static void test_full(void **state)
{
	(void)state;
	struct lp_status status = full;
	expect_view(&full, 0, 200,
		"on the LAN: room PARTY, gateway 'basement'\n"
		"  ping     13.2 ms to the LAN, 12.3 ms to the relay, jitter 0.4 ms, lost up 0.12 %, down 2.00 %\n"
		"  traffic  1.2 Mbit/s up, 987 bit/s down, 7 frames dropped\n"
		"  players  Bob, Carol\n"
		"  relay    relay.example:443\n"
		"  device   lan0, 192.0.2.17, MAC 02:5a:00:00:00:01\n");
	status.n_members = 4;
	status.members[0] = (struct lp_status_member){
		.role = LP_ROLE_GATEWAY, .name = "basement", .route = "direct", .rtt_us = 4100};
	status.members[1] = (struct lp_status_member){.name = "Bob\033", .route = "forwarded", .rtt_us = 25000};
	status.members[2] = (struct lp_status_member){.name = "Carol", .route = "relay", .rtt_us = 1};
	status.members[3] = (struct lp_status_member){.route = "forwarded"};
	expect_view(&status, 0, 200,
		"on the LAN: room PARTY, gateway 'basement'\n"
		"  ping     13.2 ms to the LAN, 12.3 ms to the relay, jitter 0.4 ms, lost up 0.12 %, down 2.00 %\n"
		"  traffic  1.2 Mbit/s up, 987 bit/s down, 7 frames dropped\n"
		"  players  Bob, Carol\n"
		"  links    basement direct 4.1 ms, Bob\\x1b forwarded 25.0 ms, a player forwarded 0.0 ms\n"
		"  relay    relay.example:443\n"
		"  device   lan0, 192.0.2.17, MAC 02:5a:00:00:00:01\n");
	status.n_members = 0;
	status.has_relay_stats = false;
	status.players[0] = '\0';
	status.counters.drops[LP_DROP_QUEUE_FULL] = 0;
	expect_view(&status, 0, 200,
		"on the LAN: room PARTY, gateway 'basement'\n"
		"  ping     12.3 ms to the relay, jitter 0.4 ms, lost up 0.12 %\n"
		"  traffic  1.2 Mbit/s up, 987 bit/s down\n"
		"  relay    relay.example:443\n"
		"  device   lan0, 192.0.2.17, MAC 02:5a:00:00:00:01\n");
}

/* A gateway shows the players, and no round trip to itself. */
static void test_gateway(void **state)
{
	(void)state;
	struct lp_status status = full;
	status.role = LP_ROLE_GATEWAY;
	strcpy(status.text, "room PARTY is on this LAN");
	status.device.address.family = 0;
	expect_view(&status, 0, 200,
		"room PARTY is on this LAN\n"
		"  ping     12.3 ms to the relay, jitter 0.4 ms, lost up 0.12 %, down 2.00 %\n"
		"  traffic  1.2 Mbit/s up, 987 bit/s down, 7 frames dropped\n"
		"  players  Bob, Carol\n"
		"  relay    relay.example:443\n"
		"  device   lan0, MAC 02:5a:00:00:00:01\n");
}

static void test_not_joined(void **state)
{
	(void)state;
	struct lp_status status = full;
	status.state = LP_MEMBER_WAITING;
	strcpy(status.text, "relay unreachable");
	status.retry_at_ns = 10 * LP_SEC;
	status.device.address.family = 0;
	strcpy(status.device.note, "down");
	expect_view(&status, 7500 * LP_MS, 200,
		"relay unreachable\n"
		"  relay    relay.example:443, next attempt in 2.5s\n"
		"  device   lan0, no address yet, MAC 02:5a:00:00:00:01, down\n");
}

/* Terminals of 40, 80 and 120 columns, and narrower ones. */
static void test_clipped(void **state)
{
	(void)state;
	static const struct {
		size_t columns;
		const char *ping;
	} rows[] = {
		{40, "\n  ping     13.2 ms to the LAN, 12.3 ms …\n"},
		{80, "\n  ping     13.2 ms to the LAN, 12.3 ms to the relay, jitter 0.4 ms, lost up 0.1…\n"},
		{120, "\n  ping     13.2 ms to the LAN, 12.3 ms to the relay, jitter 0.4 ms, lost up 0.12 %, down 2.00 %\n"},
	};
	struct lp_status status = full;
	char data[4096];
	struct lp_text text;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		lp_text_init(&text, data, sizeof data);
		lp_live_view_format(&text, &status, 0, 24, rows[i].columns);
		if (!strstr(data, rows[i].ping))
			fail_msg("%zu columns: %s", rows[i].columns, data);
	}
	strcpy(status.text, "Zoë's évening");
	status.state = LP_MEMBER_RESOLVING;
	expect_view(&status, 0, 12, "Zoë's éveni…\n  relay    …\n  device   …\n");
	expect_view(&status, 0, 13, "Zoë's évening\n  relay    r…\n  device   l…\n");
	expect_view(&status, 0, 0, "\n\n\n");
}

/* A terminal with too few rows. */
static void test_few_rows(void **state)
{
	(void)state;
	static const struct {
		size_t rows;
		const char *text;
	} rows[] = {{1, ""}, {2, "on the LAN\n"}, {LP_LIVE_VIEW_LINES, "on the LAN\n"}};
	struct lp_status status = full;
	char data[4096];
	struct lp_text text;
	strcpy(status.text, "on the LAN");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		lp_text_init(&text, data, sizeof data);
		lp_live_view_format(&text, &status, 0, rows[i].rows, 80);
		assert_string_equal(data, rows[i].text);
	}
	lp_text_init(&text, data, sizeof data);
	lp_live_view_format(&text, &status, 0, LP_LIVE_VIEW_LINES + 1, 80);
	assert_non_null(strstr(data, "\n  device "));
}

static void test_bit_rates(void **state)
{
	(void)state;
	static const struct {
		uint64_t bps;
		const char *text;
	} rows[] = {
		{0, "  traffic  0 bit/s up,"},
		{999, "  traffic  999 bit/s up,"},
		{1000, "  traffic  1.0 kbit/s up,"},
		{99949, "  traffic  99.9 kbit/s up,"},
		{100000, "  traffic  100 kbit/s up,"},
		{999999, "  traffic  999 kbit/s up,"},
		{1000000, "  traffic  1.0 Mbit/s up,"},
		{2500000000, "  traffic  2.5 Gbit/s up,"},
		{UINT64_MAX / 2, "  traffic  1844674 Tbit/s up,"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_status status = full;
		char data[4096];
		struct lp_text text;
		status.rates.up_bps = rows[i].bps;
		lp_text_init(&text, data, sizeof data);
		lp_live_view_format(&text, &status, 0, 24, 200);
		if (!strstr(data, rows[i].text))
			fail_msg("%s: %s", rows[i].text, data);
	}
}

/* Records the text of the last event. */
static void keep(void *ctx, enum lp_event event, const union lp_value *values)
{
	struct lp_text *text = ctx;
	lp_event_text(text, event, values);
}

static void test_snapshot(void **state)
{
	(void)state;
	char data[2048];
	struct lp_text text;
	struct lp_log log = {.level = LP_LEVEL_INFO, .sink = keep, .ctx = &text};
	struct lp_status status = full;
	status.rtt_ns = 12 * LP_MS;
	status.packets_lost = 3;
	status.budget_bytes = 1200;
	status.device.up = true;
	status.has_relay_stats = false;
	status.counters = (struct lp_link_counters){
		.frames_in = 1, .frames_out = 2, .bytes_in = 3, .bytes_out = 4, .datagrams_in = 5, .datagrams_out = 6};
	status.relay_stats = (struct lp_stats_message){.gateway_rtt_us = 900};
	assert_int_equal(lp_addr_parse("192.0.2.1:443", 0, &status.remote), 0);
	lp_text_init(&text, data, sizeof data);
	lp_status_log(&log, &status);
	assert_non_null(strstr(data, "on the LAN"));
	assert_non_null(strstr(data, "RTT 12ms"));
	assert_non_null(strstr(data, "192.0.2.17"));
	assert_null(strstr(data, "gateway"));
	assert_null(strstr(data, "drops"));
	assert_null(strstr(data, "bounds"));

	status.has_relay_stats = true;
	status.relay_stats.counters.drops[LP_DROP_LIMIT_BROADCAST] = 12;
	lp_text_init(&text, data, sizeof data);
	lp_status_log(&log, &status);
	assert_non_null(strstr(data, "drops relay: limit_broadcast 12"));
	assert_non_null(strstr(data, "12ms"));

	status.counters.drops[LP_DROP_QUEUE_FULL] = 1;
	lp_text_init(&text, data, sizeof data);
	lp_status_log(&log, &status);
	assert_non_null(strstr(data, "drops queue_full 1; relay: limit_broadcast 12"));
	status.bounds.peers_forgotten = 4;
	status.bounds.unusable = 7;
	lp_text_init(&text, data, sizeof data);
	lp_status_log(&log, &status);
	assert_non_null(strstr(data, "limit_broadcast 12, bounds peers_forgotten 4, unusable 7"));
	memset(&status.bounds, 0xff, sizeof status.bounds); /* the longest text */
	lp_text_init(&text, data, sizeof data);
	lp_status_log(&log, &status);
	assert_non_null(strstr(data, "tunnel_overflows 18446744073709551615"));
	lp_status_log(NULL, &status);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_gateway),
		cmocka_unit_test(test_not_joined),
		cmocka_unit_test(test_clipped),
		cmocka_unit_test(test_few_rows),
		cmocka_unit_test(test_bit_rates),
		cmocka_unit_test(test_snapshot),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
