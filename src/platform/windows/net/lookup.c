#include <winsock2.h>

#include "platform/net/lookup.h"

#include <stdio.h>
#include <string.h>

#include "platform/windows/net/sockaddr.h"
#include "platform/windows/system/os_error.h"
#include "platform/windows/system/wide.h"

#define HOST_CHARS 256

size_t lp_lookup(const char *host, struct lp_addr addrs[LP_LOOKUP_ADDRS_MAX], char reason[LP_LOOKUP_REASON_MAX])
{
	ADDRINFOW hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
	ADDRINFOW *list = NULL;
	wchar_t wide[HOST_CHARS];
	char text[LP_OS_ERROR_TEXT_MAX];
	size_t n = 0;
	int error = lp_wide(host, wide, HOST_CHARS) < 0 ? WSAHOST_NOT_FOUND : GetAddrInfoW(wide, NULL, &hints, &list);
	for (const ADDRINFOW *entry = error ? NULL : list; entry && n < LP_LOOKUP_ADDRS_MAX; entry = entry->ai_next) {
		union lp_sockaddr sa;
		if (entry->ai_addrlen > sizeof sa)
			continue;
		memcpy(&sa, entry->ai_addr, entry->ai_addrlen);
		lp_sockaddr_get(&sa, &addrs[n]);
		n += addrs[n].family != 0;
	}
	if (list)
		FreeAddrInfoW(list);
	if (error)
		snprintf(reason, LP_LOOKUP_REASON_MAX, "%s",
			error == WSAHOST_NOT_FOUND ? "no such host" : lp_os_error_text((DWORD)error, text));
	else if (n == 0)
		snprintf(reason, LP_LOOKUP_REASON_MAX, "the name has no address");
	return n;
}
