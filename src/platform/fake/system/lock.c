#include "platform/system/lock.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/failure.h"

/* Programs of a simulated host never run at the same time. */
struct lp_lock {
	char unused;
};

int lp_lock_take(const char *path, struct lp_failure *failure, struct lp_lock **ret_lock)
{
	struct lp_lock *lock = calloc(1, sizeof *lock);
	(void)path;
	if (!lock)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	*ret_lock = lock;
	return 0;
}

void lp_lock_free(struct lp_lock *lock)
{
	free(lock);
}
