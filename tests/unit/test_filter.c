#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "filter/filter.h"
#include "filter/view.h"

#include "filter_rows.h"

/* Runs one row for one role, with the filters |on|. */
static enum lp_drop ask(const struct row *row, enum lp_role role, uint32_t on)
{
	uint8_t frame[FRAME_MAX];
	struct lp_filters filters;
	struct lp_view view;
	size_t len = make_frame(
		frame, row->dst ? row->dst : BROADCAST, row->src ? row->src : STATION_MAC(1), row->parts);
	/* Exactly this many bytes, so that a sanitizer detects a read past the end. */
	uint8_t *exact = malloc(len);
	assert_non_null(exact);
	memcpy(exact, frame, len);
	lp_filters_init(&filters, on, 1500);
	lp_view_init(&view, exact, len);
	enum lp_drop drop = lp_filters_check(&filters, role, &view);
	free(exact);
	return drop;
}

/* The filter whose reason |drop| is. */
static enum lp_filter filter_of(enum lp_drop drop)
{
	for (enum lp_filter filter = 0; filter < LP_FILTER_COUNT; filter++) {
		if (lp_filter_row(filter)->drop == drop)
			return filter;
	}
	fail_msg("no filter drops %s", lp_drop_wire(drop));
	return LP_FILTER_COUNT;
}

/* Checks all rows of a table. A disabled filter passes frames that no other filter drops. */
static void check(const struct row *rows, size_t n_rows)
{
	for (size_t i = 0; i < n_rows; i++) {
		const struct row *row = &rows[i];
		const enum lp_drop expected[2] = {row->client, row->gateway};
		for (enum lp_role role = LP_ROLE_CLIENT; role <= LP_ROLE_GATEWAY; role++) {
			uint32_t on = lp_filters_default() | row->on;
			enum lp_drop drop = ask(row, role, on);
			if (drop != expected[role])
				fail_msg("%s, from a %s: %s, not %s", row->text, lp_role_text(role), lp_drop_wire(drop),
					lp_drop_wire(expected[role]));
			if (drop == LP_DROP_NONE)
				continue;
			uint32_t off = UINT32_C(1) << filter_of(drop);
			if (ask(row, role, on & ~off) == drop)
				fail_msg("%s: dropped by a filter that is off", row->text);
			if (ask(row, role, 0) != LP_DROP_NONE)
				fail_msg("%s: dropped with all filters off", row->text);
		}
	}
}

#define CHECK(name) \
	static void test_##name(void **state) \
	{ \
		(void)state; \
		check(name##_rows, sizeof name##_rows / sizeof *name##_rows); \
	}

CHECK(plain)
CHECK(frame)
CHECK(control)
CHECK(router)
CHECK(rogue)
CHECK(evasion)

/* A frame without a complete header is dropped, whatever is disabled. */
static void test_short(void **state)
{
	struct lp_filters filters;
	(void)state;
	lp_filters_init(&filters, 0, 1500);
	for (size_t len = 0; len < 14; len++) {
		uint8_t *frame = calloc(1, len ? len : 1);
		struct lp_view view;
		assert_non_null(frame);
		lp_view_init(&view, frame, len);
		assert_int_equal(lp_filters_check(&filters, LP_ROLE_GATEWAY, &view), LP_DROP_MALFORMED_FRAME);
		free(frame);
	}
}

/* With malformed frames permitted, a client's frame that cannot be parsed is still dropped. */
static void test_unreadable(void **state)
{
	static const struct row row = {
		.parts = {TAG(0x8100, 1), TAG(0x8100, 2), TAG(0x8100, 3), IPV6, IP6(58), ICMP6(134)}};
	uint32_t on = lp_filters_default() & ~LP_FILTER_BIT(MALFORMED);
	(void)state;
	assert_int_equal(ask(&row, LP_ROLE_CLIENT, on), LP_DROP_ROGUE_RA);
	assert_int_equal(ask(&row, LP_ROLE_CLIENT, on & ~LP_FILTER_BIT(ROGUE_RA)), LP_DROP_ROGUE_DHCP);
	assert_int_equal(ask(&row, LP_ROLE_GATEWAY, on), LP_DROP_NONE);
}

/* IPv6 that cannot be classified is dropped by one of the two filters if the other is disabled. */
static void test_undecided(void **state)
{
	static const struct row row = {.parts = {IPV6, IP6(60), BYTE(17), BYTE(200), BYTES(14, 0)}};
	uint32_t on = lp_filters_default() & ~LP_FILTER_BIT(ROGUE_RA);
	(void)state;
	assert_int_equal(ask(&row, LP_ROLE_CLIENT, on), LP_DROP_ROGUE_DHCP);
	assert_int_equal(ask(&row, LP_ROLE_CLIENT, on & ~LP_FILTER_BIT(ROGUE_DHCP)), LP_DROP_NONE);
}

/* Each filter has its own name and drop reason. */
static void test_table(void **state)
{
	(void)state;
	for (enum lp_filter i = 0; i < LP_FILTER_COUNT; i++) {
		assert_true(strlen(lp_filter_row(i)->wire) > 0 && strlen(lp_filter_row(i)->text) > 0);
		for (enum lp_filter k = 0; k < i; k++) {
			assert_string_not_equal(lp_filter_row(i)->wire, lp_filter_row(k)->wire);
			assert_int_not_equal(lp_filter_row(i)->drop, lp_filter_row(k)->drop);
		}
	}
	assert_int_equal(lp_filters_default() & LP_FILTER_BIT(ISOLATION), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_router),
		cmocka_unit_test(test_rogue),
		cmocka_unit_test(test_evasion),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_undecided),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
