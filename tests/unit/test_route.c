/* The kernel's routes and interfaces, queried and changed in a new namespace. */
#include "platform/net/route_change.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "netns.h"

/* A wire with addresses of both families and default routes. */
static const char *const setup_commands[] = {
	"ip link add wire type veth peer name far",
	"ip link set wire up",
	"ip link set far up",
	"ip addr add 192.0.2.2/24 dev wire",
	"ip addr add 2001:db8::2/64 dev wire nodad",
	"ip route add default via 192.0.2.1 metric 7",
	"ip route add ::/0 via 2001:db8::1",
};

static struct lp_addr addr(const char *text)
{
	struct lp_addr result;
	assert_int_equal(lp_addr_parse(text, 0, &result), 0);
	return result;
}

static const struct {
	const char *remote;
	int result;
	const char *next_hop, *source;
	uint8_t prefix_bits;
	uint32_t metric;
	bool loopback;
} rows[] = {
	{"203.0.113.10", 0, "192.0.2.1", "192.0.2.2", 0, 7, false},
	{"192.0.2.77", 0, "0.0.0.0", "192.0.2.2", 24, 0, false},
	{"127.0.0.1", 0, "0.0.0.0", "127.0.0.1", 8, 0, true},
	{"2001:db8:1::1", 0, "2001:db8::1", "2001:db8::2", 0, 1024, false},
	{"2001:db8::77", 0, "::", "2001:db8::2", 64, 256, false},
};

/* The kernel's decision. */
static void test_best(void **state)
{
	(void)state;
	struct lp_route_interface wire;
	assert_int_equal(lp_route_interface("wire", NULL, &wire), 0);
	assert_int_equal(lp_route_interface("none", NULL, &wire), LP_ENOTFOUND);
	struct lp_route route;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_route_query query = {.remote = addr(rows[i].remote)};
		struct lp_addr next_hop = addr(rows[i].next_hop), source = addr(rows[i].source);
		assert_int_equal(lp_route_best(&query, NULL, &route), rows[i].result);
		assert_true(lp_addr_equal(&route.next_hop, &next_hop));
		assert_true(lp_addr_equal(&route.source, &source));
		assert_int_equal(route.loopback, rows[i].loopback);
		if (rows[i].loopback)
			continue;
		assert_int_equal(route.interface.index, wire.index);
		assert_int_equal(route.prefix_bits, rows[i].prefix_bits);
		assert_int_equal(route.metric, rows[i].metric);
	}
}

/* A host route is added, exists, and is removed; both families. */
static void test_host_route(void **state)
{
	static const char *const remotes[] = {"203.0.113.10", "2001:db8:1::1", "192.0.2.77"};

	(void)state;
	for (size_t i = 0; i < sizeof remotes / sizeof remotes[0]; i++) {
		struct lp_route_query query = {.remote = addr(remotes[i])};
		struct lp_route route;
		assert_int_equal(lp_route_best(&query, NULL, &route), 0);
		route.destination = query.remote;
		route.prefix_bits = query.remote.family == 6 ? 128 : 32;
		route.metric = 0;
		assert_int_equal(lp_route_remove(&route, NULL), LP_ENOTFOUND);
		assert_int_equal(lp_route_add(&route, NULL), 0);
		assert_int_equal(lp_route_add(&route, NULL), LP_EEXISTS);
		struct lp_route pinned;
		assert_int_equal(lp_route_best(&query, NULL, &pinned), 0);
		assert_int_equal(pinned.prefix_bits, route.prefix_bits);
		assert_true(lp_addr_equal(&pinned.next_hop, &route.next_hop));
		query.except = &route;
		assert_int_equal(lp_route_best(&query, NULL, &pinned), LP_EUNSUPPORTED);
		assert_int_equal(lp_route_remove(&route, NULL), 0);
		assert_int_equal(lp_route_remove(&route, NULL), LP_ENOTFOUND);
	}
}

/* The MTU of an interface is set; settings that Linux does not have are refused. */
static void test_settings(void **state)
{
	struct lp_route_interface wire, none = {4711, 4711};
	(void)state;
	assert_int_equal(lp_route_interface("wire", NULL, &wire), 0);
	struct lp_route_settings settings;
	assert_int_equal(lp_route_settings(&wire, 4, NULL, &settings), 0);
	assert_int_equal(settings.mtu, 1500);
	settings.mtu = 1400;
	assert_int_equal(lp_route_set(&wire, 4, &settings, NULL), 0);
	assert_int_equal(lp_route_settings(&wire, 4, NULL, &settings), 0);
	assert_int_equal(settings.mtu, 1400);
	settings.automatic_metric = false;
	struct lp_failure failure;
	assert_int_equal(lp_route_set(&wire, 4, &settings, &failure), LP_EUNSUPPORTED);
	assert_true(failure.text[0]);
	assert_int_equal(lp_route_settings(&none, 4, NULL, &settings), LP_ENOTFOUND);
}

/* The addresses, with their interfaces and prefixes. */
static void test_addresses(void **state)
{
	struct lp_addr wanted = addr("192.0.2.2"), wanted6 = addr("2001:db8::2");
	unsigned n_found = 0;
	struct lp_route_address all[16];
	int n = lp_route_addresses(all, 16, NULL);
	(void)state;
	for (int i = 0; i < n; i++) {
		n_found += lp_addr_equal(&all[i].address, &wanted) && all[i].prefix_bits == 24;
		n_found += lp_addr_equal(&all[i].address, &wanted6) && all[i].prefix_bits == 64;
	}
	assert_int_equal(n_found, 2);
	assert_int_equal(lp_route_addresses(all, 1, NULL), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_best),
		cmocka_unit_test(test_host_route),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_addresses),
	};
	netns_new();
	for (size_t i = 0; i < sizeof setup_commands / sizeof setup_commands[0]; i++)
		netns_run("%s", setup_commands[i]);
	return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
