#include "platform/system/sandbox.h"

int lp_drop_privileges(struct lp_failure *failure)
{
	/* Restoring the routes at the end needs the administrator's rights. */
	(void)failure;
	return 0;
}
