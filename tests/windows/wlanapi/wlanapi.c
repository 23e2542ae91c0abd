/* Wi-Fi for tests under Wine, which has none: two adapters, whose settings are logged in C:\lanparty\wifi.txt. */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <wlanapi.h>

#define ADAPTERS 2

/* Adds a line to the log. */
static void note(const char *line)
{
	FILE *file = fopen("C:\\lanparty\\wifi.txt", "a");
	if (!file)
		return;
	fprintf(file, "%s\n", line);
	fclose(file);
}

DWORD WINAPI WlanOpenHandle(DWORD version, PVOID reserved, PDWORD negotiated, PHANDLE handle)
{
	(void)reserved;
	*negotiated = version;
	*handle = (HANDLE)(ULONG_PTR)1;
	note("open");
	return ERROR_SUCCESS;
}

DWORD WINAPI WlanCloseHandle(HANDLE handle, PVOID reserved)
{
	(void)handle;
	(void)reserved;
	note("close");
	return ERROR_SUCCESS;
}

DWORD WINAPI WlanEnumInterfaces(HANDLE handle, PVOID reserved, PWLAN_INTERFACE_INFO_LIST *ret_list)
{
	WLAN_INTERFACE_INFO_LIST *list = calloc(1, sizeof *list + ADAPTERS * sizeof list->InterfaceInfo[0]);
	(void)handle;
	(void)reserved;
	if (!list)
		return ERROR_NOT_ENOUGH_MEMORY;
	list->dwNumberOfItems = ADAPTERS;
	for (DWORD i = 0; i < ADAPTERS; i++)
		list->InterfaceInfo[i].InterfaceGuid.Data1 = i + 1;
	*ret_list = list;
	return ERROR_SUCCESS;
}

DWORD WINAPI WlanSetInterface(
	HANDLE handle, const GUID *adapter, WLAN_INTF_OPCODE setting, DWORD size, const PVOID data, PVOID reserved)
{
	char line[64];
	(void)handle;
	(void)reserved;
	if (size != sizeof(BOOL))
		return ERROR_INVALID_PARAMETER;
	snprintf(line, sizeof line, "%lu %s %d", adapter->Data1,
		setting == wlan_intf_opcode_background_scan_enabled ? "scan"
		: setting == wlan_intf_opcode_media_streaming_mode  ? "streaming"
								    : "other",
		*(const BOOL *)data);
	note(line);
	return ERROR_SUCCESS;
}

VOID WINAPI WlanFreeMemory(PVOID memory)
{
	free(memory);
}
