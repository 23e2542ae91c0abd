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
	struct lp_deadline **heap = realloc(expiry->heap, (room + 1) * sizeof *heap);
	if (!heap)
		return LP_ENOMEM;
	expiry->heap = heap;
	expiry->room = room;
	return 0;
}

/* Puts a deadline at a place of the heap. */
static void put(struct lp_expiry *expiry, struct lp_deadline *deadline, size_t place)
{
	expiry->heap[place] = deadline;
	deadline->place = place;
}

/* Moves a deadline towards the root as far as it is earlier, then towards the leaves as far as it is later. */
static void settle(struct lp_expiry *expiry, struct lp_deadline *deadline)
{
	size_t place = deadline->place;
	for (; place > 1 && expiry->heap[place / 2]->at_ns > deadline->at_ns; place /= 2)
		put(expiry, expiry->heap[place / 2], place);
	for (;;) {
		size_t child = place * 2;
		if (child > expiry->len)
			break;
		if (child < expiry->len && expiry->heap[child + 1]->at_ns < expiry->heap[child]->at_ns)
			child++;
		if (expiry->heap[child]->at_ns >= deadline->at_ns)
			break;
		put(expiry, expiry->heap[child], place);
		place = child;
	}
	put(expiry, deadline, place);
}

/* Takes a deadline out of the heap. */
static void take_out(struct lp_expiry *expiry, struct lp_deadline *deadline)
{
	size_t place = deadline->place;
	struct lp_deadline *last = expiry->heap[expiry->len--];
	deadline->place = 0;
	if (last == deadline)
		return;
	put(expiry, last, place);
	settle(expiry, last);
}

void lp_expiry_set(struct lp_expiry *expiry, struct lp_deadline *deadline, uint64_t at_ns)
{
	if (at_ns == LP_NEVER) {
		if (deadline->place)
			take_out(expiry, deadline);
		deadline->at_ns = LP_NEVER;
		return;
	}
	if (deadline->place && deadline->at_ns == at_ns)
		return;
	deadline->at_ns = at_ns;
	if (!deadline->place) {
		assert(expiry->len < expiry->room);
		put(expiry, deadline, ++expiry->len);
	}
	settle(expiry, deadline);
}

struct lp_deadline *lp_expiry_first(const struct lp_expiry *expiry)
{
	return expiry->len ? expiry->heap[1] : NULL;
}
