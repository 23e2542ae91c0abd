#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/heap.h"

#define N 200U
#define STEPS 20000U

struct element {
	struct lp_heap_node node;
	uint64_t key, order; /* what the heap should know; order 0: not in the heap */
};

/* The element that must be the first, found by looking at all. */
static struct element *find_first(struct element *elements)
{
	struct element *first = NULL;
	for (size_t i = 0; i < N; i++) {
		struct element *e = &elements[i];
		if (e->order && (!first || e->key < first->key || (e->key == first->key && e->order < first->order)))
			first = e;
	}
	return first;
}

/* Random keys with many ties, set, changed and removed; after each step the heap agrees with a search of all. */
static void test_random(void **state)
{
	static struct element elements[N];
	struct lp_heap heap = {0};
	uint64_t random = 12345, n_set = 0;
	(void)state;
	assert_int_equal(lp_heap_reserve(&heap, N), 0);
	for (size_t step = 0; step < STEPS; step++) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
		struct element *e = &elements[(random >> 33) % N];
		if (random >> 60 < 5) {
			lp_heap_remove(&heap, &e->node);
			e->order = 0;
		} else {
			e->key = (random >> 20) % 50;
			e->order = ++n_set;
			lp_heap_set(&heap, &e->node, e->key);
			assert_int_equal(lp_heap_key(&heap, &e->node), e->key);
		}
		const struct element *first = find_first(elements);
		assert_ptr_equal(lp_heap_first(&heap), first ? &first->node : NULL);
		assert_true(lp_heap_first_key(&heap) == (first ? first->key : UINT64_MAX));
	}
	for (struct element *first; (first = find_first(elements)); first->order = 0) {
		assert_ptr_equal(lp_heap_first(&heap), &first->node);
		lp_heap_remove(&heap, &first->node);
	}
	assert_null(lp_heap_first(&heap));
	lp_heap_done(&heap);
}

/* Elements with equal keys leave in the order in which their keys were set. */
static void test_ties(void **state)
{
	struct element elements[40] = {0};
	struct lp_heap heap = {0};
	(void)state;
	for (size_t i = 0; i < 40; i++) {
		assert_int_equal(lp_heap_reserve(&heap, heap.n + 1), 0);
		lp_heap_set(&heap, &elements[i].node, 7);
	}
	lp_heap_set(&heap, &elements[0].node, 7); /* now the last */
	for (size_t i = 1; i <= 40; i++) {
		assert_ptr_equal(LP_HEAP_ELEMENT(lp_heap_first(&heap), struct element, node), &elements[i % 40]);
		lp_heap_remove(&heap, lp_heap_first(&heap));
	}
	lp_heap_remove(&heap, &elements[3].node); /* not in the heap: nothing happens */
	lp_heap_done(&heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_ties),
	};
	return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
