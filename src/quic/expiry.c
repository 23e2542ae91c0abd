#include "quic/expiry.h"

#include "base/units.h"

void lp_expiry_init(struct lp_expiry *expiry)
{
	*expiry = (struct lp_expiry){0};
}

void lp_expiry_done(struct lp_expiry *expiry)
{
	lp_heap_done(&expiry->heap);
}

int lp_expiry_reserve(struct lp_expiry *expiry, size_t n)
{
	return lp_heap_reserve(&expiry->heap, n);
}

void lp_expiry_set(struct lp_expiry *expiry, struct lp_deadline *deadline, uint64_t at_ns)
{
	deadline->at_ns = at_ns;
	if (at_ns == LP_NEVER)
		lp_heap_remove(&expiry->heap, &deadline->node);
	else if (!lp_heap_contains(&deadline->node) || at_ns < lp_heap_key(&expiry->heap, &deadline->node))
		lp_heap_set(&expiry->heap, &deadline->node, at_ns);
}

struct lp_deadline *lp_expiry_due(struct lp_expiry *expiry, uint64_t now_ns)
{
	struct lp_heap_node *node;
	while ((node = lp_heap_first(&expiry->heap)) && lp_heap_first_key(&expiry->heap) <= now_ns) {
		struct lp_deadline *first = LP_HEAP_ELEMENT(node, struct lp_deadline, node);
		if (first->at_ns == lp_heap_first_key(&expiry->heap))
			return first;
		lp_heap_set(&expiry->heap, node, first->at_ns); /* it was postponed */
	}
	return NULL;
}

uint64_t lp_expiry_next_ns(const struct lp_expiry *expiry)
{
	return lp_heap_first_key(&expiry->heap);
}
