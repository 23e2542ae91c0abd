/* Events: text and JSON of each field type, omitted fields, hostile names, and that every row is valid. */
#include "obs/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/addr.h"
#include "base/mac.h"
#include "base/units.h"

/* The last event. */
struct seen {
	struct lp_log log;
	int count;
	enum lp_event event;
	char text[8192], json[8192];
};

/* Records an event in both forms. */
static void note(void *ctx, enum lp_event event, const union lp_value *values)
{
	struct seen *seen = ctx;
	struct lp_text text;
	seen->count++;
	seen->event = event;
	lp_text_init(&text, seen->text, sizeof seen->text);
	lp_event_text(&text, event, values);
	assert_false(text.cut);
	lp_text_init(&text, seen->json, sizeof seen->json);
	lp_text_add(&text, "{");
	lp_event_json(&text, event, values);
	lp_text_add(&text, "}");
	assert_false(text.cut);
}

/* A log that records events from |level| up. */
static void seen_init(struct seen *seen, enum lp_level level)
{
	memset(seen, 0, sizeof *seen);
	seen->log = (struct lp_log){.level = level, .sink = note, .ctx = seen};
}

/* All field types of a member's join. */
static void test_text_and_json(void **state)
{
	struct seen seen;
	struct lp_mac mac = {{2, 0x5a, 0, 0, 0, 1}};
	struct lp_addr addr;
	(void)state;
	seen_init(&seen, LP_LEVEL_DEBUG);
	assert_int_equal(lp_addr_parse("[2001:db8::1]:443", 0, &addr), 0);

	lp_event_peer_joined(&seen.log, "LAN-1", 7, "client", "Zo\xc3\xab", &mac, &addr, "x 1.0");
	assert_int_equal(seen.event, LP_EVENT_peer_joined);
	assert_string_equal(seen.text, "room LAN-1: client 'Zo\xc3\xab' joined as peer 7 "
				       "(02:5a:00:00:00:01, [2001:db8::1]:443, x 1.0)");
	assert_string_equal(seen.json, "{\"level\":\"info\",\"event\":\"peer_joined\",\"room\":\"LAN-1\",\"peer\":7,"
				       "\"role\":\"client\",\"name\":\"Zo\xc3\xab\",\"mac\":\"02:5a:00:00:00:01\","
				       "\"address\":\"[2001:db8::1]:443\",\"software\":\"x 1.0\"}");

	lp_event_reconnecting(&seen.log, "timed out", 1500 * LP_MS);
	assert_string_equal(seen.text, "no connection to the relay (timed out), next attempt in 1.5s");
	assert_string_equal(seen.json, "{\"level\":\"debug\",\"event\":\"reconnecting\",\"reason\":\"timed out\","
				       "\"delay_us\":1500000}");

	lp_event_certificate(&seen.log, "/x.pem", "made", 1795342500);
	assert_string_equal(seen.text, "certificate /x.pem made, valid until 2026-11-22T10:15:00Z");
	assert_non_null(strstr(seen.json, "\"expires\":\"2026-11-22T10:15:00Z\""));

	lp_event_certificate_expiring(&seen.log, 1795342500, -3);
	assert_non_null(strstr(seen.json, "\"days\":-3}"));

	lp_event_confined(&seen.log, "", true, false);
	assert_string_equal(seen.text, "files restricted: yes, system calls restricted: no");
	assert_non_null(strstr(seen.json, "\"files\":true,\"calls\":false}"));
	lp_event_joined(&seen.log, "LAN", 1, 1500, false);
	assert_string_equal(seen.text, "joined room LAN");
	assert_non_null(strstr(seen.json, "\"gateway\":false}"));
}

/* Missing values: NULL and empty values are omitted in the text, and null or empty in JSON. */
static void test_empty(void **state)
{
	struct seen seen;
	struct lp_addr none = {0};
	(void)state;
	seen_init(&seen, LP_LEVEL_DEBUG);
	lp_event_peer_joined(&seen.log, "LAN", 7, "client", NULL, NULL, &none, "");
	assert_string_equal(seen.text, "room LAN: client joined as peer 7 (none, none)");
	assert_non_null(strstr(seen.json, "\"name\":\"\",\"mac\":null,\"address\":null,\"software\":\"\"}"));
	lp_event_connection_refused(&seen.log, "too many", NULL, 0);
	assert_string_equal(seen.text, "connections refused: too many");
	lp_event_connection_refused(&seen.log, "too many", NULL, 5);
	assert_string_equal(seen.text, "connections refused: too many, 5 more");
}

/* An event below the level is not formatted, and a log without a sink is allowed. */
static void test_levels(void **state)
{
	static const struct {
		enum lp_level level;
		int count;
	} rows[] = {{LP_LEVEL_ERROR, 1}, {LP_LEVEL_WARN, 2}, {LP_LEVEL_INFO, 3}, {LP_LEVEL_DEBUG, 4}};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct seen seen;
		seen_init(&seen, rows[i].level);
		lp_event_failed(&seen.log, "x");
		lp_event_warned(&seen.log, "x");
		lp_event_status(&seen.log, "x");
		lp_event_connection_opened(&seen.log, NULL);
		assert_int_equal(seen.count, rows[i].count);
	}
	lp_event_failed(NULL, "x");
	assert_string_equal(lp_level_text(LP_LEVEL_WARN), "warn");
	assert_string_equal(lp_level_text((enum lp_level)99), "unknown");
}

/* A member's name and reason cannot control a terminal, start a line, or end a JSON string. */
static void test_hostile_strings(void **state)
{
	static const char *const hostile[] = {
		"\033[2J\033[31m",
		"a\r\nb",
		"\"},{\"event\":\"x",
		"\\",
		"\xff\xfe",
		"\xc2\x9b"
		"1m",
		"{room}",
		"[x]",
		"%s%n",
		"\xe2\x80\xae"
		"evil",
	};
	(void)state;
	for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
		struct seen seen;
		seen_init(&seen, LP_LEVEL_DEBUG);
		lp_event_peer_left(&seen.log, "LAN", 1, "client", hostile[i], NULL, hostile[i]);
		for (const char *at = seen.text; *at; at++)
			assert_true((unsigned char)*at >= 0x20 && (unsigned char)*at != 0x7f);
		for (const char *at = seen.json; *at; at++)
			assert_true((unsigned char)*at >= 0x20 && (unsigned char)*at != 0x7f);
		json_t *root = json_loads(seen.json, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(root);
		assert_int_equal(json_object_size(root), 8);
		assert_string_equal(json_string_value(json_object_get(root, "event")), "peer_left");
		/* Valid UTF-8 is unchanged in JSON. */
		if (i != 4)
			assert_string_equal(json_string_value(json_object_get(root, "name")), hostile[i]);
		json_decref(root);
	}
}

/* Every row: a unique name, balanced brackets, and only its own fields in braces. */
static void test_rows_are_sound(void **state)
{
	(void)state;
	for (int i = 0; i < LP_EVENT_COUNT; i++) {
		enum lp_event event = (enum lp_event)i;
		union lp_value values[24] = {{0}};
		char section[4096], line[4096];
		struct lp_text text;

		for (int j = 0; j < i; j++)
			assert_string_not_equal(lp_event_name(event), lp_event_name((enum lp_event)j));
		assert_true(lp_event_level(event) < LP_LEVEL_COUNT);

		/* Each {name} of the template is a row of the section's table of fields. */
		lp_text_init(&text, section, sizeof section);
		lp_event_markdown(&text, event);
		assert_false(text.cut);
		const char *at = strstr(section, "Text: `");
		assert_non_null(at);
		int depth = 0;
		for (at += 7; *at != '`'; at++) {
			depth += (*at == '[') - (*at == ']');
			assert_in_range(depth, 0, 1);
			if (*at != '{')
				continue;
			size_t n = strcspn(at + 1, "}");
			char row[80] = "\n| `";
			strncat(row, at + 1, n < 60 ? n : 60);
			if (!strstr(section, row))
				fail_msg("%s: {%.*s} is no field", lp_event_name(event), (int)n, at + 1);
		}
		assert_int_equal(depth, 0);

		/* With all fields empty there is still a line, and JSON. */
		lp_text_init(&text, line, sizeof line);
		lp_event_text(&text, event, values);
		lp_text_init(&text, line, sizeof line);
		lp_text_add(&text, "{");
		lp_event_json(&text, event, values);
		lp_text_add(&text, "}");
		json_t *root = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		if (!root)
			fail_msg("%s: %s", lp_event_name(event), line);
		json_decref(root);
	}
	assert_string_equal(lp_event_name((enum lp_event)LP_EVENT_COUNT), "unknown");
}

/* A buffer that is too small truncates the line and is not overrun. */
static void test_small_buffers(void **state)
{
	union lp_value values[24] = {{0}};
	(void)state;
	for (size_t size = 1; size < 300; size++) {
		char *exact = malloc(size);
		struct lp_text text;
		assert_non_null(exact);
		lp_text_init(&text, exact, size);
		lp_event_text(&text, LP_EVENT_snapshot, values);
		lp_text_init(&text, exact, size);
		lp_event_json(&text, LP_EVENT_snapshot, values);
		assert_true(text.cut || strlen(exact) == text.len);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_and_json),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_hostile_strings),
		cmocka_unit_test(test_rows_are_sound),
		cmocka_unit_test(test_small_buffers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
