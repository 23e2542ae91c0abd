/* The HTTP proxy that this computer uses for connections to HTTPS servers. */
#ifndef LP_PLATFORM_NET_SYSTEM_PROXY_H
#define LP_PLATFORM_NET_SYSTEM_PROXY_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the proxy for connections to |host|, as "HOST:PORT" or as an URL. POSIX systems: from https_proxy or
   HTTPS_PROXY, unless no_proxy or NO_PROXY lists the host or a domain of it. Windows: the same, then the user's
   settings as WinHTTP reports them. False: there is none. */
bool lp_system_proxy(const char *host, char *ret_text, size_t size);
/* True if |list|, domains and hosts with commas between them or "*", contains the host. For the implementations. */
bool lp_system_proxy_is_exempt(const char *list, const char *host);
/* Copies |proxy| (NULL: there is none), unless |exempt| (NULL: no host) contains the host. For the implementations. */
bool lp_system_proxy_choose(const char *proxy, const char *exempt, const char *host, char *ret_text, size_t size);

#endif
