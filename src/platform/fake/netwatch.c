#include "platform/fake/host.h"

void lp_netwatch_changed(struct lp_host *host)
{
	(void)host;
}
