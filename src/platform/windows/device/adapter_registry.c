#include "platform/windows/device/adapter_registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/windows/system/os_error.h"
#include "platform/windows/system/wide.h"

/* The class of network adapters with one key per adapter, and the names of their connections. */
#define NET_CLASS L"{4D36E972-E325-11CE-BFC1-08002BE10318}"
#define CLASS_KEY L"SYSTEM\\CurrentControlSet\\Control\\Class\\" NET_CLASS
#define NETWORK_KEY L"SYSTEM\\CurrentControlSet\\Control\\Network\\" NET_CLASS

#define VALUE_CHARS 256

/* Reads a text; empty if it is too long or not a text. */
static void read_text(HKEY key, const wchar_t *name, char *text, size_t size)
{
	wchar_t wide[VALUE_CHARS];
	DWORD type, bytes = sizeof wide - sizeof wide[0];
	text[0] = '\0';
	if (RegQueryValueExW(key, name, NULL, &type, (BYTE *)wide, &bytes) != ERROR_SUCCESS || type != REG_SZ)
		return;
	/* A text in the registry may lack its NUL. */
	wide[bytes / sizeof wide[0]] = L'\0';
	lp_utf8(wide, text, size);
}

/* Opens the key of the adapter's connection. */
static LSTATUS open_connection(const struct lp_adapter *adapter, REGSAM access, HKEY *ret_key)
{
	wchar_t guid[64];
	if (lp_wide(adapter->guid, guid, sizeof guid / sizeof guid[0]) < 0)
		return ERROR_INVALID_NAME;
	wchar_t path[VALUE_CHARS];
	swprintf(path, VALUE_CHARS, NETWORK_KEY L"\\%ls\\Connection", guid);
	return RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, access, ret_key);
}

/* Reads the name of the adapter's connection, and the device's instance ID. */
static void read_connection(struct lp_adapter *adapter)
{
	HKEY key;
	if (open_connection(adapter, KEY_QUERY_VALUE, &key) != ERROR_SUCCESS)
		return;
	read_text(key, L"Name", adapter->name, sizeof adapter->name);
	read_text(key, L"PnpInstanceID", adapter->instance, sizeof adapter->instance);
	RegCloseKey(key);
}

/* Reads an adapter's registry key. False if it is not a TAP adapter. */
static bool read_adapter(HKEY class, const wchar_t *name, struct lp_adapter *adapter)
{
	*adapter = (struct lp_adapter){0};
	HKEY key;
	/* Some keys, such as "Properties", are protected. */
	if (RegOpenKeyExW(class, name, 0, KEY_QUERY_VALUE, &key) != ERROR_SUCCESS)
		return false;
	lp_utf8(name, adapter->key, sizeof adapter->key);
	read_text(key, L"ComponentId", adapter->component, sizeof adapter->component);
	read_text(key, L"NetCfgInstanceId", adapter->guid, sizeof adapter->guid);
	RegCloseKey(key);
	if (!lp_adapter_is_usable(adapter))
		return false;
	read_connection(adapter);
	return true;
}

size_t lp_adapters_read(struct lp_adapter adapters[LP_ADAPTERS_MAX])
{
	size_t n = 0;
	HKEY class;
	if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, CLASS_KEY, 0, KEY_ENUMERATE_SUB_KEYS, &class) != ERROR_SUCCESS)
		return 0;
	wchar_t name[VALUE_CHARS];
	for (DWORD i = 0; n < LP_ADAPTERS_MAX; i++) {
		DWORD chars = VALUE_CHARS;
		LSTATUS status = RegEnumKeyExW(class, i, name, &chars, NULL, NULL, NULL, NULL);
		if (status == ERROR_MORE_DATA)
			continue;
		if (status != ERROR_SUCCESS)
			break;
		n += read_adapter(class, name, &adapters[n]);
	}
	RegCloseKey(class);
	return n;
}

int lp_adapter_find(const char *wanted, struct lp_failure *failure, struct lp_adapter *ret_adapter)
{
	struct lp_adapter *adapters = calloc(LP_ADAPTERS_MAX, sizeof adapters[0]);
	if (!adapters)
		return lp_fail(failure, LP_ENOMEM, "out of memory");
	size_t i;
	int result = lp_adapter_choose(adapters, lp_adapters_read(adapters), wanted, failure, &i);
	if (result == 0)
		*ret_adapter = adapters[i];
	free(adapters);
	return result;
}

/* Opens an adapter's key in the class. */
static LSTATUS open_key(const struct lp_adapter *adapter, REGSAM access, HKEY *ret_key)
{
	wchar_t name[64];
	if (lp_wide(adapter->key, name, sizeof name / sizeof name[0]) < 0)
		return ERROR_INVALID_NAME;
	wchar_t path[VALUE_CHARS];
	swprintf(path, VALUE_CHARS, CLASS_KEY L"\\%ls", name);
	return RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, access, ret_key);
}

void lp_adapter_mac_setting(const struct lp_adapter *adapter, char text[LP_MAC_TEXT_MAX])
{
	text[0] = '\0';
	HKEY key;
	if (open_key(adapter, KEY_QUERY_VALUE, &key) != ERROR_SUCCESS)
		return;
	read_text(key, L"NetworkAddress", text, LP_MAC_TEXT_MAX);
	RegCloseKey(key);
}

int lp_adapter_set_mac_setting(const struct lp_adapter *adapter, const char *text)
{
	HKEY key;
	LSTATUS status = open_key(adapter, KEY_SET_VALUE, &key);
	if (status != ERROR_SUCCESS)
		return lp_os_error((DWORD)status);
	wchar_t value[LP_MAC_TEXT_MAX];
	if (lp_wide(text, value, LP_MAC_TEXT_MAX) < 0)
		status = ERROR_INVALID_PARAMETER;
	else if (!*text)
		status = RegDeleteValueW(key, L"NetworkAddress");
	else
		status = RegSetValueExW(key, L"NetworkAddress", 0, REG_SZ, (const BYTE *)value,
			(DWORD)((wcslen(value) + 1) * sizeof value[0]));
	RegCloseKey(key);
	return status == ERROR_SUCCESS || (!*text && status == ERROR_FILE_NOT_FOUND) ? 0 : lp_os_error((DWORD)status);
}

int lp_adapter_rename(const struct lp_adapter *adapter, const char *name)
{
	HKEY key;
	wchar_t value[VALUE_CHARS];
	int result = lp_wide(name, value, VALUE_CHARS);
	if (result < 0)
		return result;
	LSTATUS status = open_connection(adapter, KEY_SET_VALUE, &key);
	if (status != ERROR_SUCCESS)
		return lp_os_error((DWORD)status);
	status = RegSetValueExW(
		key, L"Name", 0, REG_SZ, (const BYTE *)value, (DWORD)((wcslen(value) + 1) * sizeof value[0]));
	RegCloseKey(key);
	return status == ERROR_SUCCESS ? 0 : lp_os_error((DWORD)status);
}
