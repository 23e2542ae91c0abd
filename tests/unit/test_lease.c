/* When Windows has to be made to ask for an address again. */
#include "client/windows/lease.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/units.h"

static const struct {
	const char *name;
	struct {
		uint64_t after_ns;
		bool lan, has_address, asks;
	} steps[4];
} rows[] = {
	{"the LAN is there at the join", {{0, true, false, false}}},
	{"the gateway comes after the players", {{0, false, false, false}, {60 * LP_SEC, true, false, true}}},
	{"it comes, and the address is set by hand", {{0, false, true, false}, {60 * LP_SEC, true, true, false}}},
	{"the gateway restarts",
		{{0, true, false, false}, {9 * LP_SEC, false, true, false}, {LP_SEC, true, true, false}}},
	{"it restarts before there was an address",
		{{0, true, false, false}, {LP_SEC, false, false, false}, {LP_SEC, true, false, true}}},
	{"the LAN was away for an hour",
		{{0, true, false, false}, {LP_SEC, false, true, false}, {3600 * LP_SEC, true, true, true}}},
	{"a gateway that comes twice asks once",
		{{0, false, false, false}, {LP_SEC, true, false, true}, {LP_SEC, true, false, false}}},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_lease lease = {0};
		uint64_t now_ns = LP_SEC;
		print_message("%s\n", rows[i].name);
		for (size_t step = 0; step < 4; step++) {
			if (step > 0 && !rows[i].steps[step].after_ns)
				break;
			now_ns += rows[i].steps[step].after_ns;
			assert_int_equal(lp_lease_follow(&lease, rows[i].steps[step].lan,
						 rows[i].steps[step].has_address, now_ns),
				rows[i].steps[step].asks);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
