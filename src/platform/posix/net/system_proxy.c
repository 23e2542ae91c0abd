#include "platform/net/system_proxy.h"

#include <stdlib.h>

static const char *variable(const char *lower, const char *upper)
{
	const char *value = getenv(lower);
	return value && *value ? value : getenv(upper);
}

bool lp_system_proxy(const char *host, char *ret_text, size_t size)
{
	return lp_system_proxy_choose(
		variable("https_proxy", "HTTPS_PROXY"), variable("no_proxy", "NO_PROXY"), host, ret_text, size);
}
