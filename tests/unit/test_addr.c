/* Addresses: which texts are accepted, and how addresses are written (RFC 4291, RFC 5952). */
#include "base/addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

/* |written| NULL: not an address. */
static const struct {
	const char *text, *written;
} rows[] = {
	{"192.0.2.1:443", "192.0.2.1:443"},
	{"192.0.2.1", "192.0.2.1:7"},
	{"0.0.0.0:0", "0.0.0.0"},
	{"255.255.255.255:65535", "255.255.255.255:65535"},
	{"[2001:db8::1]:443", "[2001:db8::1]:443"},
	{"2001:db8::1", "[2001:db8::1]:7"},
	{"[2001:db8::1]", "[2001:db8::1]:7"},
	{"[::]:0", "::"},
	{"::1", "[::1]:7"},
	{"1::", "[1::]:7"},
	{"2001:DB8:0:0:0:0:0:1", "[2001:db8::1]:7"},
	{"2001:db8:0:1:1:1:1:1", "[2001:db8:0:1:1:1:1:1]:7"},
	{"2001:0:0:1:0:0:0:1", "[2001:0:0:1::1]:7"},
	{"2001:db8:0:0:1:0:0:1", "[2001:db8::1:0:0:1]:7"},
	{"1:2:3:4:5:6:7::", "[1:2:3:4:5:6:7:0]:7"},
	{"::2:3:4:5:6:7:8", "[0:2:3:4:5:6:7:8]:7"},
	{"::ffff:192.0.2.1", "[::ffff:192.0.2.1]:7"},
	{"64:ff9b::192.0.2.33", "[64:ff9b::c000:221]:7"},
	{"1:2:3:4:5:6:1.2.3.4", "[1:2:3:4:5:6:102:304]:7"},
	{"fe80::1%3", "[fe80::1%3]:7"},
	{"[fe80::1%4294967295]:1", "[fe80::1%4294967295]:1"},
	{"", NULL},
	{"relay.example.net:443", NULL},
	{"192.0.2:443", NULL},
	{"192.0.2.1.5", NULL},
	{"192.0.2.256", NULL},
	{"192.0.2.01", NULL},
	{"192.0.2.1:", NULL},
	{"192.0.2.1:65536", NULL},
	{"192.0.2.1:99999999999999999999", NULL},
	{"192.0.2.1:44x", NULL},
	{"192.0.2.1:-1", NULL},
	{" 192.0.2.1", NULL},
	{"[192.0.2.1]:443", NULL},
	{"[2001:db8::1", NULL},
	{"[2001:db8::1]443", NULL},
	{"[]:443", NULL},
	{":", NULL},
	{":::", NULL},
	{"1::2::3", NULL},
	{"1:2:3:4:5:6:7", NULL},
	{"1:2:3:4:5:6:7:8:9", NULL},
	{"1:2:3:4:5:6:7:8::", NULL},
	{"::1:2:3:4:5:6:7:8", NULL},
	{"1:2:3:4:5:6:7:1.2.3.4", NULL},
	{"12345::", NULL},
	{"1:", NULL},
	{":1", NULL},
	{"::g", NULL},
	{"fe80::1%", NULL},
	{"fe80::1%eth0", NULL},
	{"fe80::1%4294967296", NULL},
};

/* Each row is accepted or refused, and written as expected. */
static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_addr addr, again;
		char text[LP_ADDR_TEXT_MAX];
		memset(&addr, 0xee, sizeof addr);
		int result = lp_addr_parse(rows[i].text, 7, &addr);
		if (!rows[i].written) {
			if (result != LP_EINVAL)
				fail_msg("'%s' was taken for an address", rows[i].text);
			assert_int_equal(addr.family, 0xee);
			continue;
		}
		if (result != 0)
			fail_msg("'%s' was not taken for an address", rows[i].text);
		assert_string_equal(lp_addr_format(&addr, text), rows[i].written);
		/* A written address reads back as the same. */
		assert_int_equal(lp_addr_parse(text, 0, &again), 0);
		assert_true(lp_addr_equal(&addr, &again));
		assert_memory_equal(&addr, &again, sizeof addr);
	}
}

/* Every field matters for equality. */
static void test_equal(void **state)
{
	struct lp_addr a, b;
	char text[LP_ADDR_TEXT_MAX];
	(void)state;
	assert_int_equal(lp_addr_parse("[fe80::1%3]:443", 0, &a), 0);
	b = a;
	assert_true(lp_addr_equal(&a, &b));
	b.ip[15] ^= 1;
	assert_false(lp_addr_equal(&a, &b));
	b = a;
	b.port++;
	assert_false(lp_addr_equal(&a, &b));
	b = a;
	b.scope_id++;
	assert_false(lp_addr_equal(&a, &b));
	b = (struct lp_addr){0};
	assert_string_equal(lp_addr_format(&b, text), "none");
	b.port = 443;
	assert_string_equal(lp_addr_format(&b, text), "*:443");
}

/* The longest text fits. */
static void test_longest(void **state)
{
	struct lp_addr addr = {.family = 6, .port = 65535, .scope_id = UINT32_MAX};
	char text[LP_ADDR_TEXT_MAX];
	(void)state;
	memset(addr.ip, 0xff, sizeof addr.ip);
	assert_string_equal(lp_addr_format(&addr, text), "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_longest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
