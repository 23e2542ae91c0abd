#include "platform/net/dhcp.h"

#include "base/error.h"

int lp_dhcp_restart(const char *device_id)
{
	(void)device_id;
	return LP_EUNSUPPORTED;
}
