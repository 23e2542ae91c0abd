#include "platform/device/advice.h"

#include <stdio.h>

void lp_device_advice(
	enum lp_device_problem problem, const char *device, const char *value, char *ret_text, size_t size)
{
	switch (problem) {
	case LP_DEVICE_PROBLEM_DOWN:
		snprintf(ret_text, size, "Run 'sudo ip link set %s up'", device);
		break;
	case LP_DEVICE_PROBLEM_MAC:
		snprintf(ret_text, size, "Run 'sudo ip link set %s address %s'", device, value);
		break;
	case LP_DEVICE_PROBLEM_MTU:
		snprintf(ret_text, size, "Run 'sudo ip link set %s mtu %s'", device, value);
		break;
	case LP_DEVICE_PROBLEM_ADDRESS:
		snprintf(ret_text, size, "Leave --no-dhcp out, or run a DHCP client for %s", device);
		break;
	case LP_DEVICE_PROBLEM_BROADCAST:
		snprintf(ret_text, size,
			"Run 'sudo ip route add 255.255.255.255 dev %s', and for multicast 'sudo ip route add "
			"224.0.0.0/4 dev %s'",
			device, device);
		break;
	case LP_DEVICE_PROBLEM_NETWORK:
		snprintf(ret_text, size, "To reach one server, run 'sudo ip route add SERVER dev %s'", device);
		break;
	}
}
