#include "quic/expiry.h"

#include <assert.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/units.h"

void lp_expiry_init(struct lp_expiry *expiry)
{
	*expiry = (struct lp_expiry){0};
}

void lp_expiry_done(struct lp_expiry *expiry)
{
	assert(expiry->len == 0);
	free(expiry->heap);
	lp_expiry_init(expiry);
}

int lp_expiry_reserve(struct lp_expiry *expiry, size_t n)
{
	if (n <= expiry->room)
		return 0;
	size_t room = expiry->room ? expiry->room * 2 : 16;
	if (room < n)
		room = n;
	struct lp_expiry_entry *heap = realloc(expiry->heap, (room + 1) * sizeof *heap);
	if (!heap)
		return LP_ENOMEM;
	expiry->heap = heap;
	expiry->room = room;
	return 0;
}

/* Puts an entry at a place of the heap. */
static void put(struct lp_expiry *expiry, struct lp_expiry_entry entry, size_t place)
{
	expiry->heap[place] = entry;
	entry.deadline->place = place;
}

/* Finds the place for |entry|: from the free place |place| towards the root as far as it is earlier, then towards the
   leaves as far as it is later. */
static void settle(struct lp_expiry *expiry, struct lp_expiry_entry entry, size_t place)
{
	for (; place > 1 && expiry->heap[place / 2].placed_ns > entry.placed_ns; place /= 2)
		put(expiry, expiry->heap[place / 2], place);
	for (;;) {
		size_t child = place * 2;
		if (child > expiry->len)
			break;
		if (child < expiry->len && expiry->heap[child + 1].placed_ns < expiry->heap[child].placed_ns)
			child++;
		if (expiry->heap[child].placed_ns >= entry.placed_ns)
			break;
		put(expiry, expiry->heap[child], place);
		place = child;
	}
	put(expiry, entry, place);
}

/* Takes a deadline out of the heap. */
static void take_out(struct lp_expiry *expiry, struct lp_deadline *deadline)
{
	size_t place = deadline->place;
	struct lp_expiry_entry last = expiry->heap[expiry->len--];
	deadline->place = 0;
	if (last.deadline != deadline)
		settle(expiry, last, place);
}

/* Moves a deadline that is in the heap to where it belongs now. */
static void move(struct lp_expiry *expiry, struct lp_deadline *deadline)
{
	deadline->placed_ns = deadline->at_ns;
	settle(expiry, (struct lp_expiry_entry){deadline->at_ns, deadline}, deadline->place);
}

void lp_expiry_set(struct lp_expiry *expiry, struct lp_deadline *deadline, uint64_t at_ns)
{
	deadline->at_ns = at_ns;
	if (at_ns == LP_NEVER) {
		if (deadline->place)
			take_out(expiry, deadline);
		return;
	}
	if (deadline->place && at_ns >= deadline->placed_ns)
		return;
	if (!deadline->place) {
		assert(expiry->len < expiry->room);
		deadline->place = ++expiry->len;
	}
	move(expiry, deadline);
}

struct lp_deadline *lp_expiry_due(struct lp_expiry *expiry, uint64_t now_ns)
{
	while (expiry->len && expiry->heap[1].placed_ns <= now_ns) {
		struct lp_deadline *first = expiry->heap[1].deadline;
		if (first->at_ns == first->placed_ns)
			return first;
		move(expiry, first);
	}
	return NULL;
}

uint64_t lp_expiry_next_ns(const struct lp_expiry *expiry)
{
	return expiry->len ? expiry->heap[1].placed_ns : LP_NEVER;
}
