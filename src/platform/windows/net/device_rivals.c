#include "platform/net/device_rivals.h"

#include "platform/device/adapter.h"
#include "platform/windows/device/adapter_registry.h"
#include "platform/windows/net/interface.h"

void lp_device_rivals(const char *name, struct lp_device_rivals *ret_rivals)
{
	struct lp_adapter adapter;

	/* Where broadcasts go, the client tests by itself (client/windows/broadcast_test). */
	*ret_rivals = (struct lp_device_rivals){0};
	if (lp_adapter_find(name, NULL, &adapter) == 0)
		lp_interface_find_rival(adapter.guid, ret_rivals->network, sizeof ret_rivals->network);
}
