#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "packet.h"
#include "proto/be.h"
#include "proto/checksum.h"

/* A pseudo-random number. */
static uint32_t next_random(uint32_t *random)
{
	*random = *random * 1664525 + 1013904223;
	return *random >> 8;
}

/* The example of RFC 1071 §3. */
static void test_example(void **state)
{
	(void)state;
	static const uint8_t data[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
	uint16_t sum = lp_sum_fold(lp_sum(0, data, sizeof data));
	uint8_t bytes[2], complement[2];
	memcpy(bytes, &sum, 2);
	assert_int_equal(lp_be16_get(bytes), 0xddf2);
	lp_sum_store(complement, lp_sum(0, data, sizeof data));
	assert_int_equal(lp_be16_get(complement), 0xddf2 ^ 0xffff);
}

/* Any length at any alignment equals the naive sum. */
static void test_naive(void **state)
{
	(void)state;
	static uint8_t data[4200];
	uint32_t random = 1;
	for (int fill = 0; fill < 3; fill++) {
		for (size_t i = 0; i < sizeof data; i++)
			data[i] = fill == 0 ? (uint8_t)next_random(&random) : fill == 1 ? 0xff : 0;
		for (size_t len = 0; len < 300; len++) {
			for (size_t at = 0; at < 17; at++) {
				uint8_t bytes[2], copy[301] = {0};
				lp_sum_store_partial(bytes, lp_sum(0, data + at, len));
				assert_int_equal(lp_be16_get(bytes), packet_sum(0, data + at, len));
				lp_sum_store_partial(bytes, lp_sum_copy(0, copy, data + at, len));
				assert_int_equal(lp_be16_get(bytes), packet_sum(0, data + at, len));
				assert_memory_equal(copy, data + at, len);
				assert_int_equal(copy[len], 0);
			}
		}
		for (size_t len = 4000; len < 4100; len++) {
			uint8_t bytes[2];
			lp_sum_store_partial(bytes, lp_sum(0, data, len));
			assert_int_equal(lp_be16_get(bytes), packet_sum(0, data, len));
		}
	}
}

/* Sums can be combined from parts and with numbers. The largest input does not overflow. */
static void test_pieces(void **state)
{
	(void)state;
	static uint8_t data[65536];
	uint8_t bytes[2];
	memset(data, 0xff, sizeof data);
	data[0] = 0x12;
	uint64_t sum = 0;
	for (size_t at = 0; at < sizeof data; at += 2048)
		sum = lp_sum(sum, data + at, 2048);
	lp_sum_store_partial(bytes, sum);
	assert_int_equal(lp_be16_get(bytes), packet_sum(0, data, sizeof data));
	assert_int_equal(lp_sum_fold(lp_sum(0, data, sizeof data)), lp_sum_fold(sum));
	assert_true(lp_sum(UINT64_C(1) << 40, data, sizeof data) < UINT64_C(1) << 40);

	const uint8_t words[] = {0xab, 0xcd, 0x12, 0x34, 0x56, 0x78};
	uint64_t numbers = lp_sum_be32(lp_sum_be16(0, 0xabcd), 0x12345678);
	assert_int_equal(lp_sum_fold(numbers), lp_sum_fold(lp_sum(0, words, sizeof words)));
	assert_int_equal(lp_sum_fold(UINT64_MAX), 0xffff);
	assert_int_equal(lp_sum_fold(0), 0);
}

/* Both pseudo-headers, compared with the naive ones. */
static void test_pseudo(void **state)
{
	(void)state;
	for (int version = 4; version <= 6; version += 2) {
		uint8_t frame[200], bytes[2];
		const struct packet p = {.version = version, .protocol = PACKET_UDP, .host = 77};
		packet_build(&p, frame);
		for (uint32_t len = 8; len < 70000; len += 4321) {
			lp_sum_store_partial(bytes, version == 4 ? lp_sum_pseudo4(frame + 14, 17, len)
								 : lp_sum_pseudo6(frame + 14, 17, len));
			assert_int_equal(lp_be16_get(bytes), packet_pseudo(&p, frame, len));
		}
	}
}

/* A change is applied to the sum without summing again. */
static void test_replace(void **state)
{
	(void)state;
	uint32_t random = 7;
	for (int i = 0; i < 20000; i++) {
		uint8_t header[20];
		for (size_t k = 0; k < sizeof header; k++)
			header[k] = (uint8_t)next_random(&random);
		lp_be16_put(header + 10, 0);
		lp_be16_put(header + 10, (uint16_t)~packet_sum(0, header, sizeof header));
		uint16_t new_word = (uint16_t)(i % 3 == 0 ? 0 : i % 3 == 1 ? 0xffff : next_random(&random));
		lp_checksum_replace16(header + 10, lp_be16_get(header + 6), new_word);
		lp_be16_put(header + 6, new_word);
		assert_int_equal(packet_sum(0, header, sizeof header), 0xffff);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_naive),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_pseudo),
		cmocka_unit_test(test_replace),
	};
	return cmocka_run_group_tests_name("checksum", tests, NULL, NULL);
}
