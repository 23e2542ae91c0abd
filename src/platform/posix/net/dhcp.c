#include "platform/net/dhcp.h"

#include "base/error.h"

int lp_dhcp_restart(const char *device_id)
{
	/* Many programs can be the DHCP client here, and each has its own way to be asked. */
	(void)device_id;
	return LP_EUNSUPPORTED;
}
