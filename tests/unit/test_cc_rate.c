/* A sender without end behind a bottleneck, packet by packet, in virtual time. */
#include "quic/cc/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/units.h"

#define PACKET_BYTES 1400
#define PACKETS_MAX (1U << 16)

struct bottleneck {
	double mbit;
	uint64_t base_ns, queue_ns;
	uint64_t jitter_ns; /* up to this is added, in order */
	double loss;
};

struct run {
	struct bottleneck line;
	struct lp_cc_flight flight;
	struct lp_cc_rate rate;
	uint64_t now_ns, free_ns, last_ns, random;
	uint64_t due_ns[PACKETS_MAX]; /* when a packet's ACK comes; 0: it was lost */
	uint64_t acked, sent;
	uint64_t bytes, wait_sum_ns, n_wait, wait_max_ns;
};

static struct run run;

static double chance(void)
{
	run.random ^= run.random << 13;
	run.random ^= run.random >> 7;
	run.random ^= run.random << 17;
	return (double)(run.random >> 11) / 9007199254740992.0;
}

static void begin(const struct bottleneck *line)
{
	lp_cc_flight_done(&run.flight);
	run = (struct run){.line = *line, .now_ns = LP_SEC, .random = 88172645463325252U};
	lp_cc_flight_init(&run.flight);
	lp_cc_rate_init(&run.rate, run.now_ns);
}

/* Puts a packet into the bottleneck. */
static void send_packet(void)
{
	const struct bottleneck *line = &run.line;
	uint64_t start_ns = run.free_ns > run.now_ns ? run.free_ns : run.now_ns;
	uint64_t *due_ns = &run.due_ns[run.sent++ % PACKETS_MAX];
	lp_cc_flight_sent(&run.flight, PACKET_BYTES, run.now_ns);
	lp_cc_rate_sent(&run.rate, PACKET_BYTES, run.now_ns);
	*due_ns = 0;
	if (chance() < line->loss || start_ns - run.now_ns > line->queue_ns)
		return;
	run.free_ns = start_ns + (uint64_t)(PACKET_BYTES * 8e3 / line->mbit);
	*due_ns = run.free_ns + line->base_ns + (uint64_t)(chance() * (double)line->jitter_ns);
	if (*due_ns < run.last_ns)
		*due_ns = run.last_ns;
	run.last_ns = *due_ns;
	uint64_t wait_ns = run.free_ns - run.now_ns;
	run.wait_sum_ns += wait_ns;
	run.n_wait++;
	if (wait_ns > run.wait_max_ns)
		run.wait_max_ns = wait_ns;
}

/* Takes the oldest packet that was not lost as acknowledged, and those before it as lost. */
static void take_ack(void)
{
	struct lp_cc_flight_sample sample;
	while (run.due_ns[run.acked % PACKETS_MAX] == 0)
		lp_cc_rate_lost(&run.rate, lp_cc_flight_lost(&run.flight, run.acked++));
	if (lp_cc_flight_acked(&run.flight, run.acked++, run.now_ns, &sample))
		lp_cc_rate_acked(&run.rate, &sample);
	run.bytes += PACKET_BYTES;
	lp_cc_rate_update(&run.rate, &run.flight, PACKET_BYTES, 0, run.now_ns);
}

/* When the next ACK comes. */
static uint64_t next_ack_ns(void)
{
	for (uint64_t i = run.acked; i < run.sent; i++) {
		if (run.due_ns[i % PACKETS_MAX])
			return run.due_ns[i % PACKETS_MAX];
	}
	return LP_NEVER;
}

/* Lets time pass. Returns the part of the line's rate that arrived. */
static double pass(uint64_t for_ns)
{
	uint64_t end_ns = run.now_ns + for_ns;
	run.bytes = run.wait_sum_ns = run.n_wait = run.wait_max_ns = 0;
	while (run.now_ns < end_ns) {
		while (lp_cc_rate_may_send(&run.rate, run.flight.bytes, run.now_ns))
			send_packet();
		uint64_t ack_ns = next_ack_ns();
		uint64_t next_ns = lp_earlier(ack_ns, lp_cc_rate_deadline(&run.rate, run.flight.bytes, run.now_ns));
		if (next_ns == LP_NEVER) { /* all was lost, and a probe says so */
			while (run.acked < run.sent)
				lp_cc_flight_lost(&run.flight, run.acked++);
			next_ns = run.now_ns + LP_MS;
		}
		run.now_ns = next_ns > run.now_ns ? next_ns : run.now_ns;
		if (ack_ns <= run.now_ns)
			take_ack();
	}
	return (double)run.bytes * 8e3 / (double)for_ns / run.line.mbit;
}

static double mean_wait_ms(void)
{
	return (double)run.wait_sum_ns / (double)run.n_wait / 1e6;
}

/* The rate is found at once and kept, and packets hardly wait. */
static void test_steady(void **state)
{
	static const struct {
		struct bottleneck line;
		double first, rest; /* parts of the rate, of the first second and of five more */
		double wait_ms;     /* on average */
	} rows[] = {
		{{5, 5 * LP_MS, 300 * LP_MS, 0, 0}, 0.9, 0.97, 8},
		{{5, 80 * LP_MS, 20 * LP_MS, 0, 0}, 0.55, 0.9, 10},
		{{50, 5 * LP_MS, 100 * LP_MS, 0, 0}, 0.9, 0.97, 4},
		{{50, 80 * LP_MS, 100 * LP_MS, 0, 0}, 0.6, 0.97, 6},
		{{50, 80 * LP_MS, 20 * LP_MS, 0, 0}, 0.5, 0.95, 6},
		{{200, 200 * LP_MS, 100 * LP_MS, 0, 0}, 0.02, 0.9, 8},
		{{50, 20 * LP_MS, 100 * LP_MS, 10 * LP_MS, 0}, 0.8, 0.93, 12},
		{{50, 80 * LP_MS, 100 * LP_MS, 10 * LP_MS, 0}, 0.4, 0.9, 15},
		{{50, 80 * LP_MS, 100 * LP_MS, 0, 0.02}, 0.5, 0.9, 6},
		{{50, 20 * LP_MS, 100 * LP_MS, 0, 0.005}, 0.8, 0.93, 6},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		begin(&rows[i].line);
		double first = pass(LP_SEC);
		pass(LP_SEC);
		double rest = pass(5 * LP_SEC), wait_ms = mean_wait_ms();
		printf("%3.0f Mbit/s, %3.0f ms, queue %3.0f ms, jitter %2.0f ms, loss %.3f: %.2f, then %.2f, wait %.1f, at most %.1f "
		       "ms\n",
			rows[i].line.mbit, (double)rows[i].line.base_ns / 1e6, (double)rows[i].line.queue_ns / 1e6,
			(double)rows[i].line.jitter_ns / 1e6, rows[i].line.loss, first, rest, wait_ms,
			(double)run.wait_max_ns / 1e6);
		assert_true(first >= rows[i].first);
		assert_true(rest >= rows[i].rest);
		assert_true(wait_ms <= rows[i].wait_ms);
	}
}

/* A rate that falls by ten is found within a second, one that rises by ten within three. */
static void test_changes(void **state)
{
	static const uint64_t bases_ns[] = {10 * LP_MS, 20 * LP_MS, 80 * LP_MS};
	(void)state;
	for (size_t i = 0; i < sizeof bases_ns / sizeof *bases_ns; i++) {
		struct bottleneck line = {50, bases_ns[i], 100 * LP_MS, 0, 0};
		begin(&line);
		pass(5 * LP_SEC);
		run.line.mbit = 5;
		pass(LP_SEC);
		double now = (double)run.rate.path.rate * 8e-6;
		pass(LP_SEC);
		double down_ms = mean_wait_ms();
		run.line.mbit = 50;
		pass(3 * LP_SEC);
		double up = pass(LP_SEC);
		printf("%2.0f ms: %.1f Mbit/s found, wait %.1f ms, then %.2f of 50\n", (double)bases_ns[i] / 1e6, now,
			down_ms, up);
		assert_true(now > 3.5 && now < 6);
		assert_true(down_ms < 15);
		assert_true(up > 0.85);
	}
}

/* A path that becomes longer or shorter is no queue and no reason to send less. */
static void test_route(void **state)
{
	struct bottleneck line = {50, 20 * LP_MS, 100 * LP_MS, 0, 0};
	(void)state;
	begin(&line);
	pass(5 * LP_SEC);
	run.line.base_ns = 70 * LP_MS;
	pass(3 * LP_SEC);
	double longer = pass(3 * LP_SEC), longer_ms = mean_wait_ms();
	run.line.base_ns = 20 * LP_MS;
	pass(LP_SEC);
	double shorter = pass(3 * LP_SEC), shorter_ms = mean_wait_ms();
	printf("longer: %.2f, wait %.1f ms; shorter: %.2f, wait %.1f ms\n", longer, longer_ms, shorter, shorter_ms);
	assert_true(longer > 0.93 && longer_ms < 8);
	assert_true(shorter > 0.93 && shorter_ms < 8);
}

/* Acknowledgements of before a change of the path say nothing of the new one. */
static void test_new_path(void **state)
{
	struct bottleneck line = {50, 20 * LP_MS, 100 * LP_MS, 0, 0};
	(void)state;
	begin(&line);
	pass(LP_SEC);
	lp_cc_rate_init(&run.rate, run.now_ns);
	struct lp_cc_flight_sample sample = {
		.rtt_ns = LP_MS, .rate = 1000000, .sent_ns = run.now_ns - 1, .bytes = 1400};
	lp_cc_rate_acked(&run.rate, &sample);
	lp_cc_rate_update(&run.rate, &run.flight, PACKET_BYTES, 0, run.now_ns);
	assert_int_equal(run.rate.path.rate, 0);
	sample.sent_ns = run.now_ns;
	lp_cc_rate_acked(&run.rate, &sample);
	lp_cc_rate_update(&run.rate, &run.flight, PACKET_BYTES, 0, run.now_ns);
	assert_int_equal(run.rate.path.rate, 1000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steady),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_route),
		cmocka_unit_test(test_new_path),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
