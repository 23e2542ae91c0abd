/* A heap of deadlines: the earliest in O(1), a change in O(log n), and nothing that looks at all connections. Traffic
   puts deadlines off again and again, so one that moves later stays where it is in the heap until that time has come.
   The heap has the times in itself, so that it looks at no other connection's memory to compare. */
#ifndef LP_QUIC_EXPIRY_H
#define LP_QUIC_EXPIRY_H

#include <stddef.h>
#include <stdint.h>

/* One deadline, inside of what it belongs to. Zeroed: in no heap. */
struct lp_deadline {
	uint64_t at_ns;
	uint64_t placed_ns; /* what the heap goes by: at_ns, or earlier */
	size_t place;       /* in the heap, from 1; 0: not in it */
};

struct lp_expiry_entry {
	uint64_t placed_ns;
	struct lp_deadline *deadline;
};

struct lp_expiry {
	struct lp_expiry_entry *heap; /* from 1 */
	size_t len, room;
};

void lp_expiry_init(struct lp_expiry *expiry);
/* Nothing may be in the heap. */
void lp_expiry_done(struct lp_expiry *expiry);
/* Makes sure that |n| deadlines fit, so that lp_expiry_set cannot fail. 0 or LP_ENOMEM. */
int lp_expiry_reserve(struct lp_expiry *expiry, size_t n);
/* Puts |deadline| at |at_ns|, or takes it out (LP_NEVER). */
void lp_expiry_set(struct lp_expiry *expiry, struct lp_deadline *deadline, uint64_t at_ns);
/* One that is due at |now_ns|, the earliest first, or NULL. It stays in the heap. */
struct lp_deadline *lp_expiry_due(struct lp_expiry *expiry, uint64_t now_ns);
/* When to look again: none is due before, LP_NEVER if there is none. */
uint64_t lp_expiry_next_ns(const struct lp_expiry *expiry);

#endif
