#include "platform/net/firewall.h"

#include "base/error.h"
#include "base/failure.h"

int lp_firewall_rules(struct lp_failure *failure, char **ret_text)
{
	(void)ret_text;
	return lp_fail(failure, LP_EUNSUPPORTED, "the client opens Windows' firewall itself; see --inbound");
}
