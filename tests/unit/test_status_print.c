/* The table that `lanparty-relay status` prints of a relay's answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "relay/status.h"

/* Prints the table of |json| into |table|. What lp_relay_status_print() answers. */
static int print(const char *json, char table[4096])
{
	struct lp_failure failure = {0};
	FILE *out = tmpfile();
	assert_non_null(out);
	int result = lp_relay_status_print(json, strlen(json), out, &failure);
	rewind(out);
	table[fread(table, 1, 4095, out)] = '\0';
	fclose(out);
	assert_true(result == 0 || failure.text[0]);
	return result;
}

#define PEER(name) MEMBER(name, "")
#define MEMBER(name, more) \
	"{\"room\":\"PARTY\",\"peer_id\":7,\"role\":\"client\",\"name\":\"" name "\"," \
	"\"mac\":\"02:00:00:00:00:01\",\"address\":\"192.0.2.1:4711\",\"rtt_us\":12340,\"datagram_budget\":1440," \
	"\"frames_in\":5,\"frames_out\":6,\"drops\":{\"oversize\":2,\"bad_source\":1}" more "}"
#define STATUS(peers) \
	"{\"version\":\"1.2\",\"uptime_s\":60,\"rooms\":1,\"joins\":9,\"drops\":{\"oversize\":2},\"peers\":[" peers "]}"

static void test_table(void **state)
{
	char table[4096];
	(void)state;
	assert_int_equal(print(STATUS(PEER("Alice") "," MEMBER("", ",\"lan_down\":true")), table), 0);
	assert_string_equal(table,
		"relay 1.2, up 60 s: 1 rooms, 2 peers, 0 connections, 9 joins, 0 rejects\n"
		"frames in 0, out 0; datagrams in 0, out 0, invalid 0; retries 0, refused 0\n"
		"dropped 2: oversize\n\n"
		"ROOM              PEER  ROLE     NAME               MAC                ADDRESS           "
		"         RTT ms BUDGET  FRAMES IN FRAMES OUT    DROPS\n"
		"PARTY                7  client   Alice              02:00:00:00:00:01  192.0.2.1:4711    "
		"           12.3   1440          5          6        3\n"
		"PARTY                7  client   -                  02:00:00:00:00:01  192.0.2.1:4711    "
		"           12.3   1440          5          6        3  no link to its LAN\n");
}

/* A member's name may hold any character: none of them reaches the operator's terminal as a control. */
static void test_escaped(void **state)
{
	static const struct {
		const char *json, *shown;
	} rows[] = {
		{STATUS(PEER("\\u001b[2J\\u001b]0;x\\u0007")), "\\x1b[2J\\x1b]0;x\\x07"},
		{STATUS(PEER("a\\r\\nPARTY")), "a\\x0d\\x0aPARTY"},
		{STATUS(PEER("\\u009b31m")), "\\u{009b}31m"},
		{STATUS(PEER("\\u202eecila")), "\\u{202e}ecila"},
		{STATUS(PEER("J\\u00fcrgen")), "J\xc3\xbcrgen"},
	};
	char table[4096];
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(print(rows[i].json, table), 0);
		if (!strstr(table, rows[i].shown))
			fail_msg("row %zu: %s", i, table);
		for (const char *at = table; *at; at++)
			assert_true((*at & 0x80) || (*at >= ' ' && *at < 0x7f) || *at == '\n');
	}
}

static void test_not_a_status(void **state)
{
	static const char *const rows[] = {"", "[]", "{", "hello"};
	char table[4096];
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(print(rows[i], table), LP_EMALFORMED);
		assert_string_equal(table, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_escaped),
		cmocka_unit_test(test_not_a_status),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
