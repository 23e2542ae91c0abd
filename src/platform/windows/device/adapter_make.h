/* Makes and removes an adapter of the TAP-Windows6 driver, which must be in Windows' driver store. Both need an
   administrator's rights, take seconds, and do nothing that a user has to answer. */
#ifndef LP_PLATFORM_WINDOWS_DEVICE_ADAPTER_MAKE_H
#define LP_PLATFORM_WINDOWS_DEVICE_ADAPTER_MAKE_H

#include <stdbool.h>

#include "platform/device/adapter.h"

struct lp_failure;

/* Makes an adapter whose connection is called |name|. If the failure comes after the device was registered, the device
   is removed again. 0; LP_ENOTFOUND: the driver is not in the store; LP_EPERM, LP_ETIMEOUT, … |ret_reboot|: Windows
   must be restarted before the adapter works. */
int lp_adapter_make(const char *name, struct lp_failure *failure, bool *ret_reboot);
/* Removes an adapter. Errors as above. */
int lp_adapter_remove(const struct lp_adapter *adapter, struct lp_failure *failure, bool *ret_reboot);

#endif
