/* The scheduler of RFC 8290 §4.2: deficit round robin over items, in which an item that was idle is served before the
   others once. The queue uses it twice: for its members, and for the flows of each member. */
#ifndef LP_EGRESS_DRR_H
#define LP_EGRESS_DRR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lp_drr_item {
	struct lp_drr_item *next; /* in its list */
	int64_t deficit;          /* bytes left in this round */
	bool listed;              /* in one of the two lists; otherwise idle */
};

struct lp_drr_list {
	struct lp_drr_item *head, *tail;
};

struct lp_drr {
	struct lp_drr_list fresh, old; /* the new queues and old queues of the RFC */
};

/* The listed item after |item|; the first one after NULL. NULL after the last. */
static inline struct lp_drr_item *lp_drr_next(const struct lp_drr *drr, const struct lp_drr_item *item)
{
	if (!item)
		return drr->fresh.head ? drr->fresh.head : drr->old.head;
	if (item->next)
		return item->next;
	return item == drr->fresh.tail ? drr->old.head : NULL;
}

static inline void lp_drr_append(struct lp_drr_list *list, struct lp_drr_item *item)
{
	item->next = NULL;
	if (list->tail)
		list->tail->next = item;
	else
		list->head = item;
	list->tail = item;
}

static inline struct lp_drr_item *lp_drr_take(struct lp_drr_list *list)
{
	struct lp_drr_item *item = list->head;
	list->head = item->next;
	if (!list->head)
		list->tail = NULL;
	item->next = NULL;
	return item;
}

/* An item has something to send. If it was idle it is appended to the new ones. */
static inline void lp_drr_activate(struct lp_drr *drr, struct lp_drr_item *item, size_t quantum_bytes)
{
	if (item->listed)
		return;
	item->listed = true;
	item->deficit = (int64_t)quantum_bytes;
	lp_drr_append(&drr->fresh, item);
}

/* The item whose turn it is; NULL if none is listed. The caller subtracts what it sends from the deficit, or calls
   lp_drr_emptied() if the item has nothing to send. */
static inline struct lp_drr_item *lp_drr_pick(struct lp_drr *drr, size_t quantum_bytes)
{
	for (;;) {
		struct lp_drr_list *list = drr->fresh.head ? &drr->fresh : &drr->old;
		struct lp_drr_item *item = list->head;
		if (!item || item->deficit > 0)
			return item;
		item->deficit += (int64_t)quantum_bytes;
		lp_drr_append(&drr->old, lp_drr_take(list));
	}
}

/* The item that lp_drr_pick() returned last has nothing to send. A new one becomes old for one round, because otherwise
   it could remain new by running empty; an old one becomes idle. */
static inline void lp_drr_emptied(struct lp_drr *drr)
{
	struct lp_drr_list *list = drr->fresh.head ? &drr->fresh : &drr->old;
	struct lp_drr_item *item = lp_drr_take(list);
	if (list == &drr->fresh && drr->old.head)
		lp_drr_append(&drr->old, item);
	else
		item->listed = false;
}

#endif
