/* A heap of deadlines: the earliest in O(1), a change in O(log n), and nothing that looks at all connections. */
#ifndef LP_QUIC_EXPIRY_H
#define LP_QUIC_EXPIRY_H

#include <stddef.h>
#include <stdint.h>

/* One deadline, inside of what it belongs to. Zeroed: in no heap. */
struct lp_deadline {
	uint64_t at_ns;
	size_t place; /* in the heap, from 1; 0: not in it */
};

struct lp_expiry {
	struct lp_deadline **heap; /* from 1 */
	size_t len, room;
};

void lp_expiry_init(struct lp_expiry *expiry);
/* Nothing may be in the heap. */
void lp_expiry_done(struct lp_expiry *expiry);
/* Makes sure that |n| deadlines fit, so that lp_expiry_set cannot fail. 0 or LP_ENOMEM. */
int lp_expiry_reserve(struct lp_expiry *expiry, size_t n);
/* Puts |deadline| at |at_ns|, or takes it out (LP_NEVER). */
void lp_expiry_set(struct lp_expiry *expiry, struct lp_deadline *deadline, uint64_t at_ns);
/* The earliest, or NULL. */
struct lp_deadline *lp_expiry_first(const struct lp_expiry *expiry);

#endif
