#include "platform/windows/device/tap_probe.h"

#include <string.h>

#include "base/error.h"
#include "platform/device/adapter.h"
#include "platform/windows/device/tap_device.h"
#include "platform/windows/net/interface.h"

int lp_tap_probe(const struct lp_adapter *adapter, struct lp_tap_probe *ret_probe)
{
	struct lp_tap_probe probe = {0};
	struct lp_interface interface;
	if (lp_interface_of_guid(adapter->guid, &interface) == 0) {
		probe.index = interface.index;
		probe.luid = interface.luid;
	}
	HANDLE device;
	int result = lp_tap_device_open(adapter, &probe.failure, &device);
	struct lp_tap_driver driver;
	if (result == 0) {
		if (lp_tap_device_ask(device, &driver)) {
			probe.mac = driver.mac;
			probe.mtu = driver.mtu;
			memcpy(probe.version, driver.version, sizeof probe.version);
		} else {
			result = lp_fail(&probe.failure, LP_EIO, "its driver does not answer");
		}
		CloseHandle(device);
	}
	*ret_probe = probe;
	return result;
}
