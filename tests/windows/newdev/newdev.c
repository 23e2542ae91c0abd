/* The part of newdev.dll that Wine lacks: DiInstallDevice() with the TAP-Windows6 driver in Windows' driver store, and
   DiUninstallDevice(). The first writes what the driver's class installer writes into the registry. With
   LP_TEST_DRIVER=none the store is empty. */
#include <windows.h>

#include <setupapi.h>
#include <stdio.h>

#define NETWORK L"SYSTEM\\CurrentControlSet\\Control\\Network\\{4D36E972-E325-11CE-BFC1-08002BE10318}"
#define NO_DRIVER 0xe0000203

static LSTATUS set_text(HKEY key, const wchar_t *name, const wchar_t *text)
{
	return RegSetValueExW(key, name, 0, REG_SZ, (const BYTE *)text, (DWORD)((wcslen(text) + 1) * sizeof *text));
}

/* The connection's key, with the name that Windows gives every new one. */
static LSTATUS write_connection(const wchar_t *guid, const wchar_t *instance)
{
	wchar_t path[256];
	HKEY key;

	swprintf(path, 256, NETWORK L"\\%ls\\Connection", guid);
	LSTATUS status = RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL);
	if (status)
		return status;
	status = set_text(key, L"Name", L"Ethernet 7");
	if (!status)
		status = set_text(key, L"PnpInstanceID", instance);
	RegCloseKey(key);
	return status;
}

BOOL WINAPI DiInstallDevice(HWND, HDEVINFO, SP_DEVINFO_DATA *, SP_DRVINFO_DATA_W *, DWORD, BOOL *);

BOOL WINAPI DiInstallDevice(
	HWND parent, HDEVINFO set, SP_DEVINFO_DATA *device, SP_DRVINFO_DATA_W *driver, DWORD flags, BOOL *reboot)
{
	static const wchar_t guid[] = L"{5AFE1A9A-0000-4000-8000-000000000001}";
	wchar_t instance[256], hardware[64] = L"", store[8] = L"";

	(void)parent;
	GetEnvironmentVariableW(L"LP_TEST_DRIVER", store, 8);
	if (wcscmp(store, L"none") == 0 || driver || flags ||
		!SetupDiGetDeviceRegistryPropertyW(
			set, device, SPDRP_HARDWAREID, NULL, (BYTE *)hardware, sizeof hardware, NULL) ||
		_wcsicmp(hardware, L"root\\tap0901") != 0) {
		SetLastError(NO_DRIVER);
		return FALSE;
	}
	HKEY key = SetupDiCreateDevRegKeyW(set, device, DICS_FLAG_GLOBAL, 0, DIREG_DRV, NULL, NULL);
	if (key == INVALID_HANDLE_VALUE)
		return FALSE;
	LSTATUS status = set_text(key, L"ComponentId", hardware);
	if (!status)
		status = set_text(key, L"NetCfgInstanceId", guid);
	RegCloseKey(key);
	if (!status && !SetupDiGetDeviceInstanceIdW(set, device, instance, 256, NULL))
		return FALSE;
	if (!status)
		status = write_connection(guid, instance);
	SetLastError((DWORD)status);
	*reboot = FALSE;
	return status == ERROR_SUCCESS;
}

BOOL WINAPI DiUninstallDevice(HWND, HDEVINFO, SP_DEVINFO_DATA *, DWORD, BOOL *);

BOOL WINAPI DiUninstallDevice(HWND parent, HDEVINFO set, SP_DEVINFO_DATA *device, DWORD flags, BOOL *reboot)
{
	(void)parent;
	(void)SetupDiDeleteDevRegKey(set, device, DICS_FLAG_GLOBAL, 0, DIREG_DRV);
	*reboot = FALSE;
	return flags == 0 && SetupDiRemoveDevice(set, device);
}
