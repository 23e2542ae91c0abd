#include <windows.h>

#include <winhttp.h>

#include "platform/net/system_proxy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Copies the proxy for HTTPS from "HOST:PORT" or "http=HOST:PORT;https=HOST:PORT". */
static bool choose(const char *list, char *ret_text, size_t size)
{
	static const char key[] = "https=";
	const char *entry = strstr(list, key);
	if (entry)
		entry += sizeof key - 1;
	else if (!strchr(list, '='))
		entry = list;
	if (!entry)
		return false;
	size_t len = strcspn(entry, "; ");
	return len > 0 && (size_t)snprintf(ret_text, size, "%.*s", (int)len, entry) < size;
}

/* To UTF-8; an empty text if it does not fit. */
static void narrow(const wchar_t *from, char *to, int size)
{
	to[0] = '\0';
	if (from && !WideCharToMultiByte(CP_UTF8, 0, from, -1, to, size, NULL, NULL))
		to[0] = '\0';
}

bool lp_system_proxy(const char *host, char *ret_text, size_t size)
{
	WINHTTP_CURRENT_USER_IE_PROXY_CONFIG config = {0};
	char list[1024], exempt[4096];
	/* Names of variables have no case here. */
	if (lp_system_proxy_choose(getenv("https_proxy"), getenv("no_proxy"), host, ret_text, size))
		return true;
	if (!WinHttpGetIEProxyConfigForCurrentUser(&config))
		return false;
	narrow(config.lpszProxy, list, sizeof list);
	narrow(config.lpszProxyBypass, exempt, sizeof exempt);
	if (config.lpszProxy)
		GlobalFree(config.lpszProxy);
	if (config.lpszProxyBypass)
		GlobalFree(config.lpszProxyBypass);
	if (config.lpszAutoConfigUrl)
		GlobalFree(config.lpszAutoConfigUrl);
	return !lp_system_proxy_is_exempt(exempt, host) && choose(list, ret_text, size);
}
