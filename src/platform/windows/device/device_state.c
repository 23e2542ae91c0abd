#include "platform/device/device_state.h"

#include <stdio.h>

#include "platform/windows/net/interface.h"

int lp_device_state(const char *name, struct lp_device_state *ret_state)
{
	struct lp_interface interface;
	int result = lp_interface_of_guid(name, &interface);
	if (result < 0)
		return result;
	/* A disabled adapter is not listed. */
	*ret_state = (struct lp_device_state){.up = interface.up, .enabled = true, .address = interface.address};
	ret_state->address.port = 0;
	snprintf(ret_state->note, sizeof ret_state->note, "interface %lu, LUID 0x%llx", (unsigned long)interface.index,
		(unsigned long long)interface.luid);
	return 0;
}
