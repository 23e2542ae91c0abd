/* An intrusive doubly linked list. The head is a node that belongs to no element, and the list is a ring through it, so
   that adding and removing need no special cases. A head must not be moved or copied while it is in use. */
#ifndef LP_BASE_LIST_H
#define LP_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct lp_node {
	struct lp_node *prev, *next;
};

/* The element of |type| that contains |node| as |member|. */
#define LP_LIST_ELEMENT(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

/* Loops over the nodes of |head|; |node| must not be removed in the body. */
#define LP_LIST_EACH(node, head) for (struct lp_node *node = (head)->next; node != (head); node = node->next)

static inline void lp_list_init(struct lp_node *head)
{
	head->prev = head->next = head;
}

static inline bool lp_list_is_empty(const struct lp_node *head)
{
	return head->next == head;
}

/* Inserts |node|, which is in no list, after |at|: first in the list if |at| is the head. */
static inline void lp_list_insert(struct lp_node *at, struct lp_node *node)
{
	node->prev = at;
	node->next = at->next;
	at->next->prev = node;
	at->next = node;
}

/* Appends |node|, which is in no list. */
static inline void lp_list_append(struct lp_node *head, struct lp_node *node)
{
	lp_list_insert(head->prev, node);
}

/* Removes |node| from its list. */
static inline void lp_list_remove(struct lp_node *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	node->prev = node->next = NULL;
}

#endif
