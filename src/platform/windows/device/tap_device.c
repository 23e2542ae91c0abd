#include "platform/windows/device/tap_device.h"

#include <stdio.h>
#include <string.h>
#include <winioctl.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/device/adapter.h"
#include "platform/windows/system/os_error.h"
#include "platform/windows/system/wide.h"

/* The driver's own requests (tap-windows6, tap-windows.h). */
#define TAP_REQUEST(number) CTL_CODE(FILE_DEVICE_UNKNOWN, number, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define TAP_GET_MAC TAP_REQUEST(1)
#define TAP_GET_VERSION TAP_REQUEST(2)
#define TAP_GET_MTU TAP_REQUEST(3)
#define TAP_SET_MEDIA_STATUS TAP_REQUEST(6)

static int open_failure(struct lp_failure *failure, DWORD error, const struct lp_adapter *adapter)
{
	const char *name = adapter->name[0] ? adapter->name : adapter->guid;
	char text[LP_OS_ERROR_TEXT_MAX];
	switch (error) {
	case ERROR_FILE_NOT_FOUND:
	case ERROR_PATH_NOT_FOUND:
		return lp_fail(failure, LP_ENOTFOUND,
			"%s: the TAP adapter is disabled or its driver does not run: enable it under 'Network "
			"Connections' (ncpa.cpl)",
			name);
	case ERROR_GEN_FAILURE:
	case ERROR_SHARING_VIOLATION:
		return lp_fail(failure, LP_EINUSE,
			"%s: the TAP adapter is in use by another program: end that, or pass --adapter the name "
			"of another",
			name);
	case ERROR_ACCESS_DENIED:
		return lp_fail(failure, LP_EPERM,
			"%s: no permission to open the TAP adapter: start this program as administrator", name);
	default:
		return lp_fail(failure, lp_os_error(error), "%s: opening the TAP adapter: %s", name,
			lp_os_error_text(error, text));
	}
}

int lp_tap_device_open(const struct lp_adapter *adapter, struct lp_failure *failure, HANDLE *ret_device)
{
	wchar_t guid[64];
	if (lp_wide(adapter->guid, guid, sizeof guid / sizeof guid[0]) < 0)
		return lp_fail(failure, LP_EINVAL, "%s: not a TAP adapter's GUID", adapter->guid);
	wchar_t path[128];
	swprintf(path, sizeof path / sizeof path[0], L"\\\\.\\Global\\%ls.tap", guid);
	HANDLE device = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
		FILE_ATTRIBUTE_SYSTEM | FILE_FLAG_OVERLAPPED, NULL);
	if (device == INVALID_HANDLE_VALUE)
		return open_failure(failure, GetLastError(), adapter);
	*ret_device = device;
	return 0;
}

/* Sends a request and waits for the reply, |size| bytes in |data|. */
static bool request(HANDLE device, DWORD code, void *data, DWORD size)
{
	OVERLAPPED overlapped = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
	DWORD n = 0;
	if (!overlapped.hEvent)
		return false;
	bool ok = DeviceIoControl(device, code, data, size, data, size, &n, &overlapped) ||
		  (GetLastError() == ERROR_IO_PENDING && GetOverlappedResult(device, &overlapped, &n, TRUE));
	CloseHandle(overlapped.hEvent);
	return ok;
}

bool lp_tap_device_ask(HANDLE device, struct lp_tap_driver *ret_driver)
{
	struct lp_tap_driver driver = {0};
	ULONG version[3] = {0}, mtu = 0;
	if (!request(device, TAP_GET_MAC, driver.mac.octet, sizeof driver.mac.octet))
		return false;
	if (request(device, TAP_GET_VERSION, version, sizeof version))
		for (unsigned i = 0; i < 3; i++)
			driver.version[i] = version[i];
	if (request(device, TAP_GET_MTU, &mtu, sizeof mtu))
		driver.mtu = mtu;
	*ret_driver = driver;
	return true;
}

bool lp_tap_device_set_media(HANDLE device, bool connected)
{
	ULONG status = connected;
	return request(device, TAP_SET_MEDIA_STATUS, &status, sizeof status);
}
