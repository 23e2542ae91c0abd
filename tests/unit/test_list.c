#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/list.h"

struct element {
	int number;
	struct lp_node node;
};

/* The list as decimal digits, first to last, and the same backwards. */
static void assert_list(struct lp_node *head, int forwards, int backwards)
{
	int read = 0;
	LP_LIST_EACH(node, head)
		read = read * 10 + LP_LIST_ELEMENT(node, struct element, node)->number;
	assert_int_equal(read, forwards);
	read = 0;
	for (struct lp_node *node = head->prev; node != head; node = node->prev)
		read = read * 10 + LP_LIST_ELEMENT(node, struct element, node)->number;
	assert_int_equal(read, backwards);
}

static void test_order(void **state)
{
	struct lp_node head;
	struct element a = {.number = 1}, b = {.number = 2}, c = {.number = 3};
	(void)state;
	lp_list_init(&head);
	assert_true(lp_list_is_empty(&head));
	assert_list(&head, 0, 0);
	lp_list_append(&head, &a.node);
	lp_list_append(&head, &b.node);
	lp_list_insert(&head, &c.node);
	assert_false(lp_list_is_empty(&head));
	assert_list(&head, 312, 213);
	lp_list_remove(&a.node); /* in the middle */
	assert_null(a.node.next);
	assert_null(a.node.prev);
	assert_list(&head, 32, 23);
	lp_list_insert(&b.node, &a.node); /* after the last */
	assert_list(&head, 321, 123);
	lp_list_remove(&c.node); /* the first */
	lp_list_remove(&a.node); /* the last */
	assert_list(&head, 2, 2);
	lp_list_remove(&b.node); /* the only one */
	assert_true(lp_list_is_empty(&head));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_order)};
	return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
