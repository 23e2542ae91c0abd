#include "platform/fake/current.h"

#include <assert.h>
#include <stddef.h>

#include "platform/fake/world.h"

static _Thread_local struct lp_host *current_host;

struct lp_host *lp_host_current(void)
{
	assert(current_host);
	return current_host;
}

struct lp_host *lp_host_switch(struct lp_host *host)
{
	struct lp_host *before = current_host;
	current_host = host;
	return before;
}

void lp_host_enter(struct lp_host *host)
{
	lp_host_switch(host);
}
