/* The device of a TAP-Windows6 adapter: opening it, and what its driver is asked. */
#ifndef LP_PLATFORM_WINDOWS_DEVICE_TAP_DEVICE_H
#define LP_PLATFORM_WINDOWS_DEVICE_TAP_DEVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

#include "base/mac.h"

struct lp_adapter;
struct lp_failure;

/* What the driver reports. */
struct lp_tap_driver {
	struct lp_mac mac;
	unsigned mtu; /* from the registry; the IP stack's MTU is what counts */
	unsigned version[3];
};

/* Opens the device for overlapped reads and writes, exclusively. */
int lp_tap_device_open(const struct lp_adapter *adapter, struct lp_failure *failure, HANDLE *ret_device);
/* Queries the driver; unknown values are 0. False without a MAC: the device does not work. */
bool lp_tap_device_ask(HANDLE device, struct lp_tap_driver *ret_driver);
/* Connects or disconnects the adapter; reading and writing needs a connected one. False if the driver refuses. */
bool lp_tap_device_set_media(HANDLE device, bool connected);

#endif
