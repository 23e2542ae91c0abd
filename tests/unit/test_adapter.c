/* Which adapters of the registry are TAP adapters, and which one is selected. */
#include "platform/device/adapter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"

#define GUID_A "{410EB49D-2381-4FE7-9B36-498E22619DF0}"
#define GUID_B "{0000000C-0000-0000-0000-4E6574446576}"

/* Subkeys of the class of network adapters, with decoys. */
static const struct {
	struct lp_adapter adapter;
	bool usable;
} class_rows[] = {
	{{.key = "0000", .component = "pci\\ven_8086&dev_100e", .guid = "{00000000-1111-2222-3333-444444444444}"},
		false},
	{{.key = "0001", .component = "tap0901", .guid = GUID_A}, true},
	{{.key = "0002", .component = "TAP0901", .guid = GUID_A}, true},
	{{.key = "0003", .component = "root\\tap0901", .guid = GUID_A}, true},
	{{.key = "0004", .component = "ROOT\\Tap0901", .guid = GUID_A}, true},
	{{.key = "0005", .component = "tap0801", .guid = GUID_A}, false},
	{{.key = "0006", .component = "tap09012", .guid = GUID_A}, false},
	{{.key = "0007", .component = "tap090", .guid = GUID_A}, false},
	{{.key = "0008", .component = "root\\tap0901\\x", .guid = GUID_A}, false},
	{{.key = "0009", .component = "wintun", .guid = GUID_A}, false},
	{{.key = "0010", .component = "ovpn-dco", .guid = GUID_A}, false},
	{{.key = "0011", .component = "", .guid = GUID_A}, false},
	{{.key = "0012", .component = "tap0901", .guid = ""}, false},
	{{.key = "0013", .component = "tap0901", .guid = "410EB49D-2381-4FE7-9B36-498E22619DF0"}, false},
	{{.key = "0014", .component = "tap0901", .guid = "{410EB49D-2381-4FE7-9B36-498E22619DF0"}, false},
	{{.key = "0015", .component = "tap0901", .guid = "{410EB49D-2381-4FE7-9B36-498E22619DFG}"}, false},
	{{.key = "0016", .component = "tap0901", .guid = "{410EB49D-2381-4FE7-9B36+498E22619DF0}"}, false},
	{{.key = "0017", .component = "tap0901", .guid = "{..\\..\\Device\\HarddiskVolume1\\x-------}"}, false},
};

static void test_usable(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof class_rows / sizeof class_rows[0]; i++) {
		print_message("%s\n", class_rows[i].adapter.key);
		assert_int_equal(lp_adapter_is_usable(&class_rows[i].adapter), class_rows[i].usable);
	}
}

static const struct lp_adapter taps[] = {
	{.component = "tap0901", .guid = GUID_A, .name = "LAN Party"},
	{.component = "root\\tap0901", .guid = GUID_B, .name = "Ethernet 3"},
	{.component = "tap0901", .guid = "{11111111-2222-3333-4444-555555555555}", .name = ""},
};

static const struct {
	const char *wanted;
	int index; /* -1: none */
} choice_rows[] = {
	{NULL, 0},
	{"", 0},
	{"LAN Party", 0},
	{"lan party", 0},
	{"Ethernet 3", 1},
	{"ETHERNET 3", 1},
	{GUID_B, 1},
	{"{0000000c-0000-0000-0000-4e6574446576}", 1},
	{"0000000C-0000-0000-0000-4E6574446576", 1},
	{"0000000c-0000-0000-0000-4e6574446576", 1},
	{"{11111111-2222-3333-4444-555555555555}", 2},
	{"11111111-2222-3333-4444-555555555555", 2},
	{"LAN", -1},
	{"LAN Party 2", -1},
	{"Ethernet", -1},
	{"{0000000C-0000-0000-0000-4E6574446577}", -1},
	{"0000000C-0000-0000-0000-4E657444657", -1},
	{"0000000C-0000-0000-0000-4E6574446576}", -1},
};

static void test_choose(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof choice_rows / sizeof choice_rows[0]; i++) {
		struct lp_failure failure = {0};
		size_t index = 99;
		int result = lp_adapter_choose(taps, 3, choice_rows[i].wanted, &failure, &index);
		print_message("'%s'\n", choice_rows[i].wanted ? choice_rows[i].wanted : "(none)");
		if (choice_rows[i].index >= 0) {
			assert_int_equal(result, 0);
			assert_int_equal(index, choice_rows[i].index);
			continue;
		}
		/* What was requested, and what exists. */
		assert_int_equal(result, LP_ENOTFOUND);
		assert_int_equal(index, 99);
		assert_non_null(strstr(failure.text, choice_rows[i].wanted));
		assert_non_null(strstr(failure.text, "'LAN Party', 'Ethernet 3', '{11111111-"));
	}
}

/* The client's own adapter is preferred to others, which may be a VPN's. */
static void test_own(void **state)
{
	const struct lp_adapter both[] = {taps[1], taps[0]};
	size_t index = 99;
	(void)state;
	assert_true(lp_adapter_is_own(&taps[0]));
	assert_false(lp_adapter_is_own(&taps[1]));
	assert_int_equal(lp_adapter_choose(both, 2, NULL, NULL, &index), 0);
	assert_int_equal(index, 1);
	assert_int_equal(lp_adapter_choose(both, 1, NULL, NULL, &index), 0);
	assert_int_equal(index, 0);
}

/* Versions of the driver with a known defect are named. */
static void test_driver(void **state)
{
	static const struct {
		unsigned version[3];
		const char *problem;
	} rows[] = {
		{{9, 27, 0}, NULL},
		{{10, 0, 0}, NULL},
		{{0, 0, 0}, NULL}, /* it did not answer */
		{{9, 26, 0}, "CVE-2024-1305"},
		{{9, 24, 7}, "CVE-2024-1305"},
		{{9, 21, 2}, "out of date"},
		{{8, 4, 0}, "out of date"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *problem = lp_adapter_driver_problem(rows[i].version);
		if (rows[i].problem)
			assert_non_null(strstr(problem, rows[i].problem));
		else
			assert_null(problem);
	}
}

/* Without any adapter the message states where to get the driver. */
static void test_none(void **state)
{
	struct lp_failure failure = {0};
	size_t index = 99;
	(void)state;
	assert_int_equal(lp_adapter_choose(taps, 0, NULL, &failure, &index), LP_ENOTFOUND);
	assert_non_null(strstr(failure.text, "TAP-Windows6"));
	assert_non_null(strstr(failure.text, "OpenVPN"));
	assert_int_equal(lp_adapter_choose(taps, 0, "LAN Party", &failure, &index), LP_ENOTFOUND);
	assert_int_equal(index, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usable),
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_driver),
		cmocka_unit_test(test_none),
	};
	return cmocka_run_group_tests_name("adapter", tests, NULL, NULL);
}
