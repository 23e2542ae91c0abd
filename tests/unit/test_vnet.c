/* The header before a frame: every offload in both directions, and as the kernel writes it. */
#include "platform/linux/device/vnet.h"

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
		{.gso = LP_GSO_TCP4,
			.needs_csum = true,
			.gso_size = 1448,
			.hdr_len = 66,
			.csum_start = 34,
			.csum_offset = 16},
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
		{.gso = LP_GSO_UDP,
			.needs_csum = true,
			.gso_size = 1000,
			.hdr_len = 42,
			.csum_start = 34,
			.csum_offset = 6},
		{1, 5, 42, 1000, 34, 6}},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t data[LP_VNET_BYTES + 200] = {0};
		const struct lp_offload *offload = &rows[i].offload;
		print_message("%s\n", rows[i].name);
		lp_vnet_write(offload, data);
		assert_memory_equal(data, &rows[i].header, LP_VNET_BYTES);
		/* TCP's own header length, from which the length of all headers is derived. */
		if (offload->gso == LP_GSO_TCP4 || offload->gso == LP_GSO_TCP6)
			data[LP_VNET_BYTES + offload->csum_start + 12] =
				(uint8_t)((offload->hdr_len - offload->csum_start) / 4 << 4);
		struct lp_frame back;
		assert_int_equal(lp_vnet_read(data, sizeof data, &back), 0);
		assert_ptr_equal(back.data, data + LP_VNET_BYTES);
		assert_int_equal(back.len, 200);
		assert_int_equal(back.offload.gso, offload->gso);
		assert_int_equal(back.offload.gso_ecn, offload->gso_ecn);
		assert_int_equal(back.offload.needs_csum, offload->needs_csum);
		assert_int_equal(back.offload.gso_size, offload->gso_size);
		assert_int_equal(back.offload.hdr_len, offload->hdr_len);
		assert_int_equal(back.offload.csum_start, offload->csum_start);
		assert_int_equal(back.offload.csum_offset, offload->csum_offset);
	}
}

static void test_read(void **state)
{
	uint8_t data[LP_VNET_BYTES + 60] = {2};
	(void)state;
	struct lp_frame frame;
	assert_int_equal(lp_vnet_read(data, sizeof data, &frame), 0);
	assert_int_equal(lp_vnet_read(data, LP_VNET_BYTES + 13, &frame), LP_EMALFORMED);
	assert_int_equal(lp_vnet_read(data, LP_VNET_BYTES + 14, &frame), 0);
	/* UFO: fragments of one datagram, which is never requested. */
	data[1] = 3;
	assert_int_equal(lp_vnet_read(data, sizeof data, &frame), LP_EUNSUPPORTED);
}

/* The kernel's header length is not trusted, in particular if it is outside the frame. */
static void test_header_length(void **state)
{
	static const struct {
		struct lp_offload offload;
		uint8_t tcp_words;
		uint16_t hdr_len;
	} hdr_rows[] = {
		{{.gso = LP_GSO_TCP4, .needs_csum = true, .gso_size = 100, .hdr_len = 190, .csum_start = 34}, 8, 66},
		{{.gso = LP_GSO_TCP4, .needs_csum = true, .gso_size = 100, .hdr_len = 66, .csum_start = 190}, 8, 0},
		{{.gso = LP_GSO_TCP4, .needs_csum = true, .gso_size = 100, .hdr_len = 66, .csum_start = 65535}, 8, 0},
		{{.gso = LP_GSO_TCP4, .needs_csum = true, .gso_size = 100, .hdr_len = 66, .csum_start = 180}, 15, 0},
		{{.gso = LP_GSO_UDP, .needs_csum = true, .gso_size = 100, .hdr_len = 190, .csum_start = 34}, 0, 42},
		{{.gso = LP_GSO_UDP, .needs_csum = true, .gso_size = 100, .hdr_len = 42, .csum_start = 193}, 0, 0},
		{{.gso = LP_GSO_TCP4, .gso_size = 100, .hdr_len = 66, .csum_start = 34}, 8, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof hdr_rows / sizeof hdr_rows[0]; i++) {
		uint8_t data[LP_VNET_BYTES + 200] = {0};
		lp_vnet_write(&hdr_rows[i].offload, data);
		if (hdr_rows[i].offload.csum_start < 188)
			data[LP_VNET_BYTES + hdr_rows[i].offload.csum_start + 12] = (uint8_t)(hdr_rows[i].tcp_words
											      << 4);
		struct lp_frame frame;
		assert_int_equal(lp_vnet_read(data, sizeof data, &frame), 0);
		assert_int_equal(frame.offload.hdr_len, hdr_rows[i].hdr_len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_header_length),
	};
	return cmocka_run_group_tests_name("vnet", tests, NULL, NULL);
}
