/* The deadlines of all connections: the earliest in O(1), a change in O(log n). Traffic postpones deadlines again and
   again, so a deadline that moves to a later time keeps its place in the heap until the earlier time has come. */
#ifndef LP_QUIC_EXPIRY_H
#define LP_QUIC_EXPIRY_H

#include <stddef.h>
#include <stdint.h>

#include "base/heap.h"

/* One deadline, part of what it belongs to. Zeroed: not set. */
struct lp_deadline {
	uint64_t at_ns;
	struct lp_heap_node node; /* its key is at_ns, or an earlier time */
};

struct lp_expiry {
	struct lp_heap heap;
};

void lp_expiry_init(struct lp_expiry *expiry);
/* No deadline may be set. */
void lp_expiry_done(struct lp_expiry *expiry);
/* Allocates space for |n| deadlines, so that lp_expiry_set() cannot fail. 0 or LP_ENOMEM. */
int lp_expiry_reserve(struct lp_expiry *expiry, size_t n);
/* Sets |deadline| to |at_ns|; LP_NEVER removes it. */
void lp_expiry_set(struct lp_expiry *expiry, struct lp_deadline *deadline, uint64_t at_ns);
/* The earliest deadline if it is due at |now_ns|, or NULL. It stays set. */
struct lp_deadline *lp_expiry_due(struct lp_expiry *expiry, uint64_t now_ns);
/* The time of the next call of lp_expiry_due(): no deadline is earlier. LP_NEVER if none is set. */
uint64_t lp_expiry_next_ns(const struct lp_expiry *expiry);

#endif
