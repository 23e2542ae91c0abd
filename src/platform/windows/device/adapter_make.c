#include "platform/windows/device/adapter_make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/windows/device/adapter_device.h"
#include "platform/windows/device/adapter_registry.h"
#include "platform/windows/system/os_error.h"
#include "platform/windows/system/wide.h"

/* The hardware ID of the driver's INF for an adapter without a bus; SetupAPI wants two NULs at the end. */
static const wchar_t hardware_id[] = L"root\\tap0901\0";

/* How long Windows may take to write a new adapter's keys into the registry, and the interval of the checks. */
#define APPEAR_MS 30000
#define LOOK_MS 100

#define ID_CHARS 256

/* Windows looked for a driver and found none; winerror.h of MinGW lacks it. */
#define NO_DRIVER 0xe0000203

/* Both are in newdev.dll, which is loaded when it is needed. */
typedef BOOL(WINAPI install_fn)(
	HWND parent, HDEVINFO set, SP_DEVINFO_DATA *device, SP_DRVINFO_DATA_W *driver, DWORD flags, BOOL *reboot);
typedef BOOL(WINAPI uninstall_fn)(HWND parent, HDEVINFO set, SP_DEVINFO_DATA *device, DWORD flags, BOOL *reboot);

static int explain(struct lp_failure *failure, DWORD error, const char *doing)
{
	char text[LP_OS_ERROR_TEXT_MAX];
	if (error == NO_DRIVER)
		return lp_fail(failure, LP_ENOTFOUND,
			"%s: the TAP-Windows6 driver is not installed on this computer: %s", doing,
			lp_adapter_driver_hint);
	if (error == ERROR_ACCESS_DENIED)
		return lp_fail(failure, LP_EPERM, "%s: access denied. Run as administrator", doing);
	return lp_fail(failure, lp_os_error(error), "%s: %s", doing, lp_os_error_text(error, text));
}

/* A function of newdev.dll, which |*module| must then be freed for; NULL sets the last error. */
static void (*find_function(const char *name, HMODULE *module))(void)
{
	*module = LoadLibraryExW(L"newdev.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
	return *module ? (void (*)(void))GetProcAddress(*module, name) : NULL;
}

/* Installs the best driver of the store on a registered device. 0 or the error. */
static DWORD install_driver(HDEVINFO set, SP_DEVINFO_DATA *device, bool *reboot)
{
	BOOL needed = FALSE;
	HMODULE module;
	install_fn *install = (install_fn *)find_function("DiInstallDevice", &module);
	DWORD error = install && install(NULL, set, device, NULL, 0, &needed) ? 0 : GetLastError();
	if (module)
		FreeLibrary(module);
	*reboot = needed;
	return error;
}

/* Removes a device. 0 or the error. */
static DWORD remove_device(HDEVINFO set, SP_DEVINFO_DATA *device, bool *reboot)
{
	BOOL needed = FALSE;
	HMODULE module;
	uninstall_fn *uninstall = (uninstall_fn *)find_function("DiUninstallDevice", &module);
	DWORD error = uninstall && uninstall(NULL, set, device, 0, &needed) ? 0 : GetLastError();
	if (module)
		FreeLibrary(module);
	*reboot = needed;
	return error;
}

/* Adds a device to the set and registers it. 0 or the error. */
static DWORD register_device(HDEVINFO set, SP_DEVINFO_DATA *device)
{
	if (!SetupDiCreateDeviceInfoW(
		    set, L"Net", &lp_adapter_class, L"LAN party adapter", NULL, DICD_GENERATE_ID, device) ||
		!SetupDiSetSelectedDevice(set, device) ||
		!SetupDiSetDeviceRegistryPropertyW(
			set, device, SPDRP_HARDWAREID, (const BYTE *)hardware_id, sizeof hardware_id) ||
		!SetupDiCallClassInstaller(DIF_REGISTERDEVICE, set, device))
		return GetLastError();
	return 0;
}

/* Waits until the registry describes the adapter of a device. */
static int wait_for_adapter(HDEVINFO set, SP_DEVINFO_DATA *device, struct lp_adapter *ret_adapter)
{
	wchar_t wide[ID_CHARS];
	char instance[3 * ID_CHARS];
	if (!SetupDiGetDeviceInstanceIdW(set, device, wide, ID_CHARS, NULL) ||
		lp_utf8(wide, instance, sizeof instance) < 0)
		return LP_EIO;
	struct lp_adapter *adapters = calloc(LP_ADAPTERS_MAX, sizeof adapters[0]);
	if (!adapters)
		return LP_ENOMEM;
	int result = LP_ETIMEOUT;
	for (unsigned waited_ms = 0; result < 0 && waited_ms < APPEAR_MS; waited_ms += LOOK_MS) {
		size_t n = lp_adapters_read(adapters);
		for (size_t i = 0; i < n; i++) {
			if (_stricmp(adapters[i].instance, instance) != 0)
				continue;
			*ret_adapter = adapters[i];
			result = 0;
		}
		if (result < 0)
			Sleep(LOOK_MS);
	}
	free(adapters);
	return result;
}

/* Gives the driver to a registered device and names its connection. */
static int set_up(HDEVINFO set, SP_DEVINFO_DATA *device, const char *name, struct lp_failure *failure, bool *reboot)
{
	static const char doing[] = "the adapter cannot be made";
	struct lp_adapter adapter;
	DWORD error = install_driver(set, device, reboot);
	if (error)
		return explain(failure, error, doing);
	int result = wait_for_adapter(set, device, &adapter);
	if (result == LP_ETIMEOUT)
		return lp_fail(failure, result,
			"%s: Windows has not set it up after 30 s. Restart Windows and try again", doing);
	if (result == 0)
		result = lp_adapter_rename(&adapter, name);
	return result < 0 ? lp_fail(failure, result, "%s: %s", doing, lp_error_text(result)) : 0;
}

int lp_adapter_make(const char *name, struct lp_failure *failure, bool *ret_reboot)
{
	SP_DEVINFO_DATA device = {.cbSize = sizeof device};
	bool reboot = false;
	HDEVINFO set = SetupDiCreateDeviceInfoList(&lp_adapter_class, NULL);
	if (set == INVALID_HANDLE_VALUE)
		return explain(failure, GetLastError(), "the adapter cannot be made");
	DWORD error = register_device(set, &device);
	int result = error ? explain(failure, error, "the adapter cannot be made")
			   : set_up(set, &device, name, failure, &reboot);
	if (!error && result < 0)
		(void)remove_device(set, &device, &reboot);
	SetupDiDestroyDeviceInfoList(set);
	if (result == 0)
		*ret_reboot = reboot;
	return result;
}

int lp_adapter_remove(const struct lp_adapter *adapter, struct lp_failure *failure, bool *ret_reboot)
{
	SP_DEVINFO_DATA device = {.cbSize = sizeof device};
	DWORD error = ERROR_NOT_FOUND;
	bool reboot = false;
	/* Also an adapter that is disabled or whose driver does not start. */
	HDEVINFO set = SetupDiGetClassDevsW(&lp_adapter_class, NULL, NULL, 0);
	if (set == INVALID_HANDLE_VALUE)
		return explain(failure, GetLastError(), "the adapter cannot be removed");
	if (lp_adapter_find_device(set, adapter->instance, &device))
		error = remove_device(set, &device, &reboot);
	SetupDiDestroyDeviceInfoList(set);
	if (error)
		return explain(failure, error, "the adapter cannot be removed");
	*ret_reboot = reboot;
	return 0;
}
