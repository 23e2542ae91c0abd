#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "proto/datagram.h"

/* The examples of docs/protocol.md, parsed and refused. */
static void test_read(void **state)
{
	(void)state;
	static const struct {
		uint8_t data[12];
		size_t len;
		int result;
	} rows[] = {
		{{0x10, 0, 0x12, 0x34, 0xaa}, 5, 0}, {{0x11, 0, 0, 7, 0x01, 0x02, 0, 2, 0xaa}, 9, 0},
		{{0x11, 0, 0, 7, 0x01, 0x02, 3, 4, 0xaa}, 9, 0},
		{{0x10, 0, 0x12, 0x34}, 4, LP_EMALFORMED}, /* no payload */
		{{0x10, 0, 0x12}, 3, LP_EMALFORMED},       /* truncated */
		{{0}, 0, LP_EMALFORMED},                   /* empty */
		{{0x20, 0, 0, 0, 0xaa}, 5, LP_EMALFORMED}, /* version 2 */
		{{0x00, 0, 0, 0, 0xaa}, 5, LP_EMALFORMED}, /* version 0 */
		{{0x12, 0, 0, 0, 0xaa}, 5, LP_EMALFORMED}, /* unknown kind */
		{{0x10, 1, 0, 0, 0xaa}, 5, LP_EMALFORMED}, /* flags */
		{{0x11, 0x80, 0, 7, 1, 2, 0, 2, 0xaa}, 9, LP_EMALFORMED},
		{{0x11, 0, 0, 7, 1, 2, 0, 2}, 8, LP_EMALFORMED}, /* fragment without payload */
		{{0x11, 0, 0, 7, 1, 2, 0}, 7, LP_EMALFORMED},
		{{0x11, 0, 0, 7, 1, 2, 0, 1, 0xaa}, 9, LP_EMALFORMED}, /* a single fragment is invalid */
		{{0x11, 0, 0, 7, 1, 2, 0, 0, 0xaa}, 9, LP_EMALFORMED},
		{{0x11, 0, 0, 7, 1, 2, 0, 5, 0xaa}, 9, LP_EMALFORMED}, /* too many */
		{{0x11, 0, 0, 7, 1, 2, 2, 2, 0xaa}, 9, LP_EMALFORMED}, /* index out of range */
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_datagram d = {.source = 0xdead};
		assert_int_equal(lp_datagram_read(rows[i].data, rows[i].len, &d), rows[i].result);
		if (rows[i].result < 0)
			assert_int_equal(d.source, 0xdead); /* not written */
	}
}

/* Each field at its position. */
static void test_fields(void **state)
{
	(void)state;
	static const uint8_t frame[] = {0x10, 0, 0x12, 0x34, 0xaa, 0xbb};
	static const uint8_t fragment[] = {0x11, 0, 0xff, 0xfe, 0x01, 0x02, 2, 3, 0xcc};
	struct lp_datagram d;
	assert_int_equal(lp_datagram_read(frame, sizeof frame, &d), 0);
	assert_int_equal(d.kind, LP_DATAGRAM_FRAME);
	assert_int_equal(d.source, 0x1234);
	assert_ptr_equal(d.payload, frame + 4);
	assert_int_equal(d.payload_len, 2);
	assert_int_equal(lp_datagram_read(fragment, sizeof fragment, &d), 0);
	assert_int_equal(d.kind, LP_DATAGRAM_FRAGMENT);
	assert_int_equal(d.source, 0xfffe);
	assert_int_equal(d.frame_id, 0x0102);
	assert_int_equal(d.index, 2);
	assert_int_equal(d.count, 3);
	assert_ptr_equal(d.payload, fragment + 8);
	assert_int_equal(d.payload_len, 1);
}

/* A written header reads back as the same. */
static void test_round_trip(void **state)
{
	(void)state;
	for (unsigned source = 0; source < 65536; source += 257) {
		for (unsigned count = 1; count <= LP_FRAGMENTS_MAX; count++) {
			uint8_t data[LP_DATAGRAM_FRAGMENT_HEADER + 1];
			struct lp_datagram read, d = {
							 .kind = count > 1 ? LP_DATAGRAM_FRAGMENT : LP_DATAGRAM_FRAME,
							 .source = (uint16_t)source,
							 .frame_id = (uint16_t)(source * 3),
							 .index = (uint8_t)(count - 1),
							 .count = (uint8_t)count,
						 };
			memset(data, 0xee, sizeof data);
			size_t len = lp_datagram_write_header(&d, data);
			assert_int_equal(len, count > 1 ? LP_DATAGRAM_FRAGMENT_HEADER : LP_DATAGRAM_HEADER);
			assert_int_equal(lp_datagram_read(data, len + 1, &read), 0);
			assert_int_equal(read.kind, d.kind);
			assert_int_equal(read.source, d.source);
			if (count > 1) {
				assert_int_equal(read.frame_id, d.frame_id);
				assert_int_equal(read.index, d.index);
				assert_int_equal(read.count, d.count);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_round_trip),
	};
	return cmocka_run_group_tests_name("datagram", tests, NULL, NULL);
}
