#include "platform/device/advice.h"

#include <stdio.h>

void lp_device_advice(
	enum lp_device_problem problem, const char *device, const char *value, char *ret_text, size_t size)
{
	(void)problem;
	snprintf(ret_text, size, "Reconfigure %s%s%s", device, value ? " to " : "", value ? value : "");
}
