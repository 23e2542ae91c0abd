#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/units.h"
#include "proto/budget.h"
#include "proto/fragment.h"

/* A fragment of |len| bytes of |fill|. */
static struct lp_datagram fragment_of(
	uint16_t source, uint16_t id, uint8_t index, uint8_t count, size_t len, uint8_t fill)
{
	static uint8_t data[2048];
	memset(data, fill, len);
	return (struct lp_datagram){
		.kind = LP_DATAGRAM_FRAGMENT,
		.source = source,
		.frame_id = id,
		.index = index,
		.count = count,
		.payload = data,
		.payload_len = len,
	};
}

/* The longest frame that LP_FRAGMENTS_MAX fragments can carry; 0: none. */
static size_t fragmented_frame(size_t budget)
{
	return budget > LP_DATAGRAM_FRAGMENT_HEADER ? (budget - LP_DATAGRAM_FRAGMENT_HEADER) * LP_FRAGMENTS_MAX : 0;
}

/* Every frame length at every budget: the smallest number of fragments, nearly equal, within the budget. */
static void test_plan(void **state)
{
	(void)state;
	for (size_t budget = 0; budget < 1700; budget += budget < 32 ? 1 : 7) {
		for (size_t len = 1; len <= 1522; len += len < 64 ? 1 : 13) {
			struct lp_fragment_plan plan = {.count = 99};
			int result = lp_fragment_plan(len, budget, &plan);
			bool whole = len <= lp_budget_whole_frame(budget);
			if (!whole && len > fragmented_frame(budget)) {
				assert_int_equal(result, LP_ETOOBIG);
				assert_int_equal(plan.count, 99);
				continue;
			}
			assert_int_equal(result, 0);
			if (whole) {
				assert_int_equal(plan.count, 1);
				assert_int_equal(plan.piece_len, len);
				continue;
			}
			assert_in_range(plan.count, 2, LP_FRAGMENTS_MAX);
			assert_true(plan.piece_len + LP_DATAGRAM_FRAGMENT_HEADER <= budget);
			assert_true(plan.piece_len * (plan.count - 1) < len && plan.piece_len * plan.count >= len);
			/* One fragment less would not suffice. */
			assert_true((budget - LP_DATAGRAM_FRAGMENT_HEADER) * (plan.count - 1) < len);
			/* Nor is their length more uneven than necessary. */
			assert_true(plan.piece_len <= (len + plan.count - 1) / plan.count);
		}
	}
}

/* The values of the table of paths. */
static void test_budget(void **state)
{
	(void)state;
	static const struct {
		size_t budget, inner;
	} rows[] = {
		{1440, 1422}, /* 1500 bytes path MTU, IPv4 */
		{1420, 1402}, /* IPv6 */
		{1432, 1414}, /* PPPoE, IPv4 */
		{1200, 1182}, /* 1280 bytes path MTU, IPv6 */
		{10, 0},
		{0, 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(lp_budget_inner_mtu(rows[i].budget), rows[i].inner);
	assert_int_equal(lp_budget_inner_mtu(LP_BUDGET_QUIC_FLOOR - LP_BUDGET_QUIC_OVERHEAD), 1150);
	assert_int_equal(lp_budget_frame_max(1500), 1522);
	assert_int_equal(LP_BUDGET_FRAME_MAX, 1522);
	assert_int_equal(LP_BUDGET_MIN, 389);
	for (size_t len = 1; len < 3000; len++) {
		struct lp_fragment_plan plan;
		size_t least = lp_budget_min(len);
		assert_int_equal(lp_fragment_plan(len, least, &plan), 0);
		if (len > lp_budget_whole_frame(least - 1))
			assert_int_equal(lp_fragment_plan(len, least - 1, &plan), LP_ETOOBIG);
		assert_true(fragmented_frame(least) >= len);
	}
}

/* Any frame, split as planned and delivered in any order with duplicates, is reassembled once. */
static void test_round_trip(void **state)
{
	(void)state;
	static const uint8_t orders[][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 3, 0, 2}, {2, 0, 3, 1}};
	struct lp_reassembly_config config;
	lp_reassembly_config_init(&config);
	struct lp_reassembly *r;
	uint8_t frame[1522];
	uint16_t id = 65000; /* wraps around in between */
	uint64_t now_ns = 5;
	for (size_t i = 0; i < sizeof frame; i++)
		frame[i] = (uint8_t)(i * 7 + (i >> 8));
	assert_int_equal(lp_reassembly_new(&config, &r), 0);
	for (size_t budget = 389; budget < 1500; budget += 11) {
		for (size_t len = 5; len <= sizeof frame; len += 37, id++) {
			struct lp_fragment_plan plan;
			assert_int_equal(lp_fragment_plan(len, budget, &plan), 0);
			if (plan.count == 1)
				continue;
			unsigned n_given = 0;
			for (unsigned k = 0; k < 4; k++) {
				uint8_t index = orders[(len + budget) % 4][k];
				const uint8_t *whole = NULL;
				size_t whole_len = 0, at = index * plan.piece_len;
				if (index >= plan.count)
					continue;
				size_t piece = len - at < plan.piece_len ? len - at : plan.piece_len;
				uint8_t *exact = malloc(piece);
				assert_non_null(exact);
				memcpy(exact, frame + at, piece);
				const struct lp_datagram d = {
					LP_DATAGRAM_FRAGMENT, 9, id, index, (uint8_t)plan.count, exact, piece};
				n_given++;
				int result = lp_reassembly_add(r, &d, now_ns++, &whole, &whole_len);
				assert_int_equal(result, n_given == plan.count);
				if (result == 1) {
					assert_int_equal(whole_len, len);
					assert_memory_equal(whole, frame, len);
				}
				assert_int_equal(lp_reassembly_add(r, &d, now_ns++, &whole, &whole_len), 0);
				free(exact);
			}
		}
	}
	const struct lp_reassembly_counters *c = lp_reassembly_counters(r);
	assert_true(c->completed > 1000);
	assert_true(c->duplicates > 2 * c->completed - 1);
	assert_int_equal(c->evicted + c->mixed + c->timed_out, 0);
	lp_reassembly_free(r);
}

/* Contradictory fragments discard their frame. */
static void test_mixed(void **state)
{
	(void)state;
	struct piece {
		uint8_t index, count;
		size_t len;
		int result;
	};
	static const struct {
		const char *name;
		struct piece piece[4];
		unsigned n;
	} rows[] = {
		{"other count", {{0, 2, 100, 0}, {1, 3, 100, LP_EMALFORMED}}, 2},
		{"other count, same index", {{0, 2, 100, 0}, {0, 3, 100, LP_EMALFORMED}}, 2},
		{"other size", {{0, 3, 100, 0}, {1, 3, 101, LP_EMALFORMED}}, 2},
		{"smaller in between", {{0, 3, 100, 0}, {1, 3, 99, LP_EMALFORMED}}, 2},
		{"last longer", {{0, 2, 100, 0}, {1, 2, 101, LP_EMALFORMED}}, 2},
		{"last longer, first to come", {{1, 2, 101, 0}, {0, 2, 100, LP_EMALFORMED}}, 2},
		{"too long together", {{0, 2, 800, 0}, {1, 2, 723, LP_EMALFORMED}}, 2},
		{"too long together, last first", {{1, 2, 723, 0}, {0, 2, 800, LP_EMALFORMED}}, 2},
		{"too long already", {{0, 4, 508, LP_EMALFORMED}}, 1},
		{"just not too long", {{0, 2, 800, 0}, {1, 2, 722, 1}}, 2},
		{"just not too long, last first", {{1, 2, 722, 0}, {0, 2, 800, 1}}, 2},
		{"too long alone", {{1, 2, 1523, LP_EMALFORMED}}, 1},
		{"too long alone, first", {{0, 2, 1523, LP_EMALFORMED}}, 1},
		{"one byte each", {{3, 4, 1, 0}, {2, 4, 1, 0}, {0, 4, 1, 0}, {1, 4, 1, 1}}, 4},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lp_reassembly_config config;
		lp_reassembly_config_init(&config);
		struct lp_reassembly *r;
		uint64_t n_mixed = 0;
		assert_int_equal(lp_reassembly_new(&config, &r), 0);
		for (unsigned k = 0; k < rows[i].n; k++) {
			const struct piece *p = &rows[i].piece[k];
			const uint8_t *frame;
			size_t len;
			struct lp_datagram d = fragment_of(1, 5, p->index, p->count, p->len, 1);
			int result = lp_reassembly_add(r, &d, 1, &frame, &len);
			if (result != p->result)
				print_message("%s: %d\n", rows[i].name, result);
			assert_int_equal(result, p->result);
			n_mixed += result < 0;
		}
		assert_int_equal(lp_reassembly_counters(r)->mixed, n_mixed);
		lp_reassembly_free(r);
	}
}

/* A fragment of another source never continues a frame. */
static void test_spoof(void **state)
{
	(void)state;
	struct lp_reassembly_config config;
	lp_reassembly_config_init(&config);
	struct lp_reassembly *r;
	const uint8_t *frame;
	size_t len;
	assert_int_equal(lp_reassembly_new(&config, &r), 0);
	struct lp_datagram d = fragment_of(1, 5, 0, 2, 100, 0xaa);
	assert_int_equal(lp_reassembly_add(r, &d, 1, &frame, &len), 0);
	d = fragment_of(2, 5, 1, 2, 100, 0xbb);
	assert_int_equal(lp_reassembly_add(r, &d, 1, &frame, &len), 0);
	d = fragment_of(1, 5, 1, 2, 100, 0xcc);
	assert_int_equal(lp_reassembly_add(r, &d, 1, &frame, &len), 1);
	assert_int_equal(frame[0], 0xaa);
	assert_int_equal(frame[199], 0xcc);
	lp_reassembly_free(r);
}

/* Time: a frame expires 200 ms after its first fragment, and all memory is freed when no more arrive. */
static void test_time(void **state)
{
	(void)state;
	struct lp_reassembly_config config;
	lp_reassembly_config_init(&config);
	struct lp_reassembly *r;
	const uint8_t *frame;
	size_t len;
	assert_int_equal(lp_reassembly_new(&config, &r), 0);
	const struct lp_reassembly_counters *c = lp_reassembly_counters(r);
	assert_true(lp_reassembly_deadline(r) == LP_NEVER);
	lp_reassembly_expire(r, LP_SEC);

	struct lp_datagram first = fragment_of(1, 5, 0, 2, 100, 1);
	assert_int_equal(lp_reassembly_add(r, &first, LP_SEC, &frame, &len), 0);
	assert_int_equal(lp_reassembly_deadline(r), LP_SEC + 200 * LP_MS);
	lp_reassembly_expire(r, LP_SEC + 200 * LP_MS - 1);
	assert_int_equal(c->timed_out, 0);
	struct lp_datagram last = fragment_of(1, 5, 1, 2, 100, 1);
	assert_int_equal(lp_reassembly_add(r, &last, LP_SEC + 200 * LP_MS - 1, &frame, &len), 1);

	/* The same after the timeout, without and with a call of expire(). */
	first.frame_id = last.frame_id = 6;
	assert_int_equal(lp_reassembly_add(r, &first, 2 * LP_SEC, &frame, &len), 0);
	assert_int_equal(lp_reassembly_add(r, &last, 2 * LP_SEC + 200 * LP_MS, &frame, &len), 0);
	assert_int_equal(c->timed_out, 1);
	lp_reassembly_expire(r, 2 * LP_SEC + 400 * LP_MS);
	assert_int_equal(c->timed_out, 2);
	assert_int_equal(lp_reassembly_deadline(r), 3 * LP_SEC + 200 * LP_MS);
	lp_reassembly_expire(r, 3 * LP_SEC + 200 * LP_MS);
	assert_true(lp_reassembly_deadline(r) == LP_NEVER);

	/* A completed id may be used again after its time. */
	assert_int_equal(lp_reassembly_add(r, &first, 4 * LP_SEC, &frame, &len), 0);
	assert_int_equal(lp_reassembly_add(r, &last, 4 * LP_SEC, &frame, &len), 1);
	assert_int_equal(lp_reassembly_add(r, &last, 4 * LP_SEC + 199 * LP_MS, &frame, &len), 0);
	assert_int_equal(c->duplicates, 1);
	assert_int_equal(lp_reassembly_add(r, &first, 4 * LP_SEC + 200 * LP_MS, &frame, &len), 0);
	assert_int_equal(lp_reassembly_add(r, &last, 4 * LP_SEC + 200 * LP_MS, &frame, &len), 1);
	lp_reassembly_free(r);
	lp_reassembly_free(NULL);
}

/* More incomplete frames than slots: the oldest is discarded. Remnants of old ids are discarded, too. */
static void test_bounds(void **state)
{
	(void)state;
	struct lp_reassembly_config config;
	lp_reassembly_config_init(&config);
	config.max_frames = 4;
	struct lp_reassembly *r;
	const uint8_t *frame;
	size_t len;
	assert_int_equal(lp_reassembly_new(&config, &r), 0);
	const struct lp_reassembly_counters *c = lp_reassembly_counters(r);
	for (uint16_t id = 0; id < 5; id++) {
		struct lp_datagram d = fragment_of(1, id, 0, 2, 100, 1);
		assert_int_equal(lp_reassembly_add(r, &d, 10U + id, &frame, &len), 0);
	}
	assert_int_equal(c->evicted, 1);
	for (uint16_t id = 1; id < 5; id++) {
		struct lp_datagram d = fragment_of(1, id, 1, 2, 100, 1);
		assert_int_equal(lp_reassembly_add(r, &d, 20, &frame, &len), 1);
	}
	struct lp_datagram d = fragment_of(1, 100, 0, 2, 100, 1);
	assert_int_equal(lp_reassembly_add(r, &d, 30, &frame, &len), 0);
	d = fragment_of(1, 99, 0, 2, 100, 1); /* slightly late: no effect */
	assert_int_equal(lp_reassembly_add(r, &d, 30, &frame, &len), 0);
	d = fragment_of(2, 50000, 0, 2, 100, 1); /* another source */
	assert_int_equal(lp_reassembly_add(r, &d, 30, &frame, &len), 0);
	assert_int_equal(c->evicted, 1);
	d = fragment_of(1, 100 + 4097, 0, 2, 100, 1);
	assert_int_equal(lp_reassembly_add(r, &d, 30, &frame, &len), 0);
	assert_int_equal(c->evicted, 3);
	d = fragment_of(2, 50000, 1, 2, 100, 1);
	assert_int_equal(lp_reassembly_add(r, &d, 30, &frame, &len), 1);
	lp_reassembly_free(r);
}

/* A source that leaves its frames incomplete takes the slots of no other: its own oldest frames give way. */
static void test_fair(void **state)
{
	(void)state;
	struct lp_reassembly_config config;
	lp_reassembly_config_init(&config);
	struct lp_reassembly *r;
	const uint8_t *frame;
	size_t len;
	assert_int_equal(lp_reassembly_new(&config, &r), 0);
	for (uint16_t source = 1; source < 4; source++) {
		struct lp_datagram d = fragment_of(source, 7, 0, 2, 100, 1);
		assert_int_equal(lp_reassembly_add(r, &d, source, &frame, &len), 0);
	}
	for (uint16_t id = 0; id < 1000; id++) {
		struct lp_datagram d = fragment_of(9, id, 0, 2, 100, 1);
		assert_int_equal(lp_reassembly_add(r, &d, 10U + id, &frame, &len), 0);
	}
	assert_int_equal(lp_reassembly_counters(r)->evicted, 1000 + 3 - config.max_frames);
	for (uint16_t source = 4; source < 7; source++) { /* others come in */
		struct lp_datagram d = fragment_of(source, 7, 0, 2, 100, 1);
		assert_int_equal(lp_reassembly_add(r, &d, 2000, &frame, &len), 0);
	}
	for (uint16_t source = 1; source < 7; source++) {
		struct lp_datagram d = fragment_of(source, 7, 1, 2, 100, 1);
		assert_int_equal(lp_reassembly_add(r, &d, 3000, &frame, &len), 1);
	}
	lp_reassembly_free(r);
}

/* Many senders, loss, reordering and duplicates: each output frame was sent, and comes out once. */
static void test_random(void **state)
{
	(void)state;
	struct lp_reassembly_config config;
	lp_reassembly_config_init(&config);
	config.max_frames = 8;
	struct lp_reassembly *r;
	static uint8_t delivered[3][65536];
	uint32_t random = 42;
	unsigned n_whole = 0;
	assert_int_equal(lp_reassembly_new(&config, &r), 0);
	memset(delivered, 0, sizeof delivered);
	struct lp_datagram waiting[6];
	uint8_t bytes[6][600];
	memset(waiting, 0, sizeof waiting);
	for (unsigned i = 0; i < 60000; i++) {
		random = random * 1664525 + 1013904223;
		uint16_t source = (uint16_t)(random >> 8) % 3, id = (uint16_t)(i / 4);
		uint8_t count = (uint8_t)(2 + id % 3), index = (uint8_t)((random >> 16) % count);
		unsigned at = (random >> 24) % 6;
		if (waiting[at].payload) {
			const uint8_t *frame;
			size_t len;
			int result = lp_reassembly_add(r, &waiting[at], i * LP_US, &frame, &len);
			assert_true(result >= 0);
			if (result == 1) {
				uint16_t whole_id = waiting[at].frame_id;
				assert_int_equal(delivered[waiting[at].source][whole_id]++, 0);
				assert_int_equal(len, (whole_id % 380 + 1U) * (2 + whole_id % 3));
				for (size_t k = 0; k < len; k++)
					assert_int_equal(frame[k], (uint8_t)(whole_id + waiting[at].source));
				n_whole++;
			}
			if (random & 64)
				continue; /* stays in the list: delivered again */
		}
		size_t len = id % 380 + 1U;
		memset(bytes[at], (uint8_t)(id + source), len);
		waiting[at] = (struct lp_datagram){LP_DATAGRAM_FRAGMENT, source, id, index, count, bytes[at], len};
	}
	assert_true(n_whole > 100);
	assert_int_equal(lp_reassembly_counters(r)->completed, n_whole);
	lp_reassembly_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_spoof),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_fair),
		cmocka_unit_test(test_random),
	};
	return cmocka_run_group_tests_name("fragment", tests, NULL, NULL);
}
