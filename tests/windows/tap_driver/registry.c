/* The adapters in the registry: those of tap0901 that have the ports of a tapbridge. */
#include <windows.h>

#include "halves.h"

#define CLASS_KEY L"SYSTEM\\CurrentControlSet\\Control\\Class\\{4D36E972-E325-11CE-BFC1-08002BE10318}"

/* Reads a terminated text of at most |bytes|. */
static int read_text(HKEY key, const wchar_t *name, wchar_t *text, DWORD bytes)
{
	DWORD type, n = bytes - sizeof *text;

	if (RegQueryValueExW(key, name, NULL, &type, (BYTE *)text, &n) || type != REG_SZ)
		return 0;
	text[n / sizeof *text] = L'\0';
	return 1;
}

/* Reads a number; 0 if there is none. */
static DWORD read_number(HKEY key, const wchar_t *name)
{
	DWORD type, value, n = sizeof value;

	return RegQueryValueExW(key, name, NULL, &type, (BYTE *)&value, &n) || type != REG_DWORD ? 0 : value;
}

/* The value of a hex digit, or -1. */
static int hex(wchar_t c)
{
	if (c >= L'0' && c <= L'9')
		return c - L'0';
	if (c >= L'a' && c <= L'f')
		return c - L'a' + 10;
	return c >= L'A' && c <= L'F' ? c - L'A' + 10 : -1;
}

/* Parses twelve hex digits as a MAC, like the driver: it must be unicast and locally administered. */
static void read_mac(const wchar_t *text, unsigned char mac[6])
{
	unsigned char bytes[6] = {0};
	int n = 0;

	for (; *text && n < 12; text++) {
		if (hex(*text) < 0)
			continue;
		bytes[n / 2] = (unsigned char)(bytes[n / 2] << 4 | hex(*text));
		n++;
	}
	if (n < 12 || bytes[0] & 1 || !(bytes[0] & 2))
		return;
	for (n = 0; n < 6; n++)
		mac[n] = bytes[n];
}

/* Reads one adapter's key. */
static int read_adapter(HKEY key, struct adapter_config *config)
{
	wchar_t text[128];

	*config = (struct adapter_config){.mtu = 1500};
	if (!read_text(key, L"ComponentId", text, sizeof text) ||
		(!kernel_equal(text, L"tap0901") && !kernel_equal(text, L"root\\tap0901")) ||
		!read_text(key, L"NetCfgInstanceId", config->guid, sizeof config->guid))
		return 0;
	config->local_port = (unsigned short)read_number(key, L"TestLocalPort");
	config->peer_port = (unsigned short)read_number(key, L"TestPeerPort");
	/* The driver's own: 00:FF and the first half of the GUID. */
	config->mac[1] = 0xff;
	for (int i = 0; i < 4; i++)
		config->mac[2 + i] = (unsigned char)(hex(config->guid[1 + 2 * i]) << 4 | hex(config->guid[2 + 2 * i]));
	if (read_text(key, L"NetworkAddress", text, sizeof text))
		read_mac(text, config->mac);
	return config->local_port && config->peer_port;
}

int registry_read(struct adapter_config *configs, int max)
{
	wchar_t name[64];
	HKEY class, key;
	int n = 0;

	if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, CLASS_KEY, 0, KEY_READ, &class))
		return 0;
	for (DWORD i = 0; n < max; i++) {
		DWORD chars = sizeof name / sizeof name[0];

		if (RegEnumKeyExW(class, i, name, &chars, NULL, NULL, NULL, NULL))
			break;
		if (RegOpenKeyExW(class, name, 0, KEY_READ, &key))
			continue;
		n += read_adapter(key, &configs[n]);
		RegCloseKey(key);
	}
	RegCloseKey(class);
	return n;
}
