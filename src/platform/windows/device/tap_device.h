/* The device of a TAP-Windows6 adapter: opening it, and what its driver is asked. */
#ifndef LP_PLATFORM_WINDOWS_DEVICE_TAP_DEVICE_H
#define LP_PLATFORM_WINDOWS_DEVICE_TAP_DEVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

#include "base/mac.h"

struct lp_adapter;
struct lp_failure;

/* What the driver says. */
struct lp_tap_driver {
	struct lp_mac mac;
	unsigned mtu; /* as the registry has it; what counts is the IP stack's */
	unsigned version[3];
};

/* Opens the device for overlapped reads and writes, for this program alone. */
int lp_tap_device_open(const struct lp_adapter *adapter, struct lp_failure *failure, HANDLE *ret_device);
/* Asks the driver; what it does not tell is 0. False without a MAC: the device does not work. */
bool lp_tap_device_ask(HANDLE device, struct lp_tap_driver *ret_driver);
/* The cable, in or out: only while it is in can be read and written. False if the driver refuses. */
bool lp_tap_device_set_media(HANDLE device, bool connected);

#endif
