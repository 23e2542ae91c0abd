/* On systems that have a DHCP client of their own (net/system_dhcp.h). */
#include "platform/net/dhcp.h"

#include "base/error.h"
#include "base/failure.h"

int lp_dhcp_new(struct lp_loop *loop, const struct lp_dhcp_config *config, struct lp_failure *failure,
	struct lp_dhcp **ret_dhcp)
{
	(void)loop;
	(void)config;
	(void)ret_dhcp;
	return lp_fail(failure, LP_EUNSUPPORTED, "this system asks for addresses itself");
}

void lp_dhcp_request(struct lp_dhcp *dhcp)
{
	(void)dhcp;
}

void lp_dhcp_free(struct lp_dhcp *dhcp)
{
	(void)dhcp;
}
