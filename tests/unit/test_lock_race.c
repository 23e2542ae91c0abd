/* Programs that start and end at the same moment: never do two of them hold the lock. */
#include "platform/system/lock.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "child.h"

#define N_PROGRAMS 4
#define N_HOLDS 500

static char folder[] = "lock-race-XXXXXX";
static char path[64], holder[64];

/* Takes the lock repeatedly and checks that no other process holds it. 0 if so. */
static int take_often(void)
{
	for (unsigned n = 0; n < N_HOLDS;) {
		struct lp_lock *lock;
		int result = lp_lock_take(path, NULL, &lock);
		if (result == LP_EINUSE)
			continue;
		if (result < 0)
			return 1;
		int fd = open(holder, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0)
			return 2;
		close(fd);
		unlink(holder);
		lp_lock_free(lock);
		n++;
	}
	return 0;
}

static void test_alone(void **state)
{
	pid_t programs[N_PROGRAMS];
	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/new/lock", folder); /* the first process creates the folder */
	snprintf(holder, sizeof holder, "%s/holder", folder);
	for (unsigned i = 0; i < N_PROGRAMS; i++)
		programs[i] = child_start(take_often);
	int results[N_PROGRAMS];
	for (unsigned i = 0; i < N_PROGRAMS; i++)
		results[i] = child_result(programs[i]);
	for (unsigned i = 0; i < N_PROGRAMS; i++)
		assert_int_equal(results[i], 0);
	snprintf(path, sizeof path, "%s/new", folder);
	assert_int_equal(rmdir(path), 0); /* no lock is left */
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone),
	};
	return cmocka_run_group_tests_name("lock_race", tests, NULL, NULL);
}
