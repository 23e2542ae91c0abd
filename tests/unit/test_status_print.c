/* The table that `lanparty-relay status` prints. */
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

/* Prints the table of |json| into |table|. Returns the result of lp_relay_status_print(). */
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

#define PEER(name) MEMBER(7, "client", name, "192.0.2.1:4711", 12340, 5, "")
#define MEMBER(id, role, name, address, rtt_us, frames, more) \
	"{\"peer_id\":" #id ",\"room\":\"PARTY\",\"role\":\"" role "\",\"name\":\"" name "\"," \
	"\"mac\":\"02:00:00:00:00:01\",\"address\":\"" address "\",\"rtt_us\":" #rtt_us ",\"datagram_budget\":1440," \
	"\"lost_packets\":0,\"frames_in\":" #frames ",\"frames_out\":6,\"bytes_in\":0,\"bytes_out\":0," \
	"\"link_bytes_in\":0,\"link_bytes_out\":0,\"drops\":{\"oversize\":2,\"bad_source\":1}" more "}"
#define STATUS(peers) \
	"{\"version\":\"1.2\",\"uptime_s\":60,\"rooms\":1,\"connections\":2,\"handshakes\":10,\"joins\":9,\"rejects\":0," \
	"\"joins_limited\":0,\"wrong_invites\":0,\"guesses_slowed\":0,\"frames_in\":11,\"frames_out\":12,\"bytes_in\":0,\"udp_datagrams_in\":3," \
	"\"udp_datagrams_out\":4,\"udp_bytes_in\":30,\"udp_bytes_out\":40,\"udp_invalid_in\":5,\"link_datagrams\":21," \
	"\"link_bytes\":22,\"link_foreign\":23,\"link_limited\":24,\"retries_sent\":6,\"resets_sent\":8,\"connections_refused\":7," \
	"\"drops\":{\"oversize\":2},\"peers\":[" peers "]}"

static void test_table(void **state)
{
	char table[4096];
	(void)state;
	assert_int_equal(print(STATUS(PEER("Alice with a long name") "," MEMBER(9, "gateway", "", "[2001:db8::1]:443",
				       123456, 123456, ",\"lan_down\":true") "," MEMBER(8, "client", "J\\u00fcrgen",
				       "203.0.113.255:65535", 99940, 98765432, "")),
				 table),
		0);
	assert_string_equal(table,
		"relay 1.2, up 1m00s\n"
		"rooms 1, members 3, connections 2, joins 9, rejects 0\n"
		"frames in 11, out 12\n"
		"UDP datagrams in 3, out 4, of no connection 5\n"
		"peer links: datagrams passed on 21, over a limit 24, foreign 23\n"
		"handshakes: Retry sent 6, refused 7\n"
		"frames dropped: oversize 2\n"
		"\nroom PARTY\n"
		"NAME           ROLE    MAC               ADDRESS         RTTms    IN   OUT DROPS\n"
		"-              gateway 02:00:00:00:00:01 (IPv6)            123  123k     6     3\n"
		"               [2001:db8::1]:443\n"
		"               no link to its LAN\n"
		"Alice with a l client  02:00:00:00:00:01 192.0.2.1        12.3     5     6     3\n"
		"J\xc3\xbcrgen         client  02:00:00:00:00:01 203.0.113.255    99.9 98.7M     6     3\n");
}

/* A member's name may contain any character: none of them reaches the operator's terminal as a control character. */
static void test_escaped(void **state)
{
	static const struct {
		const char *json, *shown;
	} rows[] = {
		{STATUS(PEER("\\u001b[2J\\u001b]0")), "\\x1b[2J\\x1b]0"},
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
