#include "platform/windows/device/adapter_device.h"

#include "base/error.h"
#include "platform/windows/device/adapter_registry.h"
#include "platform/windows/system/os_error.h"
#include "platform/windows/system/wide.h"

const GUID lp_adapter_class = {0x4d36e972, 0xe325, 0x11ce, {0xbf, 0xc1, 0x08, 0x00, 0x2b, 0xe1, 0x03, 0x18}};

/* True if the device does what it was asked to only after a restart of Windows. */
static bool needs_reboot(HDEVINFO set, SP_DEVINFO_DATA *device)
{
	SP_DEVINSTALL_PARAMS_W params = {.cbSize = sizeof params};
	return SetupDiGetDeviceInstallParamsW(set, device, &params) && params.Flags & (DI_NEEDREBOOT | DI_NEEDRESTART);
}

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

bool lp_adapter_find_device(HDEVINFO set, const char *instance, SP_DEVINFO_DATA *device)
{
	wchar_t wanted[256], id[256];
	if (!*instance || lp_wide(instance, wanted, sizeof wanted / sizeof wanted[0]) < 0)
		return false;
	for (DWORD i = 0; SetupDiEnumDeviceInfo(set, i, device); i++)
		if (SetupDiGetDeviceInstanceIdW(set, device, id, sizeof id / sizeof id[0], NULL) &&
			_wcsicmp(id, wanted) == 0)
			return true;
	return false;
}

int lp_adapter_restart(const struct lp_adapter *adapter)
{
	SP_DEVINFO_DATA device = {.cbSize = sizeof device};
	DWORD error = ERROR_NOT_FOUND;
	bool reboot = false;
	HDEVINFO set = SetupDiGetClassDevsW(&lp_adapter_class, NULL, NULL, DIGCF_PRESENT);
	if (set == INVALID_HANDLE_VALUE)
		return lp_os_error(GetLastError());
	if (lp_adapter_find_device(set, adapter->instance, &device))
		error = restart(set, &device);
	reboot = !error && needs_reboot(set, &device);
	SetupDiDestroyDeviceInfoList(set);
	return error ? lp_os_error(error) : reboot;
}
