/* The priority over other programs: taken where permitted, inherited by nobody, refused without the right to it. */
#include "platform/loop/priority.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "child.h"
#include "platform/system/sandbox.h"

/* How a thread is scheduled. */
static void *policy_of_thread(void *policy)
{
	*(int *)policy = sched_getscheduler(0);
	return NULL;
}

enum { WRONG = 1, REFUSED = 2, RAISED = 3 };

/* Raised, the policy is the real-time one, and what is made later has the usual one. */
static int raise_it(void)
{
	int policy = -1;
	pthread_t thread;

	if (lp_priority_raise() < 0)
		return sched_getscheduler(0) == SCHED_OTHER ? REFUSED : WRONG;
	if (sched_getscheduler(0) != (SCHED_RR | SCHED_RESET_ON_FORK) || lp_priority_raise() != 0)
		return WRONG;
	if (pthread_create(&thread, NULL, policy_of_thread, &policy) != 0 || pthread_join(thread, NULL) != 0)
		return WRONG;
	return policy == SCHED_OTHER ? RAISED : WRONG;
}

/* Without the right: an error that says so, and nothing changes. */
static int raise_without_right(void)
{
	struct lp_failure failure;

	if (lp_drop_privileges(&failure) < 0)
		return WRONG;
	return lp_priority_raise() == LP_EPERM && sched_getscheduler(0) == SCHED_OTHER ? REFUSED : WRONG;
}

static void test_raise(void **state)
{
	const struct sched_param param = {.sched_priority = sched_get_priority_min(SCHED_RR)};
	int result;

	(void)state;
	result = in_child(raise_it);
	assert_int_not_equal(result, WRONG);
	/* What the system lets everybody with our rights do, it lets us do. */
	if (result == REFUSED && sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param) == 0)
		fail();
}

static void test_refused(void **state)
{
	(void)state;
	assert_int_equal(in_child(raise_without_right), REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_raise),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("priority", tests, NULL, NULL);
}
