/* QUIC packets in a byte stream. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "carrier/tls/framing.h"

static void test_round_trip(void **state)
{
	static const size_t lens[] = {1, 2, 1200, 255, 256, LP_FRAMING_PACKET_MAX};
	static uint8_t packet[LP_FRAMING_PACKET_MAX], stream[40000];
	struct lp_bytes packets[8];
	size_t len = 0, n = 0, at = 0, n_found = 0;
	(void)state;
	for (size_t i = 0; i < sizeof packet; i++)
		packet[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
		size_t written = lp_framing_write(stream + len, sizeof stream - len, packet, lens[i]);
		assert_int_equal(written, LP_FRAMING_HEADER + lens[i]);
		len += written;
	}
	/* However the stream is split, the packets come out whole and in order. */
	for (size_t have = 0; have <= len; have++) {
		int taken = lp_framing_read(stream + at, have - at, packets, 8, &n);
		assert_true(taken >= 0);
		for (size_t i = 0; i < n; i++, n_found++) {
			assert_int_equal(packets[i].len, lens[n_found]);
			assert_memory_equal(packets[i].data, packet, packets[i].len);
		}
		at += (size_t)taken;
	}
	assert_int_equal(n_found, sizeof lens / sizeof *lens);
	assert_int_equal(at, len);
}

static void test_no_more_than_asked(void **state)
{
	static const uint8_t stream[] = {0, 1, 'a', 0, 1, 'b', 0, 1, 'c'};
	struct lp_bytes packets[2];
	size_t n;
	(void)state;
	assert_int_equal(lp_framing_read(stream, sizeof stream, packets, 2, &n), 6);
	assert_int_equal(n, 2);
	assert_int_equal(*packets[1].data, 'b');
}

static void test_lengths(void **state)
{
	static uint8_t data[LP_FRAMING_PACKET_MAX + 1], out[LP_FRAMING_PACKET_MAX + 3];
	struct lp_bytes packets[1];
	size_t n;
	(void)state;
	assert_int_equal(lp_framing_write(out, sizeof out, data, 0), 0);
	assert_int_equal(lp_framing_write(out, sizeof out, data, LP_FRAMING_PACKET_MAX + 1), 0);
	assert_int_equal(lp_framing_write(out, 11, data, 10), 0);
	assert_int_equal(lp_framing_write(out, 12, data, 10), 12);
	assert_int_equal(lp_framing_read((const uint8_t[]){0, 0}, 2, packets, 1, &n), LP_EMALFORMED);
	assert_int_equal(lp_framing_read((const uint8_t[]){0x3f, 0xff}, 2, packets, 1, &n), LP_EMALFORMED);
	assert_int_equal(lp_framing_read((const uint8_t[]){0x3f, 0xfe}, 2, packets, 1, &n), 0);
	assert_int_equal(lp_framing_read((const uint8_t[]){0xff}, 1, packets, 1, &n), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_no_more_than_asked),
		cmocka_unit_test(test_lengths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
