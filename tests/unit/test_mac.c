#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mac.h"

/* The kind of each address. */
static void test_kinds(void **state)
{
	(void)state;
	static const struct {
		struct lp_mac mac;
		bool group, zero, client;
	} rows[] = {
		{{{0x02, 0, 0, 0, 0, 1}}, false, false, true},
		{{{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff}}, false, false, true},
		{{{0x00, 0x1b, 0x21, 0, 0, 1}}, false, false, false},
		{{{0}}, false, true, false},
		{{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}, true, false, false},
		{{{0xff, 0xff, 0xff, 0xff, 0xff, 0xfe}}, true, false, false},
		{{{0x01, 0, 0x5e, 0, 0, 1}}, true, false, false},
		{{{0x03, 0, 0, 0, 0, 1}}, true, false, false},
		{{{0, 0, 0, 0, 0, 1}}, false, false, false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(lp_mac_is_group(&rows[i].mac), rows[i].group);
		assert_int_equal(lp_mac_key_is_group(lp_mac_key(rows[i].mac.octet)), rows[i].group);
		assert_int_equal(lp_mac_is_zero(&rows[i].mac), rows[i].zero);
		assert_int_equal(lp_mac_is_client(&rows[i].mac), rows[i].client);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_kinds)};
	return cmocka_run_group_tests_name("mac", tests, NULL, NULL);
}
