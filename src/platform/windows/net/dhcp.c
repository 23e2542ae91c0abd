#include "platform/net/dhcp.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/net/route_change.h"
#include "platform/windows/net/ip_helper.h"
#include "platform/windows/system/wide.h"

/* Frees its argument. */
static DWORD WINAPI restart(void *arg)
{
	IP_ADAPTER_INDEX_MAP *adapter = arg;
	/* Without a lease there is nothing to release. */
	(void)IpReleaseAddress(adapter);
	(void)IpRenewAddress(adapter);
	free(adapter);
	return 0;
}

int lp_dhcp_restart(const char *device_id)
{
	struct lp_route_interface interface;
	wchar_t guid[64];
	int result = lp_route_interface(device_id, NULL, &interface);
	if (result < 0)
		return result;
	if (lp_wide(device_id, guid, sizeof guid / sizeof guid[0]) < 0)
		return LP_EINVAL;
	IP_ADAPTER_INDEX_MAP *adapter = calloc(1, sizeof *adapter);
	if (!adapter)
		return LP_ENOMEM;
	adapter->Index = interface.index;
	swprintf(adapter->Name, sizeof adapter->Name / sizeof adapter->Name[0], L"\\DEVICE\\TCPIP_%ls", guid);
	HANDLE thread = CreateThread(NULL, 0, restart, adapter, 0, NULL);
	if (!thread) {
		free(adapter);
		return LP_ENOMEM;
	}
	CloseHandle(thread);
	return 0;
}

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
