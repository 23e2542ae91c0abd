/* The journal of changes: reads back as written; content that the client would not write is refused. */
#include "client/windows/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

#define ROUTE4 \
	"{\"kind\": \"route\", \"luid\": 1689399649632256, \"index\": 5, \"destination\": \"203.0.113.10\", " \
	"\"next_hop\": \"192.0.2.1\", \"metric\": 0}"
#define SETTINGS "{\"mtu\": 1500, \"metric\": 25, \"automatic_metric\": true, \"no_default_routes\": false}"
#define SET4 \
	"{\"kind\": \"settings\", \"luid\": 2, \"index\": 7, \"family\": 4, \"before\": " SETTINGS \
	", \"after\": " SETTINGS "}"

static const struct {
	const char *changes;
	bool good;
} rows[] = {
	{"", true},
	{ROUTE4, true},
	{SET4, true},
	{ROUTE4 ", " SET4, true},
	{"{\"kind\": \"category\", \"luid\": 2, \"index\": 7}", true},
	{"{\"kind\": \"firewall\", \"luid\": 2, \"index\": 7}, " ROUTE4, true},
	{"{\"kind\": \"category\", \"luid\": 2, \"index\": 7, \"family\": 4}", false},
	{"{\"kind\": \"firewall\", \"index\": 7}", false},
	{"{\"kind\": \"mac\", \"adapter\": \"{00000000-1111-2222-3333-444444444444}\", \"before\": \"\", \"after\": "
	 "\"020000000001\"}",
		true},
	{"{\"kind\": \"mac\", \"adapter\": \"{00000000-1111-2222-3333-444444444444}\", \"before\": "
	 "\"00-FF-00-00-00-01\", \"after\": \"020000000001\"}",
		true},
	{"{\"kind\": \"mac\", \"adapter\": \"0007\\\\x\", \"before\": \"\", \"after\": \"020000000001\"}", false},
	{"{\"kind\": \"mac\", \"adapter\": \"{00000000}\", \"before\": \"none\", \"after\": \"020000000001\"}", false},
	{"{\"kind\": \"mac\", \"adapter\": \"{00000000}\", \"before\": \"\", \"after\": \"\"}", false},
	{"{\"kind\": \"mac\", \"adapter\": \"{00000000}\", \"before\": \"\", \"after\": \"020000000001\", \"luid\": 1}",
		false},
	{"{}", false},
	{"[]", false},
	{"{\"kind\": \"command\", \"luid\": 1, \"index\": 1}", false},
	/* Not a single host, or not a remote one. */
	{"{\"kind\": \"route\", \"luid\": 1, \"index\": 5, \"destination\": \"0.0.0.0\", \"next_hop\": \"192.0.2.1\", "
	 "\"metric\": 0}",
		false},
	{"{\"kind\": \"route\", \"luid\": 1, \"index\": 5, \"destination\": \"127.0.0.1\", \"next_hop\": \"0.0.0.0\", "
	 "\"metric\": 0}",
		false},
	{"{\"kind\": \"route\", \"luid\": 1, \"index\": 5, \"destination\": \"255.255.255.255\", \"next_hop\": "
	 "\"0.0.0.0\", \"metric\": 0}",
		false},
	{"{\"kind\": \"route\", \"luid\": 1, \"index\": 5, \"destination\": \"::1\", \"next_hop\": \"::\", \"metric\": "
	 "0}",
		false},
	/* Mismatched families, addresses with extra text, no interface, numbers out of range. */
	{"{\"kind\": \"route\", \"luid\": 1, \"index\": 5, \"destination\": \"203.0.113.10\", \"next_hop\": \"::\", "
	 "\"metric\": 0}",
		false},
	{"{\"kind\": \"route\", \"luid\": 1, \"index\": 5, \"destination\": \"203.0.113.10:443\", \"next_hop\": "
	 "\"192.0.2.1\", \"metric\": 0}",
		false},
	{"{\"kind\": \"route\", \"luid\": 0, \"index\": 5, \"destination\": \"203.0.113.10\", \"next_hop\": "
	 "\"192.0.2.1\", \"metric\": 0}",
		false},
	{"{\"kind\": \"route\", \"luid\": 1, \"index\": 4294967296, \"destination\": \"203.0.113.10\", \"next_hop\": "
	 "\"192.0.2.1\", \"metric\": 0}",
		false},
	{"{\"kind\": \"route\", \"luid\": 1, \"index\": 5, \"destination\": \"203.0.113.10\", \"next_hop\": "
	 "\"192.0.2.1\", \"metric\": -1}",
		false},
	/* An extra field, a missing field, a duplicate. */
	{"{\"kind\": \"route\", \"luid\": 1, \"index\": 5, \"destination\": \"203.0.113.10\", \"next_hop\": "
	 "\"192.0.2.1\", \"metric\": 0, \"prefix\": 0}",
		false},
	{"{\"kind\": \"route\", \"luid\": 1, \"index\": 5, \"destination\": \"203.0.113.10\", \"metric\": 0}", false},
	{"{\"kind\": \"route\", \"luid\": 1, \"luid\": 2, \"index\": 5, \"destination\": \"203.0.113.10\", "
	 "\"next_hop\": "
	 "\"192.0.2.1\", \"metric\": 0}",
		false},
	/* Settings. */
	{"{\"kind\": \"settings\", \"luid\": 2, \"index\": 7, \"family\": 5, \"before\": " SETTINGS
	 ", \"after\": " SETTINGS "}",
		false},
	{"{\"kind\": \"settings\", \"luid\": 2, \"index\": 7, \"family\": 4, \"before\": " SETTINGS ", \"after\": {}}",
		false},
	{"{\"kind\": \"settings\", \"luid\": 2, \"index\": 7, \"family\": 4, \"before\": {\"mtu\": 0, \"metric\": 25, "
	 "\"automatic_metric\": true, \"no_default_routes\": false}, \"after\": " SETTINGS "}",
		false},
	{"{\"kind\": \"settings\", \"luid\": 2, \"index\": 7, \"family\": 4, \"before\": {\"mtu\": 1, \"metric\": 25, "
	 "\"automatic_metric\": 1, \"no_default_routes\": false}, \"after\": " SETTINGS "}",
		false},
};

/* A complete file with these changes. Returns the decoder's result. */
static int decode(const char *changes, const char *version, struct lp_journal *journal)
{
	char text[8192], why[160] = "";
	int r;

	snprintf(text, sizeof text, "{\"version\": %s, \"changes\": [%s]}", version, changes);
	r = lp_journal_decode((const uint8_t *)text, strlen(text), why, journal);
	if (r < 0)
		assert_true(why[0]);
	return r;
}

/* Each row is accepted or refused; accepted ones are written back as the same. */
static void test_rows(void **state)
{
	char why[160];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_journal journal, again;
		char *text;

		assert_int_equal(decode(rows[i].changes, "1", &journal), rows[i].good ? 0 : LP_EMALFORMED);
		if (!rows[i].good)
			continue;
		text = lp_journal_encode(&journal);
		assert_non_null(text);
		assert_int_equal(lp_journal_decode((const uint8_t *)text, strlen(text), why, &again), 0);
		assert_memory_equal(&journal, &again, sizeof journal);
		free(text);
	}
}

/* The fields around the changes. */
static void test_file(void **state)
{
	static const char *const bad[] = {"", "nonsense", "{}", "{\"version\": 1}", "[1]",
		"{\"version\": 1, \"changes\": {}}", "{\"version\": 1, \"changes\": [], \"more\": 1}"};
	struct lp_journal journal;
	char many[LP_JOURNAL_MAX * 200 + 400] = "", why[160];

	(void)state;
	assert_int_equal(decode("", "2", &journal), LP_EMALFORMED);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(
			lp_journal_decode((const uint8_t *)bad[i], strlen(bad[i]), why, &journal), LP_EMALFORMED);
	for (int i = 0; i < LP_JOURNAL_MAX; i++)
		strcat(strcat(many, i ? "," : ""), ROUTE4);
	assert_int_equal(decode(many, "1", &journal), 0);
	assert_int_equal(journal.n, LP_JOURNAL_MAX);
	strcat(many, "," ROUTE4);
	assert_int_equal(decode(many, "1", &journal), LP_EMALFORMED);
}

/* A full journal is within the size that is read. */
static void test_largest(void **state)
{
	struct lp_journal journal = {.n = LP_JOURNAL_MAX}, again;
	const struct lp_route_settings largest = {UINT32_MAX, 0x7fffffff, false, false};
	char *text, why[160];

	(void)state;
	for (size_t i = 0; i < journal.n; i++) {
		struct lp_change *change = &journal.changes[i];

		change->kind = LP_CHANGE_SETTINGS;
		change->interface.luid = INT64_MAX;
		change->interface.index = UINT32_MAX;
		change->family = 6;
		change->before = change->after = largest;
	}
	text = lp_journal_encode(&journal);
	assert_true(strlen(text) <= LP_JOURNAL_MAX_BYTES);
	assert_int_equal(lp_journal_decode((const uint8_t *)text, strlen(text), why, &again), 0);
	assert_int_equal(again.n, journal.n);
	assert_true(again.changes[LP_JOURNAL_MAX - 1].interface.luid == INT64_MAX);
	assert_int_equal(again.changes[LP_JOURNAL_MAX - 1].after.mtu, UINT32_MAX);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_largest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
