/* What a user can do about a problem with a network device, in the terms of the system. */
#ifndef LP_PLATFORM_DEVICE_ADVICE_H
#define LP_PLATFORM_DEVICE_ADVICE_H

#include <stddef.h>

#include "base/device.h"

/* Writes a sentence without a full stop, such as "Run 'sudo ip link set lan0 up'". |device| is the name of the device,
   |value| the MAC or MTU that it should have (for other problems NULL). */
void lp_device_advice(
	enum lp_device_problem problem, const char *device, const char *value, char *ret_text, size_t size);

#endif
