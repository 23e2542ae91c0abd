#include "platform/net/lookup.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "platform/posix/net/sockaddr.h"

size_t lp_lookup(const char *host, struct lp_addr addrs[LP_LOOKUP_ADDRS_MAX], char reason[LP_LOOKUP_REASON_MAX])
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
	struct addrinfo *list = NULL;
	size_t n = 0;
	int error = getaddrinfo(host, NULL, &hints, &list);
	for (const struct addrinfo *entry = error ? NULL : list; entry && n < LP_LOOKUP_ADDRS_MAX;
		entry = entry->ai_next) {
		union lp_sockaddr sa;
		if (entry->ai_addrlen > sizeof sa)
			continue;
		memcpy(&sa, entry->ai_addr, entry->ai_addrlen);
		lp_sockaddr_get(&sa, &addrs[n]);
		n += addrs[n].family != 0;
	}
	if (list)
		freeaddrinfo(list);
	if (error)
		snprintf(
			reason, LP_LOOKUP_REASON_MAX, "%s", error == EAI_NONAME ? "no such host" : gai_strerror(error));
	else if (n == 0)
		snprintf(reason, LP_LOOKUP_REASON_MAX, "the name has no address");
	return n;
}
