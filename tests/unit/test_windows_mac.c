/* The MAC setting of an adapter in the registry, which is put back after a session. */
#include "platform/device/adapter_mac.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/windows/device/adapter_registry.h"

#define KEY \
	"SYSTEM\\CurrentControlSet\\Control\\Class\\{4D36E972-E325-11CE-BFC1-08002BE10318}\\" \
	"0999"
#define GUID_TEXT "{00000000-1111-2222-3333-999999999999}"

static void set(const char *name, const char *value)
{
	assert_int_equal(
		RegSetKeyValueA(HKEY_LOCAL_MACHINE, KEY, name, REG_SZ, value, (DWORD)strlen(value) + 1), ERROR_SUCCESS);
}

/* What the setting is now; empty: there is none. */
static void assert_setting(const char *expected)
{
	struct lp_adapter adapter;
	char now[LP_MAC_TEXT_MAX];
	assert_int_equal(lp_adapter_find(GUID_TEXT, NULL, &adapter), 0);
	lp_adapter_mac_setting(&adapter, now);
	assert_string_equal(now, expected);
}

static int set_up(void **state)
{
	(void)state;
	set("ComponentId", "tap0901");
	set("NetCfgInstanceId", GUID_TEXT);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	RegDeleteKeyA(HKEY_LOCAL_MACHINE, KEY);
	return 0;
}

static void test_restore(void **state)
{
	struct lp_failure failure = {0};
	(void)state;
	set("NetworkAddress", "020000000001");
	assert_int_equal(lp_adapter_restore_mac(GUID_TEXT, "00-FF-11-22-33-44", "020000000001", &failure), 0);
	assert_setting("00-FF-11-22-33-44");
	/* Another program's. */
	assert_int_equal(lp_adapter_restore_mac(GUID_TEXT, "", "020000000001", &failure), 0);
	assert_setting("00-FF-11-22-33-44");
	assert_int_equal(lp_adapter_restore_mac(GUID_TEXT, "", "00-FF-11-22-33-44", &failure), 0);
	assert_setting("");
	assert_int_equal(
		lp_adapter_restore_mac("{00000000-1111-2222-3333-888888888888}", "", "x", &failure), LP_ENOTFOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_restore, set_up, tear_down),
	};
	return cmocka_run_group_tests_name("mac", tests, NULL, NULL);
}
