/* A binary heap of elements with 64-bit keys, usually deadlines: the smallest key in O(1), any change in O(log n).
   Elements with equal keys leave in the order in which their keys were set. The heap stores the keys beside the
   pointers, so that a comparison touches an element only if the keys are equal. */
#ifndef LP_BASE_HEAP_H
#define LP_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Part of the element. Zeroed: in no heap. */
struct lp_heap_node {
	size_t place;   /* index in the heap, from 1; 0: not in it */
	uint64_t order; /* among equal keys */
};

struct lp_heap_slot {
	uint64_t key;
	struct lp_heap_node *node;
};

/* Zeroed: empty. */
struct lp_heap {
	struct lp_heap_slot *slots; /* from 1 */
	size_t n, size;
	uint64_t n_set; /* source of |order| */
};

/* The element of |type| that contains |node| as |member|. */
#define LP_HEAP_ELEMENT(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

/* Frees the memory. The heap must be empty. */
void lp_heap_done(struct lp_heap *heap);
/* Allocates space for |n| elements, so that lp_heap_set() cannot fail. 0 or LP_ENOMEM. */
int lp_heap_reserve(struct lp_heap *heap, size_t n);
/* Sets the key of |node|, and adds it if it is not in the heap; there must be space (lp_heap_reserve()). */
void lp_heap_set(struct lp_heap *heap, struct lp_heap_node *node, uint64_t key);
/* Removes |node| if it is in the heap. */
void lp_heap_remove(struct lp_heap *heap, struct lp_heap_node *node);

/* True if |node| is in its heap. */
static inline bool lp_heap_contains(const struct lp_heap_node *node)
{
	return node->place != 0;
}

/* The element with the smallest key, or NULL. It stays in the heap. */
static inline struct lp_heap_node *lp_heap_first(const struct lp_heap *heap)
{
	return heap->n ? heap->slots[1].node : NULL;
}

/* The smallest key; UINT64_MAX (LP_NEVER) if the heap is empty. */
static inline uint64_t lp_heap_first_key(const struct lp_heap *heap)
{
	return heap->n ? heap->slots[1].key : UINT64_MAX;
}

/* The key of |node|, which is in the heap. */
static inline uint64_t lp_heap_key(const struct lp_heap *heap, const struct lp_heap_node *node)
{
	return heap->slots[node->place].key;
}

#endif
