/* The lock has one holder at a time and is released when its holder ends. */
#include "platform/system/lock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/system/file.h"
#include "platform/system/random.h"

/* Taken, refused, free again; no file is left. */
static void test_lock(void **state)
{
	(void)state;
	uint8_t random[4];
	lp_random_fill(random, sizeof random);
	char path[64];
	snprintf(path, sizeof path, "lock-%02x%02x%02x%02x", random[0], random[1], random[2], random[3]);
	size_t len;
	uint8_t *data;
	struct lp_failure failure;
	struct lp_lock *first, *second;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(lp_lock_take(path, &failure, &first), 0);
		assert_int_equal(lp_lock_take(path, &failure, &second), LP_EINUSE);
		assert_true(failure.text[0]);
		lp_lock_free(first);
		assert_int_equal(lp_file_read(path, 10, NULL, &data, &len), LP_ENOTFOUND);
	}
	lp_lock_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lock),
	};
	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
