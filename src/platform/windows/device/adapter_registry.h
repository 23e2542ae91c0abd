/* TAP-Windows6 adapters in the registry, in the order in which it lists them. */
#ifndef LP_PLATFORM_WINDOWS_DEVICE_ADAPTER_REGISTRY_H
#define LP_PLATFORM_WINDOWS_DEVICE_ADAPTER_REGISTRY_H

#include <stddef.h>

#include "base/mac.h"
#include "platform/device/adapter.h"

struct lp_failure;

/* Reads all TAP adapters, up to LP_ADAPTERS_MAX. Returns their number; 0 also without the class. */
size_t lp_adapters_read(struct lp_adapter adapters[LP_ADAPTERS_MAX]);
/* The adapter that |wanted| names, see lp_adapter_choose(). */
int lp_adapter_find(const char *wanted, struct lp_failure *failure, struct lp_adapter *ret_adapter);
/* The MAC in the registry that overrides the driver's own; empty: none. */
void lp_adapter_mac_setting(const struct lp_adapter *adapter, char text[LP_MAC_TEXT_MAX]);
/* Changes it for the driver's next start; empty: removes it. 0, or LP_EPERM, … */
int lp_adapter_set_mac_setting(const struct lp_adapter *adapter, const char *text);
/* Names the adapter's connection, as the user sees it. 0, or a negative LP_E*. */
int lp_adapter_rename(const struct lp_adapter *adapter, const char *name);
/* Stops and starts the adapter, which restarts the driver. 0; 1: Windows must be restarted first; or an LP_E*. */
int lp_adapter_restart(const struct lp_adapter *adapter);

#endif
