#include "quic/cc/flight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/units.h"

/* A packet counts once, however many of its DATAGRAMs are acknowledged, and not after it was lost. */
static void test_once(void **state)
{
	struct lp_cc_flight flight;
	struct lp_cc_flight_sample sample;
	(void)state;
	lp_cc_flight_init(&flight);
	uint64_t first = lp_cc_flight_serial(&flight);
	lp_cc_flight_sent(&flight, 1000, LP_MS);
	uint64_t second = lp_cc_flight_serial(&flight);
	lp_cc_flight_sent(&flight, 500, LP_MS);
	assert_int_equal(flight.bytes, 1500);

	assert_true(lp_cc_flight_acked(&flight, first, 11 * LP_MS, &sample));
	assert_int_equal(sample.rtt_ns, 10 * LP_MS);
	assert_int_equal(sample.n_after, 1);
	assert_false(lp_cc_flight_acked(&flight, first, 12 * LP_MS, &sample));
	assert_int_equal(flight.bytes, 500);

	assert_int_equal(lp_cc_flight_lost(&flight, second), 500);
	assert_int_equal(lp_cc_flight_lost(&flight, second), 0);
	assert_false(lp_cc_flight_acked(&flight, second, 20 * LP_MS, &sample));
	assert_false(lp_cc_flight_acked(&flight, second + 1, 20 * LP_MS, &sample));
	assert_int_equal(flight.bytes, 0);
	assert_int_equal(flight.delivered_bytes, 1000);
	assert_int_equal(flight.lost_bytes, 500);
	lp_cc_flight_done(&flight);
}

/* Records are kept for as many packets as are in flight. */
static void test_many(void **state)
{
	struct lp_cc_flight flight;
	struct lp_cc_flight_sample sample;
	(void)state;
	lp_cc_flight_init(&flight);
	for (unsigned i = 0; i < 5000; i++)
		lp_cc_flight_sent(&flight, 100, i * LP_US);
	for (unsigned i = 0; i < 5000; i++) {
		assert_true(lp_cc_flight_acked(&flight, i, 10 * LP_MS + i * LP_US, &sample));
		assert_int_equal(sample.rtt_ns, 10 * LP_MS);
	}
	assert_int_equal(flight.bytes, 0);
	lp_cc_flight_done(&flight);
}

/* Neither packets that leave in bursts nor ACKs that come in bursts make the rate look higher. */
static void test_rate(void **state)
{
	enum { PACKETS = 400, ROUND = 50 }; /* sent, and in flight */
	static const struct {
		unsigned sent_together, acked_together;
	} rows[] = {{1, 1}, {10, 1}, {1, 10}, {10, 10}};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct lp_cc_flight flight;
		struct lp_cc_flight_sample sample = {0};
		lp_cc_flight_init(&flight);
		/* The path carries a packet of 1000 bytes in a millisecond. */
		for (unsigned n = 0; n < PACKETS + ROUND; n++) {
			if (n < PACKETS)
				lp_cc_flight_sent(
					&flight, 1000, n / rows[i].sent_together * rows[i].sent_together * LP_MS);
			if (n < ROUND)
				continue;
			unsigned acked = n - ROUND, last = acked / rows[i].acked_together * rows[i].acked_together +
							   rows[i].acked_together - 1;
			assert_true(lp_cc_flight_acked(&flight, acked, (last + ROUND) * LP_MS, &sample));
			if (acked > 2 * ROUND)
				assert_in_range(sample.rate, acked == last ? 800000 : 1, 1250000);
		}
		lp_cc_flight_done(&flight);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_rate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
