/* Which other interfaces would receive the traffic of games: by rows, and with the kernel's routes in a namespace. */
#include "platform/net/route_conflicts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "netns.h"

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

static const struct {
	uint32_t ours, other;
	unsigned our_bits, other_bits;
	bool meet;
} rows[] = {
	{IP(192, 168, 1, 115), IP(192, 168, 1, 50), 24, 24, true},
	{IP(192, 168, 1, 115), IP(192, 168, 2, 50), 24, 24, false},
	{IP(192, 168, 1, 115), IP(192, 168, 1, 50), 24, 25, true},
	{IP(192, 168, 2, 115), IP(192, 168, 1, 50), 16, 24, true},
	/* Our prefix is longer: the LAN's computers are reached. */
	{IP(10, 20, 0, 51), IP(10, 8, 0, 2), 24, 8, false},
	{IP(10, 20, 0, 51), IP(10, 20, 0, 2), 24, 32, false},
	{IP(10, 20, 0, 51), IP(10, 20, 0, 2), 24, 31, false},
	{IP(10, 20, 0, 51), IP(10, 20, 0, 2), 24, 30, true},
	{IP(10, 20, 0, 51), IP(10, 20, 0, 2), 0, 24, false},
	{IP(169, 254, 3, 4), IP(169, 254, 9, 9), 16, 16, false},
};

static void test_networks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (lp_route_networks_overlap(rows[i].ours, rows[i].our_bits, rows[i].other, rows[i].other_bits) !=
			rows[i].meet)
			fail_msg("row %zu", i);
}

/* A change on the host, and the interfaces that then conflict with t0. */
static const struct {
	const char *command, *network, *broadcast;
} steps[] = {
	{"ip link add h0 type veth peer name h1 && ip link set h1 up && ip link set h0 up && "
	 "ip addr add 192.168.1.50/24 dev h0 && ip route add default via 192.168.1.1",
		"", ""},
	{"ip link add t0 type veth peer name t1 && ip link set t1 up && ip link set t0 up", "", ""},
	{"ip addr add 192.168.1.115/24 dev t0", "h0", "h0"},
	{"ip addr replace 10.20.0.51/24 dev t0 && ip addr del 192.168.1.115/24 dev t0", "", "h0"},
	{"ip route add 255.255.255.255 dev t0", "", ""},
	{"ip route del 255.255.255.255 dev t0", "", "h0"},
	{"ip addr add 10.20.0.52/24 dev h0", "h0", "h0"},
	{"ip link set t0 down", "", ""},
	{"ip link set t0 up && ip link set h0 down", "", ""},
};

static void test_steps(void **state)
{
	(void)state;
	netns_new();
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		print_message("%s\n", steps[i].command);
		netns_run("%s", steps[i].command);
		struct lp_route_conflicts conflicts;
		lp_route_conflicts("t0", &conflicts);
		assert_string_equal(conflicts.network, steps[i].network);
		assert_string_equal(conflicts.broadcast, steps[i].broadcast);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_steps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
