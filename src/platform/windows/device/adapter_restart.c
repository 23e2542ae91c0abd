#include "platform/windows/device/adapter_registry.h"

#include <windows.h>

#include <setupapi.h>

#include "base/error.h"
#include "platform/windows/system/os_error.h"
#include "platform/windows/system/wide.h"

/* {4D36E972-E325-11CE-BFC1-08002BE10318}: network adapters. */
static const GUID net_class = {0x4d36e972, 0xe325, 0x11ce, {0xbf, 0xc1, 0x08, 0x00, 0x2b, 0xe1, 0x03, 0x18}};

/* Stops and starts a device. 0 or the error. */
static DWORD restart(HDEVINFO set, SP_DEVINFO_DATA *device)
{
	SP_PROPCHANGE_PARAMS params = {
		.ClassInstallHeader = {.cbSize = sizeof params.ClassInstallHeader,
			.InstallFunction = DIF_PROPERTYCHANGE},
		/* In one step: if the program ended between two, the device would stay disabled. */
		.StateChange = DICS_PROPCHANGE,
		.Scope = DICS_FLAG_CONFIGSPECIFIC,
	};
	if (!SetupDiSetClassInstallParamsW(set, device, &params.ClassInstallHeader, sizeof params) ||
		!SetupDiCallClassInstaller(DIF_PROPERTYCHANGE, set, device))
		return GetLastError();
	return 0;
}

/* Finds a device by its instance ID. */
static bool find_device(HDEVINFO set, const wchar_t *instance, SP_DEVINFO_DATA *device)
{
	wchar_t id[256];
	for (DWORD i = 0; SetupDiEnumDeviceInfo(set, i, device); i++)
		if (SetupDiGetDeviceInstanceIdW(set, device, id, sizeof id / sizeof id[0], NULL) &&
			_wcsicmp(id, instance) == 0)
			return true;
	return false;
}

int lp_adapter_restart(const struct lp_adapter *adapter)
{
	SP_DEVINFO_DATA device = {.cbSize = sizeof device};
	DWORD error = ERROR_NOT_FOUND;
	wchar_t instance[256];
	if (!adapter->instance[0] || lp_wide(adapter->instance, instance, sizeof instance / sizeof instance[0]) < 0)
		return LP_ENOTFOUND;
	HDEVINFO set = SetupDiGetClassDevsW(&net_class, NULL, NULL, DIGCF_PRESENT);
	if (set == INVALID_HANDLE_VALUE)
		return lp_os_error(GetLastError());
	if (find_device(set, instance, &device))
		error = restart(set, &device);
	SetupDiDestroyDeviceInfoList(set);
	return error ? lp_os_error(error) : 0;
}
