/* The relay's options: defaults that equal the relay's own, and one line of help for each error. */
#include "relay/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"

/* Options with their defaults. */
static void init(struct lp_relay_options *relay, struct lp_options *options)
{
	*relay = (struct lp_relay_options){0};
	lp_options_init(options, &lp_relay_program);
	lp_options_add(options, lp_relay_option_rows, lp_relay_option_rows_n, relay);
}

/* The relay in tests and simulations has the configuration of the program. */
static void test_defaults(void **state)
{
	struct lp_relay_config expected;
	struct lp_relay_options relay;
	struct lp_options options;
	(void)state;
	init(&relay, &options);
	assert_int_equal(lp_relay_options_apply(&relay, NULL), 0);
	lp_relay_config_init(&expected);
	const struct lp_relay_config *config = &relay.relay;
	assert_int_equal(config->max_rooms, expected.max_rooms);
	assert_int_equal(config->max_peers, expected.max_peers);
	assert_int_equal(config->max_peers_per_room, expected.max_peers_per_room);
	assert_int_equal(config->max_conns_per_source, expected.max_conns_per_source);
	assert_int_equal(config->max_handshakes, expected.max_handshakes);
	assert_int_equal(config->max_handshakes_per_source, expected.max_handshakes_per_source);
	assert_int_equal(config->max_macs_per_gateway, expected.max_macs_per_gateway);
	assert_int_equal(config->max_stations, expected.max_stations);
	assert_int_equal(config->room_mtu, expected.room_mtu);
	assert_int_equal(config->hello_timeout_ns, expected.hello_timeout_ns);
	assert_int_equal(config->stats_interval_ns, expected.stats_interval_ns);
	assert_int_equal(config->idle_timeout_ns, expected.idle_timeout_ns);
	assert_int_equal(config->queue_max_bytes, expected.queue_max_bytes);
	assert_int_equal(config->pool_max_bytes, expected.pool_max_bytes);
	assert_int_equal(config->malformed_limit, expected.malformed_limit);
	assert_int_equal(config->filters, expected.filters);
	assert_int_equal(config->joins.per_s, expected.joins.per_s);
	assert_int_equal(config->joins.burst, expected.joins.burst);
	for (size_t i = 0; i < LP_LIMIT_COUNT; i++) {
		assert_int_equal(config->limits.client[i].per_s, expected.limits.client[i].per_s);
		assert_int_equal(config->limits.client[i].burst, expected.limits.client[i].burst);
		assert_int_equal(config->limits.gateway[i].per_s, expected.limits.gateway[i].per_s);
		assert_int_equal(config->limits.gateway[i].burst, expected.limits.gateway[i].burst);
	}
}

/* Errors state the unit of the limit, and a given value is never treated as "none". */
static void test_mistakes(void **state)
{
	static const struct {
		char argument[40];
		const char *text; /* NULL: accepted */
	} rows[] = {
		{"--limit-joins=off", NULL},
		{"--limit-joins=4", NULL},
		{"--limit-joins=4/256", NULL},
		{"--limit-joins=many",
			"--limit-joins: 'many' is not a limit. Use RATE or RATE/BURST, in members per second and members at "
			"once, such as 1000 or 1000/2000, or off"},
		{"--limit-total=1m",
			"--limit-total: '1m' is not a limit. Use RATE or RATE/BURST, in kbit per second and kbit at once, "
			"such as 1000 or 1000/2000, or off"},
		{"--gateway-limit-chatter=1/", "--gateway-limit-chatter: '1/': a number must follow the '/'"},
		{"--metrics=127.0.0.1:9464", NULL},
		{"--metrics=127.0.0.1:0", "--metrics: '127.0.0.1:0': a port is a number from 1 to 65535"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_relay_options relay;
		struct lp_options options;
		struct lp_failure failure = {0};
		char argument[sizeof rows[i].argument];
		char *argv[] = {NULL, argument};
		init(&relay, &options);
		memcpy(argument, rows[i].argument, sizeof argument);
		assert_int_equal(lp_options_parse(&options, 2, argv, &failure), rows[i].text ? LP_EINVAL : 0);
		assert_string_equal(failure.text, rows[i].text ? rows[i].text : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_mistakes),
	};
	return cmocka_run_group_tests_name("relay_options", tests, NULL, NULL);
}
