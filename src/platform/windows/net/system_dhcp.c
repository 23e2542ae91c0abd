#include "platform/net/system_dhcp.h"

#include <stdlib.h>

#include "base/error.h"
#include "platform/loop/task.h"
#include "platform/net/route_change.h"
#include "platform/windows/net/ip_helper.h"
#include "platform/windows/system/wide.h"

#define GUID_CHARS 64
#define INTERFACES_KEY L"SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\Interfaces\\"

static void release(void *data)
{
	(void)IpReleaseAddress(data);
}

static void restart(void *data)
{
	/* Without a lease there is nothing to release. */
	(void)IpReleaseAddress(data);
	(void)IpRenewAddress(data);
}

/* Starts a call with the adapter's name. */
static int start(const char *device_id, void (*run)(void *data))
{
	struct lp_route_interface interface;
	struct lp_task *task;
	wchar_t guid[GUID_CHARS];
	int result = lp_route_interface(device_id, NULL, &interface);
	if (result < 0)
		return result;
	if (lp_wide(device_id, guid, GUID_CHARS) < 0)
		return LP_EINVAL;
	IP_ADAPTER_INDEX_MAP *adapter = calloc(1, sizeof *adapter);
	if (!adapter)
		return LP_ENOMEM;
	adapter->Index = interface.index;
	swprintf(adapter->Name, sizeof adapter->Name / sizeof adapter->Name[0], L"\\DEVICE\\TCPIP_%ls", guid);
	const struct lp_task_call call = {.run = run, .destroy = free, .data = adapter};
	result = lp_task_start(&call, NULL, NULL, NULL, &task);
	if (result < 0)
		free(adapter);
	else
		lp_task_free(task);
	return result;
}

int lp_system_dhcp_restart(const char *device_id)
{
	return start(device_id, restart);
}

int lp_system_dhcp_release(const char *device_id)
{
	return start(device_id, release);
}

bool lp_system_dhcp_is_off(const char *device_id)
{
	wchar_t guid[GUID_CHARS], key[GUID_CHARS + sizeof INTERFACES_KEY / sizeof(wchar_t)];
	DWORD enabled = 1, bytes = sizeof enabled;
	if (lp_wide(device_id, guid, GUID_CHARS) < 0)
		return false;
	swprintf(key, sizeof key / sizeof key[0], INTERFACES_KEY L"%ls", guid);
	return RegGetValueW(HKEY_LOCAL_MACHINE, key, L"EnableDHCP", RRF_RT_REG_DWORD, NULL, &enabled, &bytes) ==
		       ERROR_SUCCESS &&
	       !enabled;
}
