#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/error.h"
#include "proto/mac_table.h"

#define AGE_NS (300 * LP_SEC)

static const uint8_t hash_key[LP_SIPHASH_KEY] = "a table's key..";

/* A linear congruential generator, so that tests are deterministic. */
static uint32_t next(uint32_t *state)
{
	*state = *state * 1664525U + 1013904223U;
	return *state >> 8;
}

/* A table with three owners. */
struct place {
	struct lp_mac_table table;
	int owner[3];
};

static int setup(void **state)
{
	struct place *place = calloc(1, sizeof *place);
	*state = place;
	return place ? lp_mac_table_init(&place->table, hash_key, 100) : -1;
}

static int teardown(void **state)
{
	struct place *place = *state;
	for (size_t i = 0; i < 3; i++)
		lp_mac_table_remove_owner(&place->table, &place->owner[i]);
	lp_mac_table_done(&place->table);
	free(place);
	return 0;
}

/* Six octets become the number in written order. */
static void test_key(void **state)
{
	const uint8_t octets[6] = {0x02, 0x5a, 0x01, 0xff, 0x80, 0x7f};
	(void)state;
	assert_true(lp_mac_key(octets) == UINT64_C(0x025a01ff807f));
}

/* An entry is found until it expires or is removed. */
static void test_life(void **state)
{
	struct place *place = *state;
	struct lp_mac_table *table = &place->table;
	assert_null(lp_mac_table_find(table, 5, 0));
	assert_int_equal(lp_mac_table_put(table, 5, &place->owner[0], 1000, 0), 0);
	assert_int_equal(lp_mac_table_put(table, 6, &place->owner[1], LP_NEVER, 0), 0);
	assert_int_equal(table->n_aging, 1);
	assert_ptr_equal(lp_mac_table_find(table, 5, 999)->owner, &place->owner[0]);
	assert_ptr_equal(lp_mac_table_find(table, 5, 999)->owner, &place->owner[0]); /* now by its hint */
	assert_null(lp_mac_table_find(table, 5, 1000));
	assert_ptr_equal(lp_mac_table_find(table, 6, LP_NEVER - 1)->owner, &place->owner[1]);
	assert_int_equal(lp_mac_table_put(table, 6, &place->owner[2], 2000, 0), 0); /* moves, and ages from now on */
	assert_int_equal(table->n_aging, 2);
	assert_int_equal(table->n_entries, 2);
	assert_ptr_equal(lp_mac_table_find(table, 6, 0)->owner, &place->owner[2]);
	assert_true(lp_mac_table_remove(table, 6));
	assert_false(lp_mac_table_remove(table, 6));
	assert_null(lp_mac_table_find(table, 6, 0));
	assert_int_equal(table->n_entries, 1);
}

/* Key 0 marks an empty slot and is never found. */
static void test_zero(void **state)
{
	struct place *place = *state;
	assert_int_equal(lp_mac_table_put(&place->table, 0, &place->owner[0], LP_NEVER, 0), LP_EINVAL);
	assert_null(lp_mac_table_find(&place->table, 0, 0));
	assert_false(lp_mac_table_remove(&place->table, 0));
}

/* The bound applies to ageing entries, and expired ones make space. */
static void test_bound(void **state)
{
	struct place *place = *state;
	struct lp_mac_table *table = &place->table;
	uint64_t now_ns = LP_SEC;
	for (uint64_t key = 1; key <= 100; key++)
		assert_int_equal(lp_mac_table_put(table, key, &place->owner[0], now_ns + AGE_NS + key, now_ns), 0);
	/* The new one expires first of all, but makes space for itself: 1 and its neighbours in time are gone. */
	assert_int_equal(lp_mac_table_put(table, 101, &place->owner[0], now_ns + AGE_NS, now_ns), 0);
	assert_int_equal(table->n_evicted, 7);
	assert_null(lp_mac_table_find(table, 1, now_ns));
	assert_null(lp_mac_table_find(table, 7, now_ns));
	for (uint64_t key = 8; key <= 101; key++)
		assert_non_null(lp_mac_table_find(table, key, now_ns));
	for (uint64_t key = 1; key <= 6; key++)
		assert_int_equal(lp_mac_table_put(table, key, &place->owner[0], now_ns + AGE_NS + 200, now_ns), 0);
	assert_int_equal(table->n_aging, 100);
	/* A permanent entry is not bounded; an existing one may be put again. */
	assert_int_equal(lp_mac_table_put(table, 102, &place->owner[1], LP_NEVER, now_ns), 0);
	assert_int_equal(lp_mac_table_put(table, 50, &place->owner[2], now_ns + AGE_NS, now_ns), 0);
	/* A permanent entry that becomes an aging one makes space, too. */
	assert_int_equal(lp_mac_table_put(table, 102, &place->owner[1], now_ns + AGE_NS + 300, now_ns), 0);
	assert_true(table->n_aging <= 100 && table->n_evicted > 7);
	/* A flood of new ones: the newest are always there, and an old one that keeps sending. */
	for (uint64_t key = 1000; key < 5000; key++) {
		now_ns += LP_MS;
		assert_int_equal(lp_mac_table_put(table, 102, &place->owner[1], now_ns + AGE_NS, now_ns), 0);
		assert_int_equal(lp_mac_table_put(table, key, &place->owner[0], now_ns + AGE_NS, now_ns), 0);
		assert_true(table->n_aging <= 100);
		assert_non_null(lp_mac_table_find(table, key > 1010 ? key - 10 : key, now_ns));
	}
	assert_non_null(lp_mac_table_find(table, 102, now_ns));
}

/* A table that was large shrinks when its owner has left. */
static void test_shrink(void **state)
{
	struct place *place = *state;
	struct lp_mac_table *table = &place->table;
	for (uint64_t key = 1; key <= 1000; key++) {
		int *owner = &place->owner[key % 100 == 0];
		assert_int_equal(lp_mac_table_put(table, key, owner, LP_NEVER, 0), 0);
	}
	assert_true(table->capacity >= 1024);
	assert_int_equal(lp_mac_table_remove_owner(table, &place->owner[0]), 990);
	assert_true(table->capacity <= 64);
	for (uint64_t key = 1; key <= 1000; key++)
		assert_true((lp_mac_table_find(table, key, 0) != NULL) == (key % 100 == 0));
}

#define MODEL_KEYS 200

/* The same operations on the table and on plain arrays have the same results. */
static void test_model(void **state)
{
	struct place *place = *state;
	struct lp_mac_table *table = &place->table;
	struct {
		void *owner; /* NULL: absent */
		uint64_t expires_ns;
	} model[MODEL_KEYS + 1] = {0};
	uint32_t seed = 7;
	uint64_t now_ns = 0, n_evicted;
	for (unsigned step = 0; step < 200000; step++) {
		uint64_t key = 1 + next(&seed) % MODEL_KEYS;
		void *owner = &place->owner[next(&seed) % 3];
		uint64_t expires_ns = next(&seed) % 4 ? now_ns + next(&seed) % (4 * LP_SEC) : LP_NEVER;
		struct lp_mac_entry *found;
		now_ns += next(&seed) % (10 * LP_MS);
		switch (next(&seed) % 8) {
		case 0:
		case 1:
			n_evicted = table->n_evicted;
			assert_int_equal(lp_mac_table_put(table, key, owner, expires_ns, now_ns), 0);
			model[key].owner = owner;
			model[key].expires_ns = expires_ns;
			for (uint64_t other = 1; n_evicted < table->n_evicted && other <= MODEL_KEYS; other++) {
				/* Only aging ones may be gone. */
				if (model[other].owner && model[other].expires_ns > now_ns &&
					!lp_mac_table_find(table, other, now_ns)) {
					assert_true(model[other].expires_ns != LP_NEVER);
					model[other].owner = NULL;
				}
			}
			break;
		case 2:
			/* An expired entry may or may not have been removed. */
			if (lp_mac_table_remove(table, key))
				assert_non_null(model[key].owner);
			else
				assert_true(!model[key].owner || model[key].expires_ns <= now_ns);
			model[key].owner = NULL;
			break;
		case 3:
			if (next(&seed) % 64)
				break;
			lp_mac_table_remove_owner(table, owner);
			for (size_t i = 0; i <= MODEL_KEYS; i++)
				model[i].owner = model[i].owner == owner ? NULL : model[i].owner;
			break;
		default:
			found = lp_mac_table_find(table, key, now_ns);
			if (model[key].owner && model[key].expires_ns > now_ns) {
				assert_non_null(found);
				assert_ptr_equal(found->owner, model[key].owner);
				assert_true(found->expires_ns == model[key].expires_ns);
			} else {
				assert_null(found);
			}
		}
		assert_true(table->n_entries < table->capacity && table->n_aging <= table->n_entries);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key),
		cmocka_unit_test_setup_teardown(test_life, setup, teardown),
		cmocka_unit_test_setup_teardown(test_zero, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bound, setup, teardown),
		cmocka_unit_test_setup_teardown(test_shrink, setup, teardown),
		cmocka_unit_test_setup_teardown(test_model, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
