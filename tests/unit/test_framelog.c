/* The frame log: its option, which frames are logged, and the text; the throttle; counters. */
#include "obs/framelog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/units.h"
#include "obs/counters.h"
#include "obs/event.h"
#include "obs/histogram.h"
#include "obs/prometheus.h"

/* Values of --frame-log, accepted and refused. */
static void test_parse(void **state)
{
	static const struct {
		const char *text;
		int result;
		struct lp_framelog_config config;
	} rows[] = {
		{"off", 0, {0, 0, false}},
		{"all", 0, {1, LP_FRAMELOG_PER_S, false}},
		{"drops", 0, {1, LP_FRAMELOG_PER_S, true}},
		{"1/10", 0, {10, LP_FRAMELOG_PER_S, false}},
		{"5/s", 0, {1, 5, false}},
		{"0/s", 0, {1, 0, false}},
		{"drops,1/3,7/s", 0, {3, 7, true}},
		{"", LP_EINVAL, {0}},
		{"on", LP_EINVAL, {0}},
		{"1/0", LP_EINVAL, {0}},
		{"2/3", LP_EINVAL, {0}},
		{"1/", LP_EINVAL, {0}},
		{"1/9999999", LP_EINVAL, {0}},
		{"99999999999999999999/s", LP_EINVAL, {0}},
		{"drops,", LP_EINVAL, {0}},
		{",drops", LP_EINVAL, {0}},
		{"off,drops", LP_EINVAL, {0}},
		{"dropsdropsdropsdropsdrops", LP_EINVAL, {0}},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_framelog_config config = {0};
		struct lp_failure failure = {0};
		assert_int_equal(lp_framelog_parse(rows[i].text, &failure, &config), rows[i].result);
		assert_int_equal(config.one_in, rows[i].config.one_in);
		assert_int_equal(config.per_s, rows[i].config.per_s);
		assert_int_equal(config.drops_only, rows[i].config.drops_only);
		assert_int_equal(failure.code, rows[i].result);
	}
}

/* Number of logged frames of |n|, one every millisecond; every fifth is dropped. */
static unsigned count_lines(const char *policy, unsigned n)
{
	struct lp_framelog_config config;
	struct lp_framelog framelog;
	unsigned lines = 0;
	assert_int_equal(lp_framelog_parse(policy, NULL, &config), 0);
	lp_framelog_init(&framelog, &config);
	for (unsigned i = 0; i < n; i++)
		lines += lp_framelog_wants(&framelog, i % 5 == 0 ? LP_DROP_OVERSIZE : LP_DROP_NONE, LP_SEC + i * LP_MS);
	return lines;
}

/* Policies in figures. The burst is available at the start, then credit accrues evenly. */
static void test_policy(void **state)
{
	(void)state;
	assert_int_equal(count_lines("off", 1000), 0);
	assert_int_equal(count_lines("all,0/s", 1000), 1000);
	assert_int_equal(count_lines("drops,0/s", 1000), 200);
	assert_int_equal(count_lines("1/10,0/s", 1000), 100);
	assert_int_equal(count_lines("1/7,0/s", 1000), 142);
	assert_int_equal(count_lines("drops,1/10,0/s", 1000), 20);
	assert_in_range(count_lines("10/s", 10000), 10 + 99, 10 + 100);
	assert_in_range(count_lines("all", 10000), 100 + 990, 100 + 1000);
}

/* Records the line of an event. */
static void keep_line(void *ctx, enum lp_event event, const union lp_value *values)
{
	struct lp_text text;
	lp_text_init(&text, ctx, 400);
	lp_event_text(&text, event, values);
}

#define MACS "\xff\xff\xff\xff\xff\xff\x02\x5a\0\0\0\1"

/* The line for a frame, and for an invalid frame. */
static void test_line(void **state)
{
	static const struct {
		const char *frame;
		size_t len;
		enum lp_drop drop;
		size_t n_targets;
		const char *line;
	} rows[] = {
		{MACS "\x08\x06xxxx", 18, LP_DROP_NONE, 3,
			"frame room LAN peer 7 in 02:5a:00:00:00:01 > ff:ff:ff:ff:ff:ff 0x0806 18 bytes: forwarded to 3"},
		{MACS "\x08\x06xxxx", 18, LP_DROP_NONE, 0,
			"frame room LAN peer 7 in 02:5a:00:00:00:01 > ff:ff:ff:ff:ff:ff 0x0806 18 bytes: forwarded"},
		{MACS "\x00\x26xxxx", 18, LP_DROP_SWITCH_CONTROL, 0,
			"frame room LAN peer 7 in 02:5a:00:00:00:01 > ff:ff:ff:ff:ff:ff length 38 18 bytes: dropped: "
			"switch_control"},
		{MACS "\x81\x00\x20\x05\x86\xdd", 18, LP_DROP_NONE, 1,
			"frame room LAN peer 7 in 02:5a:00:00:00:01 > ff:ff:ff:ff:ff:ff 0x86dd vlan 5 18 bytes: forwarded to "
			"1"},
		{MACS "\x88\xa8\x00\x09\x81\x00\x00\x05\x86\xdd", 22, LP_DROP_NONE, 1,
			"frame room LAN peer 7 in 02:5a:00:00:00:01 > ff:ff:ff:ff:ff:ff 0x86dd vlan 9 22 bytes: forwarded to "
			"1"},
		{"\xff\xff\xff", 3, LP_DROP_MALFORMED_FRAME, 0,
			"frame room LAN peer 7 in 00:00:00:00:00:00 > 00:00:00:00:00:00 length 0 3 bytes: dropped: "
			"malformed_frame"},
		{MACS "\x81\x00", 14, LP_DROP_MALFORMED_FRAME, 0,
			"frame room LAN peer 7 in 02:5a:00:00:00:01 > ff:ff:ff:ff:ff:ff length 0 14 bytes: dropped: "
			"malformed_frame"},
	};
	char line[400];
	struct lp_log log = {.level = LP_LEVEL_INFO, .sink = keep_line, .ctx = line};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		/* An exact copy: nothing after the frame is read. */
		uint8_t *exact = malloc(rows[i].len);
		assert_non_null(exact);
		memcpy(exact, rows[i].frame, rows[i].len);
		lp_framelog_write(&log, &(struct lp_frame_note){.room = "LAN",
						.peer_id = 7,
						.direction = "in",
						.frame = exact,
						.len = rows[i].len,
						.drop = rows[i].drop,
						.n_targets = rows[i].n_targets});
		free(exact);
		assert_string_equal(line, rows[i].line);
	}
	lp_framelog_write(&log, &(struct lp_frame_note){.room = "LAN",
					.peer_id = 7,
					.peer_name = "Bob",
					.direction = "in",
					.frame = (const uint8_t *)rows[0].frame,
					.len = rows[0].len,
					.n_targets = 1});
	assert_non_null(strstr(line, "frame room LAN peer 7 'Bob' in "));
}

/* Drops are summed, and printed by name. */
static void test_drops(void **state)
{
	static const uint64_t drops[LP_DROP_COUNT] = {[LP_DROP_ROGUE_RA] = 7, [LP_DROP_NOT_JOINED] = 1};
	char data[400];
	struct lp_text text;
	(void)state;
	lp_text_init(&text, data, sizeof data);
	lp_drops_text(&text, drops);
	assert_string_equal(data, "rogue_ra 7, not_joined 1");
	assert_int_equal(lp_drops_total(drops), 8);
	assert_string_equal(lp_drop_wire(LP_DROP_NONE), "none");
	assert_string_equal(lp_drop_wire((enum lp_drop)LP_DROP_COUNT), "unknown");
	assert_string_equal(lp_drop_text((enum lp_drop) - 1), "unknown");
}

/* Prometheus' text format, with a label that contains quotes. */
static void test_prometheus(void **state)
{
	char data[400];
	struct lp_text text;
	const struct lp_prometheus_label labels[] = {{"room", "a\"b\\c\nd"}, {"reason", "x"}};
	(void)state;
	lp_text_init(&text, data, sizeof data);
	lp_prometheus_metric(&text, "lp_drops_total", "counter", "frames dropped");
	lp_prometheus_sample(&text, "lp_drops_total", labels, 2, 7);
	lp_prometheus_sample(&text, "lp_rooms", NULL, 0, UINT64_MAX);
	assert_string_equal(data, "# HELP lp_drops_total frames dropped\n# TYPE lp_drops_total counter\n"
				  "lp_drops_total{room=\"a\\\"b\\\\c\\nd\",reason=\"x\"} 7\n"
				  "lp_rooms 18446744073709551615\n");
}

static void test_histogram(void **state)
{
	struct lp_histogram histogram = {0}, other = {0};
	char data[4096];
	struct lp_text text;
	(void)state;
	lp_histogram_add(&histogram, 1000); /* a bound belongs to its bucket */
	lp_histogram_add(&histogram, 1001);
	lp_histogram_add(&other, 9000000);
	lp_histogram_merge(&histogram, &other);
	lp_text_init(&text, data, sizeof data);
	lp_histogram_text(&text, "x_seconds", "Help.", &histogram);
	assert_false(text.cut);
	assert_non_null(strstr(data, "# TYPE x_seconds histogram\nx_seconds_bucket{le=\"0.001000\"} 1\n"
				     "x_seconds_bucket{le=\"0.002000\"} 2\n"));
	assert_non_null(strstr(data, "le=\"2.500000\"} 2\nx_seconds_bucket{le=\"+Inf\"} 3\nx_seconds_sum 9.002001\n"
				     "x_seconds_count 3\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_prometheus),
		cmocka_unit_test(test_histogram),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
