#include "platform/net/system_dhcp.h"

#include "base/error.h"
#include "platform/fake/current.h"
#include "platform/fake/net/route_fake.h"

int lp_system_dhcp_restart(const char *device_id)
{
	(void)device_id;
	return LP_EUNSUPPORTED;
}

int lp_system_dhcp_release(const char *device_id)
{
	(void)device_id;
	return LP_EUNSUPPORTED;
}

bool lp_system_dhcp_is_off(const char *device_id)
{
	(void)device_id;
	return lp_host_routes(lp_host_current())->dhcp_off;
}
