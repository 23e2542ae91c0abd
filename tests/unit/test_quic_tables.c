/* The small parts of quic/, compared with naive models: connection IDs, deadlines, sources, control bytes, batches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/units.h"
#include "quic/batch.h"
#include "quic/control.h"
#include "quic/demux/addr_limits.h"
#include "quic/demux/conn_table.h"
#include "quic/expiry.h"

static uint32_t random_state = 1;

/* A pseudo-random generator that is the same everywhere. */
static uint32_t next_random(void)
{
	random_state = random_state * 1664525 + 1013904223;
	return random_state >> 8;
}

static const uint8_t key[LP_SIPHASH_KEY] = {1, 2, 3};

#define MODEL_IDS 500
#define MODEL_CONNS 20

static void test_conn_table(void **state)
{
	(void)state;
	static char owners[MODEL_CONNS]; /* stand-ins for connections */
	struct lp_cid_list lists[MODEL_CONNS] = {0};
	int model[MODEL_IDS]; /* owner of the id; -1: none */
	struct lp_conn_table table;
	assert_int_equal(lp_conn_table_init(&table, key), 0);
	memset(model, -1, sizeof model);
	for (int round = 0; round < 20000; round++) {
		unsigned id = next_random() % MODEL_IDS, who = next_random() % MODEL_CONNS;
		uint8_t cid[20] = {(uint8_t)id, (uint8_t)(id >> 8)};
		size_t len = 2 + id % 19;
		struct lp_quic_conn *conn = (struct lp_quic_conn *)(void *)&owners[who];
		switch (next_random() % 8) {
		case 0:
			lp_conn_table_remove(&table, cid, len, &lists[who]);
			if (model[id] == (int)who)
				model[id] = -1;
			break;
		case 1:
			if (next_random() % 20 == 0) {
				lp_conn_table_remove_all(&table, &lists[who]);
				for (int i = 0; i < MODEL_IDS; i++)
					if (model[i] == (int)who)
						model[i] = -1;
			}
			break;
		default:
			assert_int_equal(
				lp_conn_table_add(&table, cid, len, conn, &lists[who]), model[id] < 0 ? 0 : LP_EEXISTS);
			if (model[id] < 0)
				model[id] = (int)who;
		}
		id = next_random() % MODEL_IDS;
		cid[0] = (uint8_t)id;
		cid[1] = (uint8_t)(id >> 8);
		assert_ptr_equal(lp_conn_table_find(&table, cid, 2 + id % 19),
			model[id] < 0 ? NULL : (void *)&owners[model[id]]);
	}
	uint8_t long_cid[21] = {0};
	assert_int_equal(lp_conn_table_add(&table, long_cid, 21, NULL, &lists[0]), LP_EINVAL);
	assert_null(lp_conn_table_find(&table, long_cid, 21));
	for (int i = 0; i < MODEL_CONNS; i++)
		lp_conn_table_remove_all(&table, &lists[i]);
	lp_conn_table_done(&table);
}

/* A lookup of many gives the same as single lookups: our own ids, longer ones, foreign ones, and none. */
static void test_find_many(void **state)
{
	(void)state;
	static char owners[MODEL_IDS];
	struct lp_cid_list lists[MODEL_IDS] = {0};
	uint8_t ids[MODEL_IDS][LP_QUIC_CID_LEN];
	struct lp_conn_table table;
	unsigned n_found = 0;
	assert_int_equal(lp_conn_table_init(&table, key), 0);
	for (int i = 0; i < MODEL_IDS; i++) {
		size_t len = i % 7 ? LP_QUIC_CID_LEN : LP_QUIC_CID_LEN - 1;
		memset(ids[i], 0, sizeof ids[i]);
		memcpy(ids[i], &i, sizeof i);
		if (i % 5)
			assert_int_equal(lp_conn_table_add(&table, ids[i], len,
						 (struct lp_quic_conn *)(void *)&owners[i], &lists[i]),
				0);
	}
	for (int round = 0; round < 1000; round++) {
		const uint8_t *cids[LP_CONN_TABLE_MANY];
		struct lp_quic_conn *found[LP_CONN_TABLE_MANY];
		size_t n = next_random() % (LP_CONN_TABLE_MANY + 1);
		for (size_t i = 0; i < n; i++)
			cids[i] = next_random() % 10 ? ids[next_random() % MODEL_IDS] : NULL;
		lp_conn_table_find_many(&table, cids, n, found);
		for (size_t i = 0; i < n; i++) {
			struct lp_quic_conn *alone = cids[i] ? lp_conn_table_find(&table, cids[i], LP_QUIC_CID_LEN)
							     : NULL;
			assert_ptr_equal(found[i], alone);
			n_found += found[i] != NULL;
		}
	}
	assert_true(n_found > 1000);
	for (int i = 0; i < MODEL_IDS; i++)
		lp_conn_table_remove_all(&table, &lists[i]);
	lp_conn_table_done(&table);
}

#define MODEL_DEADLINES 100

static void test_expiry(void **state)
{
	(void)state;
	struct lp_deadline deadlines[MODEL_DEADLINES] = {0};
	uint64_t model[MODEL_DEADLINES];
	struct lp_expiry expiry;
	lp_expiry_init(&expiry);
	assert_true(lp_expiry_next_ns(&expiry) == LP_NEVER);
	assert_null(lp_expiry_due(&expiry, LP_NEVER - 1));
	assert_int_equal(lp_expiry_reserve(&expiry, MODEL_DEADLINES), 0);
	for (int i = 0; i < MODEL_DEADLINES; i++)
		model[i] = LP_NEVER;
	for (int round = 0; round < 20000; round++) {
		unsigned i = next_random() % MODEL_DEADLINES;
		model[i] = next_random() % 3 ? next_random() % 1000 : LP_NEVER;
		lp_expiry_set(&expiry, &deadlines[i], model[i]);
		uint64_t first = LP_NEVER;
		for (int k = 0; k < MODEL_DEADLINES; k++)
			first = lp_earlier(first, model[k]);
		/* It may check before the deadline, but not after it. */
		assert_true(lp_expiry_next_ns(&expiry) <= first);
		uint64_t now_ns = next_random() % 1000;
		const struct lp_deadline *found = lp_expiry_due(&expiry, now_ns);
		assert_true((found ? found->at_ns : LP_NEVER) == (first <= now_ns ? first : LP_NEVER));
		assert_true(found || lp_expiry_next_ns(&expiry) > now_ns);
	}
	for (int i = 0; i < MODEL_DEADLINES; i++)
		lp_expiry_set(&expiry, &deadlines[i], LP_NEVER);
	assert_true(lp_expiry_next_ns(&expiry) == LP_NEVER);
	lp_expiry_done(&expiry);
}

static void test_sources(void **state)
{
	(void)state;
	struct lp_addr_limits sources;
	struct lp_addr_limit *held[300];
	bool established[300];
	struct lp_addr addrs[300];
	assert_int_equal(lp_addr_limits_init(&sources, key), 0);
	for (unsigned i = 0; i < 300; i++) {
		/* 100 IPv4 addresses, 50 IPv6 prefixes of 64 bits with different ends and ports */
		addrs[i] = (struct lp_addr){.family = i % 2 ? 6 : 4, .port = (uint16_t)i};
		addrs[i].ip[3] = (uint8_t)(i % 100);
		addrs[i].ip[15] = i % 2 ? (uint8_t)i : 0;
		held[i] = lp_addr_limits_enter(&sources, &addrs[i], i % 5 == 0);
		assert_non_null(held[i]);
		established[i] = i % 3 == 0;
		if (established[i])
			lp_addr_limits_settle(held[i], i % 5 == 0);
	}
	assert_int_equal(sources.n_sources, 150); /* with the site of each IPv6 prefix */
	const struct lp_addr_limit *site = lp_addr_limits_find_site(&sources, &addrs[1]);
	assert_non_null(site);
	assert_ptr_equal(held[1]->site, site);
	assert_int_equal(site->n_conns, 3);
	assert_int_equal(site->n_handshakes + site->n_unproven, 2);
	assert_null(lp_addr_limits_find_site(&sources, &addrs[0]));
	assert_null(held[0]->site);
	for (unsigned i = 0; i < 100; i++) {
		const struct lp_addr_limit *source = lp_addr_limits_find(&sources, &addrs[i]);
		assert_non_null(source);
		assert_int_equal(source->n_conns, 3);
		/* Of the three one is established; all of them are validated, or none. */
		assert_int_equal(source->n_handshakes, i % 5 == 0 ? 2 : 0);
		assert_int_equal(source->n_unproven, i % 5 == 0 ? 0 : 2);
	}
	for (unsigned i = 0; i < 300; i++) {
		if (!established[i])
			lp_addr_limits_settle(held[i], i % 5 == 0);
		lp_addr_limits_leave(&sources, held[i]);
	}
	assert_null(lp_addr_limits_find(&sources, &addrs[0]));
	assert_null(lp_addr_limits_find_site(&sources, &addrs[1]));
	lp_addr_limits_done(&sources);
}

static void test_control(void **state)
{
	(void)state;
	struct lp_control control;
	static uint8_t chunk[9000];
	uint64_t queued = 0, sent = 0, acked = 0;
	size_t total = 0;
	lp_control_init(&control, &total);
	for (int round = 0; round < 20000; round++) {
		size_t len = next_random() % 3 ? next_random() % 100 : next_random() % sizeof chunk;
		for (size_t i = 0; i < len; i++)
			chunk[i] = (uint8_t)((queued + i) * 7 >> 2);
		int rv = lp_control_queue(&control, chunk, len);
		assert_int_equal(rv, len > LP_CONTROL_MAX - (queued - acked) ? LP_EFULL : 0);
		if (rv == 0)
			queued += len;
		assert_int_equal(total, queued - acked);
		const uint8_t *data = NULL;
		size_t n = lp_control_next(&control, &data);
		assert_true((n == 0) == (sent == queued));
		for (size_t i = 0; i < n; i++)
			assert_int_equal(data[i], (uint8_t)((sent + i) * 7 >> 2));
		if (n) {
			n = next_random() % 2 ? n : next_random() % (n + 1);
			lp_control_sent(&control, n);
			sent += n;
		}
		if (next_random() % 2 && sent > acked) {
			acked += next_random() % (sent - acked + 1);
			lp_control_acked(&control, acked);
		}
	}
	assert_true(queued > 10 * LP_CONTROL_MAX);
	lp_control_done(&control);
	assert_int_equal(total, 0);
}

/* While other streams hold too much, a stream takes little, and all of it again when they are read. */
static void test_control_total(void **state)
{
	(void)state;
	struct lp_control control;
	static uint8_t chunk[9000];
	size_t total = LP_CONTROL_TOTAL, n = 0;
	lp_control_init(&control, &total);
	while (lp_control_queue(&control, chunk, sizeof chunk) == 0)
		n += sizeof chunk;
	assert_in_range(n, LP_CONTROL_SHARE - sizeof chunk, LP_CONTROL_SHARE);
	total -= LP_CONTROL_TOTAL;
	while (lp_control_queue(&control, chunk, sizeof chunk) == 0)
		n += sizeof chunk;
	assert_in_range(n, LP_CONTROL_MAX - sizeof chunk, LP_CONTROL_MAX);
	lp_control_acked(&control, 2 * n); /* never sent */
	assert_int_equal(total, n);
	lp_control_acked(&control, n);
	assert_int_equal(total, 0);
	lp_control_done(&control);
}

static void test_batch(void **state)
{
	(void)state;
	static const struct {
		size_t len;
		uint8_t ecn, host;
		unsigned runs, packets; /* afterwards: batches, packets in the last one */
	} rows[] = {
		{1000, 0, 1, 1, 1},
		{1000, 0, 1, 1, 2},
		{900, 0, 1, 1, 3}, /* a shorter one ends the batch */
		{900, 0, 1, 2, 1},
		{900, 2, 1, 3, 1}, /* another ECN */
		{900, 2, 2, 4, 1}, /* another address */
		{901, 2, 2, 5, 1}, /* a longer one */
		{901, 2, 2, 5, 2},
	};
	struct lp_batch_pool pool;
	lp_batch_pool_init(&pool);
	struct lp_batch *batch = lp_batch_pool_take(&pool);
	assert_non_null(batch);
	struct lp_addr local = {0};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct lp_addr remote = {.family = 4, .ip = {rows[i].host}};
		assert_non_null(lp_batch_room(batch, rows[i].len));
		lp_batch_commit(batch, rows[i].len, rows[i].ecn, NULL, &local, &remote);
		assert_int_equal(batch->n_runs, rows[i].runs);
		assert_int_equal(batch->run_packets, rows[i].packets);
	}
	/* Batches of at most 64, within the available space. */
	lp_batch_clear(batch);
	unsigned n = 0;
	for (; lp_batch_room(batch, 100); n++)
		lp_batch_commit(batch, 100, 0, NULL, &local, &local);
	assert_int_equal(n, LP_BATCH_BYTES / 100);
	for (size_t i = 0; i + 1 < batch->n_runs; i++)
		assert_int_equal(batch->runs[i].len, 6400);
	/* Large packets stay below the maximum of one UDP datagram. */
	lp_batch_clear(batch);
	while (lp_batch_room(batch, 8972))
		lp_batch_commit(batch, 8972, 0, NULL, &local, &local);
	for (size_t i = 0; i < batch->n_runs; i++)
		assert_true(batch->runs[i].len <= LP_BATCH_RUN_BYTES);
	lp_batch_pool_give(&pool, batch);
	assert_ptr_equal(lp_batch_pool_take(&pool), batch);
	lp_batch_pool_give(&pool, batch);
	lp_batch_pool_done(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conn_table),
		cmocka_unit_test(test_find_many),
		cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_control_total),
		cmocka_unit_test(test_batch),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
