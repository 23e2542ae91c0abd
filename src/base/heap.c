#include "base/heap.h"

#include <assert.h>
#include <stdlib.h>

#include "base/error.h"

#define SIZE_MIN 16U

/* True if |a| leaves the heap before |b|. */
static inline bool before(const struct lp_heap_slot *a, const struct lp_heap_slot *b)
{
	return a->key < b->key || (a->key == b->key && a->node->order < b->node->order);
}

static inline void put(struct lp_heap *heap, size_t place, const struct lp_heap_slot *slot)
{
	heap->slots[place] = *slot;
	slot->node->place = place;
}

/* Puts |slot| at the free place |place|, or as far towards the root or the leaves as its key demands. */
static void sift(struct lp_heap *heap, size_t place, struct lp_heap_slot slot)
{
	for (; place > 1 && before(&slot, &heap->slots[place / 2]); place /= 2)
		put(heap, place, &heap->slots[place / 2]);
	for (size_t child; (child = place * 2) <= heap->n; place = child) {
		if (child < heap->n && before(&heap->slots[child + 1], &heap->slots[child]))
			child++;
		if (!before(&heap->slots[child], &slot))
			break;
		put(heap, place, &heap->slots[child]);
	}
	put(heap, place, &slot);
}

void lp_heap_done(struct lp_heap *heap)
{
	assert(heap->n == 0);
	free(heap->slots);
	*heap = (struct lp_heap){0};
}

int lp_heap_reserve(struct lp_heap *heap, size_t n)
{
	if (n <= heap->size)
		return 0;
	size_t size = heap->size ? heap->size * 2 : SIZE_MIN;
	if (size < n)
		size = n;
	struct lp_heap_slot *slots = realloc(heap->slots, (size + 1) * sizeof *slots);
	if (!slots)
		return LP_ENOMEM;
	heap->slots = slots;
	heap->size = size;
	return 0;
}

void lp_heap_set(struct lp_heap *heap, struct lp_heap_node *node, uint64_t key)
{
	if (node->place == 0) {
		assert(heap->n < heap->size);
		node->place = ++heap->n;
	}
	node->order = heap->n_set++;
	sift(heap, node->place, (struct lp_heap_slot){.key = key, .node = node});
}

void lp_heap_remove(struct lp_heap *heap, struct lp_heap_node *node)
{
	size_t place = node->place;
	if (place == 0)
		return;
	node->place = 0;
	struct lp_heap_slot last = heap->slots[heap->n--];
	if (last.node != node)
		sift(heap, place, last);
}
