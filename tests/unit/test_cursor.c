/* Bounded cursors: reads return what was written, and nothing past the end is accessed. */
#include "base/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Every width, big-endian, in sequence. */
static void test_round_trip(void **state)
{
	uint8_t data[32];
	struct lp_writer writer = lp_writer_init(data, sizeof data);
	(void)state;
	lp_writer_u8(&writer, 0x01);
	lp_writer_u16(&writer, 0x0203);
	lp_writer_u32(&writer, 0x04050607);
	lp_writer_u64(&writer, 0x08090a0b0c0d0e0f);
	lp_writer_bytes(&writer, "\x10\x11", 2);
	lp_writer_zero(&writer, 3);
	assert_false(writer.bad);
	assert_int_equal(lp_writer_len(&writer), 20);
	for (unsigned i = 0; i < 17; i++)
		assert_int_equal(data[i], i + 1);

	struct lp_reader reader = lp_reader_init(data, lp_writer_len(&writer));
	uint8_t copy[5];
	assert_int_equal(lp_reader_u8(&reader), 0x01);
	assert_int_equal(lp_reader_u16(&reader), 0x0203);
	assert_int_equal(lp_reader_u32(&reader), 0x04050607);
	assert_true(lp_reader_u64(&reader) == 0x08090a0b0c0d0e0f);
	lp_reader_copy(&reader, copy, sizeof copy);
	assert_memory_equal(copy, "\x10\x11\0\0\0", 5);
	assert_false(reader.bad);
	assert_int_equal(lp_reader_left(&reader), 0);
}

/* After the first read that does not fit, all others fail, even those that would fit. */
static void test_read_error_sticks(void **state)
{
	const uint8_t data[3] = {1, 2, 3};
	struct lp_reader reader = lp_reader_init(data, sizeof data);
	uint8_t copy[1] = {9};
	(void)state;
	assert_int_equal(lp_reader_u32(&reader), 0);
	assert_true(reader.bad);
	assert_int_equal(lp_reader_left(&reader), 0);
	assert_int_equal(lp_reader_u8(&reader), 0);
	assert_null(lp_reader_bytes(&reader, 1));
	lp_reader_copy(&reader, copy, 1);
	assert_int_equal(copy[0], 0);
	assert_ptr_equal(reader.at, data);
}

/* A write that does not fit writes nothing, and later writes write nothing. */
static void test_write_error_sticks(void **state)
{
	uint8_t data[4] = {0xee, 0xee, 0xee, 0xee};
	struct lp_writer writer = lp_writer_init(data, 3);
	(void)state;
	lp_writer_u16(&writer, 0x0102);
	lp_writer_u16(&writer, 0x0304);
	assert_true(writer.bad);
	lp_writer_u8(&writer, 5);
	assert_null(lp_writer_claim(&writer, 0));
	assert_int_equal(lp_writer_len(&writer), 2);
	assert_memory_equal(data, "\x01\x02\xee\xee", 4);
}

/* Lengths near SIZE_MAX do not wrap around, and length 0 is valid. */
static void test_extremes(void **state)
{
	uint8_t byte = 7;
	struct lp_reader reader = lp_reader_init(&byte, 1);
	struct lp_writer writer = lp_writer_init(&byte, 1);
	(void)state;
	lp_reader_skip(&reader, SIZE_MAX);
	assert_true(reader.bad);
	lp_writer_zero(&writer, SIZE_MAX);
	assert_true(writer.bad);
	assert_int_equal(byte, 7);

	reader = lp_reader_init(NULL, 0);
	lp_reader_skip(&reader, 0);
	assert_false(reader.bad);
	lp_reader_u8(&reader);
	assert_true(reader.bad);
}

/* Random reads, compared with a naive model. */
static void test_model(void **state)
{
	uint8_t data[64];
	(void)state;
	srand(1);
	for (unsigned i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)rand();
	for (unsigned round = 0; round < 2000; round++) {
		size_t len = (size_t)rand() % sizeof data, at = 0;
		struct lp_reader reader = lp_reader_init(data, len);
		bool bad = false;
		for (unsigned step = 0; step < 12; step++) {
			size_t n = (size_t)rand() % 9;
			uint64_t want = 0;
			bad = bad || n > len - at;
			for (size_t i = 0; !bad && i < n; i++)
				want = want << 8 | data[at++];
			assert_true(lp_reader_uint(&reader, n) == want);
			assert_int_equal(reader.bad, bad);
			assert_int_equal(lp_reader_left(&reader), bad ? 0 : len - at);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_read_error_sticks),
		cmocka_unit_test(test_write_error_sticks),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_model),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
