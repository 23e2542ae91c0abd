/* The kernel's routes and interfaces, queried and changed in a new namespace. */
#include "platform/net/route.h"

#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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
	unsigned wire = if_nametoindex("wire");
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
		assert_int_equal(route.interface.index, wire);
		assert_int_equal(route.prefix_bits, rows[i].prefix_bits);
		assert_int_equal(route.metric, rows[i].metric);
	}
}

/* An exception that matches the current route. */
static void test_except(void **state)
{
	(void)state;
	struct lp_route_query query = {.remote = addr("192.0.2.77")};
	struct lp_route route, other;
	assert_int_equal(lp_route_best(&query, NULL, &route), 0);
	query.except_luid = route.interface.luid;
	assert_int_equal(lp_route_best(&query, NULL, &other), LP_EUNSUPPORTED);
	query.except_luid = route.interface.luid + 1;
	assert_int_equal(lp_route_best(&query, NULL, &other), 0);
	query.except_luid = 0;
	query.except = &route;
	assert_int_equal(lp_route_best(&query, NULL, &other), LP_EUNSUPPORTED);
	query.remote = addr("2001:db8::77");
	assert_int_equal(lp_route_best(&query, NULL, &other), 0);
}

/* Routes that reject packets, destinations without a route, and no address at all. */
static void test_unreachable(void **state)
{
	(void)state;
	netns_run("ip route add unreachable 198.51.100.0/24");
	struct lp_route_query query = {.remote = addr("198.51.100.1")};
	struct lp_failure failure;
	struct lp_route route;
	assert_int_equal(lp_route_best(&query, &failure, &route), LP_EUNREACH);
	assert_non_null(strstr(failure.text, "198.51.100.1"));
	netns_run("ip route del default");
	query.remote = addr("203.0.113.10");
	assert_int_equal(lp_route_best(&query, NULL, &route), LP_EUNREACH);
	query.remote.family = 0;
	assert_int_equal(lp_route_best(&query, NULL, &route), LP_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_best),
		cmocka_unit_test(test_except),
		cmocka_unit_test(test_unreachable),
	};
	netns_new();
	for (size_t i = 0; i < sizeof setup_commands / sizeof setup_commands[0]; i++)
		netns_run("%s", setup_commands[i]);
	return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
