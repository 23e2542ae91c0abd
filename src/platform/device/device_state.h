/* The present state of a network device. */
#ifndef LP_PLATFORM_DEVICE_DEVICE_STATE_H
#define LP_PLATFORM_DEVICE_DEVICE_STATE_H

#include "base/device.h"

/* 0; LP_ENOTFOUND: no such device. */
int lp_device_state(const char *name, struct lp_device_state *ret_state);

#endif
