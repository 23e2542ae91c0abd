/* Rows of fields for structs of any kind: lists, and text that grows with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "base/text.h"
#include "ctrl/schema.h"

struct item {
	uint16_t id;
	char name[16];
	uint64_t drops[LP_DROP_COUNT];
};

struct party {
	uint64_t uptime_s;
	struct lp_list items;
};

#define AT(type, member) offsetof(struct type, member), sizeof(((struct type *)0)->member)

static const struct lp_field item_fields[] = {
	{"id", LP_FIELD_UINT, false, AT(item, id), .min = 1, .max = UINT16_MAX},
	{"name", LP_FIELD_TEXT, true, AT(item, name), .max = 15},
	{"drops", LP_FIELD_DROPS, true, AT(item, drops), .max = INT64_MAX},
};

static const struct lp_field party_fields[] = {
	{"uptime_s", LP_FIELD_UINT, true, AT(party, uptime_s), .max = INT64_MAX},
	{"items", LP_FIELD_LIST, false, AT(party, items), .fields = item_fields, .n_fields = 3,
		.item_size = sizeof(struct item)},
};

static int read_party(const char *json, struct lp_failure *failure, struct party *party)
{
	*failure = (struct lp_failure){0};
	*party = (struct party){0};
	return lp_fields_read("party", party_fields, 2, json, strlen(json), failure, party);
}

/* What is written reads back the same, for no item, one, and more than the first buffer holds. */
static void test_round_trip(void **state)
{
	static const size_t counts[] = {0, 1, 2000};
	(void)state;
	for (size_t row = 0; row < sizeof counts / sizeof counts[0]; row++) {
		struct party party = {.uptime_s = UINT64_MAX, .items = {.n = counts[row]}}, again;
		struct item *items = calloc(counts[row] + 1, sizeof *items);
		struct lp_failure failure;
		assert_non_null(items);
		for (size_t i = 0; i < counts[row]; i++) {
			items[i].id = (uint16_t)(i + 1);
			snprintf(items[i].name, sizeof items[i].name, "n\"%u", (unsigned)i);
			items[i].drops[LP_DROP_OVERSIZE] = i;
		}
		party.items.items = items;
		char *json = lp_fields_json(party_fields, 2, &party);
		assert_non_null(json);
		assert_int_equal(read_party(json, &failure, &again), 0);
		assert_int_equal(again.uptime_s, INT64_MAX);
		assert_int_equal(again.items.n, counts[row]);
		if (counts[row] > 0)
			assert_memory_equal(again.items.items, items, counts[row] * sizeof *items);
		free(again.items.items);
		free(items);
		free(json);
	}
}

/* A number out of range is not written. */
static void test_not_written(void **state)
{
	struct item item = {.id = 0};
	struct party party = {.items = {.items = &item, .n = 1}};
	(void)state;
	assert_null(lp_fields_json(party_fields, 2, &party));
}

static void test_refused(void **state)
{
	static const struct {
		const char *json, *text;
	} rows[] = {
		{"", "party: not complete (near byte 0)"},
		{"[]", "party: not a JSON object"},
		{"{}", "party: field 'items': missing"},
		{"{\"items\":{}}", "party: field 'items': not an array of objects"},
		{"{\"items\":[{\"id\":1},[]]}", "items: field 'items': not an array of objects"},
		{"{\"items\":[{\"id\":1},{\"id\":0}]}", "items: field 'id': not between 1 and 65535"},
		{"{\"items\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}", "party: nested deeper than 16"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_failure failure;
		struct party party;
		assert_int_equal(read_party(rows[i].json, &failure, &party), LP_EMALFORMED);
		assert_string_equal(failure.text, rows[i].text);
		free(party.items.items);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_not_written),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests_name("fields", tests, NULL, NULL);
}
