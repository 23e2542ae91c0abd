#include "platform/device/adapter_mac.h"

#include <string.h>

#include "base/error.h"
#include "base/failure.h"
#include "platform/windows/device/adapter_registry.h"

int lp_adapter_restore_mac(const char *guid, const char *before, const char *after, struct lp_failure *failure)
{
	struct lp_adapter adapter;
	char now[LP_MAC_TEXT_MAX];
	if (lp_adapter_find(guid, NULL, &adapter) < 0)
		return lp_fail(failure, LP_ENOTFOUND, "%s: there is no such adapter", guid);
	lp_adapter_mac_setting(&adapter, now);
	if (strcmp(now, after) != 0)
		return 0;
	int result = lp_adapter_set_mac_setting(&adapter, before);
	return result < 0 ? lp_fail(failure, result, "%s: its MAC setting cannot be restored: %s",
				    adapter.name[0] ? adapter.name : guid, lp_error_text(result))
			  : 0;
}
