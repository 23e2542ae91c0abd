/* Prefixes of connection IDs, and the runs in which a receive run is passed on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/link_prefix.h"
#include "base/udp_msg.h"
#include "carrier/dcid.h"

#define STEP 40U

/* Packets by their first bytes, padded with 0xee to 40 bytes, and what is found. */
static void test_prefix(void **state)
{
	static const struct {
		const char *bytes;
		size_t n_bytes, len;
		const char *dcid, *scid; /* NULL: none */
	} rows[] = {
		{"\x40\x00"
		 "abcde...",
			10, 40,
			"\x00"
			"abcde",
			NULL},
		{"\x5f"
		 "prefixme",
			9, 21, "prefix", NULL},
		{"\x5f"
		 "prefixme",
			9, 20, NULL, NULL}, /* shorter than any packet */
		{"\x00"
		 "prefixme",
			9, 40, NULL, NULL}, /* no fixed bit: not QUIC */
		{"\xc0\x00\x00\x00\x01\x08"
		 "prefixme\x08"
		 "sourceme",
			23, 40, "prefix", "source"},
		{"\xc0\x00\x00\x00\x01\x06"
		 "prefix\x06"
		 "source",
			19, 40, "prefix", "source"},
		{"\xc0\x00\x00\x00\x01\x05"
		 "prefi\x08"
		 "sourceme",
			20, 40, NULL, "source"}, /* the ID is shorter than a prefix */
		{"\xc0\x00\x00\x00\x01\x08"
		 "prefixme\x05"
		 "sourc",
			20, 40, "prefix", NULL},
		{"\xc0\x00\x00\x00\x01\x23", 6, 40, NULL, NULL}, /* the ID ends behind the packet */
		{"\xc0\x00\x00\x00\x01\x22", 6, 40, "\xee\xee\xee\xee\xee\xee", NULL}, /* it ends with the packet */
		{"\xc0\x00\x00\x00\x01\x08"
		 "prefixme\x1a",
			15, 40, "prefix", NULL}, /* the source ID ends behind the packet */
		{"\x80\x00\x00\x00\x00\x08"
		 "prefixme\x08"
		 "sourceme",
			23, 40, "prefix", "source"}, /* version negotiation */
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t data[40];
		memset(data, 0xee, sizeof data);
		memcpy(data, rows[i].bytes, rows[i].n_bytes);
		const uint8_t *dcid = lp_dcid_prefix(data, rows[i].len), *scid = lp_scid_prefix(data, rows[i].len);
		if ((dcid != NULL) != (rows[i].dcid != NULL) || (scid != NULL) != (rows[i].scid != NULL))
			fail_msg("row %zu", i);
		if (dcid)
			assert_memory_equal(dcid, rows[i].dcid, LP_LINK_PREFIX_BYTES);
		if (scid)
			assert_memory_equal(scid, rows[i].scid, LP_LINK_PREFIX_BYTES);
	}
}

/* A receive run of packets to a, a, b, none, none, a (short) is cut where the prefix changes. */
static void test_runs(void **state)
{
	static const char to[] = "aab--a";
	static const size_t taken[] = {2 * STEP, STEP, 2 * STEP, STEP - 5};
	uint8_t data[6 * STEP];
	struct lp_udp_msg msg = {.data = data,
		.len = sizeof data - 5,
		.segment_bytes = STEP,
		.ecn = 2,
		.remote = {.port = 7, .family = 4}};
	size_t at = 0, i = 0;
	(void)state;
	memset(data, 0, sizeof data);
	for (size_t k = 0; k < 6; k++) {
		data[k * STEP] = to[k] == '-' ? 0 : 0x40;
		memset(data + k * STEP + 1, to[k], LP_LINK_PREFIX_BYTES);
	}
	while (at < msg.len) {
		struct lp_udp_msg run;
		const uint8_t *prefix;
		size_t n = lp_dcid_run(&msg, at, &run, &prefix);
		assert_true(i < 4);
		assert_int_equal(n, taken[i]);
		assert_int_equal(run.len, n);
		assert_ptr_equal(run.data, data + at);
		assert_int_equal(run.segment_bytes, n > STEP ? STEP : 0);
		assert_int_equal(run.ecn, 2);
		assert_int_equal(run.remote.port, 7);
		if (i == 2)
			assert_null(prefix);
		else
			assert_ptr_equal(prefix, data + at + 1);
		at += n;
		i++;
	}
	assert_int_equal(i, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_runs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
