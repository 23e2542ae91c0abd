/* The header before a frame: every offload there and back, and as the kernel writes it. */
#include "platform/linux/vnet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "proto/offload.h"

static const struct {
	const char *name;
	struct lp_offload offload;
	struct {
		uint8_t flags, type;
		uint16_t hdr_len, gso_size, csum_start, csum_offset;
	} header;
} rows[] = {
	{"plain", {0}, {0}},
	{"checksum", {.needs_csum = true, .csum_start = 34, .csum_offset = 6}, {1, 0, 0, 0, 34, 6}},
	{"TCP over IPv4",
         {.gso = LP_GSO_TCP4, .needs_csum = true, .gso_size = 1448, .hdr_len = 66, .csum_start = 34, .csum_offset = 16},
         {1, 1, 66, 1448, 34, 16}},
	{"TCP over IPv6 with CWR",
         {.gso = LP_GSO_TCP6,
          .gso_ecn = true,
          .needs_csum = true,
          .gso_size = 1428,
          .hdr_len = 86,
          .csum_start = 54,
          .csum_offset = 16},
         {1, 0x84, 86, 1428, 54, 16}},
	{"UDP",
         {.gso = LP_GSO_UDP, .needs_csum = true, .gso_size = 1000, .hdr_len = 42, .csum_start = 34, .csum_offset = 6},
         {1, 5, 42, 1000, 34, 6}},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t header[LP_VNET_BYTES];
		struct lp_offload back;

		print_message("%s\n", rows[i].name);
		lp_vnet_write(&rows[i].offload, header);
		assert_memory_equal(header, &rows[i].header, LP_VNET_BYTES);
		assert_int_equal(lp_vnet_read(header, &back), 0);
		assert_int_equal(back.gso, rows[i].offload.gso);
		assert_int_equal(back.gso_ecn, rows[i].offload.gso_ecn);
		assert_int_equal(back.needs_csum, rows[i].offload.needs_csum);
		assert_int_equal(back.gso_size, rows[i].offload.gso_size);
		assert_int_equal(back.hdr_len, rows[i].offload.hdr_len);
		assert_int_equal(back.csum_start, rows[i].offload.csum_start);
		assert_int_equal(back.csum_offset, rows[i].offload.csum_offset);
		assert_false(back.csum_valid);
	}
}

static void test_read(void **state)
{
	uint8_t header[LP_VNET_BYTES] = {2};
	struct lp_offload offload;

	(void)state;
	assert_int_equal(lp_vnet_read(header, &offload), 0);
	assert_true(offload.csum_valid);
	/* UFO: fragments of one datagram, which nobody asks for. */
	header[1] = 3;
	assert_int_equal(lp_vnet_read(header, &offload), LP_EUNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests_name("vnet", tests, NULL, NULL);
}
