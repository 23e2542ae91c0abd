/* The relay's options: their defaults are those that the relay itself has. */
#include "relay/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Options with their defaults. */
static void init(struct lp_relay_options *relay, struct lp_options *options)
{
	*relay = (struct lp_relay_options){0};
	lp_options_init(options, &lp_relay_program);
	lp_options_add(options, lp_relay_option_rows, lp_relay_option_rows_n, relay);
}

/* The relay of the tests and simulations is the relay that the program starts. */
static void test_defaults(void **state)
{
	struct lp_relay_config expected;
	struct lp_relay_options relay;
	struct lp_options options;
	(void)state;
	init(&relay, &options);
	lp_relay_config_init(&expected);
	const struct lp_relay_config *config = &relay.relay;
	assert_int_equal(config->max_rooms, expected.max_rooms);
	assert_int_equal(config->max_peers, expected.max_peers);
	assert_int_equal(config->max_peers_per_room, expected.max_peers_per_room);
	assert_int_equal(config->max_conns_per_source, expected.max_conns_per_source);
	assert_int_equal(config->max_handshakes, expected.max_handshakes);
	assert_int_equal(config->max_handshakes_per_source, expected.max_handshakes_per_source);
	assert_int_equal(config->max_macs_per_gateway, expected.max_macs_per_gateway);
	assert_int_equal(config->room_mtu, expected.room_mtu);
	assert_int_equal(config->hello_timeout_ns, expected.hello_timeout_ns);
	assert_int_equal(config->stats_interval_ns, expected.stats_interval_ns);
	assert_int_equal(config->idle_timeout_ns, expected.idle_timeout_ns);
	assert_int_equal(config->queue_max_bytes, expected.queue_max_bytes);
	assert_int_equal(config->pool_max_bytes, expected.pool_max_bytes);
	assert_int_equal(config->malformed_limit, expected.malformed_limit);
	assert_int_equal(config->joins.per_s, expected.joins.per_s);
	assert_int_equal(config->joins.burst, expected.joins.burst);
	for (size_t i = 0; i < LP_LIMIT_COUNT; i++) {
		assert_int_equal(config->limits.client[i].per_s, expected.limits.client[i].per_s);
		assert_int_equal(config->limits.client[i].burst, expected.limits.client[i].burst);
		assert_int_equal(config->limits.gateway[i].per_s, expected.limits.gateway[i].per_s);
		assert_int_equal(config->limits.gateway[i].burst, expected.limits.gateway[i].burst);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
	};
	return cmocka_run_group_tests_name("relay_options", tests, NULL, NULL);
}
