/* The part that all systems share. */
#include "platform/net/system_proxy.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

bool lp_system_proxy_is_exempt(const char *list, const char *host)
{
	size_t host_len = strlen(host);
	while (*list) {
		list += strspn(list, ", ;");
		size_t len = strcspn(list, ", ;");
		const char *entry = list;
		list += len;
		if (len == 1 && *entry == '*')
			return true;
		/* "*.example.org" and ".example.org" are the domain. */
		size_t skip = len > 1 && *entry == '*';
		bool domain = entry[skip] == '.';
		skip += domain;
		entry += skip;
		len -= skip;
		if (len == 0 || len > host_len || strncasecmp(host + host_len - len, entry, len) != 0)
			continue;
		if (len == host_len || host[host_len - len - 1] == '.')
			return true;
	}
	return false;
}

bool lp_system_proxy_choose(const char *proxy, const char *exempt, const char *host, char *ret_text, size_t size)
{
	if (!proxy || !*proxy || (exempt && lp_system_proxy_is_exempt(exempt, host)))
		return false;
	return (size_t)snprintf(ret_text, size, "%s", proxy) < size;
}
