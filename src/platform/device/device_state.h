/* The present state of a network device. */
#ifndef LP_PLATFORM_DEVICE_DEVICE_STATE_H
#define LP_PLATFORM_DEVICE_DEVICE_STATE_H

#include "base/device.h"

/* |name|: on Windows the adapter's GUID with braces, as lp_tap_id() returns it. Called once a second in the thread that
   forwards frames: it must not enumerate adapters. 0; LP_ENOTFOUND: no such device. */
int lp_device_state(const char *name, struct lp_device_state *ret_state);

#endif
