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
		"  relay    relay.example:443, RTT 12.3 ms, jitter 0.4 ms, loss up 0.12 %, down 2.00 %\n"
		"  gateway  basement, RTT 13.2 ms\n"
		"  traffic  up 1.2 Mbit/s (340 frames/s), down 987 bit/s (1 frames/s), dropped 7\n"
		"  room     5 others, MTU 1500, in one piece up to 1422\n"
		"  device   lan0, 192.0.2.17, MAC 02:5a:00:00:00:01\n");
	status.has_relay_stats = false;
	expect_view(&status, 0, 200,
		"on the LAN: room PARTY, gateway 'basement'\n"
		"  relay    relay.example:443, RTT 12.3 ms, jitter 0.4 ms, loss up 0.12 %, down -\n"
		"  gateway  basement, RTT -\n"
		"  traffic  up 1.2 Mbit/s (340 frames/s), down 987 bit/s (1 frames/s), dropped 4\n"
		"  room     5 others, MTU 1500, in one piece up to 1422\n"
		"  device   lan0, 192.0.2.17, MAC 02:5a:00:00:00:01\n");
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
		"  gateway  \n"
		"  traffic  \n"
		"  room     \n"
		"  device   lan0, no address yet, MAC 02:5a:00:00:00:01, down\n");
	expect_view(
		&(struct lp_status){0}, 0, 200, "\n  relay    \n  gateway  \n  traffic  \n  room     \n  device   \n");
}

static void test_clipped(void **state)
{
	(void)state;
	struct lp_status status = full;
	strcpy(status.text, "Zoë's évening");
	status.gateway_present = false;
	expect_view(&status, 0, 12,
		"Zoë's évenin\n"
		"  relay    r\n"
		"  gateway  n\n"
		"  traffic  u\n"
		"  room     5\n"
		"  device   l\n");
	expect_view(&status, 0, 0, "\n\n\n\n\n\n");
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
		{0, "up 0 bit/s ("},
		{999, "up 999 bit/s ("},
		{1000, "up 1.0 kbit/s ("},
		{99949, "up 99.9 kbit/s ("},
		{100000, "up 100 kbit/s ("},
		{999999, "up 999 kbit/s ("},
		{1000000, "up 1.0 Mbit/s ("},
		{2500000000, "up 2.5 Gbit/s ("},
		{UINT64_MAX / 2, "up 1844674 Tbit/s ("},
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
		cmocka_unit_test(test_not_joined),
		cmocka_unit_test(test_clipped),
		cmocka_unit_test(test_few_rows),
		cmocka_unit_test(test_bit_rates),
		cmocka_unit_test(test_snapshot),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
