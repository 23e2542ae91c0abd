#include "platform/device/advice.h"

#include <stdio.h>

void lp_device_advice(
	enum lp_device_problem problem, const char *device, const char *value, char *ret_text, size_t size)
{
	switch (problem) {
	case LP_DEVICE_PROBLEM_DOWN:
		snprintf(ret_text, size, "Enable the adapter '%s' in Network Connections", device);
		break;
	case LP_DEVICE_PROBLEM_MAC:
		snprintf(ret_text, size, "Set %s in the properties of the adapter '%s', under 'MAC Address'", value,
			device);
		break;
	case LP_DEVICE_PROBLEM_MTU:
		snprintf(ret_text, size, "Run 'netsh interface ipv4 set subinterface \"%s\" mtu=%s' as administrator",
			device, value);
		break;
	case LP_DEVICE_PROBLEM_ADDRESS:
		snprintf(ret_text, size,
			"Let the adapter '%s' obtain an IP address automatically (its properties, Internet Protocol "
			"Version 4)",
			device);
		break;
	case LP_DEVICE_PROBLEM_BROADCAST:
		snprintf(ret_text, size, "Disable other virtual adapters");
		break;
	case LP_DEVICE_PROBLEM_NETWORK:
		snprintf(ret_text, size,
			"To reach one server, run 'route add SERVER mask 255.255.255.255 0.0.0.0 if INDEX' as administrator, "
			"with the index of the adapter '%s' from the status",
			device);
		break;
	}
}
